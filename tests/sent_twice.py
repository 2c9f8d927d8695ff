"""Forms sent several times at once over real HTTP, to two servers of the coaching app over one store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier

import httpx
from review_calls import PASSWORD
from review_server import serving
from sqlalchemy import func, select
from test_review_judging import HARD_SELL
from test_review_rights import field

from pipeline.store import Store, open_store
from pipeline.store.calibration_tables import CalibrationRound, CalibrationVerdict
from pipeline.store.coach_tables import Plan, PlanAct, SavedView
from pipeline.store.review_tables import AuditLine, ReviewAct

AT_ONCE = 6
CALL = "/calls/call-a1"
_TABLES = (ReviewAct, Plan, PlanAct, SavedView, CalibrationRound, CalibrationVerdict)


@dataclass(frozen=True)
class Sent:
    """A form: who sends it from which page, where to, what, and how many rows of which tables are to come of it.

    ``route`` is the path as the app has it, ``leads`` where the answer leads.
    """

    who: str
    page: str
    route: str
    form: dict[str, str]
    grows: dict[str, int]
    path: str = ""
    leads: str = ""


_ACTS = "/calls/{call_id:path}/acts"
_PLAN = "/plans/{plan_id}/acts"


def _act(who: str, **form: str) -> Sent:
    return Sent(who, CALL, _ACTS, {"rev": "", **form}, {"review_acts": 1}, f"{CALL}/acts", CALL)


def _on_plan(who: str, **form: str) -> Sent:
    return Sent(who, "/plans/1", _PLAN, form, {"plan_acts": 1}, "/plans/1/acts", "/plans/1")


FORMS = (
    _act("A01", act="appeal", target=HARD_SELL, reason="I asked first"),
    _act("coach1", act="ruling", answers="1", decision="denied", reason="it was pressed twice"),
    _act("coach1", act="comment", text="slower, please", at_s="3"),
    _act("coach1", act="note", text="pauses", actions="count to two", due="2026-12-24"),
    _act("coach1", act="missed", kind="rude", target="voice.courtesy", start_s="3", end_s="4", turn=""),
    _act("coach1", act="verdict", target="talk.objections", verdict="pass", reason="it was met"),
    _act("coach1", act="finding", target="f9", ruling="reject"),
    _act("coach1", act="undo", answers="7"),
    _act("coach1", act="state", state="done"),
    _act("A01", act="acknowledge"),
    Sent("sup1", "/queue", "/assign", {"to": "coach1", "query": "", "call:call-a1": "1", "call:call-a2": "1"},
         {"review_acts": 2}, leads="/queue?reason=flagged&state=open"),
    Sent("coach1", "/plans/new", "/plans",
         {"agent_id": "A01", "criterion": HARD_SELL, "goal": "ask, then wait", "action": "hear two calls"},
         {"plans": 1, "plan_acts": 2}, leads="/plans/1"),
    _on_plan("coach1", act="action", text="one more call", due="2026-12-24"),
    _on_plan("A01", act="tick", answers="2", done="true"),
    _on_plan("coach1", act="moment", call_id="call-a1", at_s="4", text="here"),
    _on_plan("A01", act="comment", text="I try"),
    _on_plan("coach1", act="state", state="reached", text="well done"),
    Sent("coach1", "/queue?reason=low", "/views", {"name": "low ones", "query": "reason=low"}, {"saved_views": 1},
         leads="/queue?reason=low&state=open"),
    Sent("coach1", "/queue", "/views/{view}/drop", {}, {"saved_views": -1}, "/views/1/drop", "/queue"),
    Sent("root", "/calibration", "/calibration",
         {"name": "x", "calls": "call-a1\ncall-b1", "people": "coach1\nfree", "criteria": HARD_SELL},
         {"calibration_rounds": 1}, leads="/calibration/1"),
    Sent("coach1", "/calibration/1/calls/call-a1", "/calibration/{key}/calls/{call_id:path}",
         {f"v:{HARD_SELL}": "pass", f"r:{HARD_SELL}": "no pressing"}, {"calibration_verdicts": 1},
         "/calibration/1/calls/call-a1", "/calibration/1/calls/call-b1"),
    Sent("root", "/calibration/1", "/calibration/{key}/close", {}, {}, "/calibration/1/close", "/calibration/1"),
)  # fmt: skip


@contextmanager
def visiting(store: Store) -> Iterator[Visitors]:
    """People at two servers, which share nothing but the database."""
    with open_store(store.place.text) as other, serving(store) as one, serving(other) as two:
        yield Visitors(store, (f"http://127.0.0.1:{one}", f"http://127.0.0.1:{two}"))


class Visitors:
    """People who have signed in, by name."""

    def __init__(self, store: Store, addresses: tuple[str, str]) -> None:
        self.store = store
        self.addresses = addresses
        self._cookies: dict[str, httpx.Cookies] = {}

    def page(self, who: str, path: str) -> str:
        """A page as somebody sees it."""
        if who not in self._cookies:
            with httpx.Client(base_url=self.addresses[0]) as client:
                token = field(client.get("/login").text, "csrf_token")
                form = {"username": who, "password": PASSWORD, "csrf_token": token}
                assert client.post("/login", data=form).status_code == 303
                self._cookies[who] = client.cookies
        answer = httpx.get(self.addresses[0] + path, cookies=self._cookies[who])
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(
        self, who: str, path: str, form: dict[str, str], *, times: int = AT_ONCE
    ) -> list[httpx.Response]:
        """Send one form several times at the same moment, to both servers in turn."""
        together = Barrier(times)

        def post(number: int) -> httpx.Response:
            together.wait()
            address = self.addresses[number % 2]
            return httpx.post(address + path, data=form, cookies=self._cookies[who], timeout=60)

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(post, range(times)))

    def rows(self) -> dict[str, int]:
        """How much there is of everything that a form makes."""
        with self.store.reading() as session:
            count = {
                table.__tablename__: session.scalar(select(func.count()).select_from(table))
                for table in _TABLES
            }
            done = AuditLine.event.like("did%") | AuditLine.event.like("calibration%")
            return {**count, "audit": session.scalar(select(func.count()).where(done))}


def sends_each_form_at_once(visitors: Visitors) -> None:
    """Every form does what it does once, and each of those who sent it is led to the same place."""
    for sent in FORMS:
        page = visitors.page(sent.who, sent.page)
        form = {**sent.form, "csrf_token": field(page, "csrf_token")}
        if "rev" in form:
            form["rev"] = field(page, "rev")
        before = visitors.rows()
        answers = visitors.send(sent.who, sent.path or sent.route, form)
        told = {(answer.status_code, answer.headers.get("location")) for answer in answers}
        assert told == {(303, sent.leads)}, (sent, answers[0].text)
        grown = {name: count - before[name] for name, count in visitors.rows().items()}
        deeds = 0 if "views" in sent.route else sent.grows.get("review_acts", 1)
        assert grown == {**dict.fromkeys(before, 0), **sent.grows, "audit": deeds}, sent
