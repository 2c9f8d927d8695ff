"""``callgauge serve`` for real: its schedule fires, a night lands in the ledger, and a signal ends all of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from night_fakes import write_wav
from night_programs import TESTS
from sqlalchemy import select

from pipeline.store import open_store
from pipeline.store.night_tables import Run

pytestmark = [pytest.mark.prefect, pytest.mark.faults]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, with a cron line that is due every minute."""
    write_wav(tmp_path / "inbox" / "a.wav", 1)
    url = f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}"
    environment = {
        **os.environ, "CALLGAUGE_STORE": url, "CALLGAUGE_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join((str(TESTS.parent), os.environ.get("PYTHONPATH", ""))),
    }  # fmt: skip
    environment.pop("PREFECT_API_URL", None)
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "serve",
        f"file://{tmp_path / 'inbox'}",
        "--cron",
        "* * * * *",
    ]
    process = subprocess.Popen(
        [*command, "--time-zone", "Asia/Shanghai", "--log", "json"], env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    yield process, url
    process.kill()
    process.communicate()


def test_the_schedule_fires_and_a_signal_ends_it(
    served: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = served
    deadline = time.monotonic() + 300
    while not _ended(url, tmp_path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(1.0)
    assert _ended(url, tmp_path) == ["completed"]
    process.send_signal(signal.SIGTERM)
    out, error = process.communicate(timeout=90)
    assert process.returncode == 0, error
    assert out == ""
    told, *log = error.splitlines()
    assert told.endswith(" at '* * * * *' (Asia/Shanghai); stop with Ctrl-C.")
    lines = [json.loads(line) for line in log]  # nothing of Prefect's
    assert [line["scored"] for line in lines if "has ended" in line["message"]][:1] == [1]
    assert _of(url) == []


def _ended(url: str, folder: Path) -> list[str]:
    """States of the runs that have ended."""
    if not (folder / "store" / "callgauge.db").exists():
        return []
    with open_store(url) as store, store.reading() as session:
        return list(session.scalars(select(Run.state).where(Run.ended_at.is_not(None)).limit(1)))


def _of(url: str) -> list[str]:
    """Processes that still work for a store: the private server, a run, its workers."""
    mark, found = f"CALLGAUGE_STORE={url}".encode(), []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (path / "environ").read_bytes() and (path / "cmdline").read_bytes():
                found.append((path / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
