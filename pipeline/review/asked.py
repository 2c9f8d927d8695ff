"""What may be asked of a call's review, as data: the forms of the pages and the bodies of the API alike."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)
from pydantic_core import PydanticCustomError

from pipeline.review.reading import FIRST, LAST
from pipeline.types import Speaker

KINDS = (
    "company", "department", "name", "purpose", "needs_question", "customer_question", "pitch", "interruption",
    "hard_sell", "pitch_after_refusal", "jargon", "confusion", "restatement", "objection", "refusal", "rude", "impatient",
    "courtesy", "reference", "level_jump", "clipping", "long_silence", "ring", "apology", "off_topic", "benefit",
    "follow_up", "complaint", "do_not_call", "absolute_claim", "notice", "pii",
)  # fmt: skip


def _writable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "a text without the character NUL is accepted")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("halves", "a text without halves of characters is accepted") from None
    return text


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise PydanticCustomError("kind", "one of {kinds} is accepted", {"kinds": ", ".join(KINDS)})
    return kind


def blank_is_none(value: Any) -> Any:
    """A form sends an empty text for what was left out."""
    return None if value == "" else value


def _a_day(day: date) -> date:
    if not FIRST <= day <= LAST:
        raise PydanticCustomError(
            "day_range", "a day from {first} to {last} is accepted", {"first": str(FIRST), "last": str(LAST)}
        )
    return day


Plain = Annotated[str, AfterValidator(_writable)]
Day = Annotated[date, AfterValidator(_a_day)]
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True), AfterValidator(_writable)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_writable)]
Second = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Number = Annotated[int, Field(ge=1, le=2**53)]
Set = Literal["pass", "partial", "fail", "not_applicable", "not_measurable"]
VERDICTS: tuple[str, ...] = get_args(Set)


class _Asked(BaseModel):
    """``rev`` is the state of the review that the person saw; acts that judge are refused where it has moved on."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    rev: Annotated[Count | None, BeforeValidator(blank_is_none)] = None


class RuleOnFinding(_Asked):
    """Confirm or reject a finding."""

    act: Literal["finding"]
    target: Name
    ruling: Literal["confirm", "reject"]
    reason: Annotated[Words | None, BeforeValidator(blank_is_none)] = None


class AddMissed(_Asked):
    """Name something that the machine missed."""

    act: Literal["missed"]
    target: Annotated[Name | None, BeforeValidator(blank_is_none)] = None
    kind: Annotated[Name, AfterValidator(_known_kind)]
    turn: Annotated[Count | None, BeforeValidator(blank_is_none)] = None
    speaker: Speaker = "unknown"
    start_s: Second
    end_s: Second
    quote: Annotated[Words | None, BeforeValidator(blank_is_none)] = None


class SetVerdict(_Asked):
    """Set a criterion's verdict, with the reason."""

    act: Literal["verdict"]
    target: Name
    verdict: Set
    reason: Words
    fatal: bool = False


class Comment(_Asked):
    """Say something about the call, or about a second of it."""

    act: Literal["comment"]
    text: Words
    at_s: Annotated[Second | None, BeforeValidator(blank_is_none)] = None


class Note(_Asked):
    """A coaching note: what was seen, what to do, by when."""

    act: Literal["note"]
    text: Words
    actions: Annotated[Words | None, BeforeValidator(blank_is_none)] = None
    due: Annotated[Day | None, BeforeValidator(blank_is_none)] = None


class MakeAppeal(_Asked):
    """Appeal against the verdict on a criterion."""

    act: Literal["appeal"]
    target: Name
    reason: Words


class RuleOnAppeal(_Asked):
    """Rule on an appeal; one that is upheld brings the verdict that holds from now on."""

    act: Literal["ruling"]
    answers: Number
    decision: Literal["upheld", "denied"]
    verdict: Annotated[Set | None, BeforeValidator(blank_is_none)] = None
    reason: Words
    final: bool = False


class Acknowledge(_Asked):
    """An agent has seen the call's score."""

    act: Literal["acknowledge"]


class Assign(_Asked):
    """Take the review on, or give it to somebody; an empty name gives it back."""

    act: Literal["assign"]
    to: Annotated[Annotated[Plain, Field(max_length=100)] | None, BeforeValidator(blank_is_none)] = None


class SetState(_Asked):
    """Call the review done, or open it again."""

    act: Literal["state"]
    state: Literal["open", "done"]


class Undo(_Asked):
    """Take back something that one did oneself; both stay in the history."""

    act: Literal["undo"]
    answers: Number


Asked = Annotated[
    RuleOnFinding | AddMissed | SetVerdict | Comment | Note | MakeAppeal | RuleOnAppeal | Acknowledge | Assign | SetState
    | Undo,
    Field(discriminator="act"),
]  # fmt: skip
ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)
NEEDS = {
    "finding": "judge", "missed": "judge", "verdict": "judge", "comment": "comment", "note": "coach",
    "appeal": "appeal", "ruling": "rule", "acknowledge": "acknowledge", "assign": "assign", "state": "judge",
    "undo": "comment",
}  # fmt: skip
"""The right that each act needs."""
MUST_SEE = frozenset({"finding", "missed", "verdict", "ruling", "state", "undo"})
"""Acts that are refused where somebody else did something since."""
