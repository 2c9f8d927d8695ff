"""A day, a month or a year, in a time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError

Kind = Literal["day", "month", "year"]
_FORM = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` to before ``end``; ``text`` as people write it (``2025``, ``2025-03``, ``2025-03-04``)."""

    kind: Kind
    start: date
    end: date

    @property
    def text(self) -> str:
        """The period as it is asked for."""
        return self.start.isoformat()[: {"year": 4, "month": 7, "day": 10}[self.kind]]

    @property
    def last(self) -> date:
        """The last day in it."""
        return self.end - timedelta(days=1)

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """First moment of the period and of what follows it, in a zone."""
        first, last = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (self.start, self.end))
        return first, last

    @property
    def before(self) -> Period:
        """The period of the same kind before this one."""
        return _period(self.kind, self.start - timedelta(days=1))

    def run_up(self, count: int = 6) -> tuple[Period, ...]:
        """This period and those before it, ``count`` in all, the oldest first."""
        found = [self]
        while len(found) < count and found[0].start.year > 2:
            found.insert(0, found[0].before)
        return tuple(found)


def parse_period(text: str) -> Period:
    """A period as the command line gives it.

    Raises
    ------
    ConfigError
        It is none of the three forms, or no day of the calendar.

    Examples
    --------
    >>> parse_period("2025-02").end
    datetime.date(2025, 3, 1)
    >>> parse_period("2025-01-01").before.text
    '2024-12-31'
    """
    match = _FORM.match(text)
    try:
        if match is None or match[1] in ("0000", "9999"):
            raise ValueError(text)
        kind: Kind = "day" if match[3] else "month" if match[2] else "year"
        return _period(kind, date(int(match[1]), int(match[2] or 1), int(match[3] or 1)))
    except ValueError as error:
        accepted = "a year (2025), a month (2025-03) or a day (2025-03-04) is accepted"
        raise ConfigError([f"--period: {text} → {accepted}"]) from error


def _period(kind: Kind, day: date) -> Period:
    if kind == "day":
        return Period(kind, day, day + timedelta(days=1))
    if kind == "month":
        start = day.replace(day=1)
        return Period(kind, start, (start + timedelta(days=31)).replace(day=1))
    return Period(kind, date(day.year, 1, 1), date(day.year + 1, 1, 1))
