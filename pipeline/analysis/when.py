"""Times as people say them, found and resolved against the moment of the call (明天下午三点, next Tuesday at ten).

Words and frames are data (``lexicons/<language>/_when.yaml``). What is said vaguely (过几天) is found, and never dated.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import Any

from pipeline.analysis.heard import forms_of
from pipeline.analysis.patterns import Pattern, common_grams
from pipeline.analysis.prefilter import demands
from pipeline.analysis.when_joined import Joins, Said, joined
from pipeline.lexicons import load_yaml

_AFTERNOON_UP_TO_H = 7
"""An hour from 1 to 7 without a part of the day is after noon: nobody rings customers at three in the morning."""


@dataclass(frozen=True, slots=True)
class When:
    """A time as heard: characters ``[start, end)`` of a folded sentence, and ISO 8601 where it could be resolved."""

    text: str
    start: int
    end: int
    iso: str | None


@dataclass(frozen=True, slots=True)
class _Grammar:
    maps: Mapping[str, Mapping[str, Any]]
    frames: tuple[Pattern, ...]
    past: re.Pattern[str]
    joins: Joins


@functools.cache
def when_data(language: str) -> dict[str, Any]:
    """The file of one language as shipped, examples included."""
    path = resources.files("pipeline.lexicons") / language / "_when.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _grammar(language: str) -> _Grammar:
    data = when_data(language)
    terms = {name: _alternatives(mapping) for name, mapping in data["maps"].items()}
    terms["number"] = data["number"]
    for name in ("hournum", "clock", "strict", "moment", "daytime", "holiday"):
        if name in data:
            terms[name] = _fill(data[name], terms)
    terms["vague"] = _fill("(?:" + "|".join(data["vague"]) + ")", terms)
    bounds = (r"(?<!\w)", r"(?!\w)") if language == "en" else ("", "")
    sources = (bounds[0] + _fill(frame, terms) + bounds[1] for frame in data["frames"])
    frames = tuple(Pattern(source, demands(source, common_grams(language))) for source in sources)
    undated = bounds[0] + _fill("(?:" + "|".join(data["undated"]) + ")", terms) + bounds[1]
    joins = Joins(*map(re.compile, (data["between"], data["either"], undated, data["near"])))
    return _Grammar(data["maps"], frames, re.compile(data["past"]), joins)


def _alternatives(mapping: Mapping[str, Any]) -> str:
    keys = sorted((str(key) for key in mapping), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(key).replace(r"\ ", r"\s+") for key in keys) + ")"


def _fill(frame: str, terms: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda hit: terms[hit.group(1)], frame)


def find_times(folded: str, language: str, now: datetime | None) -> list[When]:
    """Every future time said in a folded sentence, longest frame first, in order.

    Parameters
    ----------
    folded
        A folded sentence.
    language
        ``zh`` or ``en``.
    now
        When the call began; without it nothing is resolved.
    """
    grammar = _grammar("zh" if language == "zh" else "en")
    written = forms_of(folded, "zh" if language == "zh" else "en")[0]
    found = [hit for frame in grammar.frames if frame.could(written) for hit in frame.regex.finditer(folded)]
    kept: list[Said] = []
    for hit in sorted(filter(_is_said, found), key=lambda hit: (hit.start() - hit.end(), hit.start())):
        start, end = _trim(folded, hit.start(), hit.end())
        if all(end <= other.start or start >= other.end for other in kept):
            kept.append(Said(start, end, {key: value for key, value in hit.groupdict().items() if value}))
    kept.sort(key=lambda one: one.start)
    times = [one for one in kept if not grammar.past.search(folded[max(0, one.start - 6) : one.end])]
    return [
        When(folded[one.start : one.end], one.start, one.end, _iso(one, grammar, now) if now else None)
        for one in joined(times, folded, grammar.joins)
    ]


@functools.lru_cache(maxsize=1024)
def says_time(folded: str, language: str) -> bool:
    """Whether a future time is said in a folded sentence; remembered, for a call's stretches share their sentences."""
    return bool(find_times(folded, language, None))


def _is_said(hit: re.Match[str]) -> bool:
    return hit.end() > hit.start()


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1] in " ,，的":
        end -= 1
    return start, end


def _iso(one: Said, grammar: _Grammar, now: datetime) -> str | None:
    said = one.parts
    if "vague" in said or not one.dated:
        return None
    try:
        moment = _offset(said, grammar, now)
        if moment is not None:
            return moment
        day = _day(said, grammar, now.date())
        clock = _clock(said, grammar)
    except (ValueError, OverflowError):
        return None  # such as "the 31st" in a month of thirty days: said, but no date
    if clock is None:
        return day.isoformat() if day else _part_of_today(said, grammar, now)
    if day is None:
        day, clock = _next(clock, said, now)
    return datetime.combine(day, clock, tzinfo=now.tzinfo).isoformat(timespec="minutes")


def _offset(said: Mapping[str, str], grammar: _Grammar, now: datetime) -> str | None:
    amount, unit = said.get("n") or said.get("n2"), said.get("unit") or said.get("unit2")
    if unit is None:
        return None
    units = grammar.maps["unit"]
    name = units.get(unit) or units.get(f"个{unit}") or units[f"{unit}s"]
    if "halfunit" in said:
        halves = {"hours": timedelta(minutes=30), "days": timedelta(hours=12), "months": timedelta(days=15)}
        moved = now + halves.get(name, timedelta(days=182))
        return moved.isoformat(timespec="minutes") if name == "hours" else moved.date().isoformat()
    count = _number(amount or "1", grammar)
    if name in ("minutes", "hours"):
        return (now + timedelta(**{name: count})).isoformat(timespec="minutes")
    if name in ("months", "years"):
        return _plus_months(now.date(), count * (12 if name == "years" else 1)).isoformat()
    days = {"days": 1, "weeks": 7, "fortnights": 14}[name] * count
    return (now.date() + timedelta(days=days)).isoformat()


def _day(said: Mapping[str, str], grammar: _Grammar, today: date) -> date | None:
    monday = today - timedelta(days=today.weekday())
    if "day" in said:
        weeks = {"a fortnight": 2}.get(said.get("week", ""), _weeks(said, grammar))
        return today + timedelta(days=int(_lookup(grammar.maps["day"], said["day"])) + 7 * weeks)
    if "wd" in said:
        weekday = int(_lookup(grammar.maps["wd"], said["wd"]))
        if "wk" in said:
            chosen = monday + timedelta(days=7 * int(_lookup(grammar.maps["wk"], said["wk"])) + weekday)
            return chosen if chosen >= today else chosen + timedelta(days=7)
        if "afternext" in said:
            return monday + timedelta(days=14 + weekday)
        later = {"a fortnight": 2}.get(said.get("week", ""), _weeks(said, grammar))
        return today + timedelta(days=((weekday - today.weekday()) % 7 or 7) + 7 * later)
    if "wkonly" in said:
        start = monday + timedelta(days=14 if said["wkonly"].startswith("下下") else 7)
        return start + timedelta(days=5) if "weekend" in said else start
    if "nextunit" in said:
        return {
            "week": monday + timedelta(days=7),
            "month": _plus_months(today.replace(day=1), 1),
            "year": date(today.year + 1, 1, 1),
        }[said["nextunit"]]
    if "moonly" in said:
        return _plus_months(today.replace(day=1), 2 if said["moonly"].startswith("下下") else 1)
    if "edge" in said:
        return _edge(said, grammar, today, monday)
    return _calendar_day(said, grammar, today)


def _weeks(said: Mapping[str, str], grammar: _Grammar) -> int:
    """How many weeks past a weekday is meant: "Monday week", "two weeks on Monday"."""
    return _number(said.get("n", "1"), grammar) if "week" in said else 0


def _edge(said: Mapping[str, str], grammar: _Grammar, today: date, monday: date) -> date | None:
    name = _lookup(grammar.maps["edge"], said["edge"])
    if name == "weekend":
        return monday + timedelta(days=5) if today.weekday() < 5 else today
    if name == "week_end":
        return monday + timedelta(days=4)
    if name == "day_end":
        return today
    if name == "year_end":
        return date(today.year, 12, 31)
    base = _plus_months(today.replace(day=1), int(grammar.maps["mo"][said["mo"]]) if "mo" in said else 0)
    if "month" in said:
        month = _number(said["month"], grammar)
        base = date(today.year + (month < today.month), month, 1)
    if name == "month_end":
        return base.replace(day=calendar.monthrange(base.year, base.month)[1])
    chosen = base.replace(day=1 if name == "month_start" else 15)
    # the 1st of a named month is past: which year is meant isn't known
    return chosen if chosen >= today else None if "month" in said else _plus_months(chosen, 1)


def _calendar_day(said: Mapping[str, str], grammar: _Grammar, today: date) -> date | None:
    if "dom" not in said and "ord" not in said:
        return None
    dom = (
        _number(said["dom"], grammar) if "dom" in said else int(_lookup(grammar.maps["ordinal"], said["ord"]))
    )
    if "month" in said:
        months = grammar.maps.get("month")
        month = int(_lookup(months, said["month"])) if months else _number(said["month"], grammar)
        chosen = date(today.year, month, dom)
        return chosen if chosen >= today else date(today.year + 1, month, dom)
    if "mo" in said:
        return _plus_months(today.replace(day=1), int(grammar.maps["mo"][said["mo"]])).replace(day=dom)
    chosen = today.replace(day=dom)
    return chosen if chosen >= today else _plus_months(today.replace(day=1), 1).replace(day=dom)


def _clock(said: Mapping[str, str], grammar: _Grammar) -> time | None:
    if "noon" in said:
        return time(12)
    if "hour" not in said:
        return None
    hour, minute = _number(said["hour"], grammar), 0
    if "half" in said:
        minute = 30
    elif "quarter" in said:
        minute = 15 * _number(said["quarter"], grammar)
    elif "minute" in said:
        minute = _number(said["minute"].removeprefix("oh "), grammar)
    past = said.get("rel", "")
    if past:
        minute = 30 if "half" in past else 15 if "past" in past else 45
        hour -= 1 if past.endswith("to") else 0
    hour = _hour(hour, said, grammar)
    return time(hour % 24, minute)


def _hour(hour: int, said: Mapping[str, str], grammar: _Grammar) -> int:
    part = said.get("part") or said.get("dayp")
    day = said.get("day", "")
    if "ampm" in said:
        return hour % 12 + (12 if said["ampm"].startswith("p") else 0)
    if part is None and day in grammar.maps.get("day", {}):
        part = next((name for name in grammar.maps["part"] if day.endswith(name)), None)
        part = "evening" if day == "tonight" else part
    if part is not None:
        late = int(_lookup(grammar.maps["part"], part))
        if part in ("中午", "noon", "lunchtime"):
            return hour + 12 if hour < 4 else hour
        return hour + 12 if late and hour < 12 else 0 if not late and hour == 12 else hour
    return hour + 12 if 1 <= hour <= _AFTERNOON_UP_TO_H else hour


def _next(clock: time, said: Mapping[str, str], now: datetime) -> tuple[date, time]:
    """The next moment with this clock time; an hour of unknown half of the day may be the later one, today."""
    unsure = not {"part", "dayp", "ampm"} & said.keys() and clock.hour < 12
    for candidate in (clock, clock.replace(hour=clock.hour + 12)) if unsure else (clock,):
        if candidate > now.time():
            return now.date(), candidate
    return now.date() + timedelta(days=1), clock


def _part_of_today(said: Mapping[str, str], grammar: _Grammar, now: datetime) -> str | None:
    part = said.get("part")
    if part is None or (int(_lookup(grammar.maps["part"], part)) == 0 and now.hour >= 9):
        return None
    return now.date().isoformat()


def _number(text: str, grammar: _Grammar) -> int:
    if text.isdigit():
        return int(text)
    digits = grammar.maps["digit"]
    key = re.sub(r"\s+", " ", text)
    if key in digits:
        return int(digits[key])
    tens, _, ones = text.partition("十")
    if "十" not in text:
        raise ValueError(f"no number: {text!r}")
    return (int(digits[tens]) if tens else 1) * 10 + (int(digits[ones]) if ones else 0)


def _lookup(mapping: Mapping[str, Any] | None, key: str) -> Any:
    return (mapping or {})[re.sub(r"\s+", " ", key)]


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
