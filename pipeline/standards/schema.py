"""A service standard as data: criteria with weights, conditions, wordings and sources, and how they are
summed.

Everything is frozen. What can't be said by the shape alone (names that must exist, rules that go round in
circles, placeholders nobody fills) is checked by `pipeline.standards.library` on loading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipeline.config import Day, Frozen, Number, Whole
from pipeline.config_messages import shown
from pipeline.standards.counted import COUNTED
from pipeline.standards.flagging import Flagging
from pipeline.standards.grammar import Condition
from pipeline.standards.vocabulary import Kind, Label, Name, OutcomeLabel, Text

if TYPE_CHECKING:
    from pipeline.standards.plan import Plan

__all__ = [
    "Applies", "Appraisal", "Band", "Bounds", "Criterion", "Example", "Part", "ReasonText", "Standard", "Unless",
]  # fmt: skip

CriterionId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")]


def _number(value: object) -> object:
    """A weight moves scores, so nothing is guessed: neither true nor text is a number."""
    if isinstance(value, (bool, str)):
        raise ValueError(f"a number from 0 to 1000 is accepted, not {shown(value)}")
    return value


Weight = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1000)]
Judged = Literal["pass", "partial", "fail"]


class ReasonText(Frozen):
    """A reason's code and wording; placeholders such as ``{first_s:.1f}`` are filled in."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    zh: Text
    en: Text


class Unless(Frozen):
    """When a criterion doesn't apply, and what is said then.

    With ``excuse``, a criterion that was met all the same stays met: it only keeps a miss from counting.
    """

    when: Condition
    reason: str | ReasonText
    excuse: bool = False


class Applies(Frozen):
    """``when`` must hold, and none of ``unless``."""

    when: Condition | None = None
    reason: str | ReasonText = "does_not_apply"
    unless: tuple[Unless, ...] = ()


class Example(Frozen):
    """A small call and what the criterion must say of it; see `pipeline.standards.examples`."""

    name: Name
    expect: Literal["pass", "partial", "fail", "not_applicable", "not_measurable", "needs_review"]
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)


class Until(Frozen):
    """Advisory as long as the profile lacks this key."""

    profile: Literal["line_reference_lufs"]


class Criterion(Frozen):
    """One criterion of one call; findings of the kinds in ``shows`` stand with its verdict and decide nothing."""

    id: CriterionId
    section: Name
    article: str = ""
    title: Label
    explain: Label
    source: Text
    weight: Weight
    advisory: bool = False
    advisory_until: Until | None = None
    bonus: bool = False
    words: Label | None = None
    needs: tuple[Name, ...] = ()
    needs_sound: bool = False
    applies: Applies = Applies()
    pass_: Condition = Field(alias="pass")
    partial: Condition | None = None
    fatal: Condition | None = None
    fatal_cap: Annotated[Number, Field(ge=0, le=100)] | None = None
    review: Condition | None = None
    shows: tuple[Kind, ...] | None = None
    reasons: dict[Literal["pass", "partial", "fail", "late", "review"], str | ReasonText]
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Criterion:
        if self.advisory and self.weight:
            raise ValueError("weight 0 is accepted for an advisory criterion")
        if self.bonus and (self.fatal or self.partial or self.advisory):
            raise ValueError("a bonus criterion has no fatal, partial or advisory")
        missing = [
            name
            for name in ("pass", "partial", "fail")
            if name not in self.reasons and not (name == "partial" and self.partial is None)
        ]
        if missing and not self.bonus:
            raise ValueError(f"reasons need {', '.join(missing)}")
        if self.fatal_cap is not None and self.fatal is None:
            raise ValueError("fatal_cap needs fatal")
        return self

    @property
    def conditions(self) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
        """Every condition with the path that it stands under."""
        if self.applies.when is not None:
            yield ("applies", "when"), self.applies.when
        for index, unless in enumerate(self.applies.unless):
            yield ("applies", "unless", index, "when"), unless.when
        yield ("pass",), self.pass_
        for key, condition in (("partial", self.partial), ("fatal", self.fatal), ("review", self.review)):
            if condition is not None:
                yield (key,), condition


class Band(Frozen):
    """A grade from so many percent on."""

    min: Annotated[Number, Field(ge=0, le=100)]
    zh: Name
    en: Name


class Bounds(Frozen):
    """How verdicts become a percentage."""

    gate: Annotated[Number, Field(ge=0, le=1)] = 0.6
    min_coverage: Annotated[Number, Field(ge=0, le=1)] = 0.5
    bonus_cap: Annotated[Number, Field(ge=0, le=100)] = 5.0
    fatal_cap: Annotated[Number, Field(ge=0, le=100)] = 0.0


class Part(Frozen):
    """One part of an appraisal, worth 0 to 100, with its weight.

    ``call_quality`` is the mean score; ``targets`` the mean share of the targets that was reached; ``follow_up`` the share
    of follow-ups that are done; ``fatal`` is 100 less ``deduct`` for each fatal failure; ``coaching`` the share of coaching
    that was done; ``criteria`` the share of points in some of the criteria.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    measure: Literal["call_quality", "targets", "follow_up", "fatal", "coaching", "criteria"]
    title: Label
    weight: Weight
    deduct: Annotated[Number, Field(gt=0, le=100)] = 20.0
    criteria: tuple[CriterionId, ...] = ()
    source: Text = "our default"

    @model_validator(mode="after")
    def _named(self) -> Part:
        if (self.measure == "criteria") != bool(self.criteria):
            raise ValueError("criteria are named for the measure `criteria`, and for no other")
        return self


class Appraisal(Frozen):
    """How a month or a year is appraised (articles 12, 13); ``min_calls`` averaged calls for a rank or a grade."""

    min_calls: Annotated[Whole, Field(ge=1, le=100_000)] = 20
    parts: tuple[Part, ...] = ()


class Standard(Frozen):
    """A version of a standard. Without ``flagging`` calls are flagged as the standard that ships says."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){0,3}([-+][A-Za-z0-9.]+)?$")]
    effective_from: Day
    status: Literal["draft", "approved", "published", "retired"] = "draft"
    author: Name
    approver: Name | None = None
    title: Label
    source: Text = "our default"
    scoring: Bounds = Bounds()
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    no_connect: tuple[OutcomeLabel, ...] = ("no_conversation", "voicemail")
    sections: dict[Name, Label]
    reasons: dict[Name, Label] = Field(default_factory=dict)
    rules: dict[Name, Condition] = Field(default_factory=dict)
    appraisal: Appraisal = Appraisal()
    flagging: Flagging | None = None
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=500)]

    @field_validator("bands")
    @classmethod
    def _falling(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        least = [band.min for band in bands]
        if least != sorted(set(least), reverse=True) or least[-1] != 0:
            raise ValueError("bands are given from the highest min down, each once, the last with min: 0")
        return bands

    @model_validator(mode="after")
    def _signed(self) -> Standard:
        if self.approver is not None and self.approver == self.author:
            raise ValueError("approver must be somebody other than the author")
        if self.status in ("approved", "published") and self.approver is None:
            raise ValueError(f"a standard that is {self.status} needs an approver")
        return self

    def __copy__(self) -> Self:
        return _bare(super().__copy__())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return _bare(super().__deepcopy__(memo))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values, whose text and digest are its own."""
        return _bare(super().model_copy(update=update, deep=deep))

    def __getstate__(self) -> dict[Any, Any]:
        state = dict(super().__getstate__())
        # the plan knows conditions by identity, which another process or a copy doesn't share
        state["__dict__"] = {key: value for key, value in state["__dict__"].items() if key not in _DERIVED}
        return state

    @cached_property
    def text(self) -> str:
        """All of it as JSON."""
        return json.dumps(self.model_dump(mode="json", by_alias=True, exclude_none=True), ensure_ascii=False)

    @cached_property
    def sha256(self) -> str:
        """Digest of its text: what a score's provenance knows it by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def by_id(self) -> dict[str, Criterion]:
        """Criteria by id."""
        return {criterion.id: criterion for criterion in self.criteria}

    @cached_property
    def plan(self) -> Plan:
        """What each criterion reads, worked out once."""
        from pipeline.standards.plan import plan

        return plan(self)

    @cached_property
    def homes(self) -> dict[str, str]:
        """The first criterion that reads, counts or shows each kind of finding."""
        homes: dict[str, str] = {}
        for criterion in self.criteria:
            needs = self.plan.judging[criterion.id]
            counted = {COUNTED[name] for name in needs.measures & COUNTED.keys()}
            for kind in needs.kinds | counted | set(criterion.shows or ()):
                homes.setdefault(kind, criterion.id)
        return homes

    def grade(self, percent: float) -> Band:
        """The band that a percentage falls into."""
        return next(band for band in self.bands if percent >= band.min)

    def reason(self, reason: str | ReasonText) -> ReasonText:
        """A reason given in place, or looked up by its name."""
        if isinstance(reason, ReasonText):
            return reason
        wording = self.reasons[reason]
        return ReasonText(code=reason, zh=wording.zh, en=wording.en)


_DERIVED = ("plan", "by_id", "homes", "text", "sha256")


def _bare(standard: Standard) -> Any:
    """Without what was worked out from the one it was copied from."""
    for name in _DERIVED:
        standard.__dict__.pop(name, None)
    return standard
