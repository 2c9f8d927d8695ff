"""Many calls over several processes, one call's end never the others'.

A worker that dies (a decoder that crashes on a hostile file) breaks the whole pool of ``concurrent.futures``. Which call
it died of is not told, so each that was under way is tried once more in a pool of its own; the one that breaks that too
is the culprit and comes back as :class:`CrashError`.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.errors import CallgaugeError

Job = TypeVar("Job")
Result = TypeVar("Result")


class CrashError(CallgaugeError):
    """The process that worked on this call ended without a word."""

    code = "crashed"


@dataclass(frozen=True, slots=True)
class Done(Generic[Job, Result]):
    """One job with its result, or with the error that ended it."""

    job: Job
    result: Result | None = None
    error: BaseException | None = None


def default_workers() -> int:
    """As many as the processors this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run(
    jobs: Iterable[Job],
    work: Callable[[Job], Result],
    *,
    workers: int,
    initializer: Callable[..., None] | None = None,
    initargs: tuple = (),
) -> Iterator[Done[Job, Result]]:
    """Do all jobs, in the order in which they end.

    Parameters
    ----------
    jobs, work
        Both must pickle; ``work`` is a function of a module.
    workers
        Processes at once; each is started once and loads its models once.
    initializer, initargs
        Called once in each worker.
    """
    waiting = deque(jobs)
    while waiting:
        suspects: list[Job] = []
        with _pool(min(workers, len(waiting)), initializer, initargs) as pool:
            running: dict[Future[Result], Job] = {}
            while (waiting or running) and not suspects:
                while waiting and len(running) < workers * 2:
                    if not _submit(pool, running, work, waiting):
                        break
                if not running:  # broken while idle: a fresh pool takes over
                    break
                yield from _collect(running, suspects)
            suspects.extend(running.values())
        for job in suspects:
            yield _alone(job, work, initializer, initargs)


def _pool(workers: int, initializer: Callable[..., None] | None, initargs: tuple) -> ProcessPoolExecutor:
    # spawn: a fork of a process that has threads (the decoder, BLAS) may hang
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, _start, (initializer, initargs))


def _start(initializer: Callable[..., None] | None, initargs: tuple) -> None:
    """Begin in a worker. It ends with its owner, killed or not: by itself it would wait for ever, its models loaded, and
    first do the calls that were handed out.
    """
    threading.Thread(target=_end_with_owner, daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)


def _submit(
    pool: ProcessPoolExecutor,
    running: dict[Future[Result], Job],
    work: Callable[[Job], Result],
    waiting: deque[Job],
) -> bool:
    try:
        future = pool.submit(work, waiting[0])
    except BrokenProcessPool:
        return False
    running[future] = waiting.popleft()
    return True


def _collect(running: dict[Future[Result], Job], suspects: list[Job]) -> Iterator[Done[Job, Result]]:
    ended, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ended:
        job = running.pop(future)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            suspects.append(job)
        else:
            yield Done(job, error=error) if error else Done(job, result=future.result())


def _alone(
    job: Job, work: Callable[[Job], Result], initializer: Callable[..., None] | None, initargs: tuple
) -> Done[Job, Result]:
    with _pool(1, initializer, initargs) as pool:
        try:
            return Done(job, result=pool.submit(work, job).result())
        except BrokenProcessPool:
            return Done(job, error=CrashError("the process that worked on this recording ended abruptly"))
        except Exception as error:
            return Done(job, error=error)
