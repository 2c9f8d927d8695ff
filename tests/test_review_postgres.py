"""The coaching app over a real PostgreSQL: queue, judgement, history that can't be edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres_cluster import Cluster, programs
from review_calls import fill
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from test_review_coaching import Page
from test_review_judging import HARD_SELL, criterion, versions

from pipeline.store import open_store
from pipeline.store.coach_tables import PlanAct
from pipeline.store.review_tables import ReviewAct
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
                context = MigrationContext.configure(connection, opts={"compare_type": True})
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
            with pytest.raises(DBAPIError, match="only added to"), store.writing() as session:
                session.execute(delete(ReviewAct))
    finally:
        cluster.remove()
