"""What an appraisal is composed of (articles 12, 13), as the standard's YAML says. Pure.

A part is worth 0 to 100, or nothing can be said of it: then it leaves the sum, as in a call's score. Everything that a
part reads is handed over, so that it can be worked out again from what was frozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.reports.follow_ups import State
from pipeline.reports.scorecard_targets import Reached
from pipeline.standards.schema import Part, Standard
from pipeline.store.appraisal_query import Points
from pipeline.store.card_query import NO_CONNECT, CallFact

DUE: frozenset[State] = frozenset({"overdue", "done", "called_again"})
KEPT: frozenset[State] = frozenset({"done", "called_again"})


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an appraisal rests on. ``follow_ups``: call id to state; ``coaching``: coached call to whether it is done."""

    facts: Sequence[CallFact]
    points: Sequence[Points]
    targets: Sequence[Reached]
    follow_ups: Mapping[str, State]
    coaching: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worth:
    """One part's value from 0 to 100, or None with the reason's code; ``calls`` are those that it rests on."""

    part: str
    measure: str
    weight: float
    value: float | None
    reason: str | None
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The whole: percent and grade, or None with the reason's code."""

    percent: float | None
    grade: str | None
    reason: str | None
    parts: tuple[Worth, ...]


def averaged(facts: Sequence[CallFact]) -> list[CallFact]:
    """Calls that reached somebody and have a percentage."""
    return [fact for fact in facts if fact.outcome not in NO_CONNECT and fact.percent is not None]


def compose(standard: Standard, inputs: Inputs) -> Total:
    """Work out every part and the whole.

    There is no total below the standard's least number of calls, nor where less than its least coverage of the parts'
    weight can be said anything of.
    """
    parts = tuple(_worth(part, inputs) for part in standard.appraisal.parts)
    known = [each for each in parts if each.value is not None and each.weight > 0]
    weight = sum(each.weight for each in known)
    whole = sum(each.weight for each in parts)
    if len(averaged(inputs.facts)) < standard.appraisal.min_calls:
        return Total(None, None, "too_few_calls", parts)
    if whole == 0 or weight / whole < standard.scoring.min_coverage:
        return Total(None, None, "too_little_known", parts)
    percent = round(sum(each.weight * (each.value or 0.0) for each in known) / weight, 1)
    return Total(percent, standard.grade(percent).zh, None, parts)


def _worth(part: Part, inputs: Inputs) -> Worth:
    value, reason, calls = _MEASURES[part.measure](part, inputs)
    shown = None if value is None else round(value, 2)
    return Worth(
        part.id, part.measure, part.weight, shown, None if value is not None else reason, tuple(calls)
    )


_Said = tuple[float | None, str, Sequence[str]]


def _call_quality(_: Part, inputs: Inputs) -> _Said:
    calls = averaged(inputs.facts)
    percents = [fact.percent or 0.0 for fact in calls]
    return (
        sum(percents) / len(percents) if percents else None,
        "no_scored_calls",
        [fact.call_id for fact in calls],
    )


def _targets(_: Part, inputs: Inputs) -> _Said:
    shares = [share for each in inputs.targets if (share := each.share) is not None]
    value = 100 * sum(shares) / len(shares) if shares else None
    return value, "no_targets", [fact.call_id for fact in inputs.facts]


def _follow_up(_: Part, inputs: Inputs) -> _Said:
    due = {call: state for call, state in inputs.follow_ups.items() if state in DUE}
    kept = sum(state in KEPT for state in due.values())
    return 100 * kept / len(due) if due else None, "none_due", list(due)


def _fatal(part: Part, inputs: Inputs) -> _Said:
    calls = averaged(inputs.facts)
    failed = [fact.call_id for fact in calls if fact.fatal]
    return max(0.0, 100 - part.deduct * len(failed)) if calls else None, "no_scored_calls", failed


def _coaching(_: Part, inputs: Inputs) -> _Said:
    if not inputs.coaching:
        return None, "no_coaching_records", []
    return 100 * sum(inputs.coaching.values()) / len(inputs.coaching), "", list(inputs.coaching)


def _criteria(part: Part, inputs: Inputs) -> _Said:
    names = {fact.score: fact.call_id for fact in averaged(inputs.facts)}
    rows = [
        each
        for each in inputs.points
        if each.criterion in part.criteria and each.max_points and each.score in names
    ]
    most = sum(each.max_points or 0.0 for each in rows)
    value = 100 * sum(each.points or 0.0 for each in rows) / most if most else None
    return value, "never_judged", list(dict.fromkeys(names[each.score] for each in rows))


_MEASURES = {
    "call_quality": _call_quality, "targets": _targets, "follow_up": _follow_up, "fatal": _fatal,
    "coaching": _coaching, "criteria": _criteria,
}  # fmt: skip
