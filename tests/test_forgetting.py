"""A person who asks to be forgotten: found however they are written, gone from everywhere; their wish not to be called stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from night_fakes import judged, lines, run_night, write_wav
from retention_store import (
    NOW,
    WORD,
    all_bytes,
    copied,
    fill_days,
    moment,
    note,
    run,
    searchable,
    somebody,
)
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from pipeline.commands.store import store as command
from pipeline.errors import ConfigError
from pipeline.nightly.tickets import Ticket
from pipeline.review.acts import do
from pipeline.review.asked import ASKED
from pipeline.review.cases import load_case
from pipeline.store import Store, open_store
from pipeline.store.alerting import suppressed_since
from pipeline.store.check import check_store
from pipeline.store.coach_tables import Draft, PlanAct
from pipeline.store.forgetting import calls_of, plain_id, suppressed
from pipeline.store.forgetting import person_of as asked_for
from pipeline.store.keep import Judged
from pipeline.store.night_tables import LedgerEntry, Suppression
from pipeline.store.privacy_tables import Removal, RemovalDone
from pipeline.store.tables import Call, Score


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_days(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def store(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A copy of that store."""
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    with copied(filled, tmp_path) as opened:
        yield opened


def test_a_person_is_forgotten_and_the_scores_stay(store: Store, tmp_path: Path) -> None:
    with store.writing() as session:
        coach = somebody(session, "coach1")
        typed = session.scalars(select(Call.id).where(Call.call_id == "call-a1")).one()
        session.add(Draft(user=coach.id, call=typed, fields={"text": WORD}, at=NOW))
        percents = dict(session.execute(select(Score.id, Score.percent)).all())
    comment = ASKED.validate_python({"act": "comment", "text": f"the customer {WORD}"})
    do(store, coach, "call-a1", comment, address="")
    nights = store.place.files / "nights" / "2025-03-04"
    nights.mkdir(parents=True)
    alerts = {
        "alerts": [{"call_id": "call-a1", "customer_id": "C-77"}, {"call_id": "x", "customer_id": "C-1"}]
    }
    (nights / "alerts.json").write_text(json.dumps(alerts))
    dry = run(store, "forget", "--customer", " c-77", "--dry-run")
    assert "2 calls" in dry
    told = run(store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked in writing")
    assert "Seal:" in told
    with store.reading() as session:
        for call in session.scalars(select(Call).where(Call.call_id.in_(["call-a1", "call-a2"]))):
            assert (call.customer_id, call.agent_id) == (None, "A01")
            case = load_case(store, session, somebody(session), call.call_id)
            assert case.result.transcript.turns == ()
            assert case.audio_sha256 is None
        assert percents == dict(session.execute(select(Score.id, Score.percent)).all())
        assert suppressed_since(session, ["C-77", "C-78"], before=date(2025, 3, 5)).keys() == {"C-77"}
        assert suppressed_since(session, ["C-77"], before=date(2025, 3, 4)) == {}
        assert searchable(session) == {"call-b1", "call/odd 名"}
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
        body = session.scalars(select(Removal)).one().body
        assert "C-77" not in json.dumps(body)
    kept = json.loads((nights / "alerts.json").read_text())["alerts"]
    assert [each["customer_id"] for each in kept] == [None, "C-1"]
    for each in ("C-77", WORD, "1234-5678"):
        assert each.encode() not in all_bytes(store), each
    assert "Nothing to remove" in run(
        store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "again"
    )
    assert check_store(store, mend=False) == []


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "+86 138-1234-5678", "（138）12345678"])
def test_a_number_is_found_however_it_is_written(store: Store, number: str) -> None:
    with store.reading() as session:
        assert len(calls_of(session, asked_for(number=number))) == 2
        assert calls_of(session, asked_for(number="3812345678")) == []
        assert calls_of(session, asked_for(number="1381234567")) == []
    assert plain_id("+86 138-1234-5678") == plain_id("13812345678")


def test_what_a_coaching_plan_says_of_a_forgotten_call_goes(store: Store) -> None:
    with store.writing() as session:
        mine, other = (
            moment(session, "call-a1", WORD + " at home"),
            moment(session, "call-b1", "well asked"),
        )
        numbers = mine.id, other.id
    run(store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        told = [session.get_one(PlanAct, number).data for number in numbers]
    assert told[0] == {"call_id": "call-a1", "at_s": 3.0, "text": "[removed]"}
    assert told[1]["text"] == "well asked"
    assert WORD.encode() not in all_bytes(store)


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"call_id": "call-a1", "at_s": 3.0, "text": "better words"}},
        {"data": {"call_id": "call-b1", "at_s": 3.0, "text": "[removed]"}},
        {"data": {"call_id": "call-a1", "at_s": 3.0, "text": "[removed]"}, "name": "Somebody"},
        {"act": "action"},
    ],
)
def test_nothing_else_of_a_plan_changes(store: Store, change: dict[str, object]) -> None:
    with store.writing() as session:
        number = moment(session, "call-a1", WORD).id
    with pytest.raises(DBAPIError, match="only added to"), store.writing() as session:
        session.execute(update(PlanAct).where(PlanAct.id == number).values(**change))


def test_a_number_with_digits_beside_it_is_found(store: Store) -> None:
    note(store, "call-b1", notes="tel 13700003333 (1) ok, 2026-05-16 call back")
    told = run(store, "forget", "--number", "137 0000 3333", "--dry-run")
    assert "Would remove: 1 calls" in told
    assert "Found by: notes (1)" in told


@pytest.mark.parametrize("number", ["1", "1001", "123456", "abc13812345678", "1" * 18])
def test_what_is_no_number_finds_nobody(store: Store, number: str) -> None:
    note(store, "call-b1", customer_id="C1001", notes="order 1001")
    with pytest.raises(ConfigError, match="7 to 15 digits"):
        run(store, "forget", "--number", number, "--dry-run")


def test_digits_of_an_id_are_no_number(store: Store) -> None:
    note(store, "call-b1", customer_id="C-2013700001111", notes="ref X13700002222")
    for number in ("13700001111", "13700002222", "2013700001111"):
        assert "Would remove: nothing" in run(store, "forget", "--number", number, "--dry-run")
    note(store, "call-b1", customer_id="+86 137 0000 1111")
    told = run(store, "forget", "--number", "13700001111", "--dry-run", "--json")
    assert json.loads(told)["found_by"] == {"customer_id": 1}


def test_who_must_not_be_called_is_known_by_every_number_of_the_row(store: Store) -> None:
    note(
        store,
        "call-a1",
        customer_id="C-77",
        notes="office +1 (555) 123-4567, not 7 days",
        extra={"m": "138-1234-5678"},
    )
    asked = [
        "C-77",
        "13812345678",
        "+86 138 1234 5678",
        "5551234567",
        "0015551234567",
        "+15551234567",
        "13900001111",
    ]
    run(store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        assert suppressed(session, asked) == set(asked[:-1])


def test_a_number_is_known_before_its_person_is_forgotten(store: Store, tmp_path: Path) -> None:
    note(store, "call-b1", customer_id="C-9", extra={"m": "13900001111"})
    asked = ["c-77", "13812345678", "+86 138 1234 5678", "008613812345678", "C-9", "13900001111", "C-7"]
    with store.writing() as session:
        assert suppressed(session, asked) == set(asked[:4])
        session.execute(update(Suppression).values(customer_id=None))
        assert suppressed(session, asked) == set(asked[1:4])
    (tmp_path / "ids").write_text("13900001111\n138-1234-5678\n")
    told = CliRunner().invoke(
        command, ["suppressions", "--among", str(tmp_path / "ids"), "--store", store.place.text]
    )
    assert told.output == "138-1234-5678\n"
    with store.writing() as session:
        session.execute(update(Suppression).values(lifted_at=NOW))
        assert suppressed(session, asked) == set()


def test_an_id_that_is_a_number_is_known_however_it_is_written(store: Store) -> None:
    note(store, "call-a1", customer_id="+86 137 0000 1111")
    with store.writing() as session:
        session.execute(update(Suppression).values(customer_id="+86 137 0000 1111"))
        assert suppressed(session, ["13700001111", "13700001112"]) == {"13700001111"}


def test_a_request_without_customer_id_outlives_by_number(store: Store) -> None:
    with store.writing() as session:
        session.execute(update(Suppression).values(customer_id=None))
        session.execute(update(Call).where(Call.call_id == "call-a1").values(customer_id=None))
    run(store, "forget", "--number", "13812345678", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        assert suppressed(session, ["13812345678"]) == {"13812345678"}


def test_a_forgotten_call_is_not_taken_in_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    inbox = tmp_path / "in"
    for i, name in enumerate(("a.wav", "b.wav")):
        write_wav(inbox / name, i)
    listed = inbox / "calls.csv"
    listed.write_text("file,customer_id,notes\na.wav,C-1,first\nb.wav,C-2,\n")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        told = run(store, "forget", "--customer", "C-1", "--by", "x", "--reason", "asked")
        assert "still in the inbox: a.wav" in told
        assert (
            "still in the inbox: calls.csv, row 2\n" in told and "row 3" not in told and "first" not in told
        )
        listed.write_text("file,customer_id,notes\na.wav,C-1,second\nb.wav,C-2,\n")
        assert run_night(store, inbox).worked == 0
        with store.reading() as session:
            assert calls_of(session, asked_for(customer="C-1")) == []
            call = session.scalars(select(Call).where(Call.call_id == "a")).one()
            assert call.record["notes"] is None
        assert lines(store)["a.wav"].state == "scored"
        # its recording goes with it where that is asked
        told = run(
            store, "forget", "--customer", "C-2", "--by", "x", "--reason", "asked", "--with-recordings"
        )
        assert not (inbox / "b.wav").exists()
        with store.reading() as session:
            names = set(session.scalars(select(LedgerEntry.file)))
        assert "a.wav" in names
        assert "b.wav" not in names
        again = run_night(store, inbox)
        assert again.worked == 0 and again.night.counts["missing"] == 0
        assert [told for told in again.mistakes if "b.wav, file → belongs to somebody" in told]


def _forget(store: Store, customer: str, *more: str) -> str:
    return run(store, "forget", "--customer", customer, "--by", "x", "--reason", "asked", *more)


@pytest.mark.parametrize("where", ["folder", "inbox", "campaign", "customer"])
def test_a_row_with_the_id_of_another_forgotten_call_is_missing_as_any(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id is all that they have in common: a stem, or one that was given, comes in many folders and campaigns."""
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    inbox = tmp_path / "in"
    write_wav(inbox / "mon" / "a.wav", 1)
    head = "file,call_id,customer_id,campaign\n"
    (inbox / "mon" / "calls.csv").write_text(f"{head}a.wav,R-1,C-1,spring\n")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        _forget(store, "C-1", "--with-recordings")
        (inbox / "mon" / "calls.csv").unlink()
        if where == "inbox":
            inbox = tmp_path / "other"
        row = {
            "folder": "tue/a.wav,R-1,C-2,spring", "inbox": "mon/a.wav,R-1,C-1,spring",
            "campaign": "mon/a.wav,R-1,C-1,autumn", "customer": "mon/a.wav,R-1,C-2,spring",
        }[where]  # fmt: skip
        inbox.mkdir(exist_ok=True)
        (inbox / "calls.csv").write_text(f"{head}{row}\n")
        again = run_night(store, inbox)
        assert not [told for told in again.mistakes if "belongs to somebody" in told]
        assert lines(store)[row.split(",")[0]].state == "missing"


@pytest.mark.parametrize(
    "row", ["mon/a.wav,C-1,another note", "a.wav,c-1 ,first", "mon/b.wav,C-1,first", "mon\\a.wav,C-1,"]
)
def test_a_row_of_a_forgotten_person_is_known_by_file_and_customer_or_by_all_it_says(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    inbox = tmp_path / "in"
    write_wav(inbox / "mon" / "a.wav", 1)
    (inbox / "calls.csv").write_text("file,customer_id,notes\nmon/a.wav,C-1,first\n")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        _forget(store, "C-1", "--with-recordings")
        _forget(store, "C-1", "--with-recordings")  # once more changes nothing
        (inbox / "calls.csv").write_text(f"file,customer_id,notes\n{row}\n")
        again = run_night(store, inbox)
        assert [told for told in again.mistakes if "belongs to somebody" in told]
        assert again.night.counts["missing"] == 0
        with store.reading() as session:  # neither name nor customer is kept for it
            (entry,) = session.scalars(select(LedgerEntry))
            assert "a.wav" not in entry.file + json.dumps(entry.history)


def test_rows_that_forget_names_are_those_of_its_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    inbox = tmp_path / "in"
    for number, name in enumerate(("mon/a.wav", "tue/a.wav", "a.wav", "mon/on/a.wav")):
        write_wav(inbox / name, number)
    rows = "mon/a.wav,C-1\ntue/a.wav,C-2\na.wav,C-3\nmon/on/a.wav,C-4\n"
    (inbox / "calls.csv").write_text(f"file,customer_id\n{rows}")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        told = _forget(store, "C-1", "--dry-run")
        assert [line for line in told.splitlines() if "row" in line] == [
            "still in the inbox: calls.csv, row 2"
        ]
        told = _forget(store, "C-4", "--dry-run")
        assert [line for line in told.splitlines() if "row" in line] == [
            "still in the inbox: calls.csv, row 5"
        ]


def test_cached_words_go_too(store: Store, tmp_path: Path) -> None:
    from pipeline.speech import cache
    from pipeline.speech.transcribe import RawTranscript

    with store.reading() as session:
        digest = session.scalars(select(Call.recording_sha256).where(Call.call_id == "call-a1")).one()
    raw = RawTranscript("zh", 1.0, ())
    for key, audio in (("1" * 64, digest), ("2" * 64, "f" * 64)):
        cache.store(key, audio, raw)
    run(store, "forget", "--customer", "C-77", "--by", "x", "--reason", "asked")
    assert cache.load("1" * 64, digest) is None
    assert cache.load("2" * 64, "f" * 64) is not None
    old = NOW + timedelta(days=40)
    assert cache.prune(30, now=old, dry_run=True) == 1
    assert cache.prune(30, now=old) == 1
    assert cache.load("2" * 64, "f" * 64) is None


def test_a_recording_of_a_folder_that_may_not_be_deleted_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    recording = write_wav(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    asked = ("forget", "--customer", "C-1", "--by", "x", "--reason", "asked", "--with-recordings")

    def refuses(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, tmp_path / "in")
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", refuses)
            told = run(store, *asked, status=1)
        assert f"not deleted: {recording}: no permission; " in told
        assert recording.exists() and "a.wav" in lines(store)
        run(store, *asked)
        assert not recording.exists() and "a.wav" not in lines(store)


FORMS = ["a.transcript.json", "A.Transcript.JSONL", "e\u0301.transcript.json", "\u00e9.transcript.json"]
WITH = ("forget", "--customer", "C-1", "--by", "x", "--reason", "asked", "--with-recordings")


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "in"


@pytest.mark.parametrize("name", FORMS)
def test_a_delivered_transcript_goes_with_its_recording(inbox: Path, tmp_path: Path, name: str) -> None:
    own = "\u00e9.wav" if name[0].lower() != "a" else "a.wav"
    recording, other = write_wav(inbox / own), write_wav(inbox / "b.wav", 1)
    (inbox / "calls.csv").write_text(f"file,customer_id\n{own},C-1\nb.wav,C-2\n")
    words, theirs = inbox / name, inbox / "b.transcript.json"
    words.write_text(WORD)
    theirs.write_text("{}")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        assert f"still in the inbox: {name}\n" in _forget(store, "C-1", "--dry-run")
        dry = run(store, *WITH, "--dry-run")
        assert f"to be deleted: {name}\n" in dry and "1 delivered_transcripts" in dry
        assert words.exists() and recording.exists()
        run(store, *WITH)
        assert sorted(each.name for each in inbox.iterdir()) == ["b.transcript.json", "b.wav", "calls.csv"]
        with store.reading() as session:
            (proof,) = session.scalars(select(Removal))
            assert proof.body["transcripts"] == [hashlib.sha256(WORD.encode()).hexdigest()]
            assert session.scalars(select(RemovalDone)).one()
    assert other.exists()


def test_a_delivered_transcript_is_told_where_the_recording_stays(inbox: Path, tmp_path: Path) -> None:
    write_wav(inbox / "a.wav")
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    (inbox / "a.transcript.json").write_text(WORD)
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        assert "still in the inbox: a.transcript.json\n" in _forget(store, "C-1")
    assert (inbox / "a.transcript.json").exists() and (inbox / "a.wav").exists()


def test_a_delivered_transcript_that_may_not_be_deleted_is_tried_again(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, words = write_wav(inbox / "a.wav"), inbox / "a.transcript.json"
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    words.write_text(WORD)
    take = Path.unlink

    def refuses(path: Path, **more: bool) -> None:
        if path.name == words.name:
            raise PermissionError(13, "Permission denied")
        take(path, **more)

    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", refuses)
            for _ in range(2):
                told = run(store, *WITH, status=1)
                assert f"not deleted: {words}: no permission; " in told
                assert not recording.exists() and words.exists()
            assert "not all of it is gone yet" in run(store, "removals")
        assert "1 removals that were cut off are now done" in run(store, *WITH)
        assert not words.exists() and "a.wav" not in lines(store)


def test_a_link_to_a_transcript_is_not_followed(inbox: Path, tmp_path: Path) -> None:
    write_wav(inbox / "a.wav")
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    (tmp_path / "words.json").write_text(WORD)
    link = inbox / "a.transcript.json"
    link.symlink_to(tmp_path / "words.json")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        told = run(store, *WITH, status=1)
        assert f"not deleted: {link}: it is a link, and what it leads to isn't looked for" in told
        assert link.is_symlink() and (tmp_path / "words.json").read_text() == WORD
        assert not (inbox / "a.wav").exists()
        link.unlink()
        link.mkdir()  # and a folder is none
        assert "1 removals that were cut off are now done" in run(store, *WITH)


@pytest.mark.parametrize("now", ["another recording", "none", "another ending"])
def test_a_transcript_under_an_old_name_goes_only_if_it_is_theirs(
    inbox: Path, tmp_path: Path, now: str
) -> None:
    recording, words = write_wav(inbox / "a.wav"), inbox / "a.transcript.json"
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        recording.unlink()
        words.write_text("{}")
        if now != "none":
            write_wav(inbox / ("a.wav" if now == "another recording" else "a.mp3"), 7)
        dry = _forget(store, "C-1", "--dry-run")
        assert ("perhaps still in the inbox" in dry) == (now == "none")
        told = run(store, *WITH, status=int(now == "none"))
        assert (f"not deleted: {words}: its recording is gone, so" in told) == (now == "none")
    assert words.exists()


def test_the_transcript_that_a_call_was_judged_by_is_known_without_its_recording(
    inbox: Path, tmp_path: Path
) -> None:
    recording, words = write_wav(inbox / "a.wav"), inbox / "a.transcript.json"
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\n")
    words.write_text(WORD)
    with open_store(str(tmp_path / "s.db")) as store:
        engine = {
            "engine": "delivered",
            "file": words.name,
            "sha256": hashlib.sha256(WORD.encode()).hexdigest(),
        }
        data = json.dumps({"provenance": {"recogniser": engine}}).encode()

        def make(ticket: Ticket) -> Judged:
            return replace(judged(ticket), files=(store.files.put(data, "result"),))

        run_night(store, inbox, make=make)
        recording.unlink()
        assert "to be deleted: a.transcript.json\n" in run(store, *WITH, "--dry-run")
        run(store, *WITH)
    assert not words.exists()
