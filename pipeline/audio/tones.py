"""Steady tones: ringing, busy, DTMF, beeps. Found as one or two spectral lines that carry the frame and don't move.

Speech is told apart by its many lines and its moving pitch: a hum may be as pure as a tone, never as steady.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Samples
from pipeline.audio.order import percentile
from pipeline.intervals import Span

WINDOW = 2048
HOP = 320
_BAND_HZ = (200.0, 3600.0)
_LINE_BINS = 3
"""A line is its peak and three bins to either side (±23 Hz): tones modulated at 16 to 25 Hz stay one line."""
_LEAST_SHARE = 0.7
_LEAST_DBFS = -62.0
_SECOND_LINE = 0.1
_DRIFT_HZ = 4.0
_MELTED_HZ = 35.0
_CHUNK = 128


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady tone: when, and at which one or two frequencies (ascending)."""

    span: Span
    lines_hz: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Frames:
    """Per analysis frame: whether one or two lines carry it, and the place and the ratio of those."""

    tonal: NDArray[np.bool_]
    first_hz: NDArray[np.float32]
    second_hz: NDArray[np.float32]
    second_ratio: NDArray[np.float32]


def steady_tones(
    blocks: Iterable[Samples], rate_hz: int, levels: NDArray[np.float32], *, shortest_s: float = 0.2
) -> list[Tone]:
    """All steady tones of one channel, in order.

    Parameters
    ----------
    blocks
        Consecutive pieces of the channel.
    levels
        Its level per 10 ms (:func:`pipeline.audio.levels.frame_levels`); edges are set where it falls by half.
    shortest_s
        Tones under this are left out; an analysis window is 0.128 s at 16 kHz.
    """
    # A tone's edges only draw in, so it is tonal for so many windows and more.
    least = max(1, math.ceil((shortest_s * rate_hz - WINDOW) / HOP))
    parts = [_analysed(rows, rate_hz, least) for rows in _windows(blocks)]
    if not parts:
        return []
    frames = _Frames(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    found = (_tone(frames, run, rate_hz, levels) for run in _runs(frames) if run.stop - run.start >= least)
    return [tone for tone in found if tone is not None and tone.span.duration_s >= shortest_s]


def _windows(blocks: Iterable[Samples]) -> Iterator[NDArray[np.float32]]:
    """Rows of ``WINDOW`` samples every ``HOP``; the end is filled up with zeros."""
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        count = (joined.size - WINDOW) // HOP + 1 if joined.size >= WINDOW else 0
        if count:
            yield np.lib.stride_tricks.sliding_window_view(joined, WINDOW)[: count * HOP : HOP]
        rest = joined[count * HOP :]
    if rest.size:
        yield np.pad(rest, (0, max(0, WINDOW - rest.size)))[None, :WINDOW]


def _analysed(rows: NDArray[np.float32], rate_hz: int, least: int) -> tuple[NDArray[np.generic], ...]:
    """The columns of `_Frames`, of which those are worked out that a run of ``least`` tonal frames may hold.

    Such a run has one of every ``least`` frames, or it reaches over the rows' ends; and each of its frames is near one of these.
    """
    count = len(rows)
    tonal = np.zeros(count, dtype=bool)
    columns = [np.zeros(count, dtype=np.float32) for _ in range(3)]
    every = np.zeros(count, dtype=bool)
    every[least - 1 :: least] = every[: least - 1] = True
    every[count - min(count, least - 1) :] = True
    _work_out(rows, np.flatnonzero(every), rate_hz, tonal, columns)
    near = np.convolve(tonal, np.ones(2 * least - 1), mode="same")[:count] > 0 if count else tonal
    _work_out(rows, np.flatnonzero(near & ~every), rate_hz, tonal, columns)
    return tonal, *columns


def _work_out(
    rows: NDArray[np.float32],
    chosen: NDArray[np.intp],
    rate_hz: int,
    tonal: NDArray[np.bool_],
    columns: Sequence[NDArray[np.float32]],
) -> None:
    """Fill in some frames, all but those that are too quiet to be looked at."""
    for start in range(0, len(chosen), _CHUNK):
        places = chosen[start : start + _CHUNK]
        some = rows[places]
        level = 10 * np.log10(np.maximum(np.square(some).mean(axis=1), 1e-12))
        loud = level >= _LEAST_DBFS
        if not loud.all():
            places, some = places[loud], some[loud]
        if not places.size:
            continue
        share, *found = _lines(some, rate_hz)
        tonal[places] = share >= _LEAST_SHARE
        for column, values in zip(columns, found, strict=True):
            column[places] = values


def _lines(rows: NDArray[np.float32], rate_hz: int) -> tuple[NDArray[np.float32], ...]:
    """Share of the band's power in the strongest lines of each row, their places, and the second's power by the first's."""
    from scipy.fft import rfft

    window = np.hanning(WINDOW).astype(np.float32)
    spectrum = rfft(rows * window, axis=1)
    width = rate_hz / WINDOW
    low, high = round(_BAND_HZ[0] / width), round(_BAND_HZ[1] / width)
    # a line at the band's edge reaches over it
    low, high, offset = _LINE_BINS, _LINE_BINS + high - low, low - _LINE_BINS
    spectrum = spectrum[:, offset : offset + high + _LINE_BINS]
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    total = power[:, low:high].sum(axis=1) + 1e-12
    first_hz, first = _take_line(power, low, high, offset, width)
    second_hz, second = _take_line(power, low, high, offset, width)
    ratio = second / (first + 1e-12)
    # Lines this near beat against each other and can't be told apart in one window: they count as one.
    near = (np.abs(first_hz - second_hz) < _MELTED_HZ) & (ratio > 0)
    middle = (first_hz + ratio * second_hz) / (1 + ratio)
    first_hz, ratio = np.where(near, middle, first_hz), np.where(near, 0.0, ratio)
    return (first + second) / total, first_hz, second_hz, ratio


def _take_line(
    power: NDArray[np.float32], low: int, high: int, offset: int, width: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centre and power of each row's strongest line, which is then struck out of ``power``.

    ``offset`` is the bin that ``power`` begins with.
    """
    peak = power[:, low:high].argmax(axis=1) + low
    around = peak[:, None] + np.arange(-_LINE_BINS, _LINE_BINS + 1)
    line = np.take_along_axis(power, around, axis=1)
    total = line.sum(axis=1)
    centre = (line * (around + offset)).sum(axis=1) / (total + 1e-12) * width
    np.put_along_axis(power, around, 0.0, axis=1)
    return centre.astype(np.float32), total


def _runs(frames: _Frames) -> Iterator[slice]:
    """Stretches of tonal frames whose strongest line stays, or swaps with the second one."""
    tonal, first, second = frames.tonal, frames.first_hz, frames.second_hz
    stays = np.abs(first[:-1] - first[1:]) <= _DRIFT_HZ * 2
    swaps = np.abs(first[:-1] - second[1:]) <= _DRIFT_HZ * 2
    goes_on = tonal[:-1] & tonal[1:] & (stays | swaps)
    starts = np.flatnonzero(tonal & ~np.concatenate([[False], goes_on]))
    ends = np.flatnonzero(tonal & ~np.concatenate([goes_on, [False]]))
    for start, last in zip(starts.tolist(), ends.tolist(), strict=True):
        yield slice(start, last + 1)


def _tone(frames: _Frames, run: slice, rate_hz: int, levels: NDArray[np.float32]) -> Tone | None:
    hop_s, window_s = HOP / rate_hz, WINDOW / rate_hz
    # The outer windows only touch the tone; the lines are read off the inner ones.
    inner = slice(run.start + 2, run.stop - 2) if run.stop - run.start > 6 else run
    first, second = frames.first_hz[inner], frames.second_hz[inner]
    low, high = np.minimum(first, second), np.maximum(first, second)
    two = percentile(frames.second_ratio[inner], 50) >= _SECOND_LINE
    lines = (low, high) if two else (first,)
    middles = [percentile(line, 50) for line in lines]
    if any(
        percentile(np.abs(line - middle), 80) > _DRIFT_HZ for line, middle in zip(lines, middles, strict=True)
    ):
        return None
    rough = Span(run.start * hop_s, (run.stop - 1) * hop_s + window_s)
    span = _edges(rough, levels)
    return Tone(span, tuple(round(middle, 1) for middle in middles)) if span else None


def _edges(rough: Span, levels: NDArray[np.float32]) -> Span | None:
    first, last = round(rough.start_s * 100), min(levels.size, round(rough.end_s * 100))
    inside = levels[first:last]
    if not inside.size:
        return None
    loud = np.flatnonzero(inside >= percentile(inside, 75) - 6.0)
    return Span((first + int(loud[0])) / 100, (first + int(loud[-1]) + 1) / 100)
