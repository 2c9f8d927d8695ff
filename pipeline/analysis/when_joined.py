"""Times of one sentence that belong together (at four on Thursday), take each other back, or leave a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_CLOCK = frozenset({"hour", "noon", "half", "quarter", "minute", "rel", "ampm"})
_DAYS = ("day", "wd", "dom", "ord")
_DATE = frozenset({*_DAYS, "wk", "week", "n", "afternext", "month", "mo"})
_SPANS = ("wkonly", "nextunit", "moonly", "edge", "unit", "unit2")
_SHORT = ("min", "hour", "分", "时", "钟")
"""An offset in minutes or hours: a clock time beside it is today's all the same."""
_BESIDE = re.compile(r"[\s,，、]*")
_CLAUSE = re.compile(r"[,，]")


@dataclass(frozen=True, slots=True)
class Said:
    """A frame's groups at characters ``[start, end)``.

    ``dated`` is off where the words name no sure date, ``choice`` on where the time is one of several to choose from.
    """

    start: int
    end: int
    parts: Mapping[str, str]
    dated: bool = True
    choice: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the words mean this very time."""
        return self.dated and not self.choice

    @property
    def has_clock(self) -> bool:
        """Whether a time of day by the clock is said."""
        return "hour" in self.parts or "noon" in self.parts

    @property
    def days(self) -> Mapping[str, str]:
        """The words that name one day."""
        return {name: self.parts[name] for name in _DAYS if name in self.parts}

    @property
    def has_span(self) -> bool:
        """Whether another day than today is meant, be it named or not."""
        unit = self.parts.get("unit") or self.parts.get("unit2") or ""
        offset = unit.startswith(_SHORT) or unit.endswith(_SHORT)
        return bool(self.days) or (not offset and any(name in self.parts for name in _SPANS))

    @property
    def is_bare_weekday(self) -> bool:
        """Whether a weekday is said and nothing of its week or date."""
        return self.days.keys() == {"wd"} and not {"wk", "week", "afternext"} & self.parts.keys()

    def without_clock(self) -> Said:
        """The same day; where none is named, one of several hours to choose from."""
        day = {name: text for name, text in self.parts.items() if name not in _CLOCK}
        return replace(self, parts=day) if self.days else replace(self, choice=True)


@dataclass(frozen=True, slots=True)
class Joins:
    """The words of one language between or around times.

    ``between`` stands between a day and an hour that belong together, ``either`` between two to choose from, ``hour``
    is another hour to choose from, ``back`` takes back what was said before; ``undated`` overlaps a time of no sure
    date; a vague time with words of ``near`` is still today's; ``own`` after a time says what is done then.
    """

    between: re.Pattern[str]
    either: re.Pattern[str]
    hour: re.Pattern[str]
    back: re.Pattern[str]
    undated: re.Pattern[str]
    near: re.Pattern[str]
    own: re.Pattern[str]


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
    if not said:
        return []
    times: list[Said] = []
    for one in _marked(said, folded, joins):
        if times:
            first = times.pop()
            times.extend(_related(first, one, folded, joins))
        else:
            times.append(one)
    return [_of_another_day(time, times, folded, joins) for time in times]


def _marked(said: Sequence[Said], folded: str, joins: Joins) -> list[Said]:
    """The times, undated where other words of the sentence leave them open."""
    open_spans = [hit.span() for hit in joins.undated.finditer(folded)]
    marked = []
    for one in said:
        is_open = any(one.start < end and start < one.end for start, end in open_spans)
        one = replace(one, dated=False) if is_open else one
        more = one.has_clock and joins.hour.match(folded, one.end)
        marked.append(one.without_clock() if more else one)
    return marked


def _related(first: Said, second: Said, folded: str, joins: Joins) -> tuple[Said, ...]:
    """Two neighbours as what they are to each other."""
    gap = folded[first.end : second.start]
    if joins.either.fullmatch(gap):
        return _either(first, second)
    if second.dated and joins.back.fullmatch(gap):
        return replace(first, dated=False), _on_its_day(first, second)
    if first.dated and second.dated and joins.between.fullmatch(gap) and _fit(first, second):
        return (_together(first, second),)
    beside = first.dated and _BESIDE.fullmatch(gap) and first.days
    if beside and first.days.keys() == second.days.keys() and not _apart(first, second, folded, joins):
        return _either(first, second)
    return first, second


def _apart(first: Said, second: Said, folded: str, joins: Joins) -> bool:
    """Whether an hour is fixed and the second time begins a clause of its own: "Saturday at ten, Friday I'll text you"."""
    is_clause = _CLAUSE.search(folded, first.end, second.start)
    return first.has_clock and is_clause is not None and joins.own.match(folded, second.end) is not None


def _fit(first: Said, second: Said) -> bool:
    """Whether the two say one time: a day and an hour, or one day named twice."""
    if first.has_clock and second.has_clock:
        return False
    if first.days and second.days:
        shared = first.days.keys() & second.days.keys()
        return all(first.days[name] == second.days[name] for name in shared)
    day, clock = (second, first) if first.has_clock else (first, second)
    return bool(day.days) and clock.has_clock and not clock.has_span


def _together(first: Said, second: Said) -> Said:
    return Said(
        first.start, second.end, {**first.parts, **second.parts}, choice=first.choice or second.choice
    )


def _on_its_day(first: Said, second: Said) -> Said:
    """An hour put right is still of the day that stands."""
    if not second.has_clock or second.has_span or not first.days:
        return second
    return replace(second, parts={**first.without_clock().parts, **second.parts}, choice=first.choice)


def resumed(first: Said, second: Said) -> Said:
    """A time said after another sentence's: an hour is of the day that was named there, a weekday of the week."""
    if second.has_span:
        week = first.parts.get("wkonly") if "weekend" not in first.parts else None
        week = "next" if first.parts.get("nextunit") == "week" else week
        return (
            replace(second, parts={**second.parts, "wk": week}) if week and second.is_bare_weekday else second
        )
    if not first.has_span or not (second.has_clock or "part" in second.parts):
        return second
    if not first.days:
        return replace(second, dated=False)
    parts = {**first.without_clock().parts, **second.parts}
    dated, choice = first.dated and second.dated, first.choice or second.choice
    return replace(second, parts=parts, dated=dated, choice=choice)


def recalled(first: Said, second: Said) -> Said:
    """A bare weekday that means the date named before: its hour on that date."""
    date = {name: text for name, text in first.parts.items() if name in _DATE}
    return replace(second, parts={**date, **second.parts})


def _either(first: Said, second: Said) -> tuple[Said, Said]:
    """Two times to choose from: no date, save the day that both hours share."""
    second_choice = replace(second, choice=True)
    if first.days and not second.has_span and (second.has_clock or "part" in second.parts):
        return first.without_clock(), second_choice
    return replace(first, choice=True), second_choice


def _of_another_day(time: Said, times: Sequence[Said], folded: str, joins: Joins) -> Said:
    """A time of day isn't today's where the sentence speaks of another day as well."""
    if time.has_span or not (time.has_clock or "part" in time.parts):
        return time
    others = [one for one in times if one is not time]
    elsewhere = any(one.has_span for one in others)
    later = any("vague" in one.parts and not joins.near.search(folded[one.start : one.end]) for one in others)
    return replace(time, dated=False) if elsewhere or later else time
