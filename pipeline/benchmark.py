"""Speed of the whole of ``callgauge score`` as a ratio measured in one run, and error rates where the truth is known.

The comparison is faster-whisper as most people call it: its defaults (beam 5, no activity detection, no words' times),
one process, all processors, the same model and precision, on each channel of the same calls, right after ours. Both
start their processes and load their models on the clock; neither reads a transcript cache.
"""

from __future__ import annotations

import csv
import functools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.whisper_check import check_recogniser
from models.whisper_load import from_environment
from pipeline import batch
from pipeline.audio import load
from pipeline.benchmark_report import BenchReport, BenchRow, EngineRow
from pipeline.beside import transcript_beside
from pipeline.errors import CallgaugeError, ConfigError
from pipeline.intake import find_profile, take_in
from pipeline.machine import Share, free_memory, limit_threads, processors, share_out
from pipeline.process import Job, UnsupportedLanguageError, Workplace, process_call
from pipeline.reports.standard_view import StandardView
from pipeline.reports.writer import write_call
from pipeline.scoring_run import view_of
from pipeline.settings import Settings
from pipeline.speech.error_rate import ErrorRate, error_rate
from pipeline.speech.normalise import simplified
from pipeline.types import CallResult


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """How the benchmark runs; ``rounds`` is how often both engines take turns, of which the best of each counts."""

    against: bool = False
    rounds: int = 1
    workers: int | None = None
    profile: Path | None = None


def run_bench(paths: Sequence[Path], settings: BenchSettings) -> BenchReport:
    """Score recordings without any cache, and compare.

    Parameters
    ----------
    paths
        Recordings or folders. A ``.txt`` of the same name, or a ``transcripts.tsv`` (file, text) in the folder, holds
        the truth.

    Raises
    ------
    ConfigError
        The settings can't be used, or some recordings can't be read: told before the first is heard, all at once.
    """
    profile = find_profile(paths, settings.profile)
    workplace = Workplace(Settings(transcript_cache=False), profile)
    jobs = [Job(path, record) for path, record in take_in(paths, profile=profile).calls]
    check_recogniser(from_environment())
    _open(jobs)
    share = share_out(
        len(jobs), processors=processors(), memory_bytes=free_memory(), workers=settings.workers
    )
    ours: list[tuple[float, list[BenchRow]]] = []
    theirs: list[tuple[float, list[EngineRow]]] = []
    for _ in range(settings.rounds):
        ours.append(_ours(jobs, workplace, share))
        if settings.against:
            theirs.append(_theirs([job.path for job in jobs]))
    elapsed_s, rows = min(ours, key=lambda each: each[0])
    other_s, others = min(theirs, key=lambda each: each[0]) if theirs else (None, [])
    return BenchReport(tuple(rows), elapsed_s, share.workers, share.threads, other_s, _judged(others, rows))


def _open(jobs: Sequence[Job]) -> None:
    """Decode every recording once, off the clock: a ratio over fewer calls is none, so one that can't be read ends all."""
    mistakes = []
    for job in jobs:
        try:
            load(job.path, file=job.record.file)
            transcript_beside(job.path, call_id=job.record.call_id)
        except CallgaugeError as error:
            mistakes.append(f"{job.record.file}: {error}")
    if mistakes:
        raise ConfigError(mistakes)


def _ours(jobs: Sequence[Job], workplace: Workplace, share: Share) -> tuple[float, list[BenchRow]]:
    engine = replace(from_environment(), cpu_threads=share.threads)
    workplace = replace(workplace, settings=replace(workplace.settings, whisper=engine))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="callgauge-bench-") as out:
        work = functools.partial(
            _timed, workplace=workplace, view=view_of(workplace.standard), out=Path(out), began=started
        )
        rows = _all(jobs, work, workers=share.workers, threads=share.threads)
    return time.monotonic() - started, rows


def _timed(job: Job, *, workplace: Workplace, view: StandardView, out: Path, began: float) -> BenchRow:
    """Score one recording in a worker, each stage on the clock (the monotonic one is the machine's)."""
    stages: dict[str, float] = {}
    last = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal last
        now = time.perf_counter()
        stages[stage] = stages.get(stage, 0.0) + now - last
        last = now

    try:
        result = process_call(job, workplace, lap=lap)
    except UnsupportedLanguageError as error:
        return _excluded(job, error, stages, began)
    write_call(result, out, standard=view)
    lap("reports")
    return BenchRow(
        file=job.record.file,
        duration_s=result.recording.duration_s if result.recording else 0.0,
        channels=result.recording.channels if result.recording else 0,
        speech_s=sum(side.speech.duration_s for side in result.sound.sides.values()) if result.sound else 0.0,
        language=result.transcript.language,
        stages_s=stages,
        done_s=time.monotonic() - began,
        peak_memory_mb=peak_memory_mb(),
        errors=_errors(truth_of(job.path), _text(result), result.transcript.language),
        worker=os.getpid(),
    )


def _excluded(job: Job, error: UnsupportedLanguageError, stages: dict[str, float], began: float) -> BenchRow:
    """A call in a third language: as much work as another one, and no judgement."""
    return BenchRow(
        file=job.record.file,
        duration_s=error.duration_s,
        channels=error.channels,
        speech_s=0.0,
        language=error.language,
        stages_s=stages,
        done_s=time.monotonic() - began,
        peak_memory_mb=peak_memory_mb(),
        worker=os.getpid(),
        excluded=True,
    )


def _theirs(paths: Sequence[Path]) -> tuple[float, list[EngineRow]]:
    started = time.monotonic()
    rows = _all(paths, _defaults, workers=1, threads=processors())
    return time.monotonic() - started, rows


def _all(jobs: Sequence[Any], work: Callable[[Any], Any], *, workers: int, threads: int) -> list[Any]:
    """Results in the order of the jobs; the first error ends the benchmark, since a ratio over fewer calls is none."""
    done = {}
    for each in batch.run(jobs, work, workers=workers, initializer=limit_threads, initargs=(threads,)):
        if each.error is not None:
            raise each.error
        done[id(each.job)] = each.result
    return [done[id(job)] for job in jobs]


@functools.cache
def _plain_model() -> Any:
    from faster_whisper import WhisperModel

    from models import registry
    from models.whisper_load import resolve

    settings = from_environment()
    device, compute_type = resolve(settings.device, settings.compute_type, gpus=0)
    return WhisperModel(str(registry.whisper_path(settings.model)), device=device, compute_type=compute_type)


def _defaults(path: Path) -> EngineRow:
    _, channels = load(path)
    said = []
    for channel in range(channels.count):
        segments, _ = _plain_model().transcribe(channels.samples(channel))
        said.append("".join(segment.text for segment in segments))
    return EngineRow(path, " ".join(said), peak_memory_mb())


def _judged(others: Sequence[EngineRow], rows: Sequence[BenchRow]) -> tuple[EngineRow, ...]:
    return tuple(
        replace(
            other, errors=None if row.excluded else _errors(truth_of(other.path), other.text, row.language)
        )
        for other, row in zip(others, rows, strict=False)
    )


def _errors(truth: str | None, said: str, language: str) -> ErrorRate | None:
    return None if truth is None else error_rate(simplified(truth), simplified(said), language=language)


def _text(result: CallResult) -> str:
    """What was heard, a side after the other: the other engine writes a channel after the other."""
    turns = result.transcript.turns
    sides = dict.fromkeys(turn.speaker for turn in turns)
    return " ".join(turn.text for side in sides for turn in turns if turn.speaker == side)


def truth_of(path: Path) -> str | None:
    """The text that lies beside a recording; None where there is none."""
    beside = path.with_suffix(".txt")
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    table = path.with_name("transcripts.tsv")
    if not table.is_file():
        return None
    with table.open(encoding="utf-8", newline="") as file:
        return next((row[1] for row in csv.reader(file, delimiter="\t") if row and row[0] == path.name), None)


def peak_memory_mb() -> float:
    """Most memory that this process has held, in MB of 10^6 bytes."""
    # kilobytes on Linux, bytes on macOS
    unit = 1024 if sys.platform != "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
