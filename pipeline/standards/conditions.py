"""Conditions answered for one call, each true, false or not measurable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pipeline.standards.checks import catalogue, told_by
from pipeline.standards.context import Context, matches
from pipeline.standards.figures import measured
from pipeline.standards.grammar import (
    All,
    Any_,
    Check,
    Condition,
    Ends,
    Hear,
    Measured,
    Not,
    Order,
    OutcomeIs,
    RecordIs,
    Rule,
    Say,
    Share,
    Some,
    _Counted,
)
from pipeline.standards.judged import Judged, joined
from pipeline.standards.messages import message
from pipeline.standards.places import Place, anchored, place_of
from pipeline.standards.quoting import in_context, listed
from pipeline.types import Finding, Reason

__all__ = ["Rules", "answer"]


@dataclass(frozen=True, slots=True)
class Rules:
    """Conditions by name: those in ``rules`` of the standard, and each criterion's ``pass``."""

    by_name: Mapping[str, Condition]

    def hits(self, context: Context, name: str) -> tuple[Finding, ...]:
        """What a rule hit in this call, in order."""
        key = ("rule", name)
        if key not in context.cache:
            context.cache[key] = answer(self.by_name[name], context, self).hits
        return tuple(context.cache[key])


def answer(condition: Condition, context: Context, rules: Rules) -> Judged:
    """Answer one condition."""
    judged = _ANSWERS[type(condition)](condition, context, rules)
    return judged.named(condition.label) if condition.label is not None else judged


def _group(parts: Sequence[Condition], least: int | None, context: Context, rules: Rules) -> Judged:
    answers = [(part, answer(part, context, rules)) for part in parts]
    kept = [judged for part, judged in answers if not (part.optional and judged.value is None)]
    if not kept:
        return Judged(None, why=tuple(why for _, judged in answers for why in judged.why))
    return joined(kept, least=len(kept) if least is None else least)


def _all(condition: All, context: Context, rules: Rules) -> Judged:
    return _group(condition.all_, None, context, rules)


def _any(condition: Any_, context: Context, rules: Rules) -> Judged:
    return _group(condition.any_, 1, context, rules)


def _some(condition: Some, context: Context, rules: Rules) -> Judged:
    return _group(condition.of, condition.some, context, rules)


def _not(condition: Not, context: Context, rules: Rules) -> Judged:
    inner = answer(condition.not_, context, rules)
    return replace(inner, value=None if inner.value is None else not inner.value, lacking=())


def _rule(condition: Rule, context: Context, rules: Rules) -> Judged:
    key = ("answer", condition.rule)
    if key not in context.cache:
        context.cache[key] = answer(rules.by_name[condition.rule], context, rules)
    judged: Judged = context.cache[key]
    return judged


def _hear(condition: Hear, context: Context, rules: Rules) -> Judged:
    found = [f for kind in condition.hear for f in context.by_kind.get(kind, ())]
    mine = [f for f in found if context.by(f, condition.by)]
    fitting = [f for f in mine if _fits(condition, context, f)] if condition.detail else mine
    place = place_of(context, condition.where, rules.hits)
    per = None
    if condition.per:
        others = anchored(context, condition.per, rules.hits)
        per = _counted_against(condition, context, [f for f in fitting if place.holds(context, f)], others)
    deaf = _slow(context, condition.hear)
    return _counted(condition, context, fitting, place, others=mine, side=condition.by, per=per, deaf=deaf)


def _slow(context: Context, kinds: Sequence[str]) -> Reason | None:
    """Why there may be more of these kinds: a rule that adds to them could not be read to the end."""
    return message("slow_pattern") if context.unread_kinds.intersection(kinds) else None


def _counted_against(
    condition: Hear, context: Context, mine: Sequence[Finding], others: Sequence[Finding]
) -> int:
    """How many a count is divided by.

    Too few by what is sure and by all that was heard is a doubt all the same, not a sure failure, where all that was
    heard would be enough for those that are sure: then the latter count in the reading with doubt.
    """
    if not context.doubtful or condition.min is None:
        return len(others)
    sure, known = (sum(f.confidence >= context.gate for f in found) for found in (others, mine))
    too_few = sure and known < condition.min * sure and len(mine) < condition.min * len(others)
    return sure if too_few and len(mine) >= condition.min * sure else len(others)


def _fits(condition: Hear, context: Context, finding: Finding) -> bool:
    """Whether a finding has the detail that is asked; without doubt, a doubtful one is read in favour of who is judged.

    What is wanted was then done, what is forbidden (a ``max``, a veto) was not.
    """
    if context.unsure(finding, condition.detail):
        return condition.max is None and not context.accuses
    return matches(finding.detail, condition.detail)


def _say(condition: Say, context: Context, rules: Rules) -> Judged:
    mark = context.said.get(id(condition), "")
    found = [f for f in context.by_rule.get(mark, ()) if context.by(f, condition.by)]
    place = place_of(context, condition.where, rules.hits)
    deaf = None
    if mark in context.unread:
        deaf = message("slow_pattern")
    elif condition.say.meaning is not None and context.evidence.similar is None:
        deaf = message("no_encoder")
    return _counted(condition, context, found, place, others=found, side=condition.by, deaf=deaf)


def _counted(
    condition: _Counted, context: Context, candidates: Sequence[Finding], place: Place, *,
    others: Sequence[Finding], side: str, per: int | None = None, deaf: Reason | None = None,
) -> Judged:  # fmt: skip
    """Compare a count whose true value lies between what surely counts and what may; ``deaf``: why there may be more."""
    hits: list[Finding] = []
    unplaced: list[Finding] = []
    for finding in candidates:
        held = place.holds(context, finding)
        if held is not False:
            (hits if held else unplaced).append(finding)
    least: float = len(hits)
    most: float = float("inf") if deaf is not None else len(hits) + len(unplaced)
    if per is not None:
        if per == 0:
            return Judged(None, why=(message("nothing_to_count"),))
        least, most = least / per, most / per
    value, rests_on_absence = _bounded(condition, least, most)
    near = tuple(f for f in others if f not in hits)
    first = (hits or near or (None,))[0]
    at = context.at_s(first) if first is not None else None
    origin = place.origin_s if place.origin_s is not None else 0.0
    limit = place.where.seconds[1] if place.where is not None and place.where.seconds else None
    values = {
        "count": len(hits),
        "total": len(hits) if per is None else per,
        "met": len(hits),
        "first_s": None if at is None else max(0.0, at - origin),
        "limit_s": limit,
        "low": condition.min,
        "high": condition.max,
        "quote": in_context(first, context.turns) if first is not None else None,
        "quotes": listed(hits, context.turns),
    }
    why: tuple[Reason, ...] = ()
    if value is None:
        why = (deaf if deaf is not None and not unplaced else message(_why_unplaced(context)),)
    shaky = value is not None and rests_on_absence and context.badly_heard(side, place.span)
    return Judged(value, tuple(hits), near, shaky, why, values, (), place.span)


def _why_unplaced(context: Context) -> str:
    return "place_unknown" if context.timed else "untimed"


def _bounded(condition: _Counted, least: float, most: float) -> tuple[bool | None, bool]:
    """Whether a number between ``least`` and ``most`` is within min and max, and if that rests on absence."""
    minimum = condition.min if condition.min is not None or condition.max is not None else 1.0
    if minimum is not None and most < minimum:
        return False, True
    if condition.max is not None and least > condition.max:
        return False, False
    enough = minimum is None or least >= minimum
    few = condition.max is None or most <= condition.max
    return (True if enough and few else None), condition.max is not None


def _share(condition: Share, context: Context, rules: Rules) -> Judged:
    asked = condition.share
    found = [f for kind in asked.of for f in context.by_kind.get(kind, ())]
    place = place_of(context, asked.where, rules.hits)
    if (slow := _slow(context, asked.of)) is not None:
        return Judged(None, why=(slow,), searched=place.span)
    whole = [
        f
        for f in found
        if context.by(f, asked.by) and matches(f.detail, asked.detail) and place.holds(context, f)
    ]
    if not whole:
        return Judged(None, why=(message("nothing_to_count"),), searched=place.span)
    met = [finding for finding in whole if _met(condition, context, finding)]
    missed = tuple(finding for finding in whole if finding not in met)
    ratio = len(met) / len(whole)
    value, _ = _bounded(condition, ratio, ratio)
    values = {
        "met": len(met), "total": len(whole), "count": len(missed), "share": 100 * ratio,
        "quote": in_context((missed or tuple(met))[0], context.turns),
        "quotes": listed(missed, context.turns),
    }  # fmt: skip
    return Judged(value, tuple(whole), missed, values=values, searched=place.span)


def _met(condition: Share, context: Context, finding: Finding) -> bool:
    """Whether a finding has what is asked; without doubt, a doubtful detail is read in favour of who is judged."""
    having = condition.share.having
    return condition.max is None if context.unsure(finding, having) else matches(finding.detail, having)


def _order(condition: Order, context: Context, rules: Rules) -> Judged:
    answers = [answer(part, context, rules) for part in condition.order]
    present = joined(answers, least=len(answers))
    if present.value is not True:
        return present
    firsts = [judged.hits[0] for judged in answers if judged.hits]
    pairs = [context.comes_before(*pair) for pair in pairwise(firsts)]
    value = False if False in pairs else None if None in pairs else True
    return replace(present, value=value, why=() if value is not None else (message("place_unknown"),))


def _measure(condition: Measured, context: Context, _rules: Rules) -> Judged:
    return measured(condition, context)


def _outcome(condition: OutcomeIs, context: Context, _rules: Rules) -> Judged:
    return Judged(context.outcome in condition.outcome, values={"value": context.outcome})


def _record(condition: RecordIs, context: Context, _rules: Rules) -> Judged:
    record = context.evidence.record
    given = getattr(record, condition.record, None)
    if given is None:
        given = record.extra.get(condition.record)
    if condition.known is not None:
        return Judged((given is not None and given != "") is condition.known)
    if given is None or given == "":
        return Judged(None, why=(message("not_on_record"),))
    return Judged(str(given) in (condition.is_ or ()), values={"value": given})


def _ends(condition: Ends, context: Context, _rules: Rules) -> Judged:
    origin, end = context.origin_s(condition.since), context.talk_end_s
    if end is None:
        return Judged(None, why=(message("untimed"),))
    length = end - (origin if origin is not None else 0.0)
    return Judged(
        length <= condition.ends_within_s,
        values={"value": length, "high": condition.ends_within_s, "unit": "s"},
    )


def _check(condition: Check, context: Context, _rules: Rules) -> Judged:
    key = ("check", condition.check, id(condition.settings) if condition.settings else None)
    if key not in context.cache:
        spec = catalogue()[condition.check]
        settings = spec.settings.model_validate(condition.settings)
        evidence = context.told if spec.needs_side else context.evidence
        context.cache[key] = told_by(condition.check, spec, evidence, settings)
    told = context.cache[key]
    if told.answer is None:
        return Judged(None, told.hits, why=(told.why or message("no_value"),), values=told.values)
    return Judged(
        told.answer in condition.is_,
        hits=told.hits,
        values={"answer": told.answer, **told.values},
        searched=told.searched,
    )


_ANSWERS: Mapping[type, Callable[[Any, Context, Rules], Judged]] = {
    Hear: _hear, Say: _say, Share: _share, Order: _order, Measured: _measure, OutcomeIs: _outcome,
    RecordIs: _record,
    Ends: _ends, Check: _check, Rule: _rule, All: _all, Any_: _any, Not: _not, Some: _some,
}  # fmt: skip
