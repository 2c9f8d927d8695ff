"""The words that rules are made of: kinds of finding, outcomes, sides, labels, and places in a call."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from pipeline.analysis.detect import added_kinds
from pipeline.config import Frozen, Number, Whole
from pipeline.kinds import KINDS, OUTCOMES, near
from pipeline.standards.patterns import compile_pattern

__all__ = [
    "KINDS",
    "OUTCOMES",
    "Anchor",
    "Around",
    "Band",
    "Few",
    "Kind",
    "Label",
    "Name",
    "Near",
    "OutcomeLabel",
    "Side",
    "Text",
    "Where",
    "Wording",
    "listed",
    "unquoted",
]

OutcomeLabel = Literal[OUTCOMES]  # type: ignore[valid-type]
Side = Literal["agent", "customer", "either"]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
SAME_MEANING = 0.75
"""Least cosine similarity of a sentence that means the same, unless a rule says otherwise (our default)."""
Few = Annotated[tuple[Text, ...], Field(min_length=1, max_length=2000)]


def known_kind(value: str) -> str:
    """A kind of finding: one of ours, or one that an installed detector declares."""
    if value in KINDS or value in added_kinds():
        return value
    known = (*KINDS, *sorted(added_kinds()))
    raise ValueError(f"one of {', '.join(known)} is accepted, not {value!r}{near(value, known)}")


Kind = Annotated[str, AfterValidator(known_kind)]


def listed(value: Any) -> Any:
    """A single value counts as a list of one."""
    return value if isinstance(value, (list, tuple)) else [value]


_QUOTED = re.compile(r"\s*(?:[-+]?[\d.]|(?:yes|no|on|off|true|false)\s*$)", re.IGNORECASE)


def unquoted(value: Any) -> Any:
    """What a figure is held against: text that means a number or a truth is refused, since no figure is that text."""
    if isinstance(value, str) and _QUOTED.match(value):
        raise ValueError(f"a number, true, false or another word is accepted, not {value!r}")
    return value


class Label(Frozen):
    """A wording in both languages; may hold placeholders such as ``{count}``."""

    zh: Text
    en: Text


class Anchor(Frozen):
    """A hit that a place is counted from: the nth finding of a kind, or of a rule or criterion."""

    hear: tuple[Kind, ...] | None = None
    rule: Name | None = None
    by: Side = Field("either", alias="from")
    detail: dict[Name, Any] = Field(default_factory=dict)
    nth: Annotated[Whole, Field(ge=1, le=100)] = 1

    _list = field_validator("hear", mode="before")(lambda value: None if value is None else listed(value))

    @model_validator(mode="after")
    def _one(self) -> Anchor:
        if (self.hear is None) == (self.rule is None):
            raise ValueError("exactly one of hear, rule is accepted")
        return self


class Around(Anchor):
    """So many turns to either side of a hit."""

    turns: Annotated[Whole, Field(ge=0, le=100)] = 2


class Where(Frozen):
    """Where something counts. All that is given must hold.

    ``seconds`` [from, to) since ``since``; ``turns`` and ``agent_turns`` [first, last] counted from 1;
    ``share`` [from, to) of the call, 0 to 1; ``before``, ``after`` and ``around`` a hit. Where the hit of
    ``before``, ``after`` or ``around`` is absent, ``if_absent`` says whether the whole call counts
    (``whole``) or none of it (``none``).
    """

    seconds: tuple[Number, Number] | None = None
    since: Literal["start", "first_word", "agent_first_word"] = "agent_first_word"
    turns: tuple[Whole, Whole] | None = None
    agent_turns: tuple[Whole, Whole] | None = None
    share: tuple[Number, Number] | None = None
    before: Anchor | None = None
    after: Anchor | None = None
    around: Around | None = None
    if_absent: Literal["whole", "none"] = "none"

    @field_validator("seconds", "turns", "agent_turns", "share")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not 0 <= value[0] <= value[1]:
            raise ValueError(f"[from, to] with 0 ≤ from ≤ to is accepted, not [{value[0]:g}, {value[1]:g}]")
        return value

    @field_validator("turns", "agent_turns")
    @classmethod
    def _from_one(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and value[0] < 1:
            raise ValueError(f"[first, last] counted from 1 is accepted, not [{value[0]}, {value[1]}]")
        return value

    @field_validator("share")
    @classmethod
    def _of_one(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[1] > 1:
            raise ValueError(f"[from, to] of the call, 0 to 1, is accepted, not [{value[0]:g}, {value[1]:g}]")
        return value

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The hits that this place is counted from."""
        return tuple(anchor for anchor in (self.before, self.after, self.around) if anchor)


class Wording(Frozen):
    """What is said: terms, a pattern, or sentences that mean the same (needs the sentence encoder)."""

    terms: Few | None = None
    pattern: Annotated[str, Field(min_length=1)] | None = None
    meaning: Few | None = None
    similarity: Annotated[Number, Field(gt=0, le=1)] | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            compile_pattern(value)
        return value

    @field_validator("terms", "meaning")
    @classmethod
    def _worded(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is not None and not all(text.strip() for text in value):
            raise ValueError("text that isn't blank is accepted in each")
        return value

    @model_validator(mode="after")
    def _something(self) -> Wording:
        if self.terms is None and self.pattern is None and self.meaning is None:
            raise ValueError("at least one of terms, pattern, meaning is required")
        # a standard that a store kept may name the default beside terms
        if self.meaning is None and self.similarity not in (None, SAME_MEANING):
            raise ValueError("similarity needs meaning: it says how near a sentence must come to it")
        return self

    @property
    def least_similarity(self) -> float:
        """How near a sentence must come to ``meaning``, 0 to 1."""
        return SAME_MEANING if self.similarity is None else self.similarity


class Band(Frozen):
    """Bounds of a measure."""

    min: Number | None = None
    max: Number | None = None


class Near(Frozen):
    """A value to be near: a key of the profile, or a number where the profile has none."""

    profile: Literal["line_reference_lufs"]
    default: Number
