"""Prefect for one command: quiet on the terminal, with a server of its own where none is set up.

Prefect needs its API. Where ``PREFECT_API_URL`` (or a Prefect profile) names a server, that one is used. Else a private
one runs beside the command, on loopback, its data in the store's file area, its output in a log file there. It ends
with the command, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_S = 300.0
HAND_OVER_S = 60.0
MOST_WAITING = 2000
KEEP_UP_S = 30.0
LARGEST_BYTES = 256 << 20
"""Past this the private server's history is thrown away; the ledger is the store's own and loses nothing."""


def settle_environment(home: Path) -> None:
    """Set what Prefect reads from the environment, before it is imported; what is set already stays."""
    home.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",  # and no notice about it on a terminal
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_ROOT_LEVEL": "CRITICAL",
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
        "PREFECT_CLI_COLORS": "false",
    }.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(home))


@contextlib.contextmanager
def prefect_ready(home: Path, *, scheduling: bool = False) -> Iterator[None]:
    """Prefect's API within reach for the time of the block.

    Parameters
    ----------
    scheduling
        Whether a private server must also make runs by schedule.
    """
    settle_environment(home)
    if _named_server():
        yield
        return
    with _private_server(Path(os.environ["PREFECT_HOME"]), scheduling=scheduling) as url, _pointed_at(url):
        try:
            yield
        finally:
            _hand_over()


def _named_server() -> bool:
    """Whether the environment or the person's Prefect profile names a server."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    if not (Path.home() / ".prefect" / "profiles.toml").exists():
        return False
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


@contextlib.contextmanager
def _pointed_at(url: str) -> Iterator[None]:
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings

    # Prefect's log of a private run would have no reader; what matters goes to our own log and the ledger
    with temporary_settings({PREFECT_API_URL: url, PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield


def let_api_keep_up() -> None:
    """Wait for Prefect's API while it is far behind: what it must still be told of lies in memory, without bound.

    Not for ever: a server that is gone stops no call.
    """
    from prefect.events.worker import EventsWorker

    waiting = EventsWorker.instance()._queue
    deadline = time.monotonic() + KEEP_UP_S
    while waiting.qsize() > MOST_WAITING and time.monotonic() < deadline:
        time.sleep(0.05)


def _hand_over() -> None:
    """Let what waits to be sent reach the server before it ends; else Prefect looks for it for a minute at exit."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=HAND_OVER_S)
    EventsWorker.drain_all(timeout=HAND_OVER_S)


@contextlib.contextmanager
def _private_server(home: Path, *, scheduling: bool = False) -> Iterator[str]:
    _forget_if_large(home)
    port = _free_port()
    # its standard input is a pipe of ours: when we are gone, it reads the end and goes too
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(  # noqa: S603 - our own module, no words of others
            [
                sys.executable,
                "-m",
                "flows.private_server",
                str(port),
                *(["scheduling"] if scheduling else []),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        import prefect.flows  # noqa: F401 - takes seconds, and so does the server's start

        _await(server, f"http://127.0.0.1:{port}/api/health", home / "server.log")
        yield f"http://127.0.0.1:{port}/api"
    finally:
        assert server.stdin is not None  # noqa: S101 - it was opened as a pipe
        server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _forget_if_large(home: Path) -> None:
    database = home / "prefect.db"
    if database.exists() and database.stat().st_size > LARGEST_BYTES:
        for path in home.glob("prefect.db*"):
            path.unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    from pipeline.errors import CallgaugeError

    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address on loopback
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise CallgaugeError(f"Prefect's private server did not start; its log is {log}")
