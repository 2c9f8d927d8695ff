"""A time's words resolved against the moment of the call: which day, which hour; None where that isn't sure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

Maps = Mapping[str, Mapping[str, Any]]
_FEW_MINUTES = 10
"""Fewest minutes that are meant as told: in one or two is said for soon (our default)."""
_AFTERNOON_UP_TO_H = 7
"""An hour from 1 to 7 without a part of the day is after noon: nobody rings customers at three in the morning."""


def resolved(said: Mapping[str, str], maps: Maps, now: datetime) -> str | None:
    """The time in ISO 8601, or None where the words name no sure one.

    Parameters
    ----------
    said
        The frame's groups.
    maps
        The language's words and what they stand for.
    now
        When the call began.
    """
    if "vague" in said:
        return None
    try:
        moment = _offset(said, maps, now)
        if moment is not None:
            return moment
        day = _day(said, maps, now.date())
        clock = _clock(said, maps)
    except (ValueError, OverflowError):
        return None  # such as "the 31st" in a month of thirty days: said, but no date
    if clock is None:
        return day.isoformat() if day else _part_of_today(said, maps, now)
    if day is None:
        day, clock = _next(clock, said, now)
    return datetime.combine(day, clock, tzinfo=now.tzinfo).isoformat(timespec="minutes")


def loose(said: Mapping[str, str], maps: Maps) -> bool:
    """Whether words without a time of day name no day but today, and no sure while: later, today, next week, in a minute."""
    if "day" in said:
        return "week" not in said and int(_lookup(maps["day"], said["day"])) == 0
    unit = said.get("unit") or said.get("unit2")
    if unit is None:
        return not {"wd", "dom", "ord"} & said.keys()
    name = _unit(unit, maps)
    few = "halfunit" not in said and _number(said.get("n") or said.get("n2") or "1", maps) < _FEW_MINUTES
    return name not in ("days", "hours") and not (name == "minutes" and not few)


def weekday_of(said: Mapping[str, str], maps: Maps) -> int:
    """The weekday that is said, Monday 0."""
    return int(_lookup(maps["wd"], said["wd"]))


def _offset(said: Mapping[str, str], maps: Maps, now: datetime) -> str | None:
    amount, unit = said.get("n") or said.get("n2"), said.get("unit") or said.get("unit2")
    if unit is None:
        return None
    name = _unit(unit, maps)
    if "halfunit" in said:
        halves = {"hours": timedelta(minutes=30), "days": timedelta(hours=12), "months": timedelta(days=15)}
        moved = now + halves.get(name, timedelta(days=182))
        return moved.isoformat(timespec="minutes") if name == "hours" else moved.date().isoformat()
    count = _number(amount or "1", maps)
    if name in ("minutes", "hours"):
        return (now + timedelta(**{name: count})).isoformat(timespec="minutes")
    if name in ("months", "years"):
        return _plus_months(now.date(), count * (12 if name == "years" else 1)).isoformat()
    days = {"days": 1, "weeks": 7, "fortnights": 14}[name] * count
    return (now.date() + timedelta(days=days)).isoformat()


def _unit(unit: str, maps: Maps) -> str:
    units = maps["unit"]
    return str(units.get(unit) or units.get(f"个{unit}") or units[f"{unit}s"])


def _day(said: Mapping[str, str], maps: Maps, today: date) -> date | None:
    monday = today - timedelta(days=today.weekday())
    if "day" in said or "dom" in said or "ord" in said:
        return _named_day(said, maps, today)
    if "wd" in said:
        weekday = weekday_of(said, maps)
        if "wk" in said:
            chosen = monday + timedelta(days=7 * int(_lookup(maps["wk"], said["wk"])) + weekday)
            return chosen if chosen >= today else chosen + timedelta(days=7)
        if "afternext" in said:
            return monday + timedelta(days=14 + weekday)
        ahead = (weekday - today.weekday()) % 7 or 7
        return today + timedelta(days=ahead + 7 * _weeks(said, maps))
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
        return _edge(said, maps, today, monday)
    return None


def _named_day(said: Mapping[str, str], maps: Maps, today: date) -> date | None:
    """A day counted from today or of the month; where its weekday is said as well (Thursday the 25th), only if it fits."""
    if "day" in said:
        chosen = today + timedelta(days=int(_lookup(maps["day"], said["day"])) + 7 * _weeks(said, maps))
    else:
        chosen = _calendar_day(said, maps, today)
    fits = "wd" not in said or chosen.weekday() == weekday_of(said, maps)
    return chosen if fits else None


def _weeks(said: Mapping[str, str], maps: Maps) -> int:
    """How many weeks past a day is meant: "Monday week", "two weeks on Monday", "a fortnight tomorrow"."""
    if "week" not in said:
        return 0
    return 2 if "fortnight" in said["week"] else _number(said.get("n", "1"), maps)


def _edge(said: Mapping[str, str], maps: Maps, today: date, monday: date) -> date | None:
    name = _lookup(maps["edge"], said["edge"])
    if name == "weekend":
        return monday + timedelta(days=5) if today.weekday() < 5 else today
    if name == "week_end":
        return monday + timedelta(days=4)
    if name == "day_end":
        return today
    if name == "year_end":
        return date(today.year, 12, 31)
    base = _plus_months(today.replace(day=1), int(maps["mo"][said["mo"]]) if "mo" in said else 0)
    if "month" in said:
        month = _number(said["month"], maps)
        base = date(today.year + (month < today.month), month, 1)
    if name == "month_end":
        return base.replace(day=calendar.monthrange(base.year, base.month)[1])
    chosen = base.replace(day=1 if name == "month_start" else 15)
    # the 1st of a named month is past: which year is meant isn't known
    return chosen if chosen >= today else None if "month" in said else _plus_months(chosen, 1)


def _calendar_day(said: Mapping[str, str], maps: Maps, today: date) -> date:
    dom = _number(said["dom"], maps) if "dom" in said else int(_lookup(maps["ordinal"], said["ord"]))
    if "month" in said:
        months = maps.get("month")
        month = int(_lookup(months, said["month"])) if months else _number(said["month"], maps)
        chosen = date(today.year, month, dom)
        return chosen if chosen >= today else date(today.year + 1, month, dom)
    if "mo" in said:
        return _plus_months(today.replace(day=1), int(maps["mo"][said["mo"]])).replace(day=dom)
    chosen = today.replace(day=dom)
    return chosen if chosen >= today else _plus_months(today.replace(day=1), 1).replace(day=dom)


def _clock(said: Mapping[str, str], maps: Maps) -> time | None:
    if "noon" in said:
        return time(12)
    if "hour" not in said:
        return None
    hour, minute = _number(said["hour"], maps), 0
    if "half" in said:
        minute = 30
    elif "quarter" in said:
        minute = 15 * _number(said["quarter"], maps)
    elif "minute" in said:
        minute = _number(said["minute"].removeprefix("oh "), maps)
    if "rel" in said:
        minute = _minutes_past(said["rel"], maps)
        hour, minute = (hour, minute) if minute >= 0 else (hour - 1, minute + 60)
    hour = _hour(hour, said, maps)
    return time(hour % 24, minute)


def _minutes_past(relation: str, maps: Maps) -> int:
    """Minutes past the full hour, less than none before it: half (past), a quarter to, ten past."""
    words = relation.removeprefix("a ").split()
    amount = " ".join(words[:-1]) if words[-1] in ("past", "to") else words[0]
    minutes = {"half": 30, "quarter": 15}.get(amount) or _number(amount, maps)
    return -minutes if words[-1] == "to" else minutes


def _hour(hour: int, said: Mapping[str, str], maps: Maps) -> int:
    part = said.get("part") or said.get("dayp")
    day = said.get("day", "")
    if "ampm" in said:
        return hour % 12 + (12 if said["ampm"].startswith("p") else 0)
    if part is None and day in maps.get("day", {}):
        part = next((name for name in maps["part"] if day.endswith(name)), None)
        part = "evening" if day == "tonight" else part
    if part is not None:
        late = int(_lookup(maps["part"], part))
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


def _part_of_today(said: Mapping[str, str], maps: Maps, now: datetime) -> str | None:
    part = said.get("part")
    if part is None or (int(_lookup(maps["part"], part)) == 0 and now.hour >= 9):
        return None
    return now.date().isoformat()


def _number(text: str, maps: Maps) -> int:
    if text.isdigit():
        return int(text)
    digits = maps["digit"]
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
