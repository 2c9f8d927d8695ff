"""What a condition answers: true, false or not measurable, with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.intervals import Span
from pipeline.standards.vocabulary import Label
from pipeline.types import Finding, Reason

__all__ = ["Judged", "joined"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer.

    Attributes
    ----------
    value
        None when not measurable; ``why`` says why.
    hits, near
        Findings that count, and those that only miss the place or the detail asked.
    shaky
        The answer rests on hearing nothing in speech that was heard badly.
    values
        Numbers for the reason's wording.
    lacking
        Labels, with their numbers, of the parts that don't hold.
    searched
        Stretch of time that was searched.
    """

    value: bool | None
    hits: tuple[Finding, ...] = ()
    near: tuple[Finding, ...] = ()
    shaky: bool = False
    why: tuple[Reason, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    lacking: tuple[tuple[Label, Mapping[str, Any]], ...] = ()
    searched: Span | None = None

    def named(self, label: Label | None) -> Judged:
        """With the label among what lacks, where it doesn't hold."""
        if label is None or self.value is not False:
            return self
        return replace(self, lacking=((label, self.values),))


def joined(parts: Iterable[Judged], *, least: int) -> Judged:
    """At least so many of the parts hold.

    The answer is shaky when it would not stand without its shaky parts: true needs ``least`` firm ones,
    false needs enough firm ones that don't hold.
    """
    answers = tuple(parts)
    true = [answer for answer in answers if answer.value is True]
    false = [answer for answer in answers if answer.value is False]
    if len(true) >= least:
        value: bool | None = True
        shaky = sum(not answer.shaky for answer in true) < least
    elif len(answers) - len(false) < least:
        value = False
        shaky = len(answers) - sum(not answer.shaky for answer in false) >= least
    else:
        value, shaky = None, False
    values: dict[str, Any] = {}
    for answer in answers:
        for key, number in answer.values.items():
            values.setdefault(key, number)
    return Judged(
        value=value,
        hits=_once(finding for answer in answers for finding in answer.hits),
        near=_once(finding for answer in answers for finding in answer.near),
        shaky=shaky,
        why=tuple(dict.fromkeys(why for answer in answers if answer.value is None for why in answer.why)),
        values=values,
        lacking=tuple(part for answer in answers if answer.value is False for part in answer.lacking),
        searched=next((answer.searched for answer in answers if answer.searched is not None), None),
    )


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({id(finding): finding for finding in findings}.values())
