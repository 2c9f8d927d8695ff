"""Whom a person should hear, as a standard's YAML says: rules on one call, and a random sample. Pure.

A rule rests on the call's score and on what is known of its agent from earlier days. The sample is drawn by digests, so
that whoever draws it again from the same calls gets the same ones.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.config import Frozen, Number, Whole
from pipeline.standards.vocabulary import Kind, Label, Text
from pipeline.standards.wording import fill

__all__ = [
    "SAMPLE",
    "FlagRule",
    "Flagged",
    "Flagging",
    "Heard",
    "Past",
    "Sample",
    "Seen",
    "drawn",
    "flags_of",
    "wording",
]

FlagKind = Literal["fatal", "low", "doubtful", "finding", "outlier", "new_agent"]
SAMPLE = "sample"
"""Kind and rule of the flags that the sample gives."""
_NEEDS: Mapping[str, frozenset[str]] = {
    "fatal": frozenset(),
    "low": frozenset({"below"}),
    "doubtful": frozenset(),
    "finding": frozenset({"findings"}),
    "outlier": frozenset({"spreads", "days", "calls"}),
    "new_agent": frozenset({"calls"}),
}
_MAY: Mapping[str, frozenset[str]] = {"finding": frozenset({"from_"})}


class FlagRule(Frozen):
    """One reason to hear a call.

    ``fatal``: a fatal criterion failed. ``low``: a percentage below ``below``. ``doubtful``: a verdict needs review.
    ``finding``: one of ``findings`` was heard surely. ``outlier``: further than ``spreads`` standard deviations from the
    agent's own mean of the ``days`` before, of at least ``calls`` calls. ``new_agent``: among the agent's first ``calls``.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: FlagKind
    title: Label
    reason: Label
    source: Text = "our default"
    below: Annotated[Number, Field(gt=0, le=100)] | None = None
    findings: tuple[Kind, ...] | None = None
    from_: Literal["agent", "customer"] | None = Field(default=None, alias="from")
    spreads: Annotated[Number, Field(gt=0, le=10)] | None = None
    days: Annotated[Whole, Field(ge=1, le=3660)] | None = None
    calls: Annotated[Whole, Field(ge=2, le=100_000)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> FlagRule:
        names = ("below", "findings", "from_", "spreads", "days", "calls")
        given = {name for name in names if getattr(self, name) is not None}
        needed = _NEEDS[self.kind]
        if lacking := sorted(needed - given):
            raise ValueError(f"{self.kind} needs {', '.join(lacking)}")
        if extra := sorted(given - needed - _MAY.get(self.kind, frozenset())):
            raise ValueError(f"{self.kind} takes no {', '.join(name.rstrip('_') for name in extra)}")
        return self


class Sample(Frozen):
    """So many connected calls of each agent and month, drawn by chance; another ``seed`` draws others."""

    calls: Annotated[Whole, Field(ge=1, le=1000)]
    seed: Annotated[str, Field(min_length=1, max_length=200)] = "callgauge"
    title: Label
    reason: Label
    source: Text = "our default"


class Flagging(Frozen):
    """The standard's rules, and its sample."""

    rules: tuple[FlagRule, ...] = ()
    sample: Sample | None = None

    @model_validator(mode="after")
    def _once(self) -> Flagging:
        names = [rule.id for rule in self.rules]
        if twice := sorted({name for name in (*names, SAMPLE) if (*names, SAMPLE).count(name) > 1}):
            raise ValueError(
                f"each rule's id once, and none is called {SAMPLE!r}; given twice: {', '.join(twice)}"
            )
        return self


@dataclass(frozen=True, slots=True)
class Heard:
    """One finding as a rule needs it."""

    kind: str
    speaker: str
    confidence: float
    quote: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One call's score. ``number``: which of the agent's averaged calls it is, the first is 1; None if it is none."""

    percent: float | None
    needs_review: bool
    fatal: Sequence[str] = ()
    findings: Sequence[Heard] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An agent's averaged calls of the days before: how many, their mean and standard deviation."""

    count: int = 0
    mean: float | None = None
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Flagged:
    """One reason to hear a call; ``values`` fill the rule's wording."""

    rule: str
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


def flags_of(flagging: Flagging, seen: Seen, past: Mapping[int, Past], *, gate: float) -> tuple[Flagged, ...]:
    """The rules that a call comes under.

    Parameters
    ----------
    past
        For each number of days that an outlier rule looks back.
    gate
        Findings below this confidence flag nothing.
    """
    found = []
    for rule in flagging.rules:
        values = _MEETS[rule.kind](rule, seen, past.get(rule.days or 0, Past()), gate)
        if values is not None:
            found.append(Flagged(rule.id, rule.kind, values))
    return tuple(found)


def drawn(sample: Sample, agent_id: str, month: str, call_ids: Sequence[str]) -> frozenset[str]:
    """The sample of an agent's month: the calls whose digest with the seed comes first."""

    def lot(call_id: str) -> str:
        return hashlib.sha256("\x1f".join((sample.seed, agent_id, month, call_id)).encode()).hexdigest()

    return frozenset(sorted(set(call_ids), key=lot)[: sample.calls])


def wording(flagging: Flagging, rule: str, values: Mapping[str, Any]) -> Label | None:
    """Why a call was flagged, in both languages; None where the standard has no such rule."""
    named: dict[str, FlagRule | Sample] = {each.id: each for each in flagging.rules}
    if flagging.sample is not None:
        named[SAMPLE] = flagging.sample
    if rule not in named:
        return None
    reason = named[rule].reason
    return Label(zh=fill(reason.zh, values, "zh"), en=fill(reason.en, values, "en"))


_Values = dict[str, Any] | None


def _fatal(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    return {"details": ", ".join(seen.fatal)} if seen.fatal else None


def _low(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    below = rule.below or 0.0
    return (
        {"value": seen.percent, "low": below} if seen.percent is not None and seen.percent < below else None
    )


def _doubtful(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    return {} if seen.needs_review else None


def _finding(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    hits = [
        each
        for each in seen.findings
        if each.kind in (rule.findings or ())
        and each.confidence >= gate
        and rule.from_ in (None, each.speaker)
    ]
    return {"count": len(hits), "quote": hits[0].quote} if hits else None


def _outlier(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    if seen.percent is None or past.mean is None or not past.spread or past.count < (rule.calls or 0):
        return None
    half = (rule.spreads or math.inf) * past.spread
    if abs(seen.percent - past.mean) <= half:
        return None
    low, high = max(0.0, past.mean - half), min(100.0, past.mean + half)
    return {"value": seen.percent, "low": round(low, 1), "high": round(high, 1), "total": past.count}


def _new_agent(rule: FlagRule, seen: Seen, past: Past, gate: float) -> _Values:
    most = rule.calls or 0
    return {"count": seen.number, "total": most} if seen.number is not None and seen.number <= most else None


_MEETS = {
    "fatal": _fatal, "low": _low, "doubtful": _doubtful, "finding": _finding, "outlier": _outlier,
    "new_agent": _new_agent,
}  # fmt: skip
