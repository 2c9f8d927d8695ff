"""One criterion judged for one call: once with all that was heard, once without what was heard in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.standards.conditions import answer
from pipeline.standards.context import Context
from pipeline.standards.deciding import Doubt, about_outcome, doubt, doubtful
from pipeline.standards.grammar import Condition
from pipeline.standards.judged import Judged
from pipeline.standards.messages import message
from pipeline.standards.plan import Needs, Plan
from pipeline.standards.schema import Criterion, Standard
from pipeline.standards.unconnected import fatal_all_the_same, no_connect, unrecorded
from pipeline.standards.vetoes import vetoed
from pipeline.standards.view import View
from pipeline.standards.wording import Bilingual, fill, reason
from pipeline.types import CriterionResult, Finding, Reason, Verdict

__all__ = ["Ruling", "judge"]

_POINTS: Mapping[str, float] = {"pass": 1.0, "partial": 0.5, "fail": 0.0}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a criterion."""

    result: CriterionResult
    fatal: bool = False
    fatal_in_doubt: bool = False
    weight: float = 0.0
    evidence: tuple[Finding, ...] = field(default=())


def judge(criterion: Criterion, standard: Standard, plan: Plan, sure: Context, full: Context) -> Ruling:
    """Judge once without and once with the doubtful findings.

    Parameters
    ----------
    sure, full
        The call without and with findings below the confidence gate; the same object when there are none.
    """
    without = _view(criterion, standard, plan, sure)
    if full is sure or not _doubt_matters(plan.everything[criterion.id], sure, full):
        return _ruling(criterion, without, full)
    with_ = _view(criterion, standard, plan, full)

    def found() -> Doubt:
        heard = (_union(with_, without), _heard_by(plan.everything[criterion.id], full), full.findings)
        return doubt(heard, without, with_, full, plan, lambda one: _view(criterion, standard, plan, one))

    if with_.verdict == without.verdict:
        return _stands(criterion, without, with_, full, found)
    if _costs_nothing(with_, without, full):
        return _ruling(criterion, without, full)
    told, searched = found(), with_.searched or without.searched
    outcome = full.evidence.outcome.confidence < full.gate and not doubtful(_union(with_, without), full)
    why = about_outcome(without, with_, full) if outcome else told.told(without, with_, full)
    deciding = () if outcome else told.deciding
    hits = _once((*deciding, *_union(with_, without)))
    return _ruling(criterion, View("needs_review", why, hits=hits, searched=searched), full)


def _costs_nothing(with_: View, without: View, full: Context) -> bool:
    """Whether the doubt is only if the criterion applies, and what it asks for was surely done (docs/decisions/0030)."""
    if {with_.verdict, without.verdict} != {"pass", "not_applicable"}:
        return False
    passed = with_ if with_.verdict == "pass" else without
    return bool(passed.hits) and not doubtful(passed.hits, full)


def _doubt_matters(needs: Needs, sure: Context, full: Context) -> bool:
    if needs.outcome and sure.outcome != full.outcome:
        return True
    if needs.check or any(name.startswith(("jargon", "off_topic")) for name in needs.measures):
        return True
    return any(len(found) != len(sure.by_rule.get(mark, ())) for mark, found in full.by_rule.items()) or any(
        len(full.by_kind.get(kind, ())) != len(sure.by_kind.get(kind, ()))
        or any(sure.unsure(finding) for finding in sure.by_kind.get(kind, ()))
        for kind in needs.kinds
    )


def _heard_by(needs: Needs, full: Context) -> tuple[Finding, ...]:
    """What a criterion looks at in this call: the kinds it names, also where they only say when something else counts."""
    return tuple(finding for kind in sorted(needs.kinds) for finding in full.by_kind.get(kind, ()))


def _stands(
    criterion: Criterion, without: View, with_: View, full: Context, found: Callable[[], Doubt]
) -> Ruling:
    """The same verdict both ways; only a veto may still be in doubt."""
    in_doubt = without.fatal != with_.fatal
    told = without.reason
    if in_doubt:
        worst = found().quoted(full)
        told = message("fatal_in_doubt", confidence=worst[0], quote=worst[1], low=full.gate)
    both = View(
        without.verdict, told, without.fatal and with_.fatal, _union(with_, without), without.searched
    )
    return _ruling(criterion, both, full, fatal_in_doubt=in_doubt)


def _union(first: View, second: View) -> tuple[Finding, ...]:
    return _once((*first.hits, *second.hits))


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({id(finding): finding for finding in findings}.values())


def _ruling(criterion: Criterion, view: View, context: Context, *, fatal_in_doubt: bool = False) -> Ruling:
    advisory = _advisory(criterion, context)
    weight = 0.0 if advisory else criterion.weight
    share = None if criterion.bonus else _POINTS.get(view.verdict)
    judged = view.verdict not in ("not_applicable", "not_measurable")
    shown = [f for kind in criterion.shows or () for f in context.by_kind.get(kind, ())] if judged else []
    hits = _once([*view.hits, *shown])
    result = CriterionResult(
        id=criterion.id, article=criterion.article, verdict=view.verdict,
        points=None if share is None else share * weight, max_points=None if share is None else weight,
        advisory=advisory, findings=tuple(finding.id for finding in hits), reason=view.reason,
        searched=view.searched if judged else None,
    )  # fmt: skip
    return Ruling(result, view.fatal, fatal_in_doubt, weight, hits)


def _advisory(criterion: Criterion, context: Context) -> bool:
    if criterion.advisory_until is None:
        return criterion.advisory
    return getattr(context.evidence.profile, criterion.advisory_until.profile) is None


def _view(criterion: Criterion, standard: Standard, plan: Plan, context: Context) -> View:
    """The verdict under one reading of the call."""
    if (lost := unrecorded(plan.judging[criterion.id], context)) is not None:
        return lost
    if (unconnected := no_connect(standard, context)) is not None:
        return fatal_all_the_same(criterion, plan, context) or unconnected
    if (undelivered := _not_delivered(criterion, plan, context)) is not None:
        return undelivered
    applies = _applies(criterion, standard, plan, context)
    if applies.blocked is not None:
        return applies.blocked
    immeasurable = _immeasurable(criterion, plan.judging[criterion.id], context)
    if immeasurable is not None:
        return immeasurable
    view = _tested(criterion, standard, plan, context)
    if view.verdict != "pass" and applies.excuse is not None:
        return View("not_applicable", applies.excuse)
    if view.verdict in ("partial", "fail", "needs_review") and applies.unsure is not None:
        return replace(_unknown(applies.unsure), hits=view.hits)
    return view


def _not_delivered(criterion: Criterion, plan: Plan, context: Context) -> View | None:
    """Kinds and measures that nobody delivers at all."""
    evidence, needs = context.evidence, plan.judging[criterion.id]
    kinds_missing = evidence.detectors is not None and not needs.kinds <= evidence.detectors
    if kinds_missing or any(name not in evidence.measures for name in criterion.needs):
        return View("not_applicable", message("not_yet_measured"))
    return None


def _immeasurable(criterion: Criterion, needs: Needs, context: Context) -> View | None:
    if criterion.needs_sound and context.evidence.sound is None:
        return View("not_measurable", message("no_sound"))
    for name in criterion.needs:
        if (told := context.figure(name).reason) is not None:
            return View("not_measurable", told)
    if needs.clock and not context.timed:
        return View("not_measurable", message("untimed"))
    return None


@dataclass(frozen=True, slots=True)
class Applicable:
    """Whether a criterion applies: blocked outright, excused when missed, or unsure."""

    blocked: View | None = None
    excuse: Reason | None = None
    unsure: Judged | None = None


def _applies(criterion: Criterion, standard: Standard, plan: Plan, context: Context) -> Applicable:
    applies = criterion.applies
    if applies.when is not None:
        told = _of_known(applies.when, context, plan)
        if told.value is False:
            return Applicable(View("not_applicable", _told(standard, applies.reason, told.values)))
        if told.value is None:
            return Applicable(_unknown(told))
    excuse = unsure = None
    for part, needs in zip(applies.unless, plan.unless[criterion.id], strict=True):
        told = _of_known(part.when, context, plan)
        if told.value is None:
            unsure = unsure or told
        elif told.value and needs.side and not context.sides_sure and not told.hits and needs.kinds:
            # nothing heard of a side nobody can tell: that it isn't there is not known
            return Applicable(View("not_measurable", context.why_unsure))
        elif told.value and part.excuse:
            excuse = excuse or _told(standard, part.reason, told.values)
        elif told.value:
            return Applicable(View("not_applicable", _told(standard, part.reason, told.values)))
    return Applicable(excuse=excuse, unsure=unsure)


def _of_known(condition: Condition, context: Context, plan: Plan) -> Judged:
    """Whether something applies; not known where it does by words only of which nobody knows who says them."""
    told = answer(condition, context, plan.rules)
    if not told.value or context.sides_sure or answer(condition, context.known(), plan.rules).value:
        return told
    return Judged(None, told.hits, why=(context.why_unsure,))


def _tested(criterion: Criterion, standard: Standard, plan: Plan, context: Context) -> View:
    passed = answer(criterion.pass_, context, plan.rules)
    if passed.value is None:
        return _unknown(passed)
    half = answer(criterion.partial, context, plan.rules) if criterion.partial is not None else Judged(False)
    if not passed.value and half.value is None:
        return _unknown(half)
    veto = vetoed(criterion, context, plan)
    verdict: Verdict = "pass" if passed.value else "partial" if half.value else "fail"
    if criterion.bonus and verdict != "pass":
        return View("not_applicable", message("bonus_not_earned"))
    parts = (passed,) if verdict == "pass" else (passed, half, veto)
    hits = tuple({id(f): f for part in parts for f in (*part.hits, *part.near)}.values())
    if plan.judging[criterion.id].side and not context.sides_sure:
        passed = answer(criterion.pass_, context.known(), plan.rules)
        if verdict != "pass" or not passed.value or not passed.hits:
            return View("not_measurable", context.why_unsure, hits=hits)
    if verdict == "pass":
        hits = passed.hits
    told = _wording(criterion, standard, verdict, passed, half)
    searched = passed.searched if verdict != "pass" or not hits else None
    if criterion.review is not None and answer(criterion.review, context, plan.rules).value:
        told = _told(standard, criterion.reasons["review"], passed.values)
        return View("needs_review", told, hits=hits, searched=searched)
    if _shaky(verdict, passed, half):
        return View("needs_review", message("badly_heard"), hits=hits, searched=searched)
    return View(verdict, told, verdict == "fail" and veto.value is True, hits, searched)


def _shaky(verdict: Verdict, passed: Judged, half: Judged) -> bool:
    return passed.shaky if verdict == "pass" else passed.shaky or half.shaky


def _unknown(told: Judged) -> View:
    first = told.why[0] if told.why else message("no_value")
    absent = first.code in ("not_yet_measured", "not_on_record")
    return View("not_applicable" if absent else "not_measurable", first, hits=told.hits)


def _told(standard: Standard, wording: Any, values: Mapping[str, Any]) -> Reason:
    text = standard.reason(wording)
    return reason(text.code, text.zh, text.en, values)


def _wording(criterion: Criterion, standard: Standard, verdict: str, passed: Judged, half: Judged) -> Reason:
    """The reason of a verdict, with its numbers; "late" where it was heard, but not where it is asked."""
    late = verdict != "pass" and not passed.hits and passed.near and "late" in criterion.reasons
    key = "late" if late else verdict
    values: dict[str, Any] = {**half.values, **{k: v for k, v in passed.values.items() if v is not None}}
    if criterion.words is not None:
        values["what"] = Bilingual(criterion.words.zh, criterion.words.en)
    values["weight"] = criterion.weight
    values["lacking"] = Bilingual(
        "、".join(fill(label.zh, own, "zh") for label, own in passed.lacking) or "—",
        ", ".join(fill(label.en, own, "en") for label, own in passed.lacking) or "—",
    )
    return _told(standard, criterion.reasons[key], values)  # type: ignore[index]
