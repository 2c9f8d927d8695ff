"""Days and clock times said apart in one sentence (at four on Thursday), and times that are named but not settled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_CLOCK = frozenset({"hour", "noon", "half", "quarter", "minute", "rel", "ampm"})
_DAYS = frozenset({"day", "wd", "dom", "ord"})
_SPANS = frozenset({"wkonly", "nextunit", "moonly", "edge", "unit", "unit2"})
_SHORT = ("min", "hour", "分", "时", "钟")
"""An offset in minutes or hours: a clock time beside it is today's all the same."""


@dataclass(frozen=True, slots=True)
class Said:
    """A frame's groups at characters ``[start, end)``; ``dated`` is off where the words name no sure date."""

    start: int
    end: int
    parts: Mapping[str, str]
    dated: bool = True

    @property
    def has_clock(self) -> bool:
        """Whether a time of day by the clock is said."""
        return "hour" in self.parts or "noon" in self.parts

    @property
    def has_day(self) -> bool:
        """Whether one day is named."""
        return bool(_DAYS & self.parts.keys())

    @property
    def has_span(self) -> bool:
        """Whether another day than today is meant, be it named or not."""
        unit = self.parts.get("unit") or self.parts.get("unit2") or ""
        offset = unit.startswith(_SHORT) or unit.endswith(_SHORT)
        return self.has_day or (bool(_SPANS & self.parts.keys()) and not offset)


@dataclass(frozen=True, slots=True)
class Joins:
    """The words of one language that join times, part them, or leave them open."""

    between: re.Pattern[str]
    either: re.Pattern[str]
    undated: re.Pattern[str]
    near: re.Pattern[str]


def joined(said: Sequence[Said], folded: str, joins: Joins) -> list[Said]:
    """The times of a sentence with day and clock put together, and without a date where none is sure.

    Parameters
    ----------
    said
        What the frames found, in order, apart from each other.
    folded
        The folded sentence.
    joins
        The joining words of its language.
    """
    open_spans = [hit.span() for hit in joins.undated.finditer(folded)]
    times: list[Said] = []
    for one in said:
        if any(one.start < end and start < one.end for start, end in open_spans):
            one = replace(one, dated=False)
        gap = folded[times[-1].end : one.start] if times else ""
        if times and joins.either.fullmatch(gap):
            times[-1], one = _either(times[-1], one)
        elif times and _fit(times[-1], one) and joins.between.fullmatch(gap):
            times[-1] = _together(times[-1], one)
            continue
        times.append(one)
    return [_of_another_day(time, times, folded, joins) for time in times]


def _fit(first: Said, second: Said) -> bool:
    """Whether one names a day alone and the other a time of day alone."""
    day, clock = (second, first) if first.has_clock else (first, second)
    return day.has_day and not day.has_clock and clock.has_clock and not clock.has_span


def _together(first: Said, second: Said) -> Said:
    parts = {**first.parts, **second.parts}
    return Said(first.start, second.end, parts, first.dated and second.dated)


def _either(first: Said, second: Said) -> tuple[Said, Said]:
    """Two times to choose from: no date, save the day that both hours share."""
    if first.has_day and second.has_clock and not second.has_span:
        kept = {name: text for name, text in first.parts.items() if name not in _CLOCK}
        return replace(first, parts=kept), replace(second, dated=False)
    return replace(first, dated=False), replace(second, dated=False)


def _of_another_day(time: Said, times: Sequence[Said], folded: str, joins: Joins) -> Said:
    """A time of day isn't today's where the sentence speaks of another day as well."""
    if time.has_span or not (time.has_clock or "part" in time.parts):
        return time
    others = [one for one in times if one is not time]
    elsewhere = any(one.has_span for one in others)
    later = any("vague" in one.parts and not joins.near.search(folded[one.start : one.end]) for one in others)
    return replace(time, dated=False) if elsewhere or later else time
