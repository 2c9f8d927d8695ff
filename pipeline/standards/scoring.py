"""Verdicts summed into a call's score, as the standard's section on scoring says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pipeline.standards.context import Context, doubtful_details
from pipeline.standards.engine import Ruling, judge
from pipeline.standards.evidence import Evidence
from pipeline.standards.meaning import with_encoder
from pipeline.standards.order import in_order
from pipeline.standards.say import findings_of
from pipeline.standards.schema import Standard
from pipeline.types import CallScore, Finding

__all__ = ["score", "sum_up"]

_COUNTED = ("pass", "partial", "fail")


def score(evidence: Evidence, standard: Standard) -> tuple[CallScore, tuple[Finding, ...]]:
    """Judge one call by one version of a standard.

    Returns
    -------
    CallScore
        Every criterion with verdict, points, reason, findings; percent and grade where coverage allows.
    tuple of Finding
        All findings in order of time with ids ``f1, f2 …``, each with the criterion that rests on it,
        among them those of the standard's own wording rules.
    """
    plan = standard.plan
    evidence = with_encoder(evidence, plan)
    said = findings_of(evidence, plan.says, plan.skipping)
    found = in_order([*evidence.findings, *said.findings], evidence.transcript.turns)
    numbered = tuple(replace(finding, id=f"f{number}") for number, finding in enumerate(found, start=1))
    gate = standard.scoring.gate
    heard = replace(evidence, findings=numbered)
    full = Context.of(heard, gate=gate, doubtful=True, plan=plan, unread=said.unread)
    shaky = any(f.confidence < gate or doubtful_details(f, gate) for f in numbered)
    doubtful = shaky or evidence.outcome.confidence < gate
    sure = full
    if doubtful:
        sure = Context.of(heard, gate=gate, doubtful=False, plan=plan, unread=said.unread)
    rulings = [judge(criterion, standard, plan, sure, full) for criterion in standard.criteria]
    return sum_up(rulings, standard), _owned(numbered, rulings, standard)


def sum_up(rulings: Sequence[Ruling], standard: Standard) -> CallScore:
    """Sum rulings into a score; see docs/standard.md for a worked sum."""
    counted = [ruling for ruling in rulings if ruling.result.max_points is not None]
    points = math.fsum(ruling.result.points or 0.0 for ruling in counted)
    most = math.fsum(ruling.result.max_points or 0.0 for ruling in counted)
    asked = math.fsum(
        ruling.weight
        for ruling in rulings
        if ruling.result.verdict != "not_applicable" and not standard.by_id[ruling.result.id].bonus
    )
    coverage = min(1.0, most / asked) if asked else 0.0
    enough = most > 0 and coverage >= standard.scoring.min_coverage
    before = round(min(100.0, 100.0 * points / most + _bonus(rulings, standard)), 1) if enough else None
    fatal = tuple(ruling.result.id for ruling in rulings if ruling.fatal)
    percent = before
    if before is not None and fatal:
        caps = [standard.by_id[name].fatal_cap for name in fatal]
        percent = min(before, *(standard.scoring.fatal_cap if cap is None else cap for cap in caps))
    in_review = any(ruling.result.verdict == "needs_review" or ruling.fatal_in_doubt for ruling in rulings)
    return CallScore(
        standard=standard.id, version=standard.version, percent=percent, percent_before_fatal=before,
        points=round(points, 4), max_points=round(most, 4), coverage=round(coverage, 4),
        grade=None if percent is None else standard.grade(percent).zh, fatal=fatal,
        needs_review=in_review or (asked > 0 and not enough),
        criteria=tuple(ruling.result for ruling in rulings),
    )  # fmt: skip


def _bonus(rulings: Sequence[Ruling], standard: Standard) -> float:
    earned = math.fsum(
        ruling.weight
        for ruling in rulings
        if standard.by_id[ruling.result.id].bonus and ruling.result.verdict == "pass"
    )
    return min(earned, standard.scoring.bonus_cap)


def _owned(findings: Sequence[Finding], rulings: Sequence[Ruling], standard: Standard) -> tuple[Finding, ...]:
    """Findings with the criterion that rests on them; the worst verdict first, then the standard's order."""
    rank = {"fail": 0, "partial": 1, "needs_review": 2, "pass": 3, "not_measurable": 4, "not_applicable": 5}
    owner: dict[str, str] = {}
    for ruling in sorted(rulings, key=lambda ruling: rank[ruling.result.verdict]):
        for finding in ruling.evidence:
            owner.setdefault(finding.id, ruling.result.id)
    homes, own = standard.homes, standard.plan.own
    told = []
    for finding in findings:
        mark = finding.detail.get("rule")
        home = str(mark).partition("#")[0] if mark in own else homes.get(finding.kind)
        home = home if home in standard.by_id else None
        told.append(replace(finding, criterion=owner.get(finding.id) or home))
    return tuple(told)
