"""Clipping, measured on the samples as they were recorded, before any resampling rounds the flat tops off.

Definition: the share of samples in runs of three or more at the channel's own ceiling, where that ceiling lies at 0.97
of full scale or above. G.711 tops out at 0.98, so a fixed test at 0.99 would miss telephone clipping.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import Span, Timeline

LEAST_CEILING = 0.97
LEAST_RUN = 3
_STEPS = 32768  # samples that agree to one step of 16 bits count as one level
_JOIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Clipping:
    """Share of a channel's samples at its ceiling (0..1), and the stretches where they lie."""

    ratio: float = 0.0
    spans: tuple[Span, ...] = ()


class ClippingMeter:
    """Collects flat tops of one channel block by block; the ceiling is only known at the end.

    Runs are kept by level and sign, since the top and the bottom of a channel may clip at different levels. A run
    that a block boundary cuts is carried over.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._seen = 0
        self._top = {1: 0, -1: 0}
        self._counts: Counter[int] = Counter()
        self._spans: dict[int, list[Span]] = {}
        self._tail: NDArray[np.int32] = np.zeros(0, dtype=np.int32)

    def add(self, block: NDArray[np.float32]) -> None:
        """Take the next samples, full scale ±1."""
        levels = np.rint(np.clip(block, -1.0, 1.0) * _STEPS).astype(np.int32)
        # 16 bits reach 32767 upwards; float sound reaches 32768: the same ceiling.
        levels = np.minimum(levels, _STEPS - 1)
        if levels.size:
            self._top[1] = max(self._top[1], int(levels.max()))
            self._top[-1] = max(self._top[-1], -int(levels.min()))
        joined = np.concatenate([self._tail, levels])
        loud = np.abs(joined) >= LEAST_CEILING * _STEPS
        # Hold back the run that is still open at the end of this block.
        open_from = joined.size
        if joined.size and loud[-1]:
            differs = np.flatnonzero(joined != joined[-1])
            open_from = int(differs[-1]) + 1 if differs.size else 0
            open_from = max(open_from, joined.size - 60 * self._rate_hz)
        self._collect(joined[:open_from], loud[:open_from])
        self._seen += open_from
        self._tail = joined[open_from:]

    def result(self) -> Clipping:
        """Close the channel and judge the runs against its own ceiling."""
        self._collect(self._tail, np.abs(self._tail) >= LEAST_CEILING * _STEPS)
        self._seen += self._tail.size
        self._tail = self._tail[:0]
        tops = [sign * top for sign, top in self._top.items() if top >= LEAST_CEILING * _STEPS]
        clipped = sum(self._counts[top] for top in tops)
        if not clipped:
            return Clipping()
        spans = Timeline(span for top in tops for span in self._spans.get(top, ()))
        return Clipping(ratio=clipped / self._seen, spans=spans.support(_JOIN_S).spans)

    def _collect(self, levels: NDArray[np.int32], loud: NDArray[np.bool_]) -> None:
        if not loud.any():
            return
        starts = np.flatnonzero(np.diff(levels, prepend=levels[0] - 1))
        lengths = np.diff(starts, append=levels.size)
        for start, length in zip(
            starts[(lengths >= LEAST_RUN) & loud[starts]],
            lengths[(lengths >= LEAST_RUN) & loud[starts]],
            strict=True,
        ):
            self._note(int(levels[start]), self._seen + int(start), int(length))

    def _note(self, level: int, start: int, length: int) -> None:
        self._counts[level] += length
        span = Span(start / self._rate_hz, (start + length) / self._rate_hz)
        spans = self._spans.setdefault(level, [])
        if spans and span.start_s - spans[-1].end_s < _JOIN_S:
            spans[-1] = Span(spans[-1].start_s, max(span.end_s, spans[-1].end_s))
        else:
            spans.append(span)
