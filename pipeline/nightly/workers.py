"""Child processes that work on calls, and their owner's side: steps asked and answered, time limits that end them.

A thread can't be stopped and a process pool doesn't say which call broke it. So each worker is a process of its own
with one call at a time: what crashes it is known, and what takes too long ends with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from pipeline.errors import CallgaugeError
from pipeline.nightly.child import SCRATCH
from pipeline.nightly.tickets import Ticket

START_S = 300.0
"""Time for a process to start and take its setup; models are loaded with the first call."""
_log = logging.getLogger(__name__)


class StepError(CallgaugeError):
    """A step of the work on a call failed; ``code`` is the error's own."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return _step_error, (str(self), self.code)


def _step_error(message: str, code: str) -> StepError:
    return StepError(message, code=code)


class Worker:
    """One child process. It is used by one thread at a time."""

    def __init__(self, setup: bytes) -> None:
        ours, theirs = socket.socketpair()
        # what lies there is unmasked in part, and a child that is killed can't take it away itself
        self._scratch = tempfile.TemporaryDirectory(prefix="callgauge-", ignore_cleanup_errors=True)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no words of others
                [sys.executable, "-m", "pipeline.nightly.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # its warnings come as messages; what libraries print is nobody's
                start_new_session=True,
                env={
                    **os.environ,
                    "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
                    "TMPDIR": self._scratch.name,
                    SCRATCH: self._scratch.name,
                },
            )
        self._connection = Connection(ours.detach())
        try:
            self.ask("setup", setup, deadline=time.monotonic() + START_S)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take a call."""
        return self._process.poll() is None

    def ask(self, step: str, payload: Any, *, deadline: float) -> Any:
        """Have a step done.

        Raises
        ------
        StepError
            The step failed, or the process ended (code ``crashed``) or was ended at the deadline (``timeout``).
        """
        try:
            self._connection.send((step, payload))
            while self._connection.poll(max(0.0, deadline - time.monotonic())):
                kind, told = self._connection.recv()
                if kind == "log":
                    name, level, message = told
                    logging.getLogger(name).log(level, "%s", message)
                elif kind == "error":
                    raise StepError(told[1], code=told[0])
                else:
                    return told
        except (EOFError, OSError) as error:
            self.end()
            raise StepError(f"the process that worked on it {self._ending()}", code="crashed") from error
        self.end()
        raise StepError("it took longer than the time limit and was stopped", code="timeout")

    def _ending(self) -> str:
        status = self._process.returncode
        if status is not None and status < 0:
            with contextlib.suppress(ValueError):
                return f"was ended by {signal.Signals(-status).name}"
        return f"ended abruptly (status {status})"

    def stop(self) -> None:
        """End the child while another thread waits for it, which then learns of its end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """End the child and all that it started."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                # a child that has ended by itself keeps the status of its own ending
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.2)
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._scratch.cleanup()


class Crew:
    """The workers of this process: lent one by one, replaced when they end.

    Parameters
    ----------
    hands
        How many may be lent at once, None for any number. Who comes later waits for one to come back.
    """

    def __init__(self, setup: bytes, hands: int | None = None) -> None:
        self._setup = setup
        self._hands = threading.BoundedSemaphore(hands) if hands else contextlib.nullcontext()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._lock = threading.Lock()
        self.closed = False

    @contextlib.contextmanager
    def lend(self) -> Iterator[Lent]:
        """A worker for the time of one call."""
        with self._hands:
            lent = Lent(self.take(), self)
            try:
                yield lent
            finally:
                self.give(lent.worker)

    def take(self) -> Worker:
        """An idle worker, else a new one. Raises StepError (``interrupted``) when the crew is closed."""
        with self._lock:
            worker = next((each for each in reversed(self._idle) if each.alive), None)
            self._idle = [each for each in self._idle if each is not worker and each.alive]
        worker = worker or Worker(self._setup)
        with self._lock:
            if not self.closed:
                self._busy.add(worker)
                return worker
        worker.end()
        raise StepError("the run was stopped", code="interrupted")

    def give(self, worker: Worker) -> None:
        """Take a worker back."""
        with self._lock:
            self._busy.discard(worker)
            if worker.alive and not self.closed:
                self._idle.append(worker)
                return
        worker.end()

    def close(self) -> None:
        """End all workers: the idle ones, and those that work on a call, whose step then is ``interrupted``."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for worker in idle:
            worker.end()
        for worker in busy:
            worker.stop()


class Lent:
    """A worker in one thread's hands for one call."""

    def __init__(self, worker: Worker, crew: Crew) -> None:
        self.worker = worker
        self._crew = crew
        self._done: list[str] = []

    def step(self, name: str, ticket: Ticket, *, deadline: float) -> Any:
        """One step of the work on a call; raises as `Worker.ask` does.

        A worker that ended is replaced, and the new one is brought to where the old one was.
        """
        try:
            if not self.worker.alive:
                self._crew.give(self.worker)
                self.worker = self._crew.take()
                for before in self._done:
                    self.worker.ask(before, ticket, deadline=deadline)
            told = self.worker.ask(name, ticket, deadline=deadline)
        except StepError as error:
            if self._crew.closed:
                raise StepError("the run was stopped", code="interrupted") from error
            raise
        self._done.append(name)
        return told


_crews: dict[str, Crew] = {}
_crews_lock = threading.Lock()


def crew_of(key: str, make: Callable[[], Crew]) -> Crew:
    """This process's crew for one setup; a new setup ends the idle workers of the former ones."""
    with _crews_lock:
        if key not in _crews:
            for other in list(_crews):
                _crews.pop(other).close()
            _crews[key] = make()
        return _crews[key]


def end_crews() -> None:
    """End the workers of all crews of this process."""
    with _crews_lock:
        for key in list(_crews):
            _crews.pop(key).close()


def setup_bytes(setup: Any) -> bytes:
    """A setup as a child takes it."""
    return pickle.dumps(setup)
