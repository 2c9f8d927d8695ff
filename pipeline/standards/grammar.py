"""The rule grammar: a small closed set of conditions that a criterion in YAML is made of.

Each condition is a mapping with exactly one head key: ``hear``, ``say``, ``share``, ``order``, ``measure``,
``outcome``, ``record``, ``ends_within_s``, ``check``, ``rule``, or a joint: ``all``, ``any``, ``not``, ``some``.
docs/rules.md explains each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, Tag, field_validator, model_validator

from pipeline.config import Frozen, Number, Whole
from pipeline.standards.vocabulary import (
    Anchor,
    Band,
    Kind,
    Label,
    Name,
    Near,
    OutcomeLabel,
    Side,
    Where,
    Wording,
    listed,
    unquoted,
)

__all__ = [
    "All", "Any_", "Check", "Condition", "Ends", "Hear", "Measured", "Not", "Order", "OutcomeIs",
    "RecordIs", "Rule", "Say", "Share", "Some", "walk", "walked",
]  # fmt: skip


class _Leaf(Frozen):
    """What all may carry: a ``label`` of what lacks; ``optional``: left out of its group when not measurable."""

    label: Label | None = None
    optional: bool = False


class _Counted(_Leaf):
    min: Annotated[Number, Field(ge=0)] | None = None
    max: Annotated[Number, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> _Counted:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min ({self.min:g}) is above max ({self.max:g})")
        return self


class Hear(_Counted):
    """Count findings: kinds, whose, with which detail, where; at least one unless min or max are given.

    With ``per``, the count is divided by the number of those findings.
    """

    hear: Annotated[tuple[Kind, ...], Field(min_length=1)]
    by: Side = Field("either", alias="from")
    detail: dict[Name, Any] = Field(default_factory=dict)
    where: Where | None = None
    per: Anchor | None = None

    _list = field_validator("hear", mode="before")(listed)


class Say(_Counted):
    """Count wordings in the transcript; each hit becomes a finding.

    With ``as`` it is one of that kind for every criterion; without, only this condition counts it. ``denied``: see `faults`.
    """

    say: Wording
    kind: Kind | None = Field(None, alias="as")
    by: Side = Field("either", alias="from")
    where: Where | None = None
    denied: Literal["count", "skip"] | None = None


class Of(Frozen):
    """Findings of which a share is wanted, and the detail that those must have which count."""

    of: Annotated[tuple[Kind, ...], Field(min_length=1)]
    by: Side = Field("either", alias="from")
    detail: dict[Name, Any] = Field(default_factory=dict)
    having: Annotated[dict[Name, Any], Field(min_length=1)]
    where: Where | None = None

    _list = field_validator("of", mode="before")(listed)


class Share(_Counted):
    """Ratio, 0 to 1: findings with a detail among all findings of that kind."""

    share: Of

    @field_validator("min", "max")
    @classmethod
    def _of_one(cls, value: float | None) -> float | None:
        if value is not None and value > 1:
            raise ValueError(f"a share from 0 to 1 is accepted, not {value:g}")
        return value


class Order(_Leaf):
    """The first hits of these conditions come in this order; all must be there."""

    order: Annotated[tuple[Condition, ...], Field(min_length=2, max_length=20)]

    @field_validator("order")
    @classmethod
    def _hits(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        if not all(isinstance(part, (Hear, Say)) for part in value):
            raise ValueError("only hear and say are accepted inside order")
        return value


class Measured(_Leaf):
    """Compare a measure: ``min``, ``max``, ``above``, ``below``, ``is``, ``near`` with ``within``, or
    ``by_language``.

    ``size: true`` compares without the sign. ``known`` asks only whether there is a value.
    """

    measure: Name
    min: Number | None = None
    max: Number | None = None
    above: Number | None = None
    below: Number | None = None
    is_: Annotated[StrictBool | Number | str | None, Field(alias="is", union_mode="left_to_right")] = None
    near: Near | None = None
    within: Annotated[Number, Field(ge=0)] | None = None
    size: bool = False
    by_language: dict[Literal["zh", "en"], Band] | None = None
    known: bool | None = None

    _plain = field_validator("is_", mode="before")(unquoted)

    @model_validator(mode="after")
    def _something(self) -> Measured:
        limits = (self.min, self.max, self.above, self.below)
        bounds = (*limits, self.is_, self.near, self.by_language, self.known)
        if all(bound is None for bound in bounds):
            raise ValueError(
                "at least one of min, max, above, below, is, near, by_language, known is required"
            )
        if (self.near is None) != (self.within is None):
            raise ValueError("near and within go together")
        return self


class OutcomeIs(_Leaf):
    """How the call ended."""

    outcome: Annotated[tuple[OutcomeLabel, ...], Field(min_length=1)]
    _list = field_validator("outcome", mode="before")(listed)


class RecordIs(_Leaf):
    """A field of the call list: ``is`` one of these, or ``known``. What is absent is not measurable."""

    record: Name
    is_: tuple[Name, ...] | None = Field(None, alias="is")
    known: bool | None = None

    _list = field_validator("is_", mode="before")(lambda value: None if value is None else listed(value))

    @model_validator(mode="after")
    def _one(self) -> RecordIs:
        if (self.is_ is None) == (self.known is None):
            raise ValueError("exactly one of is, known is required")
        return self


class Ends(_Leaf):
    """The talk is over within so many seconds of its start."""

    ends_within_s: Annotated[Number, Field(gt=0)]
    since: Literal["start", "first_word", "agent_first_word"] = "agent_first_word"


class Check(_Leaf):
    """A check written in Python, from ``callgauge.checks``: true when it answers one of ``is``."""

    check: Name
    is_: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(alias="is")
    settings: dict[str, Any] = Field(default_factory=dict, alias="with")

    _list = field_validator("is_", mode="before")(listed)


class Rule(_Leaf):
    """A condition named in ``rules`` of the standard."""

    rule: Name


class All(_Leaf):
    """Every one holds."""

    all_: Annotated[tuple[Condition, ...], Field(min_length=1)] = Field(alias="all")


class Any_(_Leaf):  # noqa: N801 - the head key is any, the name is taken
    """One holds or more."""

    any_: Annotated[tuple[Condition, ...], Field(min_length=1)] = Field(alias="any")


class Not(_Leaf):
    """It doesn't hold."""

    not_: Condition = Field(alias="not")


class Some(_Leaf):
    """At least so many of these hold."""

    some: Annotated[Whole, Field(ge=1)]
    of: Annotated[tuple[Condition, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _enough(self) -> Some:
        if self.some > len(self.of):
            raise ValueError(
                f"some: up to {len(self.of)}, as many as stand under of, is accepted, not {self.some}"
            )
        return self


_MODELS: dict[str, type[_Leaf]] = {
    "hear": Hear, "say": Say, "share": Share, "order": Order, "measure": Measured, "outcome": OutcomeIs,
    "record": RecordIs, "ends_within_s": Ends, "check": Check, "rule": Rule, "all": All, "any": Any_,
    "not": Not,
    "some": Some,
}  # fmt: skip


def _head(value: Any) -> str | None:
    if isinstance(value, _Leaf):
        return next(head for head, model in _MODELS.items() if type(value) is model)
    heads = [key for key in _MODELS if isinstance(value, dict) and key in value]
    return heads[0] if len(heads) == 1 else None


Condition = Annotated[
    Annotated[Hear, Tag("hear")]
    | Annotated[Say, Tag("say")]
    | Annotated[Share, Tag("share")]
    | Annotated[Order, Tag("order")]
    | Annotated[Measured, Tag("measure")]
    | Annotated[OutcomeIs, Tag("outcome")]
    | Annotated[RecordIs, Tag("record")]
    | Annotated[Ends, Tag("ends_within_s")]
    | Annotated[Check, Tag("check")]
    | Annotated[Rule, Tag("rule")]
    | Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Some, Tag("some")],
    Discriminator(
        _head,
        custom_error_type="condition",
        custom_error_message=f"a condition with exactly one of these keys is accepted: {', '.join(_MODELS)}",
    ),
]

for _model in (Order, All, Any_, Not, Some):
    _model.model_rebuild()


def walk(condition: Condition | None) -> Iterator[Condition]:
    """A condition and all conditions within it, without following ``rule``."""
    for _path, part in walked(condition):
        yield part


def walked(
    condition: Condition | None, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    """As `walk`, each with the path that it stands under."""
    if condition is None:
        return
    yield path, condition
    if isinstance(condition, Not):
        yield from walked(condition.not_, (*path, "not"))
    for key, inner in _LISTS.get(type(condition), ()):
        for index, part in enumerate(getattr(condition, inner)):
            yield from walked(part, (*path, key, index))


_LISTS = {All: [("all", "all_")], Any_: [("any", "any_")], Some: [("of", "of")], Order: [("order", "order")]}
