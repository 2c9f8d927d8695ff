"""The same flow on a real Dask scheduler with workers as processes on loopback, one of them killed in mid-run.

The inbox is given by URL, as storage that every machine mounts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from night_fakes import write_wav
from night_programs import TESTS, Program, prefect_server

pytest.importorskip("prefect_dask", reason="the extra dask is not installed")
pytestmark = [pytest.mark.dask, pytest.mark.prefect, pytest.mark.faults]


def start(*args: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli." + args[0], *args[1:]]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]], dict[str, str]]]:
    paths = os.pathsep.join((str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")))
    environment = {
        **os.environ, "PYTHONPATH": paths, "CALLGAUGE_CACHE": str(tmp_path / "cache"), "CALLGAUGE_TEST_SLOW_S": "0.5",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }  # fmt: skip
    told = tmp_path / "scheduler.json"
    scheduler = start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told),
        environment=environment,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = [
        start(
            "dask_worker", "--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", "--no-dashboard",
            environment=environment,
        )
        for _ in range(2)
    ]  # fmt: skip
    import json

    yield json.loads(told.read_text())["address"], workers, environment
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_killed_worker_loses_no_call(
    cluster: tuple[str, list[subprocess.Popen[bytes]], dict[str, str]], tmp_path: Path
) -> None:
    address, workers, environment = cluster
    for number in range(12):
        write_wav(tmp_path / "inbox" / f"c{number:02}.wav", number, length_s=0.6)
    with prefect_server(tmp_path / "prefect") as api:
        program = Program(
            f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}", tmp_path / "inbox", api, environment
        )
        process = program.start(runner="dask", scheduler=address, url=f"file://{tmp_path / 'inbox'}")
        _until_scored(program, 2, process)
        workers[0].send_signal(signal.SIGKILL)
        _, error = process.communicate(timeout=400)
        assert process.returncode == 0, error[-3000:]
        left = program.left()
        assert set(left["states"].values()) == {("scored", None)}
        assert set(left["versions"].values()) == {1}
        assert left["rows"] == 12
        assert program.run()["worked"] == 0  # on the local runner: the same flow, the same ledger


def _until_scored(program: Program, count: int, process: subprocess.Popen[str]) -> None:
    path = Path(program.url.removeprefix("sqlite:///"))
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if (
            path.exists()
            and sum(state == "scored" for state, _ in program.left()["states"].values()) >= count
        ):
            return
        time.sleep(0.3)
    raise AssertionError(
        f"nothing was scored; the run told: {process.communicate()[1][-3000:] if process.poll() is not None else ''}"
    )
