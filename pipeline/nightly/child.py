"""The child process that works on calls: ``python -m pipeline.nightly.child FD``.

It takes messages from its end of a socket and answers each. When the other end closes, however its owner ended, it
ends at once, in the midst of a call too: no work goes on that nobody waits for.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import shutil
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import PurePosixPath
from typing import Any

from pipeline.call_names import holds_number, without_numbers
from pipeline.errors import CallgaugeError, kind_and_place, told_file
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.work import Bench, failure_code

SCRATCH = "CALLGAUGE_SCRATCH"
"""Names the folder for temporary files that goes with the child, however either of the two ends."""


class _ToOwner(logging.Handler):
    """Passes warnings on to the owner, whose log they belong to."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(logging.WARNING)
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        self._connection.send(("log", (record.name, record.levelno, record.getMessage())))


def serve(connection: Connection) -> None:
    """Answer messages ``(step, payload)`` until the owner is gone: ``setup``, then steps of a `Bench`."""
    inbox: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    root = logging.getLogger()
    root.handlers = [_ToOwner(connection)]
    bench: Bench | None = None
    while True:
        step, payload = inbox.get()
        try:
            if step == "setup":
                bench, told = Bench(pickle.loads(payload)), None  # noqa: S301 - from the owner, over a private socket
            else:
                told = getattr(bench, step)(payload)
            answer = ("done", told)
        except Exception as error:
            code, message, place = plain(error)
            answer = ("error", (code, _without_number(message, payload), place))
        connection.send(answer)


def plain(error: Exception) -> tuple[str, str, str | None]:
    """An error as code, message and, where it was not expected, its place in the code. No class need pickle."""
    if isinstance(error, CallgaugeError | OSError):
        told = told_file(error) if isinstance(error, OSError) else str(error)
        return failure_code(error), told, None
    kind, place = kind_and_place(error)
    return failure_code(error), f"{kind} at {place}", place


def _without_number(message: str, payload: Any) -> str:
    """A file's name may hold a telephone number: logs and states show it as people may see it."""
    if not isinstance(payload, Ticket):
        return message
    path = PurePosixPath(str(payload.path))
    if not holds_number(str(path)):
        return message
    for name in (str(payload.path), path.name):
        message = message.replace(name, payload.record.file)
    return without_numbers(message)


def _receive(connection: Connection, inbox: queue.SimpleQueue[tuple[str, Any]]) -> None:
    while True:
        try:
            inbox.put(connection.recv())
        except (EOFError, OSError):
            if scratch := os.environ.get(SCRATCH):  # an owner that was killed doesn't take it away
                shutil.rmtree(scratch, ignore_errors=True)
            os._exit(1)


def main() -> None:
    """Serve on the socket whose number is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
