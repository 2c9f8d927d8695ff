"""Filters do what their words say, each against what the calls themselves hold, and show what they were set to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from review_calls import CALLS, fill
from sqlalchemy import select, update
from test_review_coaching import Page
from test_review_judging import HARD_SELL

import pipeline
from pipeline.review import originals
from pipeline.review.asked import NEEDS
from pipeline.review.pages import event_texts
from pipeline.review.queue import FAULTS, VERDICTS
from pipeline.store import Store, open_store
from pipeline.store.review_tables import User
from pipeline.store.tables import Call, CriterionRow

EVERY = {"reason": "all", "state": "any"}
FAULTLESS = "call-b1"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Four calls that differ: one without any fault, one in which a single criterion is in doubt."""
    folder = tmp_path_factory.mktemp("filters")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        with opened.writing() as session:
            for call_id, verdict in ((FAULTLESS, "pass"), ("call-a2", "not_applicable")):
                score = session.scalar(select(Call.current_score_id).where(Call.call_id == call_id))
                faults = CriterionRow.score == score, CriterionRow.verdict.in_(FAULTS)
                session.execute(update(CriterionRow).where(*faults).values(verdict=verdict))
            doubt = CriterionRow.score == score, CriterionRow.criterion == HARD_SELL
            session.execute(update(CriterionRow).where(*doubt).values(verdict="needs_review"))
        yield opened


@pytest.fixture
def root(store: Store) -> Page:
    return Page(store, "root")


def listed(who: Page, **asked: str) -> set[str]:
    page = who.client.get("/queue", params={**EVERY, **asked})
    assert page.status_code == 200
    return set(re.findall(r'<tr data-call="([^"]+)"', page.text))


def verdicts(store: Store) -> dict[str, dict[str, str]]:
    """Call id → criterion → verdict."""
    with store.reading() as session:
        rows = session.execute(
            select(Call.call_id, CriterionRow.criterion, CriterionRow.verdict).join(
                CriterionRow, CriterionRow.score == Call.current_score_id
            )
        )
        found: dict[str, dict[str, str]] = {call_id: {} for call_id in CALLS}
        for call_id, criterion, verdict in rows:
            found[call_id][criterion] = verdict
    return found


@pytest.mark.parametrize("criterion", ["", HARD_SELL, "opening.name"])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_that_of_the_criterion_or_of_any(store: Store, root: Page, criterion: str, verdict: str):
    wanted = FAULTS if verdict == "fault" else (verdict,)
    fits = {
        call_id
        for call_id, own in verdicts(store).items()
        if any(each in wanted and criterion in ("", name) for name, each in own.items())
    }
    assert listed(root, criterion=criterion, verdict=verdict) == fits


def test_not_kept_leaves_out_what_has_no_fault(root: Page) -> None:
    assert listed(root) == set(CALLS)
    assert listed(root, verdict="fault") == set(CALLS) - {FAULTLESS}


def test_a_criterion_alone_asks_for_its_faults_and_says_so(root: Page) -> None:
    asked = {"criterion": HARD_SELL}
    assert listed(root, **asked) == listed(root, **asked, verdict="fault") < set(CALLS)
    assert chosen(root, **asked)["verdict"] == "fault"
    assert chosen(root)["verdict"] == ""


def test_an_agent_is_found_by_the_name_that_the_list_shows(store: Store, root: Page) -> None:
    with store.reading() as session:
        for call_id, agent, name in session.execute(select(Call.call_id, Call.agent_id, Call.agent_name)):
            assert call_id in listed(root, agent=agent) == listed(root, agent=name)
    assert listed(root, agent="nobody") == set()
    for path in ("/search?q=没有预算", "/trends?", "/heard?kind=objection"):
        by_id, by_name = (found(root, f"{path}&agent={each}") for each in ("A01", "A01 某"))
        assert by_id == by_name
        assert by_id != found(root, f"{path}&agent=nobody")


def found(who: Page, path: str) -> Any:
    """The calls of an answer, or its figures."""
    answer = who.client.get(f"/api/v1{path}").json()
    return [each["call_id"] for each in answer.get("hits", answer.get("calls", ()))] or answer.get(
        "objections", []
    )


@pytest.mark.parametrize("asked", ["verdict=good", "outcome=sold", "state=half", "reason=why"])
def test_what_is_no_choice_is_refused(root: Page, asked: str) -> None:
    root.get(f"/queue?{asked}", status=422)
    assert root.client.get(f"/api/v1/calls?{asked}").status_code == 422


def test_what_is_no_state_of_a_plan_is_refused(root: Page) -> None:
    root.get("/plans?state=half", status=422)


class _Fields(HTMLParser):
    """What the fields of the filters hold, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, str] = {}
        self._inside = self._select = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = "filters" if "filters" in (given.get("class") or "") else ""
        if not self._inside:
            return
        if tag == "input" and given.get("name"):
            self.held[str(given["name"])] = given.get("value") or ""
        if tag == "select":
            self._select = str(given["name"])
        first = self._select and self._select not in self.held
        if tag == "option" and self._select and (first or "selected" in given):
            self.held[self._select] = given.get("value") if "value" in given else None  # type: ignore[assignment]

    def handle_data(self, data: str) -> None:
        if self._inside and self._select and self.held.get(self._select) is None:
            self.held[self._select] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def chosen(who: Page, **asked: str) -> dict[str, str]:
    fields = _Fields()
    fields.feed(who.client.get("/queue", params=asked).text)
    return fields.held


def test_the_fields_show_whatever_the_list_is_filtered_by(store: Store, root: Page) -> None:
    """Somebody who left, a team without agents, an older standard's criterion: in an address that was kept."""
    asked = {"assigned": "gone", "team": "none such", "criterion": "old.one", "verdict": "pass", "agent": "Z"}
    asked |= {
        "least": "10",
        "most": "60.5",
        "since": "2024-01-01",
        "until": "2024-02-01",
        "outcome": "call_back",
    }
    assert chosen(root, **asked, **EVERY) == {**asked, **EVERY}
    with store.reading() as session:
        assert session.scalar(select(User.team).where(User.name == "coach1"))
    assert chosen(Page(store, "coach1"), team="二组")["team"] == "二组"


def test_a_figure_of_a_card_leads_to_as_many_calls(store: Store, root: Page) -> None:
    """Those of its period: a year's calls are no answer to a month's figure."""
    with store.writing() as session:
        old = select(Call.id).where(Call.call_id == "call-a2").scalar_subquery()
        call = session.get_one(Call, session.scalar(select(old)))
        assert call.started_at is not None
        call.started_at = call.started_at.replace(year=call.started_at.year - 1)
        month = session.scalar(select(Call.started_at).where(Call.call_id == "call-a1"))
    assert month is not None
    page = root.get(f"/scorecards/A01?period={month:%Y-%m}")
    links = re.findall(r'<a href="(/queue\?[^"]+)">(\d+)</a>', page)
    assert links
    for link, figure in links:
        answer = root.get(link.replace("&amp;", "&"))
        assert answer.count("<tr data-call=") == int(figure), link


def test_the_audit_log_offers_and_names_every_event(root: Page) -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("review", "commands")
        for path in (Path(pipeline.__file__).parent / folder).glob("*.py")
    )
    known = event_texts()
    named = set(re.findall(r'put_down\((?:\s*\w+,)*\s*"(\w+)"', code)) | {
        originals._OPENED,
        originals._HEARD,
        originals._READ,
    }
    assert len(named) > 10
    assert named <= set(known)
    assert {f"did_{act}" for act in NEEDS} < set(known)
    page = root.get("/audit?event=login")
    assert 'value="login" selected' in page
    assert "Signed in" in page


def test_plans_of_another_state_are_no_want_of_plans(root: Page) -> None:
    root.post("/plans", agent_id="A01", criterion=HARD_SELL, goal="x")
    assert "No plan in this state" in root.get("/plans?state=dropped")
    assert "No plan in this state" not in root.get("/plans?state=open")
