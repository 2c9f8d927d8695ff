"""The nightly flow: what came in is scored into the store, and its state says truthfully how that ended."""

# No postponed annotations here: a run that a schedule starts must resolve the types of the flow's parameters.
import hashlib
import logging
import os
import queue
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.context import FlowRunContext
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.tasks import Site, carry_over, score_call
from models.whisper_check import check_recogniser
from models.whisper_load import from_environment
from pipeline import batch
from pipeline.commands.options import start_log
from pipeline.errors import ExtraMissingError
from pipeline.nightly import closing, night
from pipeline.nightly.child import plain
from pipeline.nightly.settings import NightSettings
from pipeline.nightly.shared import place_of
from pipeline.nightly.tickets import Ticket
from pipeline.nightly.workers import StepError, end_crews, setup_bytes
from pipeline.settings import Keep, Language
from pipeline.store import Store, open_store
from pipeline.store.lock import nightly_lock

WINDOW = 512
"""Task runs under way or waiting at once: enough for many machines, and memory stays flat whatever the night holds."""
LOG_VARIABLE = "CALLGAUGE_LOG"
"""Form of the log in a run that a schedule or a worker starts: ``text`` or ``json``; unset, Prefect's own settings hold."""
_log = logging.getLogger(__name__)


def _run_name() -> str:
    """A run is called by its night."""
    given = flow_run.parameters.get("date")
    return f"nightly-{given or flow_run.scheduled_start_time.date()}"


@flow(name="nightly", flow_run_name=_run_name, validate_parameters=True)
def nightly(
    inbox: str,
    date: str | None = None,
    profile: str | None = None,
    standard: str = "telesales-cn",
    language: Language = "auto",
    workers: int | None = None,
    runner: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    time_limit_s: float = 1800.0,
    wait_s: float = 6 * 3600.0,
    retry_failed: bool = False,
    keep: Keep = "masked",
) -> State[Any]:
    """Score what came into an inbox, into the store that ``CALLGAUGE_STORE`` names.

    The store's URL may hold a password, so it is no parameter: parameters are shown to everybody.

    Returns
    -------
    State
        Completed when every call of the night is scored, excluded or waits for its file to be whole; Failed, with the
        counts, when one failed or is missing, or a call list has mistakes.
    """
    if form := os.environ.get(LOG_VARIABLE):
        start_log(form)
    settings = NightSettings(
        place_of(inbox), night.night_date(date), Path(profile) if profile else None, standard, language,
        time_limit_s=time_limit_s, retry_failed=retry_failed, keep=keep,
    )  # fmt: skip
    if runner == "local":
        check_recogniser(from_environment())
    with open_store() as store, task_runner(runner, workers, scheduler) as runs:
        outcome = run_night(store, settings, runs, wait_s=wait_s)
    return Completed(message=outcome.told) if outcome.ok else Failed(message=outcome.told)


def run_night(
    store: Store,
    settings: NightSettings,
    runs: TaskRunner[Any],
    *,
    wait_s: float,
    step: Callable[[int, int], None] | None = None,
) -> night.Outcome:
    """A night within a flow run: begin, a task run a call, finish.

    Parameters
    ----------
    runs
        A started task runner.
    step
        Told how many calls are done, of how many.
    """
    with nightly_lock(store, wait_s=wait_s):
        begun = night.begin(store, settings)
        try:
            site = _site(store, begun, settings, hands=getattr(runs, "hands", None))
            failed = _score_all(begun.tickets, site, runs, step or progress.step)
        except BaseException:
            night.interrupted(store, begun)
            raise
        finally:
            end_crews()
        _carry_over(store, settings)
        outcome = night.finish(store, begun, failed_now=failed, worked=len(begun.tickets))
        written = closing.close_night(store, outcome)
    figures = {**outcome.night.counts, "seconds": round(outcome.elapsed_s, 1)}
    _log.info("the night of %s has ended: %s", begun.made.night, outcome.told, extra={"figures": figures})
    create_markdown_artifact(
        written.summary, key="nightly-summary", description=f"Night of {begun.made.night}"
    )
    create_table_artifact(
        written.flagged, key="nightly-flagged", description="Calls to look at, without any words"
    )
    return outcome


class _Progress:
    """Whom the flow tells how far it is: the command sets it, since a flow's parameters are data."""

    def __init__(self) -> None:
        self.step: Callable[[int, int], None] = lambda _done, _of: None


progress = _Progress()


def _site(store: Store, begun: night.Begun, settings: NightSettings, *, hands: int | None) -> Site:
    setup = setup_bytes(begun.setup)
    return Site(
        store.place.text, hashlib.sha256(setup).hexdigest(), zlib.compress(setup), begun.made,
        settings.time_limit_s, settings.io_delays_s, settings.store_delays_s, hands,
    )  # fmt: skip


def _score_all(
    tickets: Sequence[Ticket], site: Site, runs: TaskRunner[Any], step: Callable[[int, int], None]
) -> int:
    """Submit a task run a ticket, a window at a time; how many ended badly."""
    ended: queue.SimpleQueue[PrefectFuture[Any]] = queue.SimpleQueue()
    done = failed = submitted = 0
    step(0, len(tickets))
    while done < len(tickets):
        while submitted < len(tickets) and submitted - done < WINDOW:
            ticket = tickets[submitted]
            parameters = {"call_id": ticket.record.call_id, "ticket": ticket, "site": site}
            runs.submit(score_call, parameters).add_done_callback(ended.put)
            submitted += 1
        failed += not _ended_well(ended.get())
        done += 1
        _forget_results()
        step(done, len(tickets))
    return failed


def _forget_results() -> None:
    """Prefect keeps a state for every result of a flow and a set for every run, to tell what came from what: 9 KB a call."""
    run = FlowRunContext.get()
    if run is not None:
        run.run_results.clear()
        run.task_run_assets.clear()


def _carry_over(store: Store, settings: NightSettings) -> None:
    """What people judged goes on to the new scores. Where that fails, it is told and the next run does it."""
    delays = list(settings.store_delays_s)
    anew = carry_over.with_options(retries=len(delays), retry_delay_seconds=delays)
    state = anew(store.place.text, return_state=True)
    error = state.result(raise_on_failure=False)
    if isinstance(error, BaseException):
        told = plain(error)[1] if isinstance(error, Exception) else type(error).__name__
        _log.warning("what people judged could not be carried over to new scores: %s", told)


def _ended_well(future: PrefectFuture[Any]) -> bool:
    future.wait()
    if future.state.is_completed():
        return True
    error = future.state.result(raise_on_failure=False)
    if isinstance(error, Exception) and not isinstance(error, StepError):
        # what a step says of itself stands in the ledger; this call waits there for the next run
        _log.warning("a call could not be put down: %s", plain(error)[1])
    return False


class LocalRunner(ThreadPoolTaskRunner[Any]):
    """Threads of this process over ``hands`` worker processes.

    There are twice as many threads, so that no worker waits while one call is put down and its run is told of.
    """

    def __init__(self, hands: int) -> None:
        super().__init__(max_workers=2 * hands)
        self.hands = hands

    def submit(self, *args: Any, **options: Any) -> PrefectConcurrentFuture[Any]:
        """As inherited; a run that has ended leaves nothing to cancel it by behind, as it else would for the whole night."""

        def ended(run: PrefectFuture[Any]) -> None:
            self._cancel_events.pop(run.task_run_id, None)

        future = super().submit(*args, **options)
        future.add_done_callback(ended)
        return future


def task_runner(kind: str, workers: int | None, scheduler: str | None) -> TaskRunner[Any]:
    """Threads of this process, each with a worker process of its own; or a Dask cluster's workers, likewise."""
    if kind == "local":
        return LocalRunner(workers or batch.default_workers())
    try:
        from prefect_dask import DaskTaskRunner
    except ModuleNotFoundError as error:
        raise ExtraMissingError(
            "--runner dask needs an optional part; install it with: pip install 'callgauge[dask]'"
        ) from error
    if scheduler:
        return DaskTaskRunner(address=scheduler)
    cluster = {
        "n_workers": workers or batch.default_workers(),
        "threads_per_worker": 1,
        "dashboard_address": None,
    }
    return DaskTaskRunner(cluster_kwargs=cluster)


__all__ = ["nightly", "progress", "run_night", "task_runner"]
