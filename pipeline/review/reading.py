"""Filters as they come in a query string; what can't be read is refused, so that nobody takes all for what they asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import printable
from pipeline.profile import DEFAULT_ZONE
from pipeline.review.rights import Person
from pipeline.review.saying import ToldError
from pipeline.store.tables import Call

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)
"""Days that a call may have been made on; beyond them a day and its zone can't be kept as a moment everywhere."""


Chosen = TypeVar("Chosen", bound=Select)


class UnreadableError(ToldError):
    """A filter can't be read; the message says what is accepted."""


def read_text(value: str | None) -> str | None:
    """A text of at most 200 characters that a database can hold."""
    plain = (value or "").replace("\x00", "").encode("utf-8", errors="replace").decode()
    return plain.strip()[:200] or None


def read_date(value: str | None) -> date | None:
    """A day such as 2025-03-04; None where none is given. Raises UnreadableError."""
    plain = read_text(value)
    if plain is None:
        return None
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST:
        raise _unreadable(plain, "filter_day")
    return day


def kept_day(value: object) -> date | None:
    """A day as it was kept; None where what stands there is none that is accepted."""
    try:
        return read_date(str(value))
    except UnreadableError:
        return None


def read_percent(value: str | None) -> float | None:
    """A figure of 0 to 100; None where none is given. Raises UnreadableError."""
    plain = read_text(value)
    if plain is None:
        return None
    try:
        number = float(plain)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise _unreadable(plain, "filter_percent")
    return number


def read_choice(value: str | None, accepted: Collection[str], otherwise: str) -> str:
    """One of some words; ``otherwise`` where none is given. Raises UnreadableError."""
    plain = read_text(value) or otherwise
    if plain not in accepted:
        raise _unreadable(plain, "filter_choice", accepted=", ".join(filter(None, accepted)))
    return plain


def read_one(value: str | None, accepted: Collection[str]) -> str | None:
    """One of some words; None where none is given. Raises UnreadableError."""
    return read_choice(value, (*accepted, ""), "") or None


def read_place(value: str | None) -> int | None:
    """The number of a row; None where none is given. Raises UnreadableError."""
    plain = read_text(value)
    if plain is None:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 16):
        raise _unreadable(plain, "filter_row")
    return int(plain)


def after_call(session: Session, query: Chosen, person: Person, call_id: str) -> Chosen:
    """Only calls that come after one that the person sees, the last to come first. Raises UnreadableError."""
    place = session.scalar(select(Call.id).where(Call.call_id == call_id, person.scope()))
    if place is None:
        raise _unreadable(call_id, "filter_call")
    return query.where(Call.id < place)


def _unreadable(plain: str, key: str, **values: object) -> UnreadableError:
    return UnreadableError(key, it=printable(plain)[:40], **values)


def midnight(day: date) -> datetime:
    """When a day begins in the zone that days are counted in."""
    return datetime.combine(day, time(), ZoneInfo(DEFAULT_ZONE))


def of_agent(who: str) -> ColumnElement[bool]:
    """Calls of an agent, by what lists show: the name, or where there is none the id."""
    return or_(Call.agent_id == who, Call.agent_name == who)


def within_dates(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """Calls that started on these days, both included."""
    made: list[ColumnElement[bool]] = []
    if since is not None:
        made.append(Call.started_at >= midnight(since))
    if until is not None:
        made.append(Call.started_at < midnight(until + timedelta(days=1)))
    return made
