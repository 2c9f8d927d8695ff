"""What a benchmark found, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.speech.error_rate import ErrorRate

STAGES = ("decode", "activity", "transcribe", "judge", "reports")
LEAST_CALLS = 5
"""Calls after start-up under which no line is drawn through their lengths (our default)."""
SCHEMA = "callgauge/bench/1"
_NOTHING = ErrorRate(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One recording scored: seconds of each stage, seconds from the run's start until it was done, memory so far.

    ``errors`` is None where no truth lies beside the sound; ``worker`` tells apart the processes that did the work. An
    ``excluded`` call, in a third language, was heard and not judged: its seconds and its time count.
    """

    file: str
    duration_s: float
    channels: int
    speech_s: float
    language: str
    stages_s: Mapping[str, float]
    done_s: float
    peak_memory_mb: float
    errors: ErrorRate | None = None
    worker: int = 0
    excluded: bool = False

    @property
    def work_s(self) -> float:
        """Seconds that one worker spent on it."""
        return sum(self.stages_s.values())


@dataclass(frozen=True, slots=True)
class EngineRow:
    """What the engine that is compared with wrote for one recording, channel after channel."""

    path: Path
    text: str
    peak_memory_mb: float
    errors: ErrorRate | None = None


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All recordings of one run; ratios are seconds on the wall a second of call, whatever its channels."""

    rows: tuple[BenchRow, ...]
    elapsed_s: float
    workers: int
    threads: int
    other_elapsed_s: float | None = None
    others: tuple[EngineRow, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of all calls."""
        return sum(row.duration_s for row in self.rows)

    @property
    def ratio(self) -> float:
        """The whole run ÷ length of the calls."""
        return self.elapsed_s / self.duration_s

    @property
    def other_ratio(self) -> float | None:
        """The other engine's run ÷ length of the calls."""
        return None if self.other_elapsed_s is None else self.other_elapsed_s / self.duration_s

    @property
    def speed_up(self) -> float | None:
        """How many times faster than the other engine; its run does less, for it only transcribes."""
        return None if self.other_elapsed_s is None else self.other_elapsed_s / self.elapsed_s

    def shares(self, rows: Sequence[BenchRow] | None = None) -> dict[str, float]:
        """Share of the workers' time that each stage took, in all calls or in some of them."""
        rows = self.rows if rows is None else rows
        total = sum(row.work_s for row in rows) or 1.0
        named = dict.fromkeys((*STAGES, *(stage for row in rows for stage in row.stages_s)))
        return {stage: sum(row.stages_s.get(stage, 0.0) for row in rows) / total for stage in named}

    def settled(self) -> tuple[BenchRow, ...]:
        """The calls that found all loaded, not the first of their language in their worker, and were judged."""
        seen: set[tuple[int, str]] = set()
        settled = []
        for row in sorted(self.rows, key=lambda row: row.done_s):
            if row.excluded:
                continue
            if (row.worker, row.language) in seen:
                settled.append(row)
            seen.add((row.worker, row.language))
        return tuple(settled)

    def start_up_s(self) -> float | None:
        """Seconds that a worker takes to start and to load what its languages need; None where it can't be told.

        What the first calls took over what the later ones' line lets expect, and the time before the first of all.
        """
        settled, line = self.settled(), self.growth()
        if line is None:
            return None
        names = {row.file for row in settled}
        firsts = [row for row in self.rows if row.file not in names and not row.excluded]
        workers = {row.worker for row in firsts}
        loading_s = sum(row.work_s - line[0] - line[1] * row.duration_s for row in firsts)
        starting_s = sum(
            min(row.done_s - row.work_s for row in firsts if row.worker == worker) for worker in workers
        )
        return max(0.0, loading_s + starting_s) / len(workers)

    def error_rates(self) -> dict[str, tuple[ErrorRate, ErrorRate | None]]:
        """Error rates a language: ours and the other engine's, over the calls whose truth is known."""
        rates: dict[str, tuple[ErrorRate, ErrorRate | None]] = {}
        others = {index: other.errors for index, other in enumerate(self.others)}
        for index, row in enumerate(self.rows):
            if row.errors is None:
                continue
            ours, theirs = rates.get(row.language, (_NOTHING, None))
            more = others.get(index)
            rates[row.language] = (ours + row.errors, theirs if more is None else (theirs or _NOTHING) + more)
        return rates

    def growth(self) -> tuple[float, float] | None:
        """Seconds of work a call, and a second of call, by least squares over the calls after start-up; None with too few.

        A line by which a call or a second would cost nothing or less measures nothing.
        """
        settled = self.settled()
        line = line_through([(row.duration_s, row.work_s) for row in settled])
        return line if line is not None and len(settled) >= LEAST_CALLS and min(line) >= 0 else None

    def lines(self) -> Iterator[str]:
        """The report as text, a line at a time."""
        for row in self.rows:
            told = (
                f"{row.speech_s:.0f} s of speech, {row.language}"
                if not row.excluded
                else f"{row.language}: excluded"
            )
            yield (
                f"{row.file}: {row.duration_s:.0f} s, {row.channels} channel(s), {told}, "
                f"{row.work_s / row.duration_s:.3f} of its length"
            )
        excluded = sum(row.excluded for row in self.rows)
        if excluded:
            yield f"excluded: {excluded} in a third language, heard and not judged; their seconds and their time count"
        yield f"calls: {len(self.rows)}, {self.duration_s:.0f} s; workers: {self.workers}, threads in each: {self.threads}"
        yield f"ratio: {self.ratio:.4f} of the calls' length, start-up and reports included"
        if self.other_ratio is not None and self.speed_up is not None:
            yield f"faster-whisper's defaults: {self.other_ratio:.4f}, {self.speed_up:.1f} times ours"
        yield f"stages: {_told(self.shares())}"
        start_up_s = self.start_up_s()
        if start_up_s is not None:
            yield (
                f"start-up: {start_up_s:.1f} s a worker, once (its process, the models, each language's rules at its first "
                f"call); stages of the {len(self.settled())} calls after that: {_told(self.shares(self.settled()))}"
            )
        for language, (ours, theirs) in sorted(self.error_rates().items()):
            unit = "CER" if language == "zh" else "WER"
            compared = f" against {theirs.rate:.3f}" if theirs else ""
            yield f"{unit} {language}: {ours.rate:.3f}{compared} over {ours.reference_length} units"
        yield from self._growth_lines()

    def _growth_lines(self) -> Iterator[str]:
        grown = self.growth()
        if grown is not None:
            yield f"growth with length: {grown[0]:.2f} s a call + {grown[1]:.4f} s a second of call"
        else:
            yield (
                f"growth with length: can't be told by {len(self.settled())} call(s) after start-up; "
                f"{LEAST_CALLS} and more of different lengths tell it"
            )
        by_time = sorted(row.done_s for row in self.rows)
        marks = sorted({max(1, len(by_time) // 4), max(1, len(by_time) // 2), len(by_time)})
        yield "growth with calls: " + ", ".join(
            f"{count} done after {by_time[count - 1]:.0f} s" for count in marks
        )
        longest = max(self.rows, key=lambda row: row.duration_s)
        peak = max(row.peak_memory_mb for row in self.rows)
        yield f"peak memory of a worker: {peak:.0f} MB (longest call {longest.duration_s:.0f} s)"
        if self.others:
            yield f"peak memory of the other engine: {max(o.peak_memory_mb for o in self.others):.0f} MB"

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON data; what can't be told is null."""
        growth, start_up_s = self.growth(), self.start_up_s()
        return {
            "schema": SCHEMA,
            "calls": [_row(row) for row in self.rows],
            "workers": self.workers,
            "threads": self.threads,
            "duration_s": self.duration_s,
            "elapsed_s": self.elapsed_s,
            "ratio": self.ratio,
            "other": {
                "elapsed_s": self.other_elapsed_s,
                "ratio": self.other_ratio,
                "speed_up": self.speed_up,
            },
            "stages": self.shares(),
            "start_up_s": start_up_s,
            "settled": {"calls": len(self.settled()), "stages": self.shares(self.settled())},
            "errors": {
                language: {
                    "units": ours.reference_length,
                    "ours": ours.rate,
                    "other": theirs.rate if theirs else None,
                }
                for language, (ours, theirs) in sorted(self.error_rates().items())
            },
            "growth": {"call_s": growth[0], "second_s": growth[1]} if growth else None,
            "peak_memory_mb": max(row.peak_memory_mb for row in self.rows),
            "other_peak_memory_mb": max((each.peak_memory_mb for each in self.others), default=None),
        }


def _row(row: BenchRow) -> dict[str, Any]:
    named = (
        "file",
        "duration_s",
        "channels",
        "speech_s",
        "language",
        "excluded",
        "done_s",
        "peak_memory_mb",
        "worker",
    )
    rate = row.errors.rate if row.errors else None
    return {name: getattr(row, name) for name in named} | {"stages_s": dict(row.stages_s), "error_rate": rate}


def _told(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{stage} {share:.1%}" for stage, share in shares.items())


def line_through(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Offset and slope of the line with least squared error; None where all points have one abscissa.

    >>> line_through([(10.0, 2.0), (20.0, 3.0), (30.0, 4.0)])
    (1.0, 0.1)
    """
    count = len(points)
    if count < 2:
        return None
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return None
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return round(mean_y - slope * mean_x, 6), round(slope, 6)
