"""When calls may be made, as a profile states it: time zone, work days, spans of the day, breaks, holidays."""

from __future__ import annotations

import re
from datetime import time
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, field_validator, model_validator

from pipeline.config import Clock, Day, Frozen

__all__ = ["DEFAULT_ZONE", "CallingHours", "TimeSpan", "zone_name"]

DEFAULT_ZONE = "Asia/Shanghai"  # our default
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_SPAN = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–—~至到]\s*(\d{1,2}):(\d{2})\s*$")
_LONGEST_NIGHT = 12 * 60


def zone_name(value: str) -> str:
    """The name of an IANA time zone, checked."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"a time zone such as Asia/Shanghai or Europe/London is accepted, not {value!r}"
        ) from error
    return value


class TimeSpan(Frozen):
    """Part of a day, ``09:00-12:00``; half-open. One that ends before it starts, ``22:00-06:00``, runs over midnight."""

    start: Clock
    end: Clock

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _SPAN.match(value)
        hours = [int(part) for part in match.groups()] if match else []
        if (
            not hours
            or hours[0] > 23
            or hours[1] > 59
            or hours[2] > 24
            or hours[3] > 59
            or hours[2:] > [24, 0]
        ):
            raise ValueError(f"a span such as 09:00-12:00 is accepted, not {value!r}")
        minutes = 60 * (hours[2] - hours[0]) + hours[3] - hours[1]
        if minutes == 0 or (
            minutes < 0 and minutes % (24 * 60) > _LONGEST_NIGHT
        ):  # else day and night in the wrong order
            raise ValueError(
                f"a span ends after it starts, or lasts up to 12 hours over midnight; {value!r} doesn't"
            )
        end = time.max if hours[2] == 24 else time(hours[2], hours[3])
        return {"start": time(hours[0], hours[1]), "end": end}

    @property
    def over_midnight(self) -> bool:
        """Whether it ends on the day after."""
        return self.end < self.start

    def of_its_day(self, moment: time) -> bool:
        """Whether a moment of the day on which it starts lies in it."""
        return self.start <= moment and (self.over_midnight or moment < self.end)

    def of_next_day(self, moment: time) -> bool:
        """Whether a moment of the day after lies in it."""
        return self.over_midnight and moment < self.end

    def __contains__(self, moment: time) -> bool:
        return self.of_its_day(moment) or self.of_next_day(moment)

    def __str__(self) -> str:
        end = "24:00" if self.end == time.max else f"{self.end:%H:%M}"
        return f"{self.start:%H:%M}-{end}"


class CallingHours(Frozen):
    """When calls may be made. ``holidays`` is a country code (``CN``) or ``CC-SUBDIVISION`` (``GB-ENG``)."""

    time_zone: Annotated[str, AfterValidator(zone_name)] = DEFAULT_ZONE
    holidays: str | None = None
    work_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    spans: tuple[TimeSpan, ...] = ()
    breaks: tuple[TimeSpan, ...] = ()
    closed_days: tuple[Day, ...] = ()
    open_days: tuple[Day, ...] = ()

    @field_validator("holidays")
    @classmethod
    def _country(cls, value: str | None) -> str | None:
        if value is None:
            return None
        supported = _countries()
        country, _, part = value.upper().partition("-")
        if country not in supported:
            raise ValueError(f"a country code such as CN, GB or US is accepted, not {value!r}")
        if part and part not in supported[country]:
            accepted = ", ".join(sorted(supported[country])) or "none"
            raise ValueError(f"{country} has no subdivision {part!r}; accepted: {accepted}")
        return value.upper()


@lru_cache(maxsize=1)
def _countries() -> dict[str, frozenset[str]]:
    import holidays

    return {code: frozenset(parts) for code, parts in holidays.list_supported_countries().items()}
