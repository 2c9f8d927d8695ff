"""The coaching app as its command serves it, over a store with a few calls."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from review_calls import fill

from pipeline.store import open_store

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the command, serving a filled store; it stops on SIGTERM."""
    store = str(folder / "s.db")
    with open_store(store) as opened:
        fill(opened, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pipeline", "review", "--port", str(port), "--store", store]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        here = f"http://127.0.0.1:{port}"
        for _ in range(1200):  # a machine with much to do is slow to start it
            try:
                urllib.request.urlopen(f"{here}/login").close()  # noqa: S310 - our own
                break
            except urllib.error.URLError:
                assert process.poll() is None
                time.sleep(0.1)
        yield here
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
