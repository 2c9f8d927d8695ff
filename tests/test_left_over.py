"""What a full disk or a killed process leaves: no call without its sound unsaid, nothing unmasked that nobody knows of."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from factories import make_result
from night_fakes import judged, write_wav
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from pipeline import scoring_run
from pipeline.audio.probe import digest_of
from pipeline.cached import TRANSCRIPTS
from pipeline.errors import RecordingError
from pipeline.nightly.night import begin, keep, put_down
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.work import Bench, Setup, failure_code
from pipeline.nightly.workers import Worker, setup_bytes
from pipeline.process import Job, Workplace
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.files import atomic_path
from pipeline.reports.originals import keep_original
from pipeline.reports.standard_view import view_of
from pipeline.reports.writer import write_call
from pipeline.scoring_run import Run, run_scoring
from pipeline.standards import load_standard
from pipeline.store import Store, open_store
from pipeline.store.files import TEMPORARY
from pipeline.store.removal import finish_all
from pipeline.store.runs import EndedRunError
from pipeline.store.tables import Score, StoredFile
from pipeline.types import CallResult


@pytest.fixture
def result(tmp_path: Path) -> CallResult:
    path = tmp_path / "in.wav"
    noise = np.random.default_rng(7).normal(0, 3_000, 8_000 * 20).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(noise.tobytes())
    made = make_result("one")
    assert made.recording is not None
    return replace(made, recording=replace(made.recording, path=path, sha256=digest_of(path)))


@pytest.fixture
def small_files(result: CallResult) -> Iterator[None]:
    """No file grows beyond 64 KiB: the system refuses in the midst of a write, as a full disk does."""
    assert result.recording is not None
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.usefixtures("small_files")
def test_a_copy_that_can_t_be_written_is_the_disk_s_fault(tmp_path: Path, result: CallResult) -> None:
    pytest.importorskip("tblib.pickling_support").install()  # as Dask does, for the whole process
    with pytest.raises(OSError, match="large") as told:
        write_copy(tmp_path / "in.wav", tmp_path / "out" / "one.flac")
    crossed = pickle.loads(pickle.dumps(told.value))  # noqa: S301 - our own
    assert crossed.errno == errno.EFBIG, "it crosses to another process"
    assert told.value.__cause__ is told.value.__context__ is None, "Dask's pickling takes both along"
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("small_files")
def test_words_that_the_cache_can_t_hold_are_not_left_there_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    TRANSCRIPTS.store("5" * 64, "6" * 64, {"transcript": ["words"] * 20_000})
    assert "can't be written" in caplog.text
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("small_files")
def test_no_call_is_scored_without_its_sound_because_a_disk_was_full(
    tmp_path: Path, result: CallResult
) -> None:
    bench = Bench(Setup(Workplace(), tmp_path / "files", 0.1, {}))
    with pytest.raises(OSError) as told:
        bench._copy(result, tmp_path / "in.wav")
    assert failure_code(told.value) == "io"
    with pytest.raises(OSError):
        write_call(result, tmp_path / "out", standard=view_of(load_standard()))
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_no_call_is_scored_without_its_sound_because_it_was_exchanged(
    tmp_path: Path, result: CallResult, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(Setup(Workplace(), tmp_path / "files", 0.1, {}))
    path = tmp_path / "in.wav"
    assert bench._copy(result, path) is not None
    path.write_bytes(path.read_bytes()[:-2_000])
    with pytest.raises(RecordingError, match="has changed"):
        bench._copy(result, path)
    path.unlink()
    with pytest.raises(RecordingError, match="not there"):
        bench._copy(result, path)
    path.write_bytes(b"no sound whatever")
    unbound = replace(result, recording=None)
    assert bench._copy(unbound, path) is None
    assert "no playable copy" in caplog.text


def test_a_copy_cut_off_by_a_kill_goes_when_only_masked_is_kept(tmp_path: Path, result: CallResult) -> None:
    """The real function, killed while it writes the original."""
    out = tmp_path / "out"
    script = (
        "import os, pickle, shutil, signal, sys\n"
        "from pathlib import Path\n"
        "def half(source, target):\n"
        "    Path(target).write_bytes(Path(source).read_bytes()[:9000]); os.kill(os.getpid(), signal.SIGKILL)\n"
        "shutil.copyfile = half\n"
        "from pipeline.reports.originals import keep_original\n"
        "result = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "keep_original(result, result.transcript, Path(sys.argv[2]), keep='both')\n"
    )
    (tmp_path / "result").write_bytes(pickle.dumps(result))
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path / "result"), str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert any(path.name.startswith(".") and path.stat().st_size for path in (out / "originals").iterdir())
    keep_original(result, result.transcript, out, keep="masked")
    assert list((out / "originals").iterdir()) == []


@pytest.mark.parametrize(
    "then", [finish_all, lambda store: begin(store, NightSettings(inbox=store.place.files.parent / "in"))]
)
def test_half_files_of_a_killed_night_go_with_the_next_night_or_removal(
    tmp_path: Path, then: Callable[[Store], object]
) -> None:
    (tmp_path / "in").mkdir()
    with open_store(str(tmp_path / "s.db")) as store:
        kept = store.files.put(b"whole", "original_audio")
        place = store.files.path(kept.sha256, kept.kind).parent
        nobodys = store.files.put(b"whole, and killed before its row", "original_audio")
        again = store.files.put(b"taken away once, and put back", "original_transcript")
        with store.writing() as session:
            at = datetime.now(UTC)
            for each, removed in ((kept, None), (again, at)):
                session.add(
                    StoredFile(
                        sha256=each.sha256,
                        kind=each.kind,
                        bytes=each.bytes,
                        written_at=at,
                        removed_at=removed,
                    )
                )
        (place / f"{TEMPORARY}half").write_bytes(b"unmasked")
        then(store)
        assert [path.name for path in place.iterdir()] == [f"{kept.sha256}.bin"]
        assert store.files.read(kept.sha256, kept.kind) == b"whole"
        assert store.files.locate(nobodys.sha256, nobodys.kind) is None
        assert store.files.locate(again.sha256, again.kind) is None


def test_what_a_closed_run_still_works_on_is_not_put_down(tmp_path: Path) -> None:
    """A machine of a cluster goes on though its run was killed; meanwhile the person asked to be forgotten."""
    write_wav(tmp_path / "in" / "a.wav")
    with open_store(str(tmp_path / "s.db")) as store:
        begun = begin(store, NightSettings(tmp_path / "in", settle_s=0.01))
        (ticket,) = begun.tickets
        finish_all(store)
        with pytest.raises(EndedRunError):
            keep(store, ticket, judged(ticket), begun.made)
        with pytest.raises(EndedRunError):
            put_down(store, ticket, begun.made, code="io", message="late")
        with store.reading() as session:
            assert session.scalars(select(Score)).all() == []
        assert keep(store, ticket, judged(ticket), begin(store, NightSettings(tmp_path / "in")).made)


def test_workers_end_with_their_owner_and_do_no_more_calls(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from pipeline.batch import run\n"
        "def work(name):\n"
        "    Path(sys.argv[1], name).write_text(str(os.getpid())); time.sleep(1.0)\n"
        "if __name__ == '__main__':\n"
        "    import threading\n"
        "    def end():\n"
        "        while not Path(sys.argv[1], 'a').exists(): time.sleep(0.02)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    threading.Thread(target=end).start()\n"
        "    list(run(['a', 'b'], work, workers=1))\n"
    )
    made = tmp_path / "made"
    made.mkdir()
    path = os.pathsep.join((str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, str(script), str(made)]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert ended.returncode == -signal.SIGKILL
    worker = int((made / "a").read_text())
    until = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
    assert not (made / "b").exists()


def test_half_files_of_a_killed_score_go_with_the_next_whatever_it_scores(tmp_path: Path) -> None:
    """A call that is not scored again has nobody else who clears up after it; who still writes is left in peace."""
    out = tmp_path / "out"
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from pipeline.reports.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1], 'originals', 'gone.wav')) as beside:\n"
        "    beside.write_bytes(b'unmasked'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(out)], check=False)
    assert ended.returncode == -signal.SIGKILL
    with atomic_path(out / "originals" / "alive.wav") as beside:
        beside.write_bytes(b"being written")
        assert len(list((out / "originals").iterdir())) == 2
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "calls.csv").write_text("file\nnever-came.wav\n", encoding="utf-8")
        assert run_scoring(Run((tmp_path / "in",), out)).failed == 1
        assert list((out / "originals").iterdir()) == [beside]
    assert (out / "originals" / "alive.wav").read_bytes() == b"being written"


def test_no_original_stands_without_its_report(
    tmp_path: Path, result: CallResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, ``score`` leaves none that no page tells of."""
    monkeypatch.setattr(scoring_run, "hear_call", lambda *_: SimpleNamespace(transcript=result.transcript))
    monkeypatch.setattr(scoring_run, "judge_call", lambda *_: result)
    written: list[bool] = []

    def watched(*args: Any, **options: Any) -> Any:
        written.append((tmp_path / "originals").exists())
        return write_call(*args, **options)

    monkeypatch.setattr(scoring_run, "write_call", watched)
    job = Job(tmp_path / "in.wav", result.call)
    place: dict[str, Any] = {"workplace": Workplace(), "view": view_of(load_standard()), "out": tmp_path}
    scoring_run.score_one(job, **place, keep="both")
    assert written == [False]
    assert len(list((tmp_path / "originals").iterdir())) == 2

    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="space"):
        scoring_run.score_one(job, **place, keep="both")
    assert list((tmp_path / "originals").iterdir()) == []
    assert list((tmp_path / "calls").iterdir()) == []


def test_a_killed_child_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    worker = Worker(setup_bytes(Setup(Workplace(), tmp_path / "files", 0.1, {})))
    folder = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
    own = next(Path(os.fsdecode(each[7:])) for each in folder if each.startswith(b"TMPDIR="))
    assert own.parent == tmp_path
    (own / "recording.wav").write_bytes(b"a customer's voice")
    os.kill(worker.pid, signal.SIGKILL)
    worker.end()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_owner_leaves_no_temporary_file(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from pipeline.nightly.work import Setup\n"
        "from pipeline.nightly.workers import Worker, setup_bytes\n"
        "from pipeline.process import Workplace\n"
        "worker = Worker(setup_bytes(Setup(Workplace(), Path(sys.argv[1], 'files'), 0.1, {})))\n"
        "Path(worker._scratch.name, 'recording.wav').write_bytes(b'voice')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "TMPDIR": str(temporary)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    until = time.monotonic() + 20
    while list(temporary.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


def test_no_error_of_the_database_shows_what_was_to_be_written(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s.db")) as store:
        with pytest.raises(IntegrityError) as told, store.writing() as session:
            session.execute(insert(StoredFile), [{"sha256": "13912345678", "kind": None, "bytes": 1}])
        assert "stored_files" in str(told.value) or "files" in str(told.value)
        assert "13912345678" not in str(told.value)
