"""Script, markup and turned writing in whatever people, diallers and standards say: no page of the app or of a report runs it.

In a real browser, with a listener on loopback for whatever gets out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import pytest
import review_calls
from browsing import shot, until
from factories import make_finding, make_result, make_transcript, make_turn
from review_calls import PASSWORD, fill, judged_result, sound_of
from review_server import serving
from sqlalchemy import select
from test_review_coaching import Page
from test_review_judging import HARD_SELL

from pipeline.audio.probe import digest_of
from pipeline.profile import Profile
from pipeline.reports.calls_csv import Failure
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import build_scorecards
from pipeline.reports.scorecard_write import write_scorecards
from pipeline.reports.standard_view import CriterionText, StandardView
from pipeline.reports.writer import ReportWriter
from pipeline.review.names import keep_names
from pipeline.review.people import add_user, keep_teams
from pipeline.store import Store, open_store
from pipeline.store.keep import Made
from pipeline.store.night_tables import Run
from pipeline.store.tables import StandardText

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Outside:
    """A listener that nothing may ever reach."""

    port: int
    came: list[str]

    @property
    def evil(self) -> str:
        here = f"http://127.0.0.1:{self.port}"
        return (
            f"</script><script>alert(1);fetch('{here}/a')</script>\"'><img src={here}/b onerror=alert(2)>"
            f"<svg onload=alert(3)><iframe src={here}/c></iframe><a href=javascript:alert(4)>x</a>"
            "{{7*7}}${7*7}</textarea></title></style>--><!-- \u202eforged\u2028&lt;b&gt; ' onfocus=alert(5) autofocus x='"
        )

    @property
    def evil_id(self) -> str:
        """As an id or a name: shorter, and nothing that those refuse."""
        return "javascript:alert(6)//\"><img src=x onerror=alert(7)>{{7*7}}'"


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    came: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Outside(server.server_port, came)
    server.shutdown()
    thread.join()
    server.server_close()


def hostile(outside: Outside, call_id: str) -> Any:
    """A call in which everything that somebody says or fills in is meant to run."""
    result = judged_result(call_id, outside.evil_id)
    turns = [
        make_turn(each.speaker, outside.evil, each.start_s, each.end_s) for each in result.transcript.turns
    ]
    findings = tuple(replace(each, quote=outside.evil) for each in result.findings)
    record = replace(
        result.call,
        agent_name=outside.evil,
        campaign=outside.evil,
        customer_id=outside.evil,
        file=outside.evil,
    )
    return replace(result, call=record, transcript=make_transcript(*turns), findings=findings)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, outside: Outside) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("scripts")
    with open_store(str(folder / "s.db")) as opened:
        fill(opened, folder)
        sound = opened.files.take(sound_of(folder), "audio")
        now = datetime.now(UTC)
        with opened.writing() as session:
            run, standard = session.scalars(select(Run)).one(), session.scalars(select(StandardText)).one()
            made = Made(run.id, run.night, now)
            result = hostile(outside, outside.evil_id)
            review_calls._call(opened, session, result, standard.sha256, sound, made)
            agents = [{"id": outside.evil_id, "team": outside.evil_id, "names": [outside.evil_id]}]
            things = [{"name": "<script>alert(8)</script>", "aliases": ["forged"]}]
            profile = Profile.model_validate({"agents": agents, "products": things, "competitors": things})
            keep_teams(session, profile)
            keep_names(session, profile)
            add_user(session, outside.evil_id, role="coach", password=PASSWORD, team=outside.evil_id)
            add_user(session, "their agent", role="agent", password=PASSWORD, agent_id=outside.evil_id)
        _acts(opened, outside)
        yield opened


def _acts(store: Store, outside: Outside) -> None:
    """All that people may write, written."""
    root, agent, evil = Page(store, "root"), Page(store, "their agent"), outside.evil
    path = f"/calls/{quote(outside.evil_id, safe='')}"
    plan = root.post("/plans", agent_id=outside.evil_id, criterion=HARD_SELL, goal=evil, action=evil,
                     call_id=outside.evil_id, at_s="3")  # fmt: skip
    root.post(f"{plan}/acts", act="comment", text=evil)
    root.post(f"{plan}/acts", act="moment", call_id=outside.evil_id, text=evil)
    root.post("/views", name="<script>alert(9)</script>", query=f"agent={quote(outside.evil_id)}")
    for rev, act in enumerate((
        {"act": "comment", "text": evil, "at_s": "2"}, {"act": "note", "text": evil, "actions": evil},
        {"act": "verdict", "target": HARD_SELL, "verdict": "fail", "reason": evil},
        {"act": "assign", "to": outside.evil_id},
    )):  # fmt: skip
        root.post(f"{path}/acts", rev=str(rev), **act)
    agent.post(f"{path}/acts", act="appeal", target=HARD_SELL, reason=evil)
    root.post(f"{path}/draft", status=204, fields=json.dumps({evil: evil, "note|||text": evil}))
    asked = {
        "name": "<script>alert(10)</script>\"'>",
        "people": "root\nfree",
        "calls": outside.evil_id,
        "criteria": HARD_SELL,
    }
    closed = root.post("/calibration", **{**asked, "people": "free\ncoach1"})
    free = Page(store, "free")
    free.post(f"{closed}{path}", **{f"v:{HARD_SELL}": "pass", f"r:{HARD_SELL}": evil})
    root.post(f"{closed}/close")


LEAKING = """() => [...document.querySelectorAll('time')].filter((node) => {
    const at = (place) => { const range = document.createRange(); range.setStart(node.firstChild, place);
        range.setEnd(node.firstChild, place + 1); return range.getBoundingClientRect(); };
    const [first, next] = [at(0), at(3)];
    return node.firstChild && first.width && first.top === next.top && next.left < first.left; }).length"""
"""Times that are written backwards, since a sign in the words before them turned the direction of writing."""
OWN_OR_FOREIGN = """() => [...document.querySelectorAll('*')].flatMap((node) => [
    ...[...node.attributes].filter((each) => /^on/i.test(each.name)).map((each) => `${node.tagName} ${each.name}`),
    ...["href", "src", "action"].filter((name) => /^\\s*javascript:/i.test(node.getAttribute(name) || "")),
    ...(node.matches("iframe, img, object, embed, base, script:not([src])") ? [node.tagName] : []),
])"""
PATHS = (
    "/queue?reason=all&state=any", "CALL", "CALL?{{7*7}}=<script>", "/scorecards?period=2024-05", "CARD?period=2024-05",
    "/plans", "/plans/1", "/plans/new?agent=ID&call=EVIL&at=EVIL&criterion=EVIL", "/search?q=forged", "/search?q=EVIL",
    "/trends?agent=EVIL", "/heard?kind=hard_sell", "/heard?kind=objection&sort=EVIL&campaign=EVIL", "/rules", "/people",
    "/calibration?call=EVIL", "/calibration/1", "/audit", "/audit?name=EVIL&event=EVIL", "/account", "/no/EVIL",
    "/queue?reason=EVIL", "/queue?agent=EVIL&state=any", "/calls/EVIL", "/api/v1/calls", "/api/v1/search?q=forged",
)  # fmt: skip


def clean(page: Any, where: str) -> None:
    """Nothing that the texts wanted has become part of the page."""
    found = page.evaluate(OWN_OR_FOREIGN)
    allowed = ["SCRIPT"] if page.url.startswith("file:") else []
    assert found == allowed, where
    assert page.evaluate(LEAKING) == 0, where
    assert "49" not in (page.evaluate("document.title") or "")


@pytest.fixture
def watched(open_page: Any) -> Any:
    """Opens a page on which a dialog fails the test."""
    dialogs: list[str] = []

    def make(**options: Any) -> Any:
        page = open_page(**options)

        def dialog(opened: Any) -> None:
            dialogs.append(opened.message)
            opened.dismiss()

        page.on("dialog", dialog)
        return page

    yield make
    assert dialogs == []


@pytest.mark.parametrize("name", ["root", "their agent", "EVIL"])
def test_no_page_runs_what_somebody_said(store, outside, watched, name):
    who = outside.evil_id if name == "EVIL" else name
    with serving(store) as port:
        home = f"http://127.0.0.1:{port}"
        page = watched(home=home, expected=("403", "404", "409", "422"))
        page.goto(f"{home}/login?next={quote('javascript:alert(1)')}")
        page.fill("#username", who)
        page.fill("#password", PASSWORD)
        page.click(".sign-in button")
        page.wait_for_selector("h1")
        assert page.url.startswith(home)
        call, card = (f"/{each}/{quote(outside.evil_id, safe='')}" for each in ("calls", "scorecards"))
        for template in PATHS:
            path = (
                template.replace("CALL", call)
                .replace("CARD", card)
                .replace("ID", quote(outside.evil_id, safe=""))
            )
            page.goto(home + path.replace("EVIL", quote(outside.evil[:150], safe="")))
            clean(page, path)
            shot(
                page,
                f"evil-{name.replace(' ', '-')}-{template[:24].strip('/').replace('/', '-').replace('?', '-')}",
            )
        page.goto(home + call)
        assert "{{7*7}}" in page.inner_text("h1")
        until(page, "document.getElementById('switch') !== null")
        page.click("#switch")
        for mark in page.locator(".mark").all()[:5]:
            mark.hover()
            clean(page, "a mark's tip")
        for key in ("j", "p", "k", " ", "l", "[", "]", "ArrowRight", "u", "n"):
            page.keyboard.press(key)
        page.wait_for_timeout(400)
        clean(page, "after the keys")
    assert outside.came == []


def test_what_is_injected_all_the_same_is_not_run(store, outside, watched):
    """The policy alone, where escaping had failed: a script, a handler, a style, a frame and a request are put into a page."""
    with serving(store) as port:
        home = f"http://127.0.0.1:{port}"
        page = watched(home="", expected=("Content Security Policy", "violates", "blocked", "Refused"))
        page.goto(f"{home}/login")
        page.evaluate(
            """(here) => { const box = document.createElement('div'); document.body.append(box);
            box.innerHTML = `<img src="${here}/b" onerror="alert(1)"><iframe src="${here}/c"></iframe>` +
                `<a id="j" href="javascript:alert(2)">x</a><b style="color:red">y</b>`;
            const script = document.createElement('script'), far = document.createElement('script');
            script.textContent = "alert(3); document.title = 'run'"; far.src = `${here}/d`;
            document.body.append(script, far);
            document.getElementById('j').click();
            return fetch(`${here}/e`, { mode: 'no-cors' }).then(() => 'sent', () => 'held'); }""",
            f"http://127.0.0.1:{outside.port}",
        )
        page.wait_for_timeout(500)
        assert page.title() != "run"
    assert outside.came == []


def test_no_report_runs_what_somebody_said(tmp_path, store, outside, watched):
    evil = outside.evil
    base = make_result("call-1")
    titles = tuple(
        CriterionText(each.id, evil, evil, evil, evil) for each in hostile(outside, evil).score.criteria
    )
    view = StandardView(evil, evil, titles, evil, evil)
    source = sound_of(tmp_path)
    result = replace(
        hostile(outside, evil), recording=replace(base.recording, path=source, sha256=digest_of(source)),
        provenance={evil: {"x": evil}},
        findings=(make_finding(quote=evil, detail={"kind": evil}), *hostile(outside, evil).findings),
    )  # fmt: skip
    with ReportWriter(tmp_path / "out", standard=view) as writer:
        writer.add(result)
        writer.fail(Failure(evil, evil, evil, evil))
    cards = build_scorecards(store, parse_period("2024-05"), Profile(), now=datetime(2024, 6, 1, tzinfo=UTC))
    write_scorecards(cards, tmp_path / "cards", language="en")
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 3
    page = watched()
    for each in pages:
        page.goto(each.as_uri())
        clean(page, each.name)
        page.click("#switch")
        for mark in page.locator(".mark").all()[:5]:
            mark.hover()
            clean(page, "a mark's tip")
        page.keyboard.press("j")
        page.keyboard.press(" ")
    assert outside.came == []
