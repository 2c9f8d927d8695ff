"""What is kept no longer goes for good, what is held stays, and the proof tells both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from postgres_cluster import Cluster, programs
from retention_store import (
    DAYS,
    NOW,
    WORD,
    CutOffError,
    copied,
    dies,
    files,
    fill_days,
    moment,
    purge,
    rules,
    run,
    searchable,
    shape,
    somebody,
)
from review_calls import fill
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pipeline.commands import retention as commands
from pipeline.errors import ConfigError
from pipeline.review.acts import do
from pipeline.review.asked import ASKED
from pipeline.review.cases import load_case
from pipeline.store import Store, open_store, removal
from pipeline.store import retention as planning
from pipeline.store.check import check_store
from pipeline.store.coach_tables import PlanAct
from pipeline.store.errors import StoreError
from pipeline.store.forgetting import suppressed
from pipeline.store.holds import hold, release
from pipeline.store.privacy_tables import Removal, RemovalDone
from pipeline.store.removal import Finished, faults, finish_all
from pipeline.store.retention import find_due, load_retention
from pipeline.store.review_tables import ReviewAct
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score, StoredFile


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_days(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def store(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A copy of that store."""
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    with copied(filled, tmp_path) as opened:
        yield opened


# rules


def test_rules_name_every_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rules(
        tmp_path, "default: {audio: 0, video: 3, scores: never}\ncampaigns: {renewal: {transcript: x}}\n"
    )
    with pytest.raises(ConfigError) as refused:
        load_retention(Path(path))
    assert len(refused.value.mistakes) == 4
    monkeypatch.delenv("CALLGAUGE_RETENTION", raising=False)
    with pytest.raises(ConfigError, match="CALLGAUGE_RETENTION"):
        load_retention(None)


def test_a_campaign_s_own_days_go_before_the_default(tmp_path: Path) -> None:
    path = rules(
        tmp_path,
        "default: {audio: 30, transcript: 365}\ncampaigns: {renewal: {audio: 7, transcript: forever}}\n",
    )
    read = load_retention(Path(path))
    assert [read.days("audio", each) for each in ("renewal", "other", None)] == [7, 30, 30]
    assert read.days("transcript", "renewal") is None
    assert read.days("scores", "renewal") is None


# purge


def test_each_kind_goes_in_its_time_and_the_proof_says_what(store: Store, tmp_path: Path) -> None:
    path = rules(
        tmp_path,
        "default: {audio: 30}\ncampaigns: {renewal: {transcript: 100, quotes: 300, audio: forever}}\n",
    )
    before = files(store)
    dry = purge(store, path, "--dry-run")
    assert dry["removal"] is None
    assert files(store) == before
    done = purge(store, path)
    assert done["plan"] == {**dry["plan"], "cached": 0}  # type: ignore[dict-item]
    assert files(store) == {**before, "transcript": before["transcript"] - 2}
    with store.reading() as session:
        quotes = select(func.count()).select_from(FindingRow).join(Score, Score.id == FindingRow.score)
        with_quote = quotes.join(Call, Call.id == Score.call).where(FindingRow.quote.is_not(None))
        assert session.scalar(with_quote.where(Call.call_id == "call-a1")) == 0
        assert session.scalar(with_quote.where(Call.call_id == "call-a2")) > 0
        (row,) = session.scalars(select(Removal)).all()
        assert (row.by, row.reason, row.kind) == ("Chen Li", "retention", "purge")
        assert {item["kind"] for item in row.body["items"]} == {"transcript", "quotes"}
        assert row.body["retention"]["campaigns"]["renewal"]["transcript"] == 100
        assert faults(session) == []
        case = load_case(store, session, somebody(session), "call-a1")
        assert case.result.transcript.turns == ()
        assert case.result.findings
        assert {finding.quote for finding in case.result.findings} == {None}
        assert case.score.percent is not None
        assert searchable(session) == {"call-b1", "call/odd 名"}
    assert purge(store, path)["removal"] is None  # nothing is left to do
    assert check_store(store, mend=False) == []


def test_scores_take_all_of_a_call_with_them(store: Store, tmp_path: Path) -> None:
    purge(store, rules(tmp_path, "default: {scores: 300}\n"))
    with store.reading() as session:
        call = session.scalars(select(Call).where(Call.call_id == "call-a1")).one()
        assert (call.agent_id, call.agent_name, call.customer_id, call.started_at) == (None, None, None, None)
        assert WORD not in json.dumps(call.record)
        score = session.get_one(Score, call.current_score_id)
        assert (score.percent, score.grade, score.follow_up) == (None, None, None)
        for table in (CriterionRow, FindingRow):
            assert session.scalar(select(func.count()).select_from(table).where(table.score == score.id)) == 0
        assert load_case(store, session, somebody(session), "call-a1").audio_sha256 is None
        other = session.scalars(select(Call).where(Call.call_id == "call-a2")).one()
        assert other.agent_id == "A01"
        assert suppressed(session, ["c-77", "C-78"]) == {"c-77"}  # the request outlives its call
    from pipeline.commands.store import store as command

    (tmp_path / "ids").write_text("C-1\nC-77\n")
    asked = ["suppressions", "--among", str(tmp_path / "ids"), "--store", store.place.text]
    assert CliRunner().invoke(command, asked).output == "C-77\n"
    assert purge(store, rules(tmp_path, "default: {scores: 300}\n"))["removal"] is None
    assert check_store(store, mend=False) == []


def test_a_file_that_another_call_needs_stays(store: Store, tmp_path: Path) -> None:
    """All four made-up calls have one sound."""
    path = rules(tmp_path, "default: {audio: 100}\n")
    assert purge(store, path)["removal"] is None
    assert files(store)["audio"] == 1
    assert purge(store, rules(tmp_path, "default: {audio: 5}\n"))["plan"]["audio"] == 4  # type: ignore[index]
    assert "audio" not in files(store)


def test_what_is_held_or_appealed_stays_whole(store: Store, tmp_path: Path) -> None:
    path = rules(tmp_path, "default: {transcript: 100, quotes: 100, scores: 100}\n")
    run(store, "hold", "call-a1", "--reason", "a dispute", "--by", "Chen Li")
    assert "call-a1" in run(store, "hold")
    with store.reading() as session:
        agent = somebody(session, "A01")
    appeal = ASKED.validate_python({"act": "appeal", "target": "opening.company", "reason": WORD})
    do(store, agent, "call-a2", appeal, address="")
    before = files(store)
    told = purge(store, path)
    assert (told["held"], told["removal"]) == (["call-a1", "call-a2"], None)
    assert files(store) == before
    assert "held" in run(
        store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked", status=1
    )
    run(store, "hold", "call-a1", "--release", "--by", "Chen Li")
    assert purge(store, path)["removal"] is not None
    with store.reading() as session:
        customers = dict(session.execute(select(Call.call_id, Call.customer_id)).all())  # type: ignore[arg-type]  # rows are pairs
    assert (customers["call-a1"], customers["call-a2"]) == (None, "C-77")
    with pytest.raises(ConfigError):
        run(store, "hold", "nobody's", "--reason", "x", "--by", "y")


def test_a_run_that_was_cut_off_is_ended_by_the_next(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rules(tmp_path, "default: {transcript: 100}\n")
    before = files(store)["transcript"]
    monkeypatch.setattr(store.files.__class__, "remove", dies)
    with pytest.raises(CutOffError):
        run(store, "purge", "--retention", path, "--by", "Chen Li")
    assert files(store)["transcript"] == before
    with store.reading() as session:
        assert session.scalars(select(RemovalDone)).all() == []
    monkeypatch.undo()
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    assert "cut off are now done" in run(store, "purge", "--retention", path, "--by", "Chen Li")
    assert files(store)["transcript"] == before - 2
    assert finish_all(store) == Finished()


@pytest.mark.parametrize("step", ["_sealed", "_mark", "_rows"])
def test_a_run_that_dies_before_its_record_has_done_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with store.reading() as session:
        before = session.scalar(select(func.count()).where(StoredFile.removed_at.is_(None)))
    monkeypatch.setattr(removal, step, dies)
    with pytest.raises(CutOffError):
        run(store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        assert session.scalars(select(Removal)).all() == []
        assert session.scalar(select(func.count()).where(StoredFile.removed_at.is_(None))) == before
        assert session.scalar(select(func.count()).where(Call.customer_id == "C-77")) == 2


def test_the_proof_can_t_be_changed_nor_the_history_be_forged(store: Store, tmp_path: Path) -> None:
    for days in (300, 100):
        purge(store, rules(tmp_path, f"default: {{transcript: {days}}}\n"))
    assert "purge" in run(store, "removals")
    assert len(json.loads(run(store, "removals", "1"))[0]["items"]) == 1
    with pytest.raises(DBAPIError), store.writing() as session:
        session.execute(update(Removal).values(by="nobody"))
    with store.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("DROP TRIGGER removals_no_delete")
        connection.exec_driver_sql("DROP TRIGGER removals_done_no_delete")
        connection.exec_driver_sql("DELETE FROM removals_done")
        connection.exec_driver_sql("DELETE FROM removals WHERE id = 1")
    assert "lacking" in CliRunner().invoke(commands.removals, ["--store", store.place.text]).output
    with store.writing() as session:
        coach = somebody(session, "coach1")
    done = do(store, coach, "call-a1", ASKED.validate_python({"act": "comment", "text": WORD}), address="")
    for wrong in ({"text": "something else"}, {"text": "[removed]", "at_s": 3}, {}):
        with pytest.raises(DBAPIError), store.writing() as session:
            session.execute(update(ReviewAct).where(ReviewAct.id == done.act).values(data=wrong))
    with pytest.raises(DBAPIError), store.writing() as session:
        session.execute(update(ReviewAct).where(ReviewAct.id == done.act).values(name="somebody else"))
    with store.writing() as session:
        session.execute(update(ReviewAct).where(ReviewAct.id == done.act).values(data={"text": "[removed]"}))


# the night


def test_holds_end(store: Store) -> None:
    with store.writing() as session:
        assert hold(session, ["call-a1"], reason="r", by="b") == 1
        assert hold(session, ["call-a1"], reason="r", by="b") == 0
        assert release(session, ["call-a1"], by="b") == 1
        due = find_due(session, load_from("default: {transcript: 100}"), NOW)
    assert due.held == ()


def test_a_hold_that_comes_too_late_says_what_is_gone(store: Store, tmp_path: Path) -> None:
    held = ("--reason", "dispute", "--by", "Chen Li")
    purge(store, rules(tmp_path, "default: {transcript: 100, quotes: 100}\n"))
    told = run(store, "hold", "call-a2", "call-b1", *held, status=1)
    assert "call-a2: gone already" in told
    assert "transcript (removal 1)" in told
    assert "quotes (removal 1)" in told
    assert "call-b1: gone" not in told
    assert "call-a2" in run(store, "hold"), "the rest of it stays"
    purge(store, rules(tmp_path, "default: {scores: 300}\n"))
    told = run(store, "hold", "call-a1", *held, status=1)
    assert "result (removal 2)" in told
    assert "who it was" in told
    assert "quotes" not in told
    run(store, "hold", "call-b1", *held)
    run(store, "hold", "call-a1", "--release", "--by", "Chen Li")


def load_from(text: str):  # type: ignore[no-untyped-def]  # a test's shorthand
    from pipeline.config import parse_yaml, validate
    from pipeline.store.retention import Retention

    return validate(Retention, parse_yaml(text, name="r"))


# PostgreSQL


@pytest.mark.postgres
@pytest.mark.skipif(
    programs() is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
)
def test_on_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    folder = programs()
    assert folder is not None
    cluster = Cluster(folder)
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    try:
        with open_store(cluster.make("retention")) as store:
            fill(store, tmp_path)
            with store.writing() as session:
                coach = somebody(session, "coach1")
                for call_id, days in DAYS.items():
                    shape(store, session, call_id, days)
            check_store(store, mend=True)
            comment = ASKED.validate_python({"act": "comment", "text": WORD})
            done = do(store, coach, "call-a1", comment, address="")
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(ReviewAct).where(ReviewAct.id == done.act).values(data={"text": "x"}))
            with store.writing() as session:
                told = moment(session, "call-a1", WORD).id
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(PlanAct).values(data={"call_id": "call-a1", "text": "x"}))
            path = rules(tmp_path, "default: {transcript: 300, quotes: 300}\n")
            assert purge(store, path)["plan"]["transcript"] == 1  # type: ignore[index]
            run(store, "forget", "--number", "13812345678", "--by", "x", "--reason", "asked")
            assert purge(store, rules(tmp_path, "default: {scores: 300}\n"))["removal"] is not None
            with store.reading() as session:
                assert session.get_one(ReviewAct, done.act).data == {"text": "[removed]"}
                assert session.get_one(PlanAct, told).data["text"] == "[removed]"
                assert faults(session) == []
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(Removal).values(by="nobody"))
            assert check_store(store, mend=False) == []
    finally:
        cluster.remove()


def test_a_hold_placed_while_a_purge_is_planned_stops_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the rules and the removal somebody holds one of the calls: all of it stays."""
    real, before = planning.find_due, files(store)

    def meanwhile(session: Session, *rest: Any) -> planning.Due:
        due = real(session, *rest)
        session.close()
        with store.writing() as other:
            assert hold(other, ["call-a2"], reason="dispute", by="Wu Fang") == 1
        return due

    monkeypatch.setattr(planning, "find_due", meanwhile)
    path = rules(tmp_path, "default: {transcript: 100}\n")
    told = CliRunner().invoke(
        commands.purge, ["--retention", path, "--by", "Chen Li", "--store", store.place.text]
    )
    assert isinstance(told.exception, StoreError)
    assert "call-a2" in str(told.exception)
    assert files(store) == before
    monkeypatch.undo()
    assert purge(store, path)["held"] == ["call-a2"]
