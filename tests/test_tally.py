"""The daily sums: whatever happens to calls, they are what counting all calls gives, in SQL and in pandas."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from factories import make_result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from period_store import Made, fill, rule
from postgres_cluster import Cluster, programs
from sqlalchemy import delete, func, select, text, update

from pipeline.profile import Profile
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import build_scorecards
from pipeline.reports.scorecard_figures import CountedFigures, KeptFigures
from pipeline.store import Store, open_store
from pipeline.store.check import check_store
from pipeline.store.day_tables import ChangedDay, DayCalls, DayCriteria
from pipeline.store.keep import keep_human_score
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score
from pipeline.store.tally import freshen

SHANGHAI = ZoneInfo("Asia/Shanghai")
PROFILE = Profile()
CRITERIA = ("opening.company", "talk.restates")
VERDICTS = ("pass", "partial", "fail", "needs_review", "not_measurable", "not_applicable")
OUTCOMES = ("interested", "not_interested", "voicemail", "order_placed", "no_conversation", "call_back")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


def made(number: int, chance: random.Random) -> Made:
    """A call by chance, some of them around midnight in Shanghai."""
    at = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(5 * 24 * 60))
    return Made(
        f"c{number}", chance.choice(["A01", "A02", None]), at.isoformat(), chance.choice([None, 0.0, 61.3, 88.8, 100.0]),
        chance.choice(OUTCOMES), chance.choice(["A", "B", None]), talk_s=chance.choice([None, 12.345, 30.0]),
        duration_s=chance.uniform(1, 90), fatal=chance.choice([(), (), ("talk.no_hard_sell",)]),
        review=chance.random() < 0.3, human=chance.choice([None, None, 61.3, 75.0]),
        verdicts={name: chance.choice(VERDICTS) for name in CRITERIA}, unscored=chance.random() < 0.1,
        agent_name=chance.choice([None, "李明"]),
    )  # fmt: skip


def change(store: Store, chance: random.Random, digest: str, number: int) -> None:
    """Something that happens to a store: a call comes late, moves, goes, is scored anew or ruled on."""
    with store.writing() as session:
        call = session.scalar(select(Call).order_by(func.abs(Call.id - chance.randrange(30))).limit(1))
        assert call is not None
        what = chance.choice(["late", "anew", "ruled", "moved", "renamed", "gone", "campaign"])
        if what in ("anew", "ruled"):
            by = "human" if what == "ruled" and call.current_version else "machine"
            told = made(number, chance)
            rule(session, call, told, digest, percent=told.percent, by=by, review=False)
        elif what == "moved":
            call.started_at = chance.choice([None, datetime(2025, 3, chance.randrange(1, 6), 16, tzinfo=UTC)])
        elif what == "renamed":
            call.agent_id = chance.choice(["A01", "A03", None])
        elif what == "campaign":
            call.campaign = "C"
        elif what == "gone":
            scores = select(Score.id).where(Score.call == call.id)
            session.execute(text("DELETE FROM flags WHERE call = :call"), {"call": call.id})
            for table in (FindingRow, CriterionRow):
                session.execute(delete(table).where(table.score.in_(scores)))
            session.execute(delete(Score).where(Score.call == call.id))
            session.delete(call)
    if what == "late":
        fill(store, made(number, chance))


def figures(source: Any) -> dict[str, Any]:
    sums = source.sums()
    verdicts = {
        (each.agent_id or "", each.criterion, each.verdict): (
            each.calls,
            each.latest_score if each.verdict in ("pass", "partial", "fail") else None,
        )
        for each in source.verdicts()
    }
    rows = {(row["agent_id"], row["campaign"]): row for row in sums.table.to_dict("records")}
    means = {
        each.agent_id or "": (each.calls, round(each.mean, 9))
        for each in source.means(parse_period("2025"), None)
    }
    return {"rows": rows, "days": dict(sums.days), "verdicts": verdicts, "means": means,
            "standards": source.standards(None)}  # fmt: skip


def holds(store: Store, period: str = "2025-03") -> None:
    with store.reading() as session:
        chosen = parse_period(period)
        kept = figures(KeptFigures(session, chosen, PROFILE))
        counted = figures(CountedFigures(session, chosen, PROFILE))
    assert kept == counted


@pytest.mark.parametrize("seed", range(2))
def test_kept_sums_are_what_the_calls_say_whatever_happens(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    digest = fill(store, *[made(number, chance) for number in range(30)])
    for step in range(25):
        change(store, chance, digest, 100 + step)
        if step % 3 == 0:
            freshen(store, SHANGHAI)
            holds(store)
    freshen(store, SHANGHAI)
    holds(store)
    holds(store, "2025-03-03")
    assert check_store(store, mend=False) == []


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 6))
def test_any_few_changes_are_counted(seed: int, steps: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/callgauge.db") as opened:
        digest = fill(opened, *[made(number, chance) for number in range(6)])
        freshen(opened, SHANGHAI)
        for step in range(steps):
            change(opened, chance, digest, 100 + step)
        freshen(opened, SHANGHAI)
        holds(opened)


def test_only_what_has_changed_is_counted(store: Store) -> None:
    chance = random.Random(1)
    fill(store, *[made(number, chance) for number in range(20)])
    freshen(store, SHANGHAI)
    with store.writing() as session:
        assert session.scalar(select(func.count(ChangedDay.id))) == 0
        session.execute(update(DayCalls).values(calls=DayCalls.calls + 1))
    fill(store, Made("late", "A09", "2025-03-02T10:00:00+08:00", 50.0))
    freshen(store, SHANGHAI)
    faults = check_store(store, mend=False)
    assert faults
    assert {each.kind for each in faults} == {"day_sums"}
    assert not [each for each in faults if each.what.startswith("A09")]
    assert all(each.mended for each in check_store(store, mend=True))
    assert check_store(store, mend=False) == []
    holds(store)


def test_a_day_is_the_companys(store: Store) -> None:
    fill(store, Made("night", "A01", "2025-03-02T23:30:00+00:00", 80.0, verdicts={"opening.company": "pass"}))
    freshen(store, SHANGHAI)
    with store.reading() as session:
        assert session.scalars(select(DayCalls.day)).all() == [date(2025, 3, 3)]
    london = Profile.model_validate({"calling_hours": {"time_zone": "Europe/London"}})
    now = datetime(2025, 4, 1, tzinfo=UTC)
    cards = build_scorecards(store, parse_period("2025-03-02"), london, now=now)  # counted from the calls
    assert cards.agents["calls"].tolist() == [1]
    assert cards.used[0].calls == 1
    assert freshen(store, SHANGHAI) == SHANGHAI
    assert freshen(store, london.zone, adopt=True) == london.zone
    with store.reading() as session:
        assert session.scalars(select(DayCalls.day)).all() == [date(2025, 3, 2)]
        assert session.scalars(select(DayCriteria.day)).all() == [date(2025, 3, 2)]


@pytest.mark.postgres
@pytest.mark.skipif(
    programs() is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
)
def test_the_same_on_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    folder = programs()
    assert folder is not None
    cluster = Cluster(folder)
    try:
        with open_store(cluster.make("tally")) as opened:
            chance = random.Random(7)
            digest = fill(opened, *[made(number, chance) for number in range(30)])
            freshen(opened, SHANGHAI)
            for step in range(12):
                change(opened, chance, digest, 100 + step)
            freshen(opened, SHANGHAI)
            holds(opened)
            assert check_store(opened, mend=False) == []
            assert len(
                build_scorecards(opened, parse_period("2025-03"), PROFILE, now=datetime.now(UTC)).agents
            )
    finally:
        cluster.remove()


def test_a_persons_score_keeps_the_talk_time_of_the_recording(store: Store) -> None:
    fill(store, Made("c1", "A01", "2025-03-03T10:00:00+08:00", 50.0, talk_s=42.5))
    freshen(store, SHANGHAI)
    with store.writing() as session:
        machine = session.scalars(select(Score)).one()
        keep_human_score(session, machine, make_result().score, (), act=1, at=datetime.now(UTC))
    freshen(store, SHANGHAI)
    with store.reading() as session:
        (day,) = session.scalars(select(DayCalls))
        assert (day.reviewed, day.talk_known, day.talk_ms) == (1, 1, 42_500)
