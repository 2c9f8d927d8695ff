"""Where things stand on the time axis of a call page: shares of the width, and curves as SVG points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.intervals import Span, Timeline
from pipeline.types import CallResult, Finding, Side, Speaker, Turn

FLOOR_LUFS = -60.0
CEILING_LUFS = -6.0
MOST_POINTS = 900
ROWS_OF_MARKS = 3
MARK_SHARE = 2.2
"""Width of a mark in percent of a page's usual time axis."""
_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch on the axis: seconds, and its place in percent of the width."""

    start_s: float
    end_s: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One side: its turns, its speech without words, and its loudness as SVG paths in a 1000 × 100 box."""

    speaker: Speaker
    blocks: tuple[Block, ...]
    paths: tuple[str, ...]
    unheard: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding on the axis; ``row`` keeps neighbours apart."""

    finding: Finding
    start_s: float
    x: float
    row: int


@dataclass(frozen=True, slots=True)
class Axis:
    """Everything drawn along the time of one call."""

    duration_s: float
    lanes: tuple[Lane, ...]
    overlaps: tuple[Block, ...]
    silences: tuple[Block, ...]
    rings: tuple[Block, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, float], ...]


def axis_of(result: CallResult) -> Axis | None:
    """The axis of a call, or None where nothing in it has a time."""
    duration_s = duration_of(result)
    if duration_s <= 0:
        return None
    sides = list(dict.fromkeys(turn.speaker for turn in result.transcript.turns))
    sides += [speaker for speaker in (result.sound.sides if result.sound else ()) if speaker not in sides]
    order: list[Speaker] = [side for side in ("agent", "customer", "unknown") if side in sides]
    spoken = {
        side: Timeline(
            span for turn in result.transcript.turns if turn.speaker == side and (span := span_of(turn))
        )
        for side in order
    }
    rings = result.sound.rings if result.sound else ()
    silences = [span for f in result.findings if f.kind == "long_silence" and (span := span_of(f))]
    both = spoken["agent"] & spoken["customer"] if {"agent", "customer"} <= set(order) else Timeline()
    return Axis(
        duration_s,
        tuple(_lane(side, spoken[side], result, duration_s) for side in order),
        _blocks(both, duration_s),
        _blocks(silences, duration_s),
        _blocks(rings, duration_s),
        _marks(result.findings, duration_s),
        _ticks(duration_s),
    )


def duration_of(result: CallResult) -> float:
    """Length of the recording, else the end of the last timed turn, else 0."""
    if result.recording is not None and result.recording.duration_s > 0:
        return result.recording.duration_s
    if result.sound is not None and result.sound.duration_s > 0:
        return result.sound.duration_s
    return max((turn.end_s for turn in result.transcript.turns if turn.end_s is not None), default=0.0)


def span_of(item: Finding | Turn) -> Span | None:
    """The span of a finding or turn; None where it has no times."""
    if item.start_s is None or item.end_s is None or item.start_s > item.end_s:
        return None
    return Span(item.start_s, item.end_s)


def hidden_in(result: CallResult) -> list[Span]:
    """The seconds that the playable copy has under a tone: personal data, and speech without words in which it may be."""
    told = [span for each in result.findings if each.kind == "pii" and (span := span_of(each))]
    return told + [Span(each.start_s, each.end_s) for each in result.transcript.covered]


def _blocks(spans: Iterable[Span], duration_s: float) -> tuple[Block, ...]:
    return tuple(
        Block(span.start_s, span.end_s, _share(span.start_s, duration_s), _share(span.duration_s, duration_s))
        for span in spans
    )


def _share(seconds: float, duration_s: float) -> float:
    return round(min(1.0, max(0.0, seconds / duration_s)) * 100, 3)


def _lane(side: Speaker, spoken: Timeline, result: CallResult, duration_s: float) -> Lane:
    heard = result.sound.sides.get(side) if result.sound else None
    wordless = [Span(one.start_s, one.end_s) for one in result.transcript.unheard if one.speaker == side]
    paths = _paths(heard, duration_s) if heard else ()
    return Lane(side, _blocks(spoken, duration_s), paths, _blocks(wordless, duration_s))


def _paths(side: Side, duration_s: float) -> tuple[str, ...]:
    """Closed areas under the curve, a path for each stretch that was loud enough to have a value."""
    curve, step_s = thinned(side.curve_lufs)
    paths: list[str] = []
    run: list[tuple[float, float]] = []
    for i, level in enumerate([*curve, None]):
        if level is None:
            if len(run) > 1:
                paths.append(_area(run))
            run = []
            continue
        height = (max(FLOOR_LUFS, min(CEILING_LUFS, level)) - FLOOR_LUFS) / (CEILING_LUFS - FLOOR_LUFS)
        run.append((min(1.0, i * step_s / duration_s) * 1000, 100 - height * 100))
    return tuple(paths)


def _area(run: Sequence[tuple[float, float]]) -> str:
    inner = " ".join(f"L{x:.1f} {y:.1f}" for x, y in run)
    return f"M{run[0][0]:.1f} 100 {inner} L{run[-1][0]:.1f} 100 Z"


def thinned(curve: Sequence[float | None]) -> tuple[list[float | None], float]:
    """At most ``MOST_POINTS`` values, the loudest of each bin, and the seconds from one to the next."""
    size = max(1, -(-len(curve) // MOST_POINTS))
    if size == 1:
        return list(curve), 0.1
    bins = (curve[i : i + size] for i in range(0, len(curve), size))
    return [max((v for v in part if v is not None), default=None) for part in bins], size * 0.1


def _marks(findings: Iterable[Finding], duration_s: float) -> tuple[Mark, ...]:
    """Each finding in the first row where it doesn't cover its neighbour."""
    ends = [-MARK_SHARE] * ROWS_OF_MARKS
    marks = []
    timed = [(f.start_s, f) for f in findings if f.start_s is not None]
    for start_s, finding in sorted(timed, key=lambda pair: pair[0]):
        x = _share(start_s, duration_s)
        row = next(
            (r for r in range(ROWS_OF_MARKS) if x >= ends[r]), min(range(ROWS_OF_MARKS), key=ends.__getitem__)
        )
        ends[row] = x + MARK_SHARE
        marks.append(Mark(finding, start_s, x, row))
    return tuple(marks)


def _ticks(duration_s: float) -> tuple[tuple[float, float], ...]:
    step = next((t for t in _TICKS_S if duration_s / t <= 10), _TICKS_S[-1])
    # the last tick keeps clear of the right edge, where its label would be cut
    return tuple(
        (s, _share(s, duration_s)) for s in range(0, int(duration_s) + 1, step) if s <= duration_s * 0.94
    )
