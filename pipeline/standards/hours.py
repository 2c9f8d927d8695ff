"""Whether a moment lies in calling hours: work days, spans, breaks, public holidays and make-up work days.

Public holidays and make-up work days (调休上班日) come from the ``holidays`` package, by country.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.profile import CallingHours

__all__ = ["place_in_hours", "works_on"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=512)
def _calendar(country: str, year: int) -> Any:
    import holidays

    code, _, part = country.partition("-")
    return holidays.country_holidays(code, subdiv=part or None, years=[year])


@lru_cache(maxsize=4096)
def _in_most_parts(country: str, day: date) -> bool:
    """Whether half of a country's parts or more have a holiday that the country as a whole has not."""
    import holidays

    parts = holidays.list_supported_countries().get(country, ())
    off = sum(day in _calendar(f"{country}-{part}", day.year) for part in parts)
    return bool(parts) and 2 * off >= len(parts)


def works_on(day: date, hours: CallingHours) -> str:
    """``work``, ``day_off`` or ``holiday``: the profile's own days, then make-up days, then holidays.

    ``part_holiday`` where only a country is named, and half of its parts or more are closed (Easter Monday in GB).
    """
    if day in hours.open_days:
        return "work"
    if day in hours.closed_days:
        return "holiday"
    if hours.holidays is not None:
        calendar = _calendar(hours.holidays, day.year)
        if day in calendar.weekend_workdays:
            return "work"
        if day in calendar:
            return "holiday"
        if "-" not in hours.holidays and _in_most_parts(hours.holidays, day):
            return "part_holiday" if _DAYS[day.weekday()] in hours.work_days else "day_off"
    return "work" if _DAYS[day.weekday()] in hours.work_days else "day_off"


def place_in_hours(
    started_at: datetime, hours: CallingHours, *, zone: str | None = None
) -> tuple[str, datetime]:
    """Where a call's start lies: ``inside, before, after, noon`` or what `works_on` says of the day, and the local time.

    Parameters
    ----------
    started_at
        With its offset; without one it counts as local already.
    zone
        The customer's time zone where known, else the profile's counts.
    """
    local = started_at.astimezone(ZoneInfo(zone or hours.time_zone)) if started_at.tzinfo else started_at
    moment = local.time()
    if any(
        span.of_next_day(moment) for span in hours.spans
    ):  # the night belongs to the day on which it began
        day = works_on(local.date() - timedelta(days=1), hours)
        if day in ("work", "part_holiday"):
            return ("noon" if _is_break(moment, hours) else "inside" if day == "work" else day), local
    day = works_on(local.date(), hours)
    if day not in ("work", "part_holiday"):
        return day, local
    place = _place_in_day(moment, hours)
    return (day if place == "inside" and day != "work" else place), local


def _place_in_day(moment: time, hours: CallingHours) -> str:
    if not hours.spans or any(span.of_its_day(moment) for span in hours.spans):
        return "noon" if _is_break(moment, hours) else "inside"
    if moment < min(span.start for span in hours.spans):
        return "before"
    ends = (time.max if span.over_midnight else span.end for span in hours.spans)
    return "after" if moment >= max(ends) else "noon"


def _is_break(moment: time, hours: CallingHours) -> bool:
    return any(moment in part for part in hours.breaks)
