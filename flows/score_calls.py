"""The scoring of a folder as a Prefect flow: one task run a call, over the same function as ``callgauge score``.

A call that fails is a failed task run and leaves the others alone. The flow's own state is returned by hand: a flow that
ends by returning a plain value counts as completed whatever became of its tasks.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait
from prefect.states import Completed, Failed, State
from prefect.task_runners import ProcessPoolTaskRunner

from pipeline import batch
from pipeline.errors import CallgaugeError
from pipeline.intake import find_profile, take_in
from pipeline.process import Job, Workplace
from pipeline.reports.standard_view import StandardView
from pipeline.reports.writer import ReportWriter, Written
from pipeline.scoring_run import failure_of, failures_of_intake, score_one, view_of
from pipeline.settings import Language, Settings
from pipeline.standards import load_standard
from pipeline.standards.checks_record import outcome_words

__all__ = ["score_call", "score_calls"]


# No result of a task is cached: the one cache is that of the transcripts, keyed by the sound itself.
@task(name="score-call", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def score_call(name: str, job: Job, workplace: Workplace, view: StandardView, out: Path) -> Written:
    """Score one recording and write its own files. Bad sound is not retried: it won't get better."""
    return score_one(job, workplace=workplace, view=view, out=out)


@flow(
    name="score-calls",
    task_runner=ProcessPoolTaskRunner(max_workers=batch.default_workers()),  # type: ignore[arg-type]  # futures are invariant
    validate_parameters=False,
)
def score_calls(
    paths: list[Path],
    out: Path,
    *,
    calls: Path | None = None,
    profile: Path | None = None,
    standard: str = "telesales-cn",
    language: Language = "auto",
) -> State[None]:
    """Score recordings and write the reports, as ``callgauge score`` does.

    Returns
    -------
    State
        Completed when every call was scored or excluded; Failed, with the counts, when one failed or is missing, or the
        call list has mistakes.
    """
    company = find_profile(paths, profile)
    workplace = Workplace(Settings(language=language), company, load_standard(standard))
    view = view_of(workplace.standard)
    words = outcome_words(workplace.standard)
    intake = take_in(paths, calls=calls, profile=company, outcomes=words)
    jobs = [Job(path, record) for path, record in intake.calls]
    futures = [score_call.submit(job.record.call_id, job, workplace, view, out) for job in jobs]
    wait(futures)
    with ReportWriter(out, standard=view) as writer:
        failures = list(failures_of_intake(intake))
        left_out = len(failures)
        for job, future in zip(jobs, futures, strict=True):
            ended = _ended(future)
            if isinstance(ended, Written):
                writer.add_written(ended)
            else:
                failures.append(failure_of(job, ended))
        for failure in failures:
            writer.fail(failure)
    failed = sum(failure.state in ("failed", "missing") for failure in failures)
    scored = len(jobs) + left_out - len(failures)
    counts = f"{scored} scored, {failed} failed, {len(failures) - failed} excluded"
    if intake.mistakes:
        counts += f", {len(intake.mistakes)} mistakes in the call list"
    return Failed(message=counts) if failed or intake.mistakes else Completed(message=counts)


def _ended(future: PrefectFuture[Written]) -> Written | BaseException:
    """What a task run ended with: its result, or the error that it raised."""
    result = future.result(raise_on_failure=False)
    if isinstance(result, Written | BaseException):
        return result
    return CallgaugeError(f"the task run ended as {future.state.name}")
