"""Steady tones: ringing, busy, DTMF, beeps. Found as one or two spectral lines that carry the frame and don't move.

Speech is told apart by its many lines and its moving pitch: a hum may be as pure as a tone, never as steady.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Samples
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
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady tone: when, and at which one or two frequencies (ascending)."""

    span: Span
    lines_hz: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Frames:
    """Per analysis frame: share of the band's power in the strongest lines, their place and level."""

    share: NDArray[np.float32]
    first_hz: NDArray[np.float32]
    second_hz: NDArray[np.float32]
    second_ratio: NDArray[np.float32]
    level_db: NDArray[np.float32]


def steady_tones(
    blocks: Iterable[Samples], rate_hz: int, levels: NDArray[np.float32], *, shortest_s: float = 0.2
) -> list[Tone]:
    """All steady tones of one channel, in order.

    Parameters
    ----------
    blocks
        Consecutive pieces of the channel.
    levels
        Its level per 10 ms (:func:`pipeline.audio.activity.frame_levels`); edges are set where it falls by half.
    shortest_s
        Tones under this are left out; an analysis window is 0.128 s at 16 kHz.
    """
    frames = _analysed(blocks, rate_hz)
    if frames is None:
        return []
    tonal = (frames.share >= _LEAST_SHARE) & (frames.level_db >= _LEAST_DBFS)
    tones = []
    for run in _runs(tonal, frames):
        if (run.stop - run.start) * HOP + WINDOW < shortest_s * rate_hz:
            continue  # its edges only draw in
        tone = _tone(frames, run, rate_hz, levels)
        if tone is not None and tone.span.duration_s >= shortest_s:
            tones.append(tone)
    return tones


def _analysed(blocks: Iterable[Samples], rate_hz: int) -> _Frames | None:
    parts = [_analyse(rows, rate_hz) for rows in _windows(blocks)]
    if not parts:
        return None
    return _Frames(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _windows(blocks: Iterable[Samples]) -> Iterator[NDArray[np.float32]]:
    """Rows of ``WINDOW`` samples every ``HOP``, some hundred at a time; the end is filled up with zeros."""
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        count = (joined.size - WINDOW) // HOP + 1 if joined.size >= WINDOW else 0
        if count:
            rows = np.lib.stride_tricks.sliding_window_view(joined, WINDOW)[: count * HOP : HOP]
            for start in range(0, count, _CHUNK):
                yield rows[start : start + _CHUNK]
        rest = joined[count * HOP :]
    if rest.size:
        yield np.pad(rest, (0, max(0, WINDOW - rest.size)))[None, :WINDOW]


def _analyse(rows: NDArray[np.float32], rate_hz: int) -> tuple[NDArray[np.float32], ...]:
    from scipy.fft import rfft

    window = np.hanning(WINDOW).astype(np.float32)
    spectrum = rfft(rows * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    width = rate_hz / WINDOW
    low, high = round(_BAND_HZ[0] / width), round(_BAND_HZ[1] / width)
    total = power[:, low:high].sum(axis=1) + 1e-12
    first_hz, first = _take_line(power, low, high, width)
    second_hz, second = _take_line(power, low, high, width)
    ratio = second / (first + 1e-12)
    # Lines this near beat against each other and can't be told apart in one window: they count as one.
    near = (np.abs(first_hz - second_hz) < _MELTED_HZ) & (ratio > 0)
    middle = (first_hz + ratio * second_hz) / (1 + ratio)
    first_hz, ratio = np.where(near, middle, first_hz), np.where(near, 0.0, ratio)
    level = 10 * np.log10(np.maximum((rows**2).mean(axis=1), 1e-12))
    return ((first + second) / total, first_hz, second_hz, ratio, level.astype(np.float32))


def _take_line(
    power: NDArray[np.float32], low: int, high: int, width: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centre and power of each row's strongest line, which is then struck out of ``power``."""
    peak = power[:, low:high].argmax(axis=1) + low
    around = peak[:, None] + np.arange(-_LINE_BINS, _LINE_BINS + 1)
    line = np.take_along_axis(power, around, axis=1)
    total = line.sum(axis=1)
    centre = (line * around).sum(axis=1) / (total + 1e-12) * width
    np.put_along_axis(power, around, 0.0, axis=1)
    return centre.astype(np.float32), total


def _runs(tonal: NDArray[np.bool_], frames: _Frames) -> Iterator[slice]:
    """Stretches of tonal frames whose strongest line stays, or swaps with the second one."""
    start: int | None = None
    for index in range(tonal.size + 1):
        here = index < tonal.size and bool(tonal[index])
        if start is not None and (not here or not _same_lines(frames, index - 1, index)):
            yield slice(start, index)
            start = None
        if here and start is None:
            start = index


def _same_lines(frames: _Frames, before: int, after: int) -> bool:
    near = abs(frames.first_hz[before] - frames.first_hz[after]) <= _DRIFT_HZ * 2
    swapped = abs(frames.first_hz[before] - frames.second_hz[after]) <= _DRIFT_HZ * 2
    return bool(near or swapped)


def _tone(frames: _Frames, run: slice, rate_hz: int, levels: NDArray[np.float32]) -> Tone | None:
    hop_s, window_s = HOP / rate_hz, WINDOW / rate_hz
    # The outer windows only touch the tone; the lines are read off the inner ones.
    inner = slice(run.start + 2, run.stop - 2) if run.stop - run.start > 6 else run
    first, second = frames.first_hz[inner], frames.second_hz[inner]
    low, high = np.minimum(first, second), np.maximum(first, second)
    two = float(np.median(frames.second_ratio[inner])) >= _SECOND_LINE
    lines = (low, high) if two else (first,)
    if any(float(np.percentile(np.abs(line - np.median(line)), 80)) > _DRIFT_HZ for line in lines):
        return None
    rough = Span(run.start * hop_s, (run.stop - 1) * hop_s + window_s)
    span = _edges(rough, levels)
    return Tone(span, tuple(round(float(np.median(line)), 1) for line in lines)) if span else None


def _edges(rough: Span, levels: NDArray[np.float32]) -> Span | None:
    first, last = round(rough.start_s * 100), min(levels.size, round(rough.end_s * 100))
    inside = levels[first:last]
    if not inside.size:
        return None
    loud = np.flatnonzero(inside >= np.percentile(inside, 75) - 6.0)
    return Span((first + int(loud[0])) / 100, (first + int(loud[-1]) + 1) / 100)
