"""The tasks of a night: one run a call, its stages as runs beneath it, each one function of the pipeline.

Only what can heal is tried again: reading (I/O) and the store, with back-off; a crash once, on a new process. Bad sound
is not. No result is cached: the one cache is that of the transcripts.
"""

from __future__ import annotations

import functools
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.states import Completed, State
from sqlalchemy.exc import IntegrityError

from flows.quiet import let_api_keep_up
from pipeline.nightly.night import Ended, keep, put_down
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.workers import Crew, Lent, StepError, crew_of
from pipeline.store import Store, open_store
from pipeline.store.database import heals
from pipeline.store.errors import StoreError
from pipeline.store.keep import Judged, Made

HEALING = frozenset({"io", "no_space", "unreadable", "missing"})
"""Codes of steps that are tried again within the run."""


@dataclass(frozen=True, slots=True)
class Site:
    """What every task run of a night needs; it pickles, for workers on other machines.

    Attributes
    ----------
    setup
        `pipeline.nightly.work.Setup`, pickled and packed.
    key
        Names the setup, so that a process makes its crew once.
    hands
        Calls worked on at once in one process; None for as many as it has threads.
    """

    url: str
    key: str
    setup: bytes
    made: Made
    time_limit_s: float
    io_delays_s: tuple[float, ...]
    store_delays_s: tuple[float, ...]
    hands: int | None = None

    def crew(self) -> Crew:
        """A new crew for this setup."""
        return Crew(zlib.decompress(self.setup), self.hands)


@functools.lru_cache(maxsize=4)
def store_of(url: str) -> Store:
    """This process's store; opened once."""
    return open_store(url)


def _may_heal(task_: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    error = state.data
    if isinstance(error, StepError):
        return error.code in HEALING or (error.code == "crashed" and run.run_count < 2)
    if isinstance(error, IntegrityError):
        return run.run_count < 3  # somebody put the same down at the same moment: a new look finds it there
    return isinstance(error, OSError | StoreError) or (isinstance(error, Exception) and heals(error))


_PLAIN: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False, "retry_condition_fn": _may_heal}


@task(name="hear", **_PLAIN)
def hear(lent: Lent, ticket: Ticket, deadline: float) -> None:
    """Read the recording and its words."""
    lent.step("hear", ticket, deadline=deadline)


@task(name="judge", **_PLAIN)
def judge(lent: Lent, ticket: Ticket, deadline: float) -> None:
    """Measure, find, score."""
    lent.step("judge", ticket, deadline=deadline)


@task(name="files", **_PLAIN)
def files(lent: Lent, ticket: Ticket, deadline: float) -> Judged:
    """Write result, transcript and the playable copy."""
    return lent.step("keep_files", ticket, deadline=deadline)


@task(name="rows", **_PLAIN)
def rows(work: Callable[[Store], Ended], url: str) -> Ended:
    """Put the call down in the store, in one transaction."""
    return work(store_of(url))


@task(name="reviews", **_PLAIN)
def carry_over(url: str) -> int:
    """Let what people judged count for the scores made anew; for how many calls it does."""
    from pipeline.review.acts import reapply

    return reapply(store_of(url))


@functools.lru_cache(maxsize=8)
def _stages(io_delays_s: tuple[float, ...], store_delays_s: tuple[float, ...]) -> tuple[Any, ...]:
    io: dict[str, Any] = {"retries": len(io_delays_s), "retry_delay_seconds": list(io_delays_s)}
    store: dict[str, Any] = {"retries": len(store_delays_s), "retry_delay_seconds": list(store_delays_s)}
    return (
        hear.with_options(**io), judge.with_options(**io), files.with_options(**io), rows.with_options(**store),
    )  # fmt: skip


@task(name="call", task_run_name="{call_id}", cache_policy=NO_CACHE, persist_result=False)
def score_call(call_id: str, ticket: Ticket, site: Site) -> Any:
    """One call, through all its stages.

    Returns
    -------
    Ended
        What became of it; an excluded call completes with its reason.

    Raises
    ------
    StepError
        It failed; its line of the ledger says so already.
    """
    let_api_keep_up()
    hear_, judge_, files_, rows_ = _stages(site.io_delays_s, site.store_delays_s)
    crew = crew_of(site.key, site.crew)
    try:
        with crew.lend() as lent:
            deadline = time.monotonic() + site.time_limit_s
            hear_(lent, ticket, deadline)
            judge_(lent, ticket, deadline)
            judged = files_(lent, ticket, deadline)
    except StepError as error:
        if error.code == "interrupted":
            raise  # its line stays pending: the next run goes on there
        work = functools.partial(
            _put_down, ticket=ticket, made=site.made, code=error.code, message=str(error)
        )
        ended = rows_(work, site.url)
        if ended.state == "failed":
            raise
        return Completed(message=f"{ended.state}: {ended.reason}", data=ended)
    return rows_(functools.partial(_keep, ticket=ticket, judged=judged, made=site.made), site.url)


def _keep(store: Store, *, ticket: Ticket, judged: Judged, made: Made) -> Ended:
    return keep(store, ticket, judged, made)


def _put_down(store: Store, *, ticket: Ticket, made: Made, code: str, message: str) -> Ended:
    return put_down(store, ticket, made, code=code, message=message)
