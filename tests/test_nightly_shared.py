"""An inbox on shared storage, by URL: the same night as over a folder, and clear words where a URL can't be used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from night_fakes import lines, run_night, write_wav
from retention_store import run
from sqlalchemy import select

from pipeline.beside import TranscriptError, transcript_beside
from pipeline.errors import ConfigError
from pipeline.nightly.fetched import near
from pipeline.nightly.instant import instant_recogniser
from pipeline.nightly.night import begin
from pipeline.nightly.rescore import _profile
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.shared import Shared, place_of
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.work import Bench, failure_code
from pipeline.store import Store, open_store
from pipeline.store.lying import Place
from pipeline.store.night_tables import LedgerEntry, MissingCall
from pipeline.store.privacy_tables import Removal, RemovalDone
from pipeline.store.reasons import code_of
from pipeline.store.tables import Call

MONDAY, TUESDAY = date(2025, 3, 3), date(2025, 3, 4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Shared]:
    memory = fsspec.filesystem("memory")
    for number, name in enumerate(("a.wav", "team/b.wav", "team/.hidden.wav")):
        memory.pipe(f"/inbox/{name}", write_wav(tmp_path / "made.wav", number).read_bytes())
    memory.pipe("/inbox/team/calls.csv", b"file,call_id\nb.wav,B-1\nlate.wav,B-2\n")
    memory.pipe("/inbox/profile.yaml", "company: {name: 华信传媒}".encode())
    yield Shared("memory://inbox")
    memory.rm("/inbox", recursive=True)


def test_a_file_url_is_a_folder() -> None:
    assert place_of("file:///srv/a%20b") == Path("/srv/a b")
    assert place_of("/srv/a b") == Path("/srv/a b")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense://x/y", "nonsense:// → is not a known protocol; accepted: a folder, file:///folder"),
        ("s3://bucket/x", "s3:// → Install s3fs"),
        ("file://server/share", "server is another machine"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_with_what_can(url: str, told: str) -> None:
    if url.startswith("s3") and find_spec("s3fs"):
        pytest.skip("s3fs is installed here")
    with pytest.raises(ConfigError) as error:
        place_of(url)
    assert told in str(error.value)


def test_a_night_over_shared_storage(store: Store, bucket: Shared) -> None:
    first = run_night(store, bucket, on=MONDAY)
    found = lines(store, MONDAY)
    assert {name: line.state for name, line in found.items()} == {
        "a.wav": "scored", "team/b.wav": "scored", "team/late.wav": "missing", "team/.hidden.wav": "excluded",
    }  # fmt: skip
    assert found["team/b.wav"].call_id == "B-1"
    assert first.worked == 2
    assert run_night(store, bucket, on=MONDAY).worked == 0


def test_a_recording_replaced_on_shared_storage(store: Store, bucket: Shared, tmp_path: Path) -> None:
    run_night(store, bucket, on=MONDAY)
    changed = write_wav(tmp_path / "made.wav", 77).read_bytes()
    fsspec.filesystem("memory").pipe("/inbox/a.wav", changed)
    assert run_night(store, bucket, on=TUESDAY).worked == 1
    assert lines(store, MONDAY)["a.wav"].reason == "replaced"
    assert lines(store, TUESDAY)["a.wav"].version == 2


def closes(monkeypatch: pytest.MonkeyPatch, *folders: str) -> None:
    """From now on these folders of the memory may not be listed."""
    memory = fsspec.filesystem("memory")
    listed = type(memory).ls

    def ls(self: object, path: str, detail: bool = True, **more: object) -> object:
        if path.rstrip("/") in folders:
            raise PermissionError(13, "Forbidden", path)
        return listed(self, path, detail=detail, **more)

    monkeypatch.setattr(type(memory), "ls", ls)


def test_a_folder_that_may_not_be_listed_is_told_and_the_rest_is_scored(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.filesystem("memory").pipe("/inbox/.trash/x.wav", b"RIFF")
    with monkeypatch.context() as patch:
        closes(patch, "/inbox/team", "/inbox/.trash")
        first = run_night(store, bucket, on=MONDAY)
        found = lines(store, MONDAY)
    assert {name: (line.state, line.reason) for name, line in found.items()} == {
        "a.wav": ("scored", None), "team/": ("failed", "unreadable"),
    }  # fmt: skip
    assert "can't be read (no permission)" in (found["team/"].message or "")
    assert [told for told in first.mistakes if told.startswith("team/: folder → ")]
    second = run_night(store, bucket, on=TUESDAY)
    assert lines(store, MONDAY)["team/"].reason == "opened"
    assert second.worked == 1 and lines(store, TUESDAY)["team/b.wav"].state == "scored"


def test_a_listing_that_breaks_off_below_the_inbox_is_no_empty_folder(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_night(store, bucket, on=MONDAY)
    closes(monkeypatch, "/inbox/team")
    run_night(store, bucket, on=TUESDAY)
    assert lines(store, MONDAY)["team/b.wav"].state == "scored"
    assert lines(store, TUESDAY)["team/"].reason == "unreadable"


def test_an_inbox_that_may_not_be_listed_is_refused(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes(monkeypatch, "/inbox")
    with pytest.raises(ConfigError, match="memory://inbox: INBOX → is a folder that can't be read"):
        run_night(store, bucket, on=MONDAY)


def test_an_unfinished_transfer_is_left_for_later(store: Store, bucket: Shared) -> None:
    fsspec.filesystem("memory").pipe("/inbox/c.wav.part", b"RIFF")
    run_night(store, bucket, on=MONDAY)
    assert lines(store, MONDAY)["c.wav"].reason == "being_written"


def test_a_worker_fetches_the_recording_and_leaves_no_copy(
    store: Store, bucket: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "tmp").mkdir()
    settings = NightSettings(bucket, MONDAY, settle_s=0.01, make_recogniser=instant_recogniser)
    begun = begin(store, settings)
    bench = Bench(begun.setup)
    for ticket in begun.tickets:
        bench.hear(ticket)
        bench.judge(ticket)
        judged = bench.keep_files(ticket)
        assert judged.recording.sha256 == ticket.basis.recording_sha256
        assert {kept.kind for kept in judged.files} == {"result", "transcript", "audio"}
    assert list((tmp_path / "tmp").iterdir()) == []


def tickets_of(store: Store, bucket: Shared) -> tuple[Bench, dict[str, Ticket]]:
    begun = begin(store, NightSettings(bucket, MONDAY, settle_s=0.01, make_recogniser=instant_recogniser))
    return Bench(begun.setup), {ticket.record.call_id: ticket for ticket in begun.tickets}


WORDS = json.dumps({"language": "zh", "turns": [{"speaker": "agent", "text": "您好"}]}).encode()


def test_a_transcript_on_shared_storage_is_used(
    store: Store, bucket: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    memory = fsspec.filesystem("memory")
    memory.pipe({"/inbox/team/B.Transcript.JSON": WORDS, "/inbox/b.transcript.json": b"{}"})
    bench, tickets = tickets_of(store, bucket)
    assert tickets["B-1"].beside == ("memory://inbox/team/B.Transcript.JSON",) and tickets["a"].beside == ()
    bench.hear(tickets["B-1"])
    assert bench._heard is not None
    assert bench._heard.provenance["recogniser"]["file"] == "B.Transcript.JSON"
    assert [turn.text for turn in bench._heard.transcript.turns] == ["您好"]


def test_an_unusable_transcript_on_shared_storage_fails_its_call(store: Store, bucket: Shared) -> None:
    fsspec.filesystem("memory").pipe("/inbox/a.transcript.json", b'{"turns": 1}')
    bench, tickets = tickets_of(store, bucket)
    with pytest.raises(TranscriptError, match=r"a\.transcript\.json: turns") as error:
        bench.hear(tickets["a"])
    assert code_of(failure_code(error.value)) == "transcript"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("a.transcript.json a.transcript.jsonl", "lie beside a.wav; keep one"),
        ("a.transcript.json A.transcript.json", "lie beside a.wav; keep one"),
        ("a.transcript.json/x", "a plain file in the recording's own folder is accepted"),
    ],
)
def test_transcripts_that_may_not_be_fetched(store: Store, bucket: Shared, there: str, told: str) -> None:
    for name in there.split():
        fsspec.filesystem("memory").pipe(f"/inbox/{name}", WORDS)
    _, tickets = tickets_of(store, bucket)
    with pytest.raises(TranscriptError, match=told), near(tickets["a"].path, tickets["a"].beside):
        pass


def test_a_transcript_that_is_gone_long_or_a_link_is_not_passed_over(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/inbox/a.transcript.json", WORDS)
    ticket = tickets_of(store, bucket)[1]["a"]
    with monkeypatch.context() as patch:
        for module in ("pipeline.beside", "pipeline.nightly.fetched"):
            patch.setattr(f"{module}.MAX_LINE_BYTES", 10)
        with near(ticket.path, ticket.beside) as path:
            assert path.with_name("a.transcript.json").read_bytes() == WORDS[:11]
            with pytest.raises(TranscriptError, match="longer than 10 bytes"):
                transcript_beside(path)
    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "info", lambda *_a, **_k: {"type": "link", "size": 1})
        with pytest.raises(TranscriptError, match="a plain file"), near(ticket.path, ticket.beside):
            pass
    memory.rm_file("/inbox/a.transcript.json")
    with pytest.raises(TranscriptError, match="file → can't be read: "), near(ticket.path, ticket.beside):
        pass


def test_a_transcript_on_shared_storage_without_recording_is_told(store: Store, bucket: Shared) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("a.transcript.json", "b.transcript.json", "team/B.TRANSCRIPT.jsonl", ".x/y.transcript.json"):
        memory.pipe(f"/inbox/{name}", WORDS)
    for night in (MONDAY, TUESDAY):
        told = [line for line in run_night(store, bucket, on=night).mistakes if "transcript" in line]
        assert told == [
            "b.transcript.json: file → no recording lies beside this transcript, so it isn't used; it takes its recording's name"
        ]


def unfetched(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """From now on files of this name in the memory break off while they are fetched."""
    memory = fsspec.filesystem("memory")
    get = type(memory).get_file

    def get_file(self: object, path: str, to: str, **more: object) -> object:
        if not path.endswith(name):
            return get(self, path, to, **more)
        Path(to).write_bytes(b"file,call_id\nb.wav,B-")
        raise error

    monkeypatch.setattr(type(memory), "get_file", get_file)


@pytest.mark.parametrize(
    ("error", "told"),
    [(PermissionError(13, "x"), "no permission"), (RuntimeError("403 Forbidden"), "403 Forbidden")],
)
def test_a_call_list_that_can_t_be_fetched_stops_no_night(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    with monkeypatch.context() as patch:
        unfetched(patch, "calls.csv", error)
        first = run_night(store, bucket, on=MONDAY)
        assert first.mistakes == (f"team/calls.csv: file → can't be read: {told}",) and not first.ok
        assert lines(store, MONDAY)["team/b.wav"].call_id == "b"
        _profile(store, None)  # `rescore` wants the profile alone
    run_night(store, bucket, on=TUESDAY)
    assert lines(store, TUESDAY)["team/late.wav"].state == "missing"


def test_a_recording_that_can_t_be_read_fails_alone_whatever_the_storage_raises(
    store: Store, bucket: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")
    opened = type(memory).open

    def open_(self: object, path: str, *args: object, **more: object) -> object:
        if path.endswith("b.wav"):
            raise RuntimeError("403 Forbidden")
        return opened(self, path, *args, **more)

    monkeypatch.setattr(type(memory), "open", open_)
    memory.pipe(
        "/inbox/calls.csv/calls.csv", b"file\n"
    )  # a list and a folder of one name, as object stores can have
    assert run_night(store, bucket, on=MONDAY).worked == 1
    assert lines(store, MONDAY)["team/b.wav"].reason == "unreadable"


def test_a_profile_that_can_t_be_fetched_is_refused_unless_another_is_named(
    store: Store, bucket: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfetched(monkeypatch, "profile.yaml", PermissionError(13, "x"))
    with pytest.raises(ConfigError, match="profile.yaml: file → can't be read: no permission"):
        run_night(store, bucket, on=MONDAY)
    (tmp_path / "own.yaml").write_text("company: {name: 华信传媒}", encoding="utf-8")
    assert run_night(store, bucket, on=MONDAY, profile=tmp_path / "own.yaml").worked == 2


ASKED = ("forget", "--customer", "C-1", "--by", "x", "--reason", "asked")


@pytest.fixture
def theirs(store: Store, bucket: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A night in which one customer's recording lies on shared storage under two names, beside another's."""
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    memory = fsspec.filesystem("memory")
    memory.pipe("/inbox/team/calls.csv", b"file,customer_id\nb.wav,C-1\nz.wav,C-1\n")
    memory.pipe("/inbox/team/z.wav", memory.cat("/inbox/team/b.wav"))
    run_night(store, bucket, on=MONDAY)
    assert lines(store, MONDAY)["team/z.wav"].reason == "duplicate"
    yield store


def files_left() -> list[str]:
    found: list[str] = fsspec.filesystem("memory").find("/inbox")
    return [each for each in found if each.endswith(".wav")]


def kept_names(store: Store) -> str:
    with store.reading() as session:
        rows = session.execute(select(LedgerEntry.file, LedgerEntry.message)).all()
        return f"{rows} {list(session.scalars(select(MissingCall.file)))}"


def test_recordings_on_shared_storage_are_named_and_deleted(theirs: Store, bucket: Shared) -> None:
    before = files_left()
    dry = run(theirs, *ASKED, "--dry-run")
    assert "still in the inbox: memory://inbox/team/b.wav\n" in dry
    assert "still in the inbox: memory://inbox/team/z.wav\n" in dry
    dry = run(theirs, *ASKED, "--with-recordings", "--dry-run")
    assert "to be deleted: memory://inbox/team/b.wav\n" in dry and "2 recordings" in dry
    assert files_left() == before
    told = run(theirs, *ASKED, "--with-recordings")
    assert "still in the inbox: team/calls.csv, row 2\n" in told and "not deleted" not in told
    assert files_left() == ["/inbox/a.wav", "/inbox/team/.hidden.wav"]
    assert "b.wav" not in kept_names(theirs) and "z.wav" not in kept_names(theirs)
    with theirs.reading() as session:
        assert session.scalars(select(RemovalDone)).one()
        assert len(session.scalars(select(Removal)).one().body["recordings"]) == 1
    again = run_night(theirs, bucket, on=TUESDAY)
    assert again.worked == 0 and "b.wav" not in kept_names(theirs) and "z.wav" not in kept_names(theirs)


def test_recordings_that_stay_keep_their_names(theirs: Store) -> None:
    told = run(theirs, *ASKED)
    assert "still in the inbox: memory://inbox/team/b.wav\n" in told
    assert len(files_left()) == 4 and "team/b.wav" in kept_names(theirs)


def test_transcripts_on_shared_storage_go_with_their_recordings(theirs: Store) -> None:
    memory = fsspec.filesystem("memory")
    for name in (
        "team/B.transcript.JSON",
        "team/z.transcript.jsonl",
        "a.transcript.json",
        "b.transcript.json",
    ):
        memory.pipe(f"/inbox/{name}", name.encode())
    assert "still in the inbox: memory://inbox/team/B.transcript.JSON\n" in run(theirs, *ASKED, "--dry-run")
    dry = run(theirs, *ASKED, "--with-recordings", "--dry-run")
    assert (
        "to be deleted: memory://inbox/team/z.transcript.jsonl\n" in dry and "2 delivered_transcripts" in dry
    )
    run(theirs, *ASKED, "--with-recordings")
    left = [each for each in memory.find("/inbox") if "transcript" in each]
    assert left == ["/inbox/a.transcript.json", "/inbox/b.transcript.json"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Forbidden"), "no permission"),
        (NotImplementedError(), "nothing can be removed through this protocol"),
        (RuntimeError("401 Unauthorized"), "401 Unauthorized"),
        (None, "the storage keeps it"),
    ],
)
def test_a_recording_that_may_not_be_deleted_is_told_until_it_is(
    theirs: Store, monkeypatch: pytest.MonkeyPatch, error: Exception | None, told: str
) -> None:
    def refuses(*_args: object) -> None:
        if error is not None:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "rm_file", refuses)
        first = run(theirs, *ASKED, "--with-recordings", status=1)
        assert f"not deleted: memory://inbox/team/b.wav: {told}; " in first
        second = run(theirs, *ASKED, status=1)  # nobody is found any more, but it isn't forgotten
        assert f"not deleted: memory://inbox/team/b.wav: {told}; " in second
        assert "not all of it is gone yet" in run(theirs, "removals")
    assert "1 removals that were cut off are now done" in run(theirs, *ASKED)
    assert files_left() == ["/inbox/a.wav", "/inbox/team/.hidden.wav"]
    assert "not all of it" not in run(theirs, "removals")


def test_what_lies_in_a_recording_s_place_by_now_is_not_deleted(theirs: Store, tmp_path: Path) -> None:
    other = write_wav(tmp_path / "made.wav", 99).read_bytes()
    fsspec.filesystem("memory").pipe("/inbox/team/b.wav", other)
    run(theirs, *ASKED, "--with-recordings")
    assert fsspec.filesystem("memory").cat("/inbox/team/b.wav") == other
    assert "/inbox/team/z.wav" not in files_left()


def test_storage_that_is_away_is_told(theirs: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(MemoryFileSystem, "info", away)
    dry = run(theirs, *ASKED, "--dry-run")
    assert "perhaps still in the inbox: memory://inbox/team/b.wav, which can't be looked at: it can't" in dry
    told = run(theirs, *ASKED, "--with-recordings", status=1)
    assert "not deleted: memory://inbox/team/b.wav: it can't be reached; " in told
    assert len(files_left()) == 4


def test_no_password_stands_in_an_address() -> None:
    assert Place("sftp://me:word@host/in", "a\x1b.wav").address == "sftp://me:***@host/in/a?.wav"


def test_rows_of_forgotten_people_are_named_in_lists_on_shared_storage(
    store: Store, bucket: Shared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    memory = fsspec.filesystem("memory")
    memory.pipe("/inbox/team/calls.csv", b"file,customer_id\nb.wav,C-1\n")
    run_night(store, bucket, on=MONDAY)
    asked = ("forget", "--customer", "C-1", "--by", "x", "--reason", "asked")
    assert "still in the inbox: team/calls.csv, row 2\n" in run(store, *asked, "--dry-run")

    def away(*_args: object, **_options: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(type(memory), "ls", away)
    told = run(store, *asked)
    assert "perhaps rows of memory://inbox, whose call lists can't be read: it can't be reached" in told
    with store.reading() as session:
        assert session.scalars(select(Call.forgotten_at).where(Call.file.startswith("#-"))).one()
