"""The coaching app over a real PostgreSQL: queue, judgement, history that can't be edited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres_cluster import Cluster, programs
from review_calls import fill
from sent_twice import sends_each_form_at_once, visiting
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from test_review_coaching import Page
from test_review_hostile import guesses_at_once, refuses_nul, two_servers
from test_review_judging import HARD_SELL, Somebody, criterion, versions

from pipeline.review.attempts import MOST_BY_NAME
from pipeline.store import Store, open_store
from pipeline.store.check import check_store
from pipeline.store.coach_tables import PlanAct
from pipeline.store.review_tables import ReviewAct
from pipeline.store.search_index import forget_words, rebuild
from pipeline.store.search_tables import SearchDoc, is_model
from pipeline.store.tables import Base

pytest.importorskip("psycopg", reason="the extra postgres is not installed")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        programs() is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
    ),
]


def test_a_review_on_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs()
    assert folder is not None
    cluster = Cluster(folder)
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    try:
        with open_store(cluster.make("review")) as store:
            fill(store, tmp_path)
            with store.engine.connect() as connection:
                context = MigrationContext.configure(
                    connection, opts={"compare_type": True, "include_name": is_model}
                )
                assert compare_metadata(context, Base.metadata) == []
            coach, agent = Page(store, "coach1"), Page(store, "A01")
            for reason in ("flagged", "fatal", "needs_review", "alert", "low", "sample", "appeal", "all"):
                assert coach.client.get(f"/queue?reason={reason}&since=2024-01-01").status_code == 200
            coach.does("verdict", target=HARD_SELL, verdict="fail", reason="x")
            coach.does("comment", text="y", at_s=1.5)
            agent.does("appeal", target=HARD_SELL, reason="z")
            assert coach.post(
                "/plans", agent_id="A01", criterion=HARD_SELL, goal="x", call_id="call-a1", since="2024-05-06"
            )
            for path in (
                "/plans",
                "/plans/1",
                "/scorecards",
                "/scorecards/A01",
                "/calls/call-a1",
                "/queue?assigned=-",
            ):
                coach.get(path)
            coach.post("/views", name="x", query="reason=low")
            coach.post("/calls/call-a1/draft", status=204, fields='{"a": "b"}')
            coach.post("/assign", to="coach1", query="", **{"call:call-a1": "1"})
            with pytest.raises(DBAPIError, match="only added to"), store.writing() as session:
                session.execute(delete(PlanAct))
            assert criterion(agent.case()["human_score"], HARD_SELL)["verdict"] == "fail"
            assert [made_by for made_by, _ in versions(store)] == ["machine", "human"]
            _finds(coach, agent, Somebody(store, "root"))
            refuses_nul(Page(store, "root"))
            _appeals_at_once(store, agent)
            _first_deeds_at_once(store)
            _guesses_at_once(store)
            with store.writing() as session:
                forget_words(session, list(session.scalars(select(SearchDoc.call))))
            assert {fault.kind for fault in check_store(store, mend=True)} == {"not_searchable"}
            assert check_store(store, mend=True) == []
            assert len(found(coach, q="没有预算")) == 2
            with store.writing() as session:
                assert rebuild(session) == 4
            assert len(found(coach, q="没有预算")) == 2
            with pytest.raises(DBAPIError, match="only added to"), store.writing() as session:
                session.execute(delete(ReviewAct))
    finally:
        cluster.remove()


def _first_deeds_at_once(store: Store) -> None:
    """Of those who do the first thing about a call at the same moment each has it done."""
    people = [Page(store, name) for name in ("coach2", "free", "root", "bob")]
    together = Barrier(len(people))

    def comment(who: Page) -> int:
        together.wait()
        asked, headers = {"act": "comment", "text": "x"}, {"x-csrf-token": who.token}
        return who.client.post("/api/v1/calls/call-b1/acts", json=asked, headers=headers).status_code

    with ThreadPoolExecutor(len(people)) as pool:
        assert list(pool.map(comment, people)) == [200] * len(people)


def test_forms_sent_at_once_on_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs()
    assert folder is not None
    cluster = Cluster(folder)
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    try:
        with open_store(cluster.make("forms")) as store:
            fill(store, tmp_path)
            with visiting(store) as visitors:
                sends_each_form_at_once(visitors)
    finally:
        cluster.remove()


def _appeals_at_once(store: Store, agent: Page) -> None:
    """Of appeals that come at once one is taken; the others see it, or that somebody was quicker."""
    agent.does("comment", "call-a2", text="the review is there")
    together = Barrier(6)
    headers = {"x-csrf-token": agent.token}
    asked = {"act": "appeal", "target": HARD_SELL, "reason": "x"}

    def appeal(_: int) -> int:
        together.wait()
        return agent.client.post("/api/v1/calls/call-a2/acts", json=asked, headers=headers).status_code

    with ThreadPoolExecutor(together.parties) as pool:
        codes = list(pool.map(appeal, range(together.parties)))
    assert sorted(codes) == [200] + [422] * 5
    history = agent.client.get("/api/v1/calls/call-a2/history").json()
    assert [deed["act"] for deed in history if deed["act"] == "appeal"] == ["appeal"]


def _finds(coach: Somebody, agent: Somebody, root: Somebody) -> None:
    """Search, trends, calibration and rule quality, each once."""
    for typed in ("没有预算", "算", "預算 CPM", '"没有预算" -宽带', "每千人成本"):
        assert found(coach, q=typed) == ["call-a2", "call-a1"], typed
    assert found(agent, q="没有预算", speaker="customer") == ["call-a2", "call-a1"]
    assert found(agent, q="没有预算", speaker="agent") == found(agent, q="预算，而且您先听我") == []
    for typed in ("'", "\\", ":*", "a & b | !c", "\x00", "<->"):
        found(root, q=typed)
    assert root.client.get("/api/v1/trends").json()["weeks"]
    assert root.client.get("/trends").status_code == 200
    for kind in ("objection", "refusal"):
        for sort in ("", "price", "not_said"):
            assert root.client.get(f"/api/v1/heard?kind={kind}&sort={sort}").status_code == 200
    mark = next(each["id"] for each in coach.case()["call"]["findings"] if each["kind"] == "interruption")
    coach.does("finding", target=mark, ruling="reject")
    assert coach.client.get("/api/v1/rules").json()["rules"][0]["rejected"] == 1
    body = {"name": "x", "calls": ["call-a2"], "people": ["coach1", "free"], "criteria": [HARD_SELL]}
    made = root.client.post("/api/v1/calibration", json=body, headers={"x-csrf-token": root.token}).json()
    path = f"/api/v1/calibration/{made['id']}"
    given = {"verdicts": [{"criterion": HARD_SELL, "verdict": "pass"}]}
    for verdict in ("fail", "pass"):
        given["verdicts"][0]["verdict"] = verdict
        answer = coach.client.post(
            f"{path}/calls/call-a2/verdicts", json=given, headers={"x-csrf-token": coach.token}
        )
        assert answer.json()["done"] == {"coach1": 1, "free": 0}
    assert coach.client.get("/api/v1/calls/call-a2").status_code == 404
    assert root.client.post(f"{path}/close", headers={"x-csrf-token": root.token}).status_code == 200
    assert root.client.get(path).json()["agreement"][0]["alpha_nominal"] is None


def found(who: Somebody, **asked: str) -> list[str]:
    answer = who.client.get("/api/v1/search", params=asked)
    assert answer.status_code == 200, answer.text
    return [hit["call_id"] for hit in answer.json()["hits"]]


def _guesses_at_once(store: Store) -> None:
    with two_servers(store) as both:
        addresses = [f"10.6.0.{number}" for number in range(20)]
        codes = guesses_at_once(both, names=["audi"] * 20, addresses=addresses)
    assert codes == {401: MOST_BY_NAME, 429: 20 - MOST_BY_NAME}
