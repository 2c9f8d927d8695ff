"""Filters as they come in a query string; what can't be read says nothing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from pipeline.profile import DEFAULT_ZONE
from pipeline.store.tables import Call

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)
"""Days that a call may have been made on; beyond them a day and its zone can't be kept as a moment everywhere."""


def read_text(value: str | None) -> str | None:
    """A text of at most 200 characters that a database can hold."""
    plain = (value or "").replace("\x00", "").encode("utf-8", errors="replace").decode()
    return plain.strip()[:200] or None


def read_date(value: str | None) -> date | None:
    """A day such as 2025-03-04."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def midnight(day: date) -> datetime:
    """When a day begins in the zone that days are counted in."""
    return datetime.combine(day, time(), ZoneInfo(DEFAULT_ZONE))


def within_dates(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """Calls that started on these days, both included."""
    made: list[ColumnElement[bool]] = []
    if since is not None:
        made.append(Call.started_at >= midnight(since))
    if until is not None:
        made.append(Call.started_at < midnight(until + timedelta(days=1)))
    return made
