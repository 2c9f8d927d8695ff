"""What is asked of a round of calibration, by a form or in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.review.asked import Name, Set, Words
from pipeline.review.calibration import MOST_CALLS, MOST_CRITERIA, MOST_PEOPLE, Given
from pipeline.review.saying import MistakeError

CallId = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]


class NewRound(BaseModel):
    """A new round; without ``criteria`` every one that all its calls are judged by."""

    model_config = ConfigDict(frozen=True)
    name: Name
    calls: Annotated[tuple[CallId, ...], Field(min_length=1, max_length=MOST_CALLS)]
    people: Annotated[tuple[Name, ...], Field(min_length=2, max_length=MOST_PEOPLE)]
    criteria: Annotated[tuple[Name, ...], Field(max_length=MOST_CRITERIA)] = ()


class OneVerdict(BaseModel):
    """A verdict on one criterion."""

    model_config = ConfigDict(frozen=True)
    criterion: Name
    verdict: Set
    reason: Annotated[Words | None, BeforeValidator(lambda value: value or None)] = None


class Verdicts(BaseModel):
    """Verdicts on one call of a round; those that are not named stay as they were."""

    model_config = ConfigDict(frozen=True)
    verdicts: Annotated[tuple[OneVerdict, ...], Field(min_length=1, max_length=MOST_CRITERIA)]

    @property
    def given(self) -> dict[str, Given]:
        """By criterion."""
        return {each.criterion: Given(each.verdict, each.reason) for each in self.verdicts}


def new_round(form: Mapping[str, str]) -> NewRound:
    """A round from a form: names one a line. Raises MistakeError."""
    lines = {
        key: tuple(filter(None, (line.strip() for line in form.get(key, "").splitlines())))
        for key in ("calls", "people", "criteria")
    }
    try:
        return NewRound(name=form.get("name", "").strip(), **lines)
    except ValidationError as error:
        raise MistakeError(error) from error


def form_verdicts(form: Mapping[str, str]) -> dict[str, Given]:
    """Verdicts from a form: ``v:CRITERION`` and ``r:CRITERION``. Raises MistakeError."""
    chosen = [
        {"criterion": key[2:], "verdict": value, "reason": form.get(f"r:{key[2:]}", "").strip()}
        for key, value in form.items()
        if key.startswith("v:") and value
    ]
    try:
        return Verdicts.model_validate({"verdicts": chosen}).given
    except ValidationError as error:
        raise MistakeError(error) from error
