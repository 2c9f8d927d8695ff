"""What was not masked: kept only where that is asked, heard only by whom it was granted, each hearing put down."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from review_calls import fill, sound_of
from sqlalchemy import select, update
from test_review_judging import Somebody
from test_review_rights import events, field

from pipeline.commands.users import users
from pipeline.review.originals import WINDOW
from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine, User
from pipeline.store.tables import Score, StoredFile

KEY = ("b2xk" * 11)[:43] + "="
UNMASKED = "我的电话是 13812345678"
GRANTED = ("sup1", "coach1", "A01")


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def store(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Calls whose originals are kept; three people may hear them, the administrator may not."""
    folder = tmp_path_factory.mktemp("originals")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "encrypted":
            patch.setenv("CALLGAUGE_KEY", KEY)
        with open_store(str(folder / "callgauge.db")) as opened:
            fill(opened, folder)
            keep_originals(opened, folder)
            for name in GRANTED:
                done = CliRunner().invoke(users, ["originals", name, "--grant", "--store", opened.place.text])
                assert done.exit_code == 0, done.output
            yield opened


def keep_originals(store: Store, folder: Path) -> None:
    sound = store.files.take(folder / "in.wav", "original_audio")
    words = {"turns": [{"speaker": "customer", "start_s": 1.0, "end_s": 2.0, "text": UNMASKED}]}
    kept = store.files.put(json.dumps(words).encode(), "original_transcript")
    with store.writing() as session:
        for each in (sound, kept):
            session.add(
                StoredFile(sha256=each.sha256, kind=each.kind, bytes=each.bytes, written_at=datetime.now(UTC))
            )
        session.flush()
        session.execute(
            update(Score).values(original_audio_file=sound.sha256, original_transcript_file=kept.sha256)
        )


def test_a_reason_opens_it_and_everything_is_put_down(store: Store) -> None:
    coach = Somebody(store, "coach1")
    before = {
        name: len(events(store, name)) for name in ("opened_original", "heard_original", "read_original")
    }
    assert 'href="/originals/call-a1"' in coach.client.get("/calls/call-a1").text
    asked = coach.client.get("/originals/call-a1")
    assert asked.status_code == 200
    assert UNMASKED not in asked.text
    assert coach.client.get("/originals/call-a1/audio").status_code == 403
    form = {"csrf_token": field(asked.text, "csrf_token"), "reason": " "}
    assert coach.client.post("/originals/call-a1", data=form).status_code == 422
    assert (
        coach.client.post("/originals/call-a1", data={**form, "reason": "x", "csrf_token": "no"}).status_code
        == 403
    )
    form["reason"] = "the customer disputes the price"
    for _ in range(2):  # a double click is one opening
        assert coach.client.post("/originals/call-a1", data=form).status_code == 303
    opened = coach.client.get("/originals/call-a1")
    assert UNMASKED in opened.text
    heard = coach.client.get("/originals/call-a1/audio")
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    assert heard.content[:4] == b"RIFF"
    part = coach.client.get("/originals/call-a1/audio", headers={"range": "bytes=100000-100099"})
    assert (part.status_code, part.content) == (206, heard.content[100_000:100_100])
    new = {name: events(store, name)[count:] for name, count in before.items()}
    assert {name: len(found) for name, found in new.items()} == {
        "opened_original": 1, "heard_original": 2, "read_original": 1,
    }  # fmt: skip
    assert {(line.name, line.call) for found in new.values() for line in found} == {("coach1", "call-a1")}
    assert new["opened_original"][0].detail == {"reason": "the customer disputes the price"}


def test_a_reason_holds_for_one_call_one_person_and_some_minutes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach, boss = Somebody(store, "coach1"), Somebody(store, "sup1")
    told = coach.client.post(
        "/api/v1/originals/call-a2", json={"reason": "r"}, headers={"x-csrf-token": coach.token}
    )
    assert told.json()["transcript"]["turns"][0]["text"] == UNMASKED
    assert coach.client.get(told.json()["audio"]).status_code == 200
    assert boss.client.get(told.json()["audio"]).status_code == 403
    assert UNMASKED not in boss.client.get("/originals/call-a2").text
    monkeypatch.setattr("pipeline.review.originals.WINDOW", timedelta(0))
    assert coach.client.get("/originals/call-a2/audio").status_code == 403
    assert timedelta(minutes=5) < WINDOW < timedelta(hours=1)


@pytest.mark.parametrize("reason", ["half \\ud800", "nul \\u0000"])
def test_a_reason_that_can_t_be_kept_is_refused(store: Store, reason: str) -> None:
    person = Somebody(store, "coach1")
    told = person.client.post(
        "/api/v1/originals/call-a1", content=f'{{"reason": "{reason}"}}'.encode(),
        headers={"x-csrf-token": person.token, "content-type": "application/json"},
    )  # fmt: skip
    assert told.status_code == 422


@pytest.mark.parametrize("name", ["root", "owner", "audi", "free", "coach2", "bob"])
def test_nobody_else_gets_it(store: Store, name: str) -> None:
    person = Somebody(store, name)
    sees = person.client.get("/calls/call-a1").status_code == 200
    expected = 403 if sees else 404
    answers = [
        person.client.get("/originals/call-a1"),
        person.client.get("/originals/call-a1/audio"),
        person.client.get("/api/v1/originals/call-a1/audio"),
        person.client.post("/originals/call-a1", data={"csrf_token": person.token, "reason": "r"}),
        person.client.post(
            "/api/v1/originals/call-a1", json={"reason": "r"}, headers={"x-csrf-token": person.token}
        ),
    ]
    assert [answer.status_code for answer in answers] == [expected] * 5
    assert not any(UNMASKED in answer.text for answer in answers)
    if sees:
        assert "/originals/" not in person.client.get("/calls/call-a1").text
        assert events(store, "denied")[-1].name == name


def test_a_granted_agent_hears_the_own_calls_only(store: Store) -> None:
    agent = Somebody(store, "A01")
    assert agent.client.get("/originals/call-a1").status_code == 200
    assert agent.client.get("/originals/call-b1").status_code == 404
    assert agent.client.get("/originals/no-such").status_code == 404


def test_the_masked_sound_is_what_everybody_else_hears(store: Store) -> None:
    coach = Somebody(store, "free")
    whole = coach.client.get("/calls/call-a1/audio")
    assert whole.headers["content-type"] == "audio/flac"
    size = len(whole.content)
    for asked, start, end in (
        ("0-", 0, size),
        ("5-9", 5, 10),
        ("-7", size - 7, size),
        (f"9-{size * 9}", 9, size),
    ):
        part = coach.client.get("/calls/call-a1/audio", headers={"range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, whole.content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for asked in (f"bytes={size}-", "bytes=9-3"):
        assert coach.client.get("/calls/call-a1/audio", headers={"range": asked}).status_code == 416
    for asked in ("bytes=-", "bytes=1-2,5-6", "lines=1-2", "bytes=" + "9" * 40 + "-"):
        assert coach.client.get("/calls/call-a1/audio", headers={"range": asked}).status_code in (200, 416)
    changed = coach.client.get("/calls/call-a1/audio", headers={"range": "bytes=0-3", "if-range": '"old"'})
    assert changed.status_code == 200


def test_no_right_after_it_is_taken_back(store: Store) -> None:
    url = store.place.text
    run = CliRunner()
    added = run.invoke(
        users,
        ["add", "eve", "--role", "coach", "--originals", "--store", url],
        input="a long enough password\n",
    )
    assert "originals too" in added.output
    eve = Somebody(store, "eve")
    assert eve.client.get("/originals/call-b1").status_code == 200
    assert "originals" in eve.client.get("/api/v1/me").json()["rights"]
    assert run.invoke(users, ["originals", "eve", "--revoke", "--store", url]).exit_code == 0
    assert eve.client.get("/originals/call-b1").status_code == 403
    with store.reading() as session:
        assert session.scalars(select(User.name).where(User.originals)).all() == ["sup1", "coach1", "A01"]
        last = session.scalars(select(AuditLine).where(AuditLine.event == "originals_right")).all()[-1]
        assert (last.name, last.detail) == ("eve", {"granted": False})


def test_words_in_which_nothing_was_masked_are_two_files(tmp_path: Path) -> None:
    """Each kind has its own time, so the one must not go with the other."""
    from factories import make_result

    from pipeline.reports.call_json import to_json
    from pipeline.reports.originals import SCHEMA, words_json
    from pipeline.store import FileArea

    result, area = make_result(), FileArea(tmp_path)
    masked = {"schema": SCHEMA, **to_json(result)["transcript"]}
    original = words_json(result, result.transcript)
    kept = [
        area.put(json.dumps(each).encode(), kind)
        for each, kind in ((masked, "transcript"), (original, "original_transcript"))
    ]
    assert kept[0].sha256 != kept[1].sha256
    assert {**original, "masked": None} == {**masked, "masked": None}


def test_nothing_is_kept_unless_it_is_asked(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s.db")) as store:
        fill(store, tmp_path)
        with store.writing() as session:
            session.execute(update(User).values(originals=True))
        coach = Somebody(store, "coach1")
        assert coach.client.get("/originals/call-a1").status_code == 404
        assert "/originals/" not in coach.client.get("/calls/call-a1").text


def test_files_of_a_report_are_their_owner_s(tmp_path: Path) -> None:
    from factories import make_result, make_transcript, make_turn

    from pipeline.audio.probe import digest_of
    from pipeline.reports.originals import keep_original, without_words
    from pipeline.reports.standard_view import view_of
    from pipeline.reports.writer import write_call
    from pipeline.standards import load_standard
    from pipeline.types import Recording

    sound_of(tmp_path)
    result = make_result("c/1")
    recording = Recording(
        tmp_path / "in.wav", "in.wav", digest_of(tmp_path / "in.wav"), 62.4, 2, 8000, "pcm_s16le"
    )
    result = type(result)(
        **{**{name: getattr(result, name) for name in result.__slots__}, "recording": recording}
    )
    words = make_transcript(make_turn("customer", UNMASKED, 0.0, 2.0))
    out, view = tmp_path / "out", view_of(load_standard())
    keep_original(result, words, out, keep="both")
    (out / "calls").mkdir()
    (out / "calls" / "c%2F1.mp3").write_bytes(b"a copy of before, masked by the words of then")
    write_call(result, out, standard=view)
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert names == [
        "calls/c%2F1.flac",
        "calls/c%2F1.html",
        "calls/c%2F1.json",
        "originals/c%2F1.json",
        "originals/c%2F1.wav",
    ]
    assert UNMASKED in (out / "originals" / "c%2F1.json").read_text()
    for path in out.rglob("*"):
        assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((out / "originals").stat().st_mode) == 0o700
    write_call(without_words(result), out, standard=view, sound=False)
    assert not (out / "calls" / "c%2F1.flac").exists()
    assert json.loads((out / "calls" / "c%2F1.json").read_text())["transcript"]["turns"] == []
    keep_original(result, words, out, keep="masked")
    assert list((out / "originals").iterdir()) == []


def test_a_night_keeps_what_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real work on a call, from a recording to its files, with words that were delivered beside it."""
    import hashlib

    from pipeline.nightly.tickets import Ticket
    from pipeline.nightly.work import Bench, Setup
    from pipeline.process import Workplace
    from pipeline.store.keep import Basis
    from pipeline.types import CallRecord

    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    sound_of(tmp_path, seconds=4.0)
    sound = tmp_path / "in.wav"
    turns = [{"speaker": "customer", "text": UNMASKED, "start_s": 0.5, "end_s": 3.0}]
    (tmp_path / "in.json").write_text(json.dumps({"call_id": "in", "language": "zh", "turns": turns}))
    digest = hashlib.sha256(sound.read_bytes()).hexdigest()
    ticket = Ticket(1, sound, CallRecord("in.wav", "in"), Basis(1, 0, "first", digest, "0" * 64, ""))
    found = {}
    for keep in ("masked", "both", "original"):
        setup = Setup(Workplace(), tmp_path / keep, 0.1, {}, keep)  # type: ignore[arg-type]  # one of the three
        own = setup.standard_sha256
        asked = Ticket(1, sound, ticket.record, Basis(1, 0, "first", digest, "0" * 64, own))
        bench = Bench(setup)
        for step in (bench.hear, bench.judge):
            step(asked)
        found[keep] = {kept.kind: kept for kept in bench.keep_files(asked).files}
    masked, originals = {"result", "transcript", "audio"}, {"original_audio", "original_transcript"}
    assert found["masked"].keys() == masked
    assert found["both"].keys() == masked | originals
    assert found["original"].keys() == {"result"} | originals
    assert found["both"]["original_audio"].sha256 == digest
    assert found["both"]["original_transcript"].sha256 != found["both"]["transcript"].sha256


def test_a_call_that_can_t_be_written_leaves_no_unmasked_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factories import make_result

    from pipeline import scoring_run
    from pipeline.process import HeardCall, Job, Workplace
    from pipeline.reports.standard_view import view_of
    from pipeline.standards import load_standard

    result = replace(make_result("c1"), recording=None)
    heard = HeardCall(None, result.transcript, result.sound, {})  # type: ignore[arg-type]
    monkeypatch.setattr(scoring_run, "hear_call", lambda *_: heard)
    monkeypatch.setattr(scoring_run, "judge_call", lambda *_: result)
    view, work = view_of(load_standard()), (Job(tmp_path / "a.wav", result.call), Workplace())

    def broken(*_args: object, **_more: object) -> None:
        raise ValueError("no page")

    (tmp_path / "originals").mkdir()
    (tmp_path / "originals" / "c1.json").write_text(UNMASKED)  # of an earlier run
    monkeypatch.setattr(scoring_run, "write_call", broken)
    with pytest.raises(ValueError, match="no page"):
        scoring_run.score_one(work[0], workplace=work[1], view=view, out=tmp_path, keep="both")
    assert list((tmp_path / "originals").iterdir()) == []
