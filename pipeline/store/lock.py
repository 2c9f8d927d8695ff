"""One nightly run at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from pipeline.store.database import Store
from pipeline.store.errors import StoreBusyError
from pipeline.store.files import private_folder

_KEY = 0x6E696768  # "nigh"
_mine: set[Path] = set()
"""Locks that this process holds."""
_log = logging.getLogger(__name__)


@contextmanager
def nightly_lock(store: Store, *, wait_s: float, poll_s: float = 0.5) -> Iterator[None]:
    """Hold the store for a nightly run.

    The lock is on a file of the file area, which the system frees when the process ends, killed or not. On a server's
    database an advisory lock stands beside it, for machines that don't share the file area's locks.

    A process that holds it already goes on: a command takes it before it starts the flow, which takes it too.

    Raises
    ------
    StoreBusyError
        Another run held it for all of ``wait_s`` seconds.
    """
    private_folder(store.place.files)
    path = (store.place.files / "nightly.lock").resolve()
    if path in _mine:
        yield
        return
    deadline = time.monotonic() + wait_s
    with path.open("a+", encoding="utf-8") as handle:
        _until(lambda: _flock(handle), deadline, poll_s, path)
        _sign(handle)
        with _server_lock(store, deadline, poll_s, path):
            _mine.add(path)
            try:
                yield
            finally:
                _mine.discard(path)


def _until(attempt: Callable[[], bool], deadline: float, poll_s: float, path: Path) -> None:
    told = False
    while not attempt():
        if time.monotonic() >= deadline:
            raise StoreBusyError(f"another nightly run is under way ({_holder(path)}); this one leaves")
        if not told:
            _log.warning("another nightly run is under way (%s): waiting for it", _holder(path))
            told = True
        time.sleep(poll_s)


def _flock(handle: IO[str]) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: IO[str]) -> None:
    handle.seek(0)
    handle.truncate()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    json.dump({"host": socket.gethostname(), "pid": os.getpid(), "since": since}, handle)
    handle.flush()


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"process {told['pid']} on {told['host']} since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its process has not signed yet"


@contextmanager
def _server_lock(store: Store, deadline: float, poll_s: float, path: Path) -> Iterator[None]:
    if store.place.is_sqlite:
        yield
        return
    connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        _until(lambda: _advisory(connection), deadline, poll_s, path)
        yield
    finally:
        _let_go(connection)


def _advisory(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}))


def _let_go(connection: Connection) -> None:
    """A server that was restarted has forgotten the lock and the connection: nothing is left to free."""
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
        connection.close()
    except SQLAlchemyError as error:
        _log.info("the database's lock had ended already: %s", type(error).__name__)
        connection.invalidate()
        connection.close()
