"""What a supervisor expects of an agent (article 9.1): a day's goal, and goals of whole periods."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pipeline.config import Frozen

__all__ = ["Goal", "Target"]


class Goal(Frozen):
    """Calls, connects, interested customers, and the mean score; what is left out is not expected."""

    calls: Annotated[int, Field(ge=0)] | None = None
    connects: Annotated[int, Field(ge=0)] | None = None
    interested: Annotated[int, Field(ge=0)] | None = None
    score: Annotated[float, Field(ge=0, le=100)] | None = None


def _texts(value: Any) -> Any:
    """YAML reads the keys 2025 and 2025-03-04 as a number and a date."""
    return {str(key): goal for key, goal in value.items()} if isinstance(value, dict) else value


PeriodText = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]


class Target(Goal):
    """A day's goal; ``periods`` holds goals of a whole day, month or year (``2025-03``), which go before it."""

    periods: Annotated[dict[PeriodText, Goal], BeforeValidator(_texts)] = Field(default_factory=dict)
