"""What a supervisor expects of an agent (article 9.1): a day's goal, and goals of whole periods."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from pipeline.config import Frozen, Number, Whole

__all__ = ["Goal", "Target"]


class Goal(Frozen):
    """Calls, connects, interested customers, and the mean score; what is left out is not expected."""

    calls: Annotated[Whole, Field(ge=0)] | None = None
    connects: Annotated[Whole, Field(ge=0)] | None = None
    interested: Annotated[Whole, Field(ge=0)] | None = None
    score: Annotated[Number, Field(ge=0, le=100)] | None = None


def _texts(value: Any) -> Any:
    """YAML reads the keys 2025 and 2025-03-04 as a number and a date."""
    return {str(key): goal for key, goal in value.items()} if isinstance(value, dict) else value


def _period(text: str) -> str:
    """A day, a month or a year of the calendar."""
    try:
        if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
            raise ValueError
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        told = f"a year, a month or a day such as 2025, 2025-03 or 2025-03-04 is accepted, not {text[:60]!r}"
        raise ValueError(told) from None
    return text


PeriodText = Annotated[str, AfterValidator(_period)]


class Target(Goal):
    """A day's goal; ``periods`` holds goals of a whole day, month or year (``2025-03``), which go before it."""

    periods: Annotated[dict[PeriodText, Goal], BeforeValidator(_texts)] = Field(default_factory=dict)
