"""Whether a moment lies in calling hours: work days, spans, breaks, public holidays and make-up work days.

Public holidays and make-up work days (调休上班日) come from the ``holidays`` package, by country.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.profile import CallingHours

__all__ = ["place_in_hours", "works_on"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=64)
def _calendar(country: str, year: int) -> Any:
    import holidays

    code, _, part = country.partition("-")
    return holidays.country_holidays(code, subdiv=part or None, years=[year])


def works_on(day: date, hours: CallingHours) -> str:
    """``work``, ``day_off`` or ``holiday``: the profile's own days, then make-up days, then holidays."""
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
    return "work" if _DAYS[day.weekday()] in hours.work_days else "day_off"


def place_in_hours(
    started_at: datetime, hours: CallingHours, *, zone: str | None = None
) -> tuple[str, datetime]:
    """Where a call's start lies: ``inside, before, after, noon, holiday`` or ``day_off``, and the local time.

    Parameters
    ----------
    started_at
        With its offset; without one it counts as local already.
    zone
        The customer's time zone where known, else the profile's counts.
    """
    local = started_at.astimezone(ZoneInfo(zone or hours.time_zone)) if started_at.tzinfo else started_at
    day = works_on(local.date(), hours)
    if day != "work":
        return day, local
    moment = local.time()
    if not hours.spans:
        return ("noon" if any(moment in part for part in hours.breaks) else "inside"), local
    if any(moment in span for span in hours.spans):
        return ("noon" if any(moment in part for part in hours.breaks) else "inside"), local
    if moment < min(span.start for span in hours.spans):
        return "before", local
    if moment >= max(span.end for span in hours.spans):
        return "after", local
    return "noon", local
