"""A run of ``callgauge score``: take in, score over processes, write reports as calls are done."""

from __future__ import annotations

import functools
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.whisper_check import check_recogniser
from models.whisper_load import from_environment
from pipeline import batch
from pipeline.call_names import without_numbers
from pipeline.endings import TOLD
from pipeline.errors import CallgaugeError, ConfigError, code_of_disk, printable, told_file
from pipeline.intake import Intake, find_profile, take_in
from pipeline.machine import free_memory, limit_threads, processors, share_out
from pipeline.process import Job, UnsupportedLanguageError, Workplace, hear_call, judge_call
from pipeline.reports.calls_csv import Failure
from pipeline.reports.files import clear_up
from pipeline.reports.originals import FOLDER, keep_original, without_words
from pipeline.reports.standard_view import StandardView, view_of
from pipeline.reports.writer import ReportWriter, Written, take_back, write_call
from pipeline.settings import Keep, Language, Settings
from pipeline.standards import load_standard
from pipeline.standards.added import check_extensions
from pipeline.standards.checks_record import outcome_words
from pipeline.standing import CLOSED
from pipeline.types import CallRecord

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """What ``callgauge score`` was asked."""

    paths: tuple[Path, ...]
    out: Path
    calls: Path | None = None
    profile: Path | None = None
    standard: str = "telesales-cn"
    language: Language = "auto"
    workers: int | None = None
    keep: Keep = "masked"


@dataclass
class Tally:
    """What became of each recording, and every mistake in the call list."""

    written: list[Written] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    mistakes: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    excluded_s: float = 0.0
    """Seconds of sound that were heard and then excluded."""

    @property
    def audio_s(self) -> float:
        """Seconds of sound that were scored."""
        return sum(each.row.values["duration_s"] or 0.0 for each in self.written)

    @property
    def ratio(self) -> float:
        """Time taken by the time that the calls last which took it, excluded ones too."""
        heard_s = self.audio_s + self.excluded_s
        return self.elapsed_s / heard_s if heard_s else 0.0

    @property
    def failed(self) -> int:
        """Recordings that gave no result; those left out on purpose are not among them."""
        return sum(failure.state in ("failed", "missing") for failure in self.failures)


def run_scoring(
    run: Run, *, progress: Callable[[int], AbstractContextManager[Callable[[], None]]] | None = None
) -> Tally:
    """Score all recordings of a run and write their reports.

    Parameters
    ----------
    run
        What to score, and where to write.
    progress
        Makes a context manager from the number of calls, whose value is called once for each call done.

    Raises
    ------
    ConfigError
        The profile, the standard, the call list or the speech engine's settings can't be used, or ``out`` is where the
        recordings lie.
    """
    started = time.monotonic()
    check_extensions()
    _refuse_own_folder(run)
    profile = find_profile(run.paths, run.profile)
    engine = from_environment()
    workplace = Workplace(
        Settings(language=run.language, whisper=engine), profile, load_standard(run.standard)
    )
    words = outcome_words(workplace.standard)
    intake = take_in(run.paths, calls=run.calls, profile=profile, outcomes=words)
    if intake.calls:
        check_recogniser(engine)
    tally = Tally(mistakes=intake.mistakes)
    view = view_of(workplace.standard)
    clear_up(run.out, run.out / "calls", run.out / FOLDER)
    with ReportWriter(run.out, standard=view) as writer, (progress or _silent)(len(intake.calls)) as step:
        for failure in failures_of_intake(intake):
            _fail(tally, writer, failure)
        for done in _score_all(intake, workplace, view, run):
            if done.result is not None:
                writer.add_written(done.result)
                tally.written.append(done.result)
            else:
                tally.excluded_s += (
                    done.error.duration_s if isinstance(done.error, UnsupportedLanguageError) else 0.0
                )
                _fail(tally, writer, failure_of(done.job, done.error))
            step()
    tally.elapsed_s = time.monotonic() - started
    return tally


def _silent(_count: int) -> AbstractContextManager[Callable[[], None]]:
    return nullcontext(lambda: None)


def _score_all(
    intake: Intake, workplace: Workplace, view: StandardView, run: Run
) -> Iterator[batch.Done[Job, Written]]:
    jobs = [Job(path, record) for path, record in intake.calls]
    share = share_out(len(jobs), processors=processors(), memory_bytes=free_memory(), workers=run.workers)
    engine = replace(workplace.settings.whisper or from_environment(), cpu_threads=share.threads)
    workplace = replace(workplace, settings=replace(workplace.settings, whisper=engine))
    work = functools.partial(score_one, workplace=workplace, view=view, out=run.out, keep=run.keep)
    return batch.run(jobs, work, workers=share.workers, initializer=limit_threads, initargs=(share.threads,))


def score_one(
    job: Job, *, workplace: Workplace, view: StandardView, out: Path, keep: Keep = "masked"
) -> Written:
    """Score one recording and write its own files; runs in a worker."""
    heard = hear_call(job, workplace)
    result = judge_call(heard, job, workplace)
    shown = result if keep != "original" else without_words(result)
    keep_original(result, heard.transcript, out, keep="masked")  # an earlier run's, or half of one
    try:
        written = write_call(shown, out, standard=view, sound=keep != "original")
        keep_original(result, heard.transcript, out, keep=keep)  # last: what no report tells of is not kept
    except BaseException:
        keep_original(result, heard.transcript, out, keep="masked")
        take_back(result, out)
        raise
    return written


def failure_of(job: Job, error: BaseException | None) -> Failure:
    """An error as a row of the table: excluded where the call is none for us, else failed."""
    state = "excluded" if isinstance(error, UnsupportedLanguageError) else "failed"
    code = error.code if isinstance(error, CallgaugeError) else "internal"
    message = str(error) or repr(error)
    if isinstance(error, OSError):
        code, message = code_of_disk(error), told_file(error)
    if not isinstance(error, CallgaugeError):
        # neither the message nor the traceback of an unforeseen error may carry the name as received or what was said
        frames = traceback.extract_tb(error.__traceback__) if error else []
        places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        message = printable(without_numbers(message.replace(str(job.path), job.record.file)))
        _log.error("%s: %s: %s (%s)", job.record.file, type(error).__name__, printable(message), places)
    return Failure(job.record.file, job.record.call_id, code, message, state=state)


def failures_of_intake(intake: Intake) -> Iterator[Failure]:
    """What is not scored before anything is heard: rows without recording, contested calls, what stands apart."""
    yield from map(_failure_of_missing, intake.missing)
    yield from map(_failure_of_contested, intake.contested)
    for record, why in intake.apart:
        told_zh, told = TOLD[why]
        yield Failure(record.file, record.call_id, why, told, state="excluded", message_zh=told_zh)
    for folder, told in intake.closed:
        yield Failure(folder, "", "unreadable", told, state="failed", message_zh=CLOSED[0])


def _failure_of_missing(record: CallRecord) -> Failure:
    """A row of the call list without recording."""
    message = "on the call list, but there is no such recording"
    return Failure(record.file, record.call_id, "missing", message, state="missing")


def _failure_of_contested(record: CallRecord) -> Failure:
    """A recording that rows of different agents claim: nobody's until a person has put the list right."""
    told = "rows of different agents claim it; it is scored once the call list says whose it is"
    told_zh = "名单中归属不同坐席，核实后再评分"
    return Failure(record.file, record.call_id, "contested", told, state="excluded", message_zh=told_zh)


def _fail(tally: Tally, writer: ReportWriter, failure: Failure) -> None:
    tally.failures.append(failure)
    writer.fail(failure)


def _refuse_own_folder(run: Run) -> None:
    out = run.out.resolve()
    for path in run.paths:
        folder = path if path.is_dir() else path.parent
        if path.is_dir() and folder.resolve() == out:
            raise ConfigError([f"--out: {run.out} → is where the recordings lie; name another folder"])
