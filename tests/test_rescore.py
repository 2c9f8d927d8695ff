"""Stored calls judged again: from the caches, from the store, not at all; twice is once; what people judged holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import speech_fakes
from click.testing import CliRunner, Result
from night_fakes import run_night, the_night
from speech_fakes import words
from sqlalchemy import func, select
from test_preview import DRAFT
from test_preview import store as _store
from test_review_judging import HARD_SELL, Somebody
from test_review_judging import filled as _filled
from test_review_judging import store as _reviewed

from models.recognition import Heard
from pipeline.cli import cli
from pipeline.errors import ConfigError
from pipeline.nightly.rescore import Choice, Rescored, Wish, rescore
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.work import Bench, Setup
from pipeline.process import Workplace
from pipeline.review.cases import load_case
from pipeline.review.rights import Person
from pipeline.standards import load_standard
from pipeline.store import Store, open_store
from pipeline.store.check import check_store
from pipeline.store.files import read_result
from pipeline.store.keep import Judged
from pipeline.store.lock import nightly_lock
from pipeline.store.night_tables import RESCORE, Alert, Run
from pipeline.store.tables import Call, CriterionRow, Score, StoredFile

store, filled, reviewed = _store, _filled, pytest.fixture(name="reviewed")(_reviewed.__wrapped__)  # type: ignore[attr-defined]
SAMPLES = Path(__file__).parents[1] / "sample_audio"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


class Same:
    """Hears the same words in every window."""

    def transcribe(
        self, windows: Sequence[object], *, language: str | None = None, hints: Sequence[str] = ()
    ) -> Heard:
        said = words(("您好，", 0.1, 0.5), ("这里是", 0.5, 0.9), ("华信传媒", 0.9, 1.6))
        return speech_fakes.heard(*(speech_fakes.window(said) for _ in windows))

    def describe(self) -> dict[str, str | int | float | None]:
        return {"engine": "same", "model_sha256": "0" * 64}


def again(store: Store, *options: str) -> Result:
    return CliRunner().invoke(cli, ["rescore", "--store", store.place.text, *options])


def scores(store: Store) -> list[tuple[str, int, str, str, float | None]]:
    query = select(Call.call_id, Score.version, Score.made_by, Score.cause, Score.percent)
    with store.reading() as session:
        return [
            tuple(row) for row in session.execute(query.join(Score, Score.call == Call.id).order_by(Score.id))
        ]  # type: ignore[misc]


def test_by_the_same_nothing_is_added(store: Store) -> None:
    before = scores(store)
    told = again(store)
    assert told.exit_code == 0, told.output
    assert "2 calls judged again: 0 got a new score" in told.output
    assert "0 came from the cache, 2 from the store; nothing was transcribed" in told.output
    assert scores(store) == before


def test_another_standard_makes_a_version_beside_the_old_one_and_once(store: Store, draft: Path) -> None:
    first = scores(store)
    told = again(store, "--standard", str(draft), "--json")
    assert told.exit_code == 0, told.output
    data = json.loads(told.stdout)
    assert (data["schema"], data["judged"], data["new_scores"], data["changed"]) == (
        "callgauge/rescore/1",
        2,
        2,
        2,
    )
    assert {call["standard"] for call in data["calls"]} == {"mine@2.0.0"}
    now = scores(store)
    assert now[:2] == first
    assert [(version, cause) for _, version, _, cause, _ in now[2:]] == [(2, "rescore"), (2, "rescore")]
    assert [call["after"] for call in data["calls"]] == [percent for *_, percent in now[2:]]
    assert "0 got a new score" in again(store, "--standard", str(draft)).output
    assert "0 got a new score" in again(store).output  # each by its own, which is the new one now
    assert scores(store) == now
    assert check_store(store, mend=False) == []


def test_ledger_and_nights_stay_what_they_were(store: Store, draft: Path, tmp_path: Path) -> None:
    night = the_night(store)
    with store.reading() as session:
        alerts = session.scalar(select(func.count(Alert.id)))
    again(store, "--standard", str(draft))
    assert the_night(store).counts == night.counts
    assert the_night(store).runs == night.runs
    with store.reading() as session:
        assert session.scalars(select(Run.state).where(Run.kind == RESCORE)).all() == ["completed"]
        assert session.scalar(select(func.count(Alert.id))) == alerts
        assert set(session.scalars(select(Alert.night))) <= {date(2025, 3, 4)}
    assert run_night(store, tmp_path / "inbox").worked == 0  # the night doesn't undo it


def test_a_dry_run_writes_nothing(store: Store, draft: Path) -> None:
    before, files = scores(store), [name for name, *_ in store.files.each()]
    told = again(store, "--standard", str(draft), "--dry-run")
    assert told.exit_code == 0
    assert "2 would get a new score" in told.output
    assert scores(store) == before
    assert [name for name, *_ in store.files.each()] == files
    with store.reading() as session:
        assert session.scalar(select(func.count(Run.id)).where(Run.kind == RESCORE)) == 0


def test_a_call_whose_words_are_gone_is_told_and_left(store: Store, draft: Path) -> None:
    before = scores(store)
    digest, kind, _ = next(each for each in store.files.each() if each[1] == "transcript")
    store.files.remove(digest, kind)
    told = again(store, "--standard", str(draft), "--json")
    assert told.exit_code == 1
    assert [each["reason"]["code"] for each in json.loads(told.stdout)["left"]] == [
        "words_gone",
        "words_gone",
    ]
    assert "c0: words_gone" in told.stderr
    assert scores(store) == before


def test_words_that_were_removed_are_not_brought_back(store: Store, draft: Path) -> None:
    with store.writing() as session:
        for row in session.scalars(select(StoredFile).where(StoredFile.kind == "transcript")):
            row.removed_at = row.written_at
    told = again(store, "--standard", str(draft))
    assert told.exit_code == 1
    assert "c0: words_removed" in told.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--call", "nobody"], "--call: nobody"),
        (["--standard", "mine@9"], "mine@9"),
        (["--period", "2025-13"], "--period"),
    ],
)
def test_a_wrong_command_line_is_refused(store: Store, options: list[str], told: str) -> None:
    refused = again(store, *options)
    assert isinstance(refused.exception, ConfigError)
    assert told in refused.exception.mistakes[0]


def test_only_the_calls_that_are_named(store: Store, draft: Path) -> None:
    told = again(store, "--standard", str(draft), "--call", "c1")
    assert "1 calls judged again" in told.output
    assert [name for name, version, *_ in scores(store) if version == 2] == ["c1"]
    assert "0 calls judged again" in again(store, "--standard", str(draft), "--period", "1999").output


def test_it_waits_for_no_night(store: Store, draft: Path) -> None:
    from pipeline.store import StoreBusyError

    path = store.place.files / "nightly.lock"
    import fcntl

    with path.open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert isinstance(again(store, "--standard", str(draft)).exception, StoreBusyError)
    with nightly_lock(store, wait_s=0):
        pass


def test_what_people_judged_holds_for_the_new_score(reviewed: Store, draft: Path) -> None:
    Somebody(reviewed, "coach1").does(
        "verdict", target=HARD_SELL, verdict="pass", reason="heard it: no pressure"
    )
    told = again(reviewed, "--standard", str(draft))
    assert told.exit_code == 0, told.output
    assert "1 calls: what people judged was carried over" in told.output
    made = [(version, by, cause) for name, version, by, cause, _ in scores(reviewed) if name == "call-a1"]
    assert made == [
        (1, "machine", "first"),
        (2, "human", "review"),
        (3, "machine", "rescore"),
        (4, "human", "review"),
    ]
    with reviewed.reading() as session:
        held = select(CriterionRow.verdict).join(Call, Call.current_score_id == CriterionRow.score)
        assert (
            session.scalar(held.where(Call.call_id == "call-a1", CriterionRow.criterion == HARD_SELL))
            == "pass"
        )


def test_a_verdict_on_what_the_new_standard_demands_otherwise_begins_anew(
    reviewed: Store, tmp_path: Path
) -> None:
    """A finding that was ruled out is ruled out whoever judges; a verdict is by what was demanded then."""
    coach = Somebody(reviewed, "coach1")
    with reviewed.reading() as session:
        case = load_case(reviewed, session, Person(0, "", "auditor", None, None), "call-a1")
    finding = next(each.id for each in case.findings if each.kind == "hard_sell")
    coach.does("finding", target=finding, ruling="reject")
    coach.does("verdict", target="opening.company", verdict="fail", reason="not said clearly")
    draft = tmp_path / "other.yaml"
    changed = "override:\n  opening.company: {advisory: true, weight: 0}\n"
    draft.write_text(DRAFT.split("override:")[0] + changed, encoding="utf-8")
    assert again(reviewed, "--standard", str(draft)).exit_code == 0
    with reviewed.reading() as session:
        case = load_case(reviewed, session, Person(0, "", "auditor", None, None), "call-a1")
    assert case.standing.judged
    assert case.standing.verdicts == {}
    assert [deed.data["ruling"] for deed in case.standing.findings.values()] == ["reject"]


# ----------------------------------------------------------------- with a real recording, heard once


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(SAMPLES / "zh-11.flac", inbox)
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        place = Workplace(make_recogniser=Same)
        bench = Bench(Setup(place, opened.place.files, 0.0, {}))

        def worked(ticket: Ticket) -> Judged:
            bench.hear(ticket)
            bench.judge(ticket)
            return bench.keep_files(ticket)

        run_night(opened, inbox, make=worked)
        yield opened


def judged_again(store: Store, standard: str | None = None) -> Rescored:
    return rescore(store, Wish(Choice(), standard, make_recogniser=Same, workers=1))


def result(store: Store) -> dict[str, object]:
    with store.reading() as session:
        score = session.scalars(select(Score).order_by(Score.version.desc()).limit(1)).one()
        assert score.audio_file is not None
        assert score.result_file is not None
        return read_result(store.files, result=score.result_file, transcript=score.transcript_file)


def test_caches_are_enough_without_the_recording(heard: Store, tmp_path: Path, draft: Path) -> None:
    (tmp_path / "inbox" / "zh-11.flac").unlink()
    first = result(heard)
    same = judged_again(heard)
    assert (same.from_cache, same.same, same.anew) == (1, 1, ())
    moved = judged_again(heard, str(draft))
    assert (moved.from_cache, len(moved.anew)) == (1, 1)
    assert result(heard)["transcript"] == first["transcript"]
    assert result(heard)["findings"] == first["findings"]
    assert result(heard)["score"]["standard"] == "mine"  # type: ignore[index]


def test_without_caches_the_store_gives_the_same(heard: Store, tmp_path: Path, draft: Path) -> None:
    shutil.rmtree(tmp_path / "cache")
    same = judged_again(heard)
    assert (same.from_cache, same.from_store, same.same) == (0, 1, 1)
    moved = judged_again(heard, str(draft))
    assert (moved.from_store, len(moved.anew)) == (1, 1)
    assert load_standard(draft).version == moved.anew[0].standard.split("@")[1]


def test_another_profile_is_heard_in_the_same_words(heard: Store, tmp_path: Path) -> None:
    profile = tmp_path / "other.yaml"
    profile.write_text(
        "calling_hours: {time_zone: Asia/Shanghai, spans: ['09:00-09:01']}\n", encoding="utf-8"
    )
    found = rescore(heard, Wish(Choice(), profile=profile, make_recogniser=Same, workers=1))
    assert found.from_cache == 1
    assert found.left == ()
