"""What a full disk or a killed process leaves: no call without its sound unsaid, nothing unmasked that nobody knows of."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factories import make_result
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from pipeline.audio.probe import digest_of
from pipeline.errors import RecordingError
from pipeline.nightly.night import begin
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.work import Bench, Setup, failure_code
from pipeline.nightly.workers import Worker, setup_bytes
from pipeline.process import Workplace
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.originals import keep_original
from pipeline.reports.standard_view import view_of
from pipeline.reports.writer import write_call
from pipeline.standards import load_standard
from pipeline.store import Store, open_store
from pipeline.store.files import TEMPORARY
from pipeline.store.removal import finish_all
from pipeline.store.tables import StoredFile
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
    with pytest.raises(OSError, match="large") as told:
        write_copy(tmp_path / "in.wav", tmp_path / "out" / "one.flac")
    crossed = pickle.loads(pickle.dumps(told.value))  # noqa: S301 - our own
    assert crossed.errno == errno.EFBIG, "it crosses to another process"
    assert told.value.__cause__ is None, "Dask's pickling takes the cause along"
    assert list((tmp_path / "out").iterdir()) == []


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
        (place / f"{TEMPORARY}half").write_bytes(b"unmasked")
        then(store)
        assert [path.name for path in place.iterdir()] == [f"{kept.sha256}.bin"]
        assert store.files.read(kept.sha256, kept.kind) == b"whole"


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
