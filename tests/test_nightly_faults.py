"""Faults, tested by doing them: kill, crash, hang, fill the disk, run two at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from night_fakes import write_wav
from night_programs import Program, prefect_server

from pipeline.store import open_store
from pipeline.store.check import check_store

pytestmark = [pytest.mark.prefect, pytest.mark.faults]
KILLS = 10


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url


@pytest.fixture
def program(tmp_path: Path, api: str) -> Callable[..., Program]:
    def make(name: str, calls: int = 8, *, slow_s: float = 0.0, extra: tuple[str, ...] = ()) -> Program:
        inbox = tmp_path / "inbox"
        for number in range(calls):
            write_wav(inbox / f"c{number:03}.wav", number, length_s=0.6)
        for number, stem in enumerate(extra):
            write_wav(inbox / f"{stem}.wav", 500 + number, length_s=0.6)
        url = f"sqlite:///{tmp_path / name / 'callgauge.db'}"
        environment = {
            "CALLGAUGE_TEST_SLOW_S": str(slow_s),
            "CALLGAUGE_CACHE": str(tmp_path / f"{name}-cache"),
        }
        return Program(url, inbox, api, environment)

    return make


def await_sign(program: Program) -> None:
    """Until a run holds the store."""
    lock = Path(program.url.removeprefix("sqlite:///") + ".files") / "nightly.lock"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if lock.exists() and lock.read_text(encoding="utf-8").strip():
            return
        time.sleep(0.05)
    raise AssertionError("no run has begun")


def children_of(pid: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    found = []
    for line in told.splitlines()[1:]:
        number, parent, args = line.split(None, 2)
        if int(parent) == pid and "pipeline.nightly.child" in args:
            found.append(int(number))
    return found


def test_hanging_crashing_and_failing_calls_leave_the_others_alone(program: Callable[..., Program]) -> None:
    odd = program("odd", 3, extra=("hang", "crash", "oserror", "secret"))
    (odd.inbox / "bad.wav").write_text("no sound", encoding="utf-8")
    told = odd.run(time_limit_s=45.0)
    assert told["told"] == "8 received, 4 scored, 0 excluded, 4 failed, 0 pending, 0 missing"
    states = odd.left()["states"]
    assert states["hang.wav"] == ("failed", "timeout")
    assert states["crash.wav"] == ("failed", "crashed")
    assert states["oserror.wav"] == ("scored", None)
    assert states["secret.wav"] == ("failed", "internal")
    assert states["bad.wav"] == ("failed", "not_audio")
    with open_store(odd.url) as store:
        told_all = " ".join(str(line) for line in _messages(store))
    assert "13812345678" not in told_all


def _messages(store: object) -> list[str]:
    from sqlalchemy import select

    from pipeline.store.night_tables import LedgerEntry

    with store.reading() as session:  # type: ignore[attr-defined]
        return [str(message) for message in session.scalars(select(LedgerEntry.message))]


def test_a_run_killed_at_ten_random_moments_ends_as_an_undisturbed_one(
    program: Callable[..., Program],
) -> None:
    undisturbed = program("undisturbed", 14)
    undisturbed.run()
    killed = program("killed", 14, slow_s=0.8)
    chance = random.Random(20250304)
    orphans: list[int] = []
    for _ in range(KILLS):
        lock = Path(killed.url.removeprefix("sqlite:///") + ".files") / "nightly.lock"
        lock.unlink(missing_ok=True)
        process = killed.start()
        await_sign(killed)
        time.sleep(chance.uniform(0.0, 6.0))
        orphans += children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    killed.run()
    assert killed.left() == undisturbed.left()
    assert set(killed.left()["versions"].values()) == {1}
    time.sleep(1.0)
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]
    with open_store(killed.url) as store:
        left = [fault for fault in check_store(store, mend=True) if not fault.mended]
        assert left == []
        assert check_store(store, mend=False) == []


def test_workers_killed_at_ten_random_moments_lose_no_call(program: Callable[..., Program]) -> None:
    undisturbed = program("undisturbed", 16)
    undisturbed.run()
    killed = program("killed", 16, slow_s=1.0)
    process = killed.start()
    await_sign(killed)
    chance, kills = random.Random(7), 0
    while process.poll() is None and kills < KILLS:
        time.sleep(chance.uniform(0.2, 1.2))
        if workers := children_of(process.pid):
            assert len(workers) <= 2  # there are more threads than hands
            os.kill(chance.choice(workers), signal.SIGKILL)
            kills += 1
    process.communicate(timeout=300)
    assert kills == KILLS
    killed.environment["CALLGAUGE_TEST_SLOW_S"] = "0"
    for _ in range(2):  # a call whose process was killed twice in one run waits for the next one
        if killed.left()["states"] != undisturbed.left()["states"]:
            killed.run()
    assert killed.left() == undisturbed.left()


def test_a_run_that_is_interrupted_stops_soon_and_blames_no_call(program: Callable[..., Program]) -> None:
    stopped = program("stopped", 4, slow_s=600.0)
    process = stopped.start()
    await_sign(stopped)
    deadline = time.monotonic() + 120
    while not children_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(4.0)  # into the work, not into its start, which a loaded machine draws out
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)  # a loaded machine needs its time; the calls would take forty minutes
    assert process.returncode != 0
    assert set(stopped.left()["states"].values()) == {("pending", "queued")}
    stopped.environment["CALLGAUGE_TEST_SLOW_S"] = "0"
    stopped.run()
    assert set(stopped.left()["states"].values()) == {("scored", None)}


def test_of_two_runs_at_once_one_waits(program: Callable[..., Program]) -> None:
    both = program("both", 6, slow_s=0.3)
    processes = [both.start(), both.start()]
    ends = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    left = both.left()
    assert set(left["versions"].values()) == {1}
    assert left["rows"] == 6
    assert sorted('"worked": 6' in out for out, _ in ends) == [False, True]


def test_the_second_of_two_runs_may_leave(program: Callable[..., Program]) -> None:
    both = program("both", 4, slow_s=1.0)
    first = both.start()
    await_sign(both)
    second = both.start(wait_s=0.0)
    _, error = second.communicate(timeout=300)
    assert second.returncode != 0
    assert "another nightly run is under way" in error
    first.communicate(timeout=300)
    assert first.returncode == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_tears_nothing(program: Callable[..., Program], tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(small)], check=False
    ).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        full = program("full", 40)
        full.url = f"sqlite:///{small / 'callgauge.db'}"
        process = full.start(store_delays_s=[0.05])
        process.communicate(timeout=300)
        assert {state for state, _ in full.left()["states"].values()} != {
            "scored"
        }  # the disk was full indeed
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        with open_store(full.url) as store:
            assert [fault for fault in check_store(store, mend=True) if not fault.mended] == []
        told = full.run()
        assert told["told"].startswith("40 received, 40 scored")
        assert set(full.left()["versions"].values()) == {1}
        with open_store(full.url) as store:
            assert check_store(store, mend=False) == []
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
        shutil.rmtree(small, ignore_errors=True)
