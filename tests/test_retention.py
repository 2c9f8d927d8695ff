"""What is kept no longer goes for good, what is held stays, and the proof tells both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from night_fakes import lines, run_night, write_wav
from postgres_cluster import Cluster, programs
from review_calls import fill
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pipeline.commands import retention as commands
from pipeline.errors import ConfigError
from pipeline.review.acts import do
from pipeline.review.asked import ASKED
from pipeline.review.cases import load_case
from pipeline.review.people import find_user, person_of
from pipeline.review.rights import Person as Reader
from pipeline.store import Store, open_store, removal
from pipeline.store.alerting import suppressed_since
from pipeline.store.check import check_store
from pipeline.store.coach_tables import Draft, Plan, PlanAct
from pipeline.store.follow_query import suppressed
from pipeline.store.forgetting import calls_of, plain_id
from pipeline.store.forgetting import person_of as asked_for
from pipeline.store.holds import hold, release
from pipeline.store.night_tables import LedgerEntry, Suppression
from pipeline.store.period_tables import FollowUpMark
from pipeline.store.privacy_tables import Removal, RemovalDone
from pipeline.store.removal import faults, finish_all
from pipeline.store.retention import find_due, load_retention
from pipeline.store.review_tables import ReviewAct
from pipeline.store.search_tables import SearchDoc
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score, StoredFile

NOW = datetime.now(UTC)
WORD = "unheard-of"
DAYS = {"call-a1": 400, "call-a2": 200, "call-b1": 10, "call/odd 名": 10}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four calls, of 400, 200 and twice 10 days ago; the first two with a customer who asked not to be called."""
    folder = tmp_path_factory.mktemp("filled")
    with open_store(str(folder / "s.db")) as opened:
        fill(opened, folder)
        with opened.writing() as session:
            for call_id, days in DAYS.items():
                _shape(opened, session, call_id, days)
            first = session.scalars(select(Score).order_by(Score.id)).first()
            assert first is not None
            session.add(
                Suppression(
                    night=date(2025, 3, 4), customer_id="C-77", call=first.call, score=first.id, asked_at=NOW,
                    confidence=0.9, doubtful=False, made_at=NOW,
                )
            )  # fmt: skip
    return folder


def _shape(store: Store, session: Session, call_id: str, days: int) -> None:
    call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
    call.started_at, call.campaign = NOW - timedelta(days=days), "renewal"
    score = session.get_one(Score, call.current_score_id)
    words = json.loads(store.files.read(score.transcript_file, "transcript"))
    words["turns"][0]["text"] += call_id  # words of its own
    kept = store.files.put(json.dumps(words).encode(), "transcript")
    session.add(StoredFile(sha256=kept.sha256, kind=kept.kind, bytes=kept.bytes, written_at=NOW))
    session.flush()
    score.transcript_file = kept.sha256
    if days > 10:
        call.customer_id = "C-77"
        call.record = {
            "customer_id": "C-77", "notes": WORD, "extra": {"phone": "138-1234-5678"}, "outcome": None
        }  # fmt: skip
        session.add(FollowUpMark(call=call.id, done_by="Chen", done_at=NOW, note=WORD))


@pytest.fixture
def store(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A copy of that store."""
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    with open_store(str(tmp_path / "s.db")) as opened:
        check_store(opened, mend=True)
        yield opened


def run(store: Store, *args: str, status: int = 0) -> str:
    name, *rest = args
    done = CliRunner().invoke(getattr(commands, name), [*rest, "--store", store.place.text])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def rules(tmp_path: Path, text: str) -> str:
    path = tmp_path / "retention.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def purge(store: Store, path: str, *more: str) -> dict[str, object]:
    told = run(store, "purge", "--retention", path, "--by", "Chen Li", "--json", *more)
    data: dict[str, object] = json.loads(told)
    return data


def files(store: Store) -> dict[str, int]:
    found: dict[str, int] = {}
    for _, kind, _ in store.files.each():
        found[kind] = found.get(kind, 0) + 1
    return found


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


def searchable(session: Session) -> set[str]:
    """Calls whose words the search still has."""
    return set(session.scalars(select(Call.call_id).join(SearchDoc, SearchDoc.call == Call.id)))


def somebody(session: Session, name: str = "root") -> Reader:
    user = find_user(session, name)
    assert user is not None
    return person_of(user)


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


# forget


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
        assert each.encode() not in _all_bytes(store), each
    assert "Nothing to remove" in run(
        store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "again"
    )
    assert check_store(store, mend=False) == []


def _all_bytes(store: Store) -> bytes:
    """Everything that the store has on the disk, the database's unused pages and its log too."""
    with store.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert store.place.sqlite_path is not None
    whole = [*store.place.files.rglob("*"), *store.place.sqlite_path.parent.glob("s.db*")]
    return dump.encode() + b"".join(path.read_bytes() for path in whole if path.is_file())


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "+86 138-1234-5678", "（138）12345678"])
def test_a_number_is_found_however_it_is_written(store: Store, number: str) -> None:
    with store.reading() as session:
        assert len(calls_of(session, asked_for(number=number))) == 2
        assert calls_of(session, asked_for(number="3812345678")) == []
        assert calls_of(session, asked_for(number="1381234567")) == []
    assert plain_id("+86 138-1234-5678") == plain_id("13812345678")


def _moment(session: Session, call_id: str, text: str) -> PlanAct:
    user = somebody(session)
    plan = Plan(agent_id="a1", criterion="x", state="open", created_at=NOW)
    session.add(plan)
    session.flush()
    data = {"call_id": call_id, "at_s": 3.0, "text": text}
    act = PlanAct(plan=plan.id, user=user.id, name=user.name, role="coach", at=NOW, act="moment", data=data)
    session.add(act)
    session.flush()
    return act


def test_what_a_coaching_plan_says_of_a_forgotten_call_goes(store: Store) -> None:
    with store.writing() as session:
        mine, other = (
            _moment(session, "call-a1", WORD + " at home"),
            _moment(session, "call-b1", "well asked"),
        )
        numbers = mine.id, other.id
    run(store, "forget", "--customer", "C-77", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        told = [session.get_one(PlanAct, number).data for number in numbers]
    assert told[0] == {"call_id": "call-a1", "at_s": 3.0, "text": "[removed]"}
    assert told[1]["text"] == "well asked"
    assert WORD.encode() not in _all_bytes(store)


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
        number = _moment(session, "call-a1", WORD).id
    with pytest.raises(DBAPIError, match="only added to"), store.writing() as session:
        session.execute(update(PlanAct).where(PlanAct.id == number).values(**change))


def _note(store: Store, call_id: str, **record: object) -> None:
    with store.writing() as session:
        call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
        call.customer_id = str(record.get("customer_id") or "") or None
        call.record = {**call.record, **record}


def test_a_number_with_digits_beside_it_is_found(store: Store) -> None:
    _note(store, "call-b1", notes="tel 13700003333 (1) ok, 2026-05-16 call back")
    told = run(store, "forget", "--number", "137 0000 3333", "--dry-run")
    assert "Would remove: 1 calls" in told
    assert "Found by: notes (1)" in told


@pytest.mark.parametrize("number", ["1", "1001", "123456", "abc13812345678", "1" * 18])
def test_what_is_no_number_finds_nobody(store: Store, number: str) -> None:
    _note(store, "call-b1", customer_id="C1001", notes="order 1001")
    with pytest.raises(ConfigError, match="7 to 15 digits"):
        run(store, "forget", "--number", number, "--dry-run")


def test_digits_of_an_id_are_no_number(store: Store) -> None:
    _note(store, "call-b1", customer_id="C-2013700001111", notes="ref X13700002222")
    for number in ("13700001111", "13700002222", "2013700001111"):
        assert "Would remove: nothing" in run(store, "forget", "--number", number, "--dry-run")
    _note(store, "call-b1", customer_id="+86 137 0000 1111")
    told = run(store, "forget", "--number", "13700001111", "--dry-run", "--json")
    assert json.loads(told)["found_by"] == {"customer_id": 1}


def test_who_must_not_be_called_is_known_by_every_number_of_the_row(store: Store) -> None:
    _note(
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


def test_a_request_without_customer_id_outlives_by_number(store: Store) -> None:
    with store.writing() as session:
        session.execute(update(Suppression).values(customer_id=None))
        session.execute(update(Call).where(Call.call_id == "call-a1").values(customer_id=None))
    run(store, "forget", "--number", "13812345678", "--by", "Chen Li", "--reason", "asked")
    with store.reading() as session:
        assert suppressed(session, ["13812345678"]) == {"13812345678"}


def test_a_run_that_was_cut_off_is_ended_by_the_next(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = rules(tmp_path, "default: {transcript: 100}\n")
    before = files(store)["transcript"]
    monkeypatch.setattr(store.files.__class__, "remove", _dies)
    with pytest.raises(CutOffError):
        run(store, "purge", "--retention", path, "--by", "Chen Li")
    assert files(store)["transcript"] == before
    with store.reading() as session:
        assert session.scalars(select(RemovalDone)).all() == []
    monkeypatch.undo()
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    assert "cut off are now done" in run(store, "purge", "--retention", path, "--by", "Chen Li")
    assert files(store)["transcript"] == before - 2
    assert finish_all(store) == 0


class CutOffError(BaseException):
    """The process ends here."""


def _dies(*_: object) -> bool:
    raise CutOffError


@pytest.mark.parametrize("step", ["_sealed", "_mark", "_rows"])
def test_a_run_that_dies_before_its_record_has_done_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with store.reading() as session:
        before = session.scalar(select(func.count()).where(StoredFile.removed_at.is_(None)))
    monkeypatch.setattr(removal, step, _dies)
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
        assert run_night(store, inbox).worked == 0


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


def test_holds_end(store: Store) -> None:
    with store.writing() as session:
        assert hold(session, ["call-a1"], reason="r", by="b") == 1
        assert hold(session, ["call-a1"], reason="r", by="b") == 0
        assert release(session, ["call-a1"], by="b") == 1
        due = find_due(session, load_from("default: {transcript: 100}"), NOW)
    assert due.held == ()


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
                    _shape(store, session, call_id, days)
            check_store(store, mend=True)
            comment = ASKED.validate_python({"act": "comment", "text": WORD})
            done = do(store, coach, "call-a1", comment, address="")
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(ReviewAct).where(ReviewAct.id == done.act).values(data={"text": "x"}))
            with store.writing() as session:
                moment = _moment(session, "call-a1", WORD).id
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(PlanAct).values(data={"call_id": "call-a1", "text": "x"}))
            path = rules(tmp_path, "default: {transcript: 300, quotes: 300}\n")
            assert purge(store, path)["plan"]["transcript"] == 1  # type: ignore[index]
            run(store, "forget", "--number", "13812345678", "--by", "x", "--reason", "asked")
            assert purge(store, rules(tmp_path, "default: {scores: 300}\n"))["removal"] is not None
            with store.reading() as session:
                assert session.get_one(ReviewAct, done.act).data == {"text": "[removed]"}
                assert session.get_one(PlanAct, moment).data["text"] == "[removed]"
                assert faults(session) == []
            with pytest.raises(DBAPIError), store.writing() as session:
                session.execute(update(Removal).values(by="nobody"))
            assert check_store(store, mend=False) == []
    finally:
        cluster.remove()
