"""Columns of a chart, stacked by week, as figures that a template draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 720.0, 200.0
_LEFT, _BOTTOM, _TOP = 44.0, 24.0, 8.0
SHADES = 7
"""Series that have a colour of their own."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Part of a column: which series it is of, and where it stands."""

    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's parts. ``lines`` are heights with their figures, ``marks`` places of some weeks by number."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    marks: tuple[tuple[float, int], ...]


def stacked(series: Sequence[Sequence[int]]) -> Chart:
    """A column a week, each series on top of the one before."""
    weeks = len(series[0]) if series else 0
    sums = [sum(counts[week] for counts in series) for week in range(weeks)]
    step = nice_step(max(sums, default=0))
    top = step * max(1, ceil(max(sums, default=0) / step))
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    slot = (WIDTH - _LEFT) / max(1, weeks)
    bars = []
    for week in range(weeks):
        base = HEIGHT - _BOTTOM
        for number, counts in enumerate(series):
            height = counts[week] * scale
            base -= height
            if counts[week]:
                bars.append(Bar(number % SHADES, _LEFT + slot * (week + 0.15), base, slot * 0.7, height))
    lines = tuple((HEIGHT - _BOTTOM - value * scale, value) for value in range(0, top + 1, step))
    every = ceil(weeks / 8) if weeks else 1
    marks = tuple((_LEFT + slot * (week + 0.5), week) for week in range(0, weeks, every))
    return Chart(tuple(bars), lines, marks)


def nice_step(most: int) -> int:
    """The distance of lines so that at most five of them reach a figure.

    >>> [nice_step(most) for most in (0, 3, 12, 70, 1234)]
    [1, 1, 5, 20, 500]
    """
    if most <= 4:
        return 1
    power = 10 ** int(log10(most / 4))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor * 4 >= most)
