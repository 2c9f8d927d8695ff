"""The daily hand-over: what is overdue, what is closed, whom nobody may call."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from period_store import Made, fill
from sqlalchemy import select

from pipeline.cli import cli
from pipeline.errors import ConfigError
from pipeline.profile import EMPTY
from pipeline.reports.follow_ups import FollowUp, follow_ups
from pipeline.store import Store, open_store
from pipeline.store.night_tables import Run, Suppression
from pipeline.store.tables import Call

NOW = datetime.fromisoformat("2025-03-06T10:00:00+08:00")
UNTIL = datetime(2025, 4, 1, tzinfo=UTC)
CALLS = (
    Made("over", "A01", "2025-03-03T09:00:00+08:00", 80.0, "call_back", customer_id="k1",
         follow_up={"text": "周三下午再打", "when": "2025-03-05T15:00:00+08:00"}),
    Made("older", "A02", "2025-03-02T09:00:00+08:00", 80.0, "interested", customer_id="k2",
         follow_up={"text": "3号", "when": "2025-03-03"}),
    Made("today", "A01", "2025-03-05T09:00:00+08:00", 80.0, "interested", customer_id="k3",
         follow_up={"text": "明天", "when": "2025-03-06"}),
    Made("vague", "A01", "2025-03-05T10:00:00+08:00", 80.0, "interested", customer_id="k4",
         follow_up={"text": "过几天", "when": "过几天"}),
    Made("later", "A01", "2025-03-05T11:00:00+08:00", 80.0, "call_back", customer_id="k5",
         follow_up={"text": "下周一", "when": "2025-03-10"}),
    Made("again", "A01", "2025-03-03T11:00:00+08:00", 80.0, "call_back", customer_id="k6",
         follow_up={"text": "明天", "when": "2025-03-04"}),
    Made("again2", "A02", "2025-03-04T11:00:00+08:00", 80.0, "not_interested", customer_id="k6"),
    Made("again3", "A02", "2025-03-05T11:00:00+08:00", 80.0, "not_interested", customer_id="k6"),
    Made("again4", "A01", "2025-03-07T11:00:00+08:00", 80.0, "not_interested", customer_id="k6"),
    Made("rang", "A01", "2025-03-04T11:30:00+08:00", 80.0, "voicemail", customer_id="k1"),
    Made("never", "A01", "2025-03-03T12:00:00+08:00", 80.0, "interested", customer_id="k7"),
    Made("no", "A01", "2025-03-03T13:00:00+08:00", 80.0, "not_interested", customer_id="k8"),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        fill(opened, *CALLS)
        with opened.writing() as session:
            run = Run(kind="nightly", night=date(2025, 3, 3), inbox="", state="completed", started_at=NOW, code_version="",
                      settings={}, counts={})  # fmt: skip
            session.add(run)
            call = session.scalars(select(Call).where(Call.call_id == "never")).one()
            session.add(
                Suppression(night=date(2025, 3, 3), customer_id="k7", call=call.id, score=call.current_score_id or 0,
                            asked_at=NOW, start_s=1.0, confidence=0.9, doubtful=False, made_at=NOW)
            )  # fmt: skip
        yield opened


def found(store: Store, agent: str | None = None) -> dict[str, FollowUp]:
    with store.reading() as session:
        rows = follow_ups(session, EMPTY, now=NOW, until=UNTIL, agent_id=agent)
    return {each.call_id: each for each in rows}


def test_overdue_first_and_what_is_closed_last(store: Store) -> None:
    rows = found(store)
    assert [(name, each.state) for name, each in rows.items()] == [
        ("older", "overdue"), ("over", "overdue"), ("today", "today"), ("vague", "no_time"), ("later", "later"),
        ("never", "do_not_call"), ("again", "called_again"),
    ]  # fmt: skip
    assert rows["over"].due == date(2025, 3, 5)  # a voicemail since then has reached nobody
    assert rows["again"].by == "again2"  # the first of those that reached the customer
    assert "no" not in rows
    assert set(found(store, "A02")) == {"older"}


def test_done_is_kept_with_who_and_once(store: Store, tmp_path: Path) -> None:
    run = CliRunner()
    url = store.place.text
    arguments = ["followups", "--store", url, "--date", "2025-03-06", "--done", "over", "--by", "王主管"]
    out = tmp_path / "open.csv"
    done = run.invoke(cli, [*arguments, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "1 marked as done" in done.output
    assert "1 were already" in run.invoke(cli, arguments).output
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["call_id"] for row in rows] == ["older", "today", "vague", "later"]
    assert (rows[0]["state"], rows[0]["due"], rows[0]["agreed"]) == ("overdue", "2025-03-03", "3号")
    assert found(store)["over"].state == "done"
    assert found(store)["over"].by == "王主管"


def test_a_call_that_is_not_there_marks_nothing(store: Store) -> None:
    done = CliRunner().invoke(
        cli, ["followups", "--store", store.place.text, "--done", "over", "--done", "gone"]
    )
    assert isinstance(done.exception, ConfigError)
    assert found(store)["over"].state == "overdue"


def test_the_days_figures_are_shown(store: Store) -> None:
    shown = CliRunner().invoke(
        cli, ["followups", "--store", store.place.text, "--date", "2025-03-05", "--language", "en"]
    )
    assert shown.exit_code == 0, shown.output
    line = next(line for line in shown.output.splitlines() if line.startswith("A01"))
    assert "3 calls" in line
    assert "2 interested" in line
    assert "Overdue  2025-03-03  A02  k2  older  Interested  3号" in shown.output
    assert "2025-03-05: 5 open, 2 overdue" in shown.output
