"""The human score: the machine's verdicts, judged anew where a person ruled on what they rest on. Pure.

A rejected finding is taken out, a confirmed one is sure, a missed one is put in; then the standard's own engine judges
again. It is believed only where, on the machine's own findings, it comes to the machine's own verdict: the company's
profile and the sound are no longer at hand, so a criterion that needed them can't be had this way. Such a criterion
goes to a person. A verdict that a person set stands above all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.review.standing import Deed, Standing
from pipeline.standards.context import Context
from pipeline.standards.engine import Ruling, judge
from pipeline.standards.evidence import Evidence
from pipeline.standards.meaning import with_encoder
from pipeline.standards.order import in_order
from pipeline.standards.schema import Criterion, Standard
from pipeline.standards.scoring import sum_up
from pipeline.types import CallResult, CallScore, CriterionResult, Finding, Reason, Verdict

_SHARES: Mapping[str, float] = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
_UNCONNECTED = frozenset({"no_conversation", "voicemail", "no_connect"})
"""Codes of the reasons why nothing applies where nobody answered."""
_OPEN = Reason(
    "finding_ruled_on",
    "所依据的发现已被人工更改，请由人评定",
    "A finding that it rests on was ruled on; a person must judge",
)


def human_score(
    result: CallResult, standard: Standard, standing: Standing
) -> tuple[CallScore, tuple[Finding, ...]]:
    """The score as people left it, and the findings that hold."""
    held = findings_that_hold(result, standing)
    rulings = [_of_machine(each, standard, result.score) for each in result.score.criteria]
    if standing.findings or standing.added:
        rulings = _rejudged(result, standard, held, rulings, _touched(standing))
    rulings = [_of_person(ruling, standard, standing.verdicts.get(ruling.result.id)) for ruling in rulings]
    return sum_up(rulings, standard), held


def findings_that_hold(result: CallResult, standing: Standing) -> tuple[Finding, ...]:
    """The machine's findings less the rejected ones, confirmed ones surely, and those that people added."""
    kept = []
    for finding in result.findings:
        deed = standing.findings.get(finding.id)
        if deed is None:
            kept.append(finding)
        elif deed.data["ruling"] == "confirm":
            kept.append(replace(finding, confidence=1.0))
    kept.extend(_added(deed) for deed in standing.added)
    return tuple(in_order(kept, result.transcript.turns))


def _added(deed: Deed) -> Finding:
    data = deed.data
    return Finding(
        data["kind"], data.get("turn"), data.get("speaker") or "unknown", data.get("start_s"), data.get("end_s"),
        data.get("quote"), 1.0, data.get("detail") or {}, f"h{deed.rev}", deed.target,
    )  # fmt: skip


def _touched(standing: Standing) -> frozenset[str]:
    """Findings whose weight may have changed, and criteria that a missed finding was named for."""
    return frozenset(standing.findings) | {deed.target for deed in standing.added if deed.target}


def _of_machine(result: CriterionResult, standard: Standard, score: CallScore) -> Ruling:
    criterion = standard.by_id[result.id]
    return Ruling(
        result,
        result.id in score.fatal,
        result.reason.code == "fatal_in_doubt",
        0.0 if result.advisory else criterion.weight,
    )


def _rejudged(
    result: CallResult,
    standard: Standard,
    held: tuple[Finding, ...],
    machine: list[Ruling],
    touched: frozenset[str],
) -> list[Ruling]:
    before = _judged(result, standard, result.findings)
    after = _judged(result, standard, held)
    ids = {finding.id for finding in held}
    made = []
    for ruling in machine:
        name = ruling.result.id
        if before[name].result.verdict == ruling.result.verdict and before[name].fatal == ruling.fatal:
            same = after[name].result.verdict == ruling.result.verdict and after[name].fatal == ruling.fatal
            made.append(
                _less(ruling, ids) if same and not ruling.fatal_in_doubt else _taken(ruling, after[name], ids)
            )
        elif name in touched or touched & set(ruling.result.findings):
            made.append(_unsettled(ruling, ids))
        else:
            made.append(ruling)
    return made


def _taken(machine: Ruling, after: Ruling, ids: set[str]) -> Ruling:
    """The new verdict at the machine's weight. One that drops out of the sum is not believed: for want of the profile
    the engine excuses what the company's own profile would not. Without a conversation nothing needs excusing."""
    dropped = after.result.verdict in ("not_applicable", "not_measurable")
    if dropped and after.result.reason.code not in _UNCONNECTED:
        return _unsettled(machine, ids)
    share = _SHARES.get(after.result.verdict)
    counts = share is not None and (
        machine.result.max_points is not None or after.result.max_points is not None
    )
    result = replace(
        after.result, advisory=machine.result.advisory, points=share * machine.weight if counts and share is not None else None,
        max_points=machine.weight if counts else None,
    )  # fmt: skip
    return replace(after, result=result, weight=machine.weight)


def _judged(result: CallResult, standard: Standard, findings: tuple[Finding, ...]) -> dict[str, Ruling]:
    plan, gate = standard.plan, standard.scoring.gate
    evidence = Evidence(
        result.transcript, result.measures, findings, result.outcome, result.call, sound=result.sound
    )
    evidence = with_encoder(evidence, plan)
    full = Context.of(evidence, gate=gate, doubtful=True, plan=plan)
    sure = Context.of(evidence, gate=gate, doubtful=False, plan=plan)
    return {each.id: judge(each, standard, plan, sure, full) for each in standard.criteria}


def _less(ruling: Ruling, ids: set[str]) -> Ruling:
    found = tuple(name for name in ruling.result.findings if name in ids)
    return replace(ruling, result=replace(ruling.result, findings=found))


def _unsettled(ruling: Ruling, ids: set[str]) -> Ruling:
    less = _less(ruling, ids).result
    return replace(
        ruling,
        result=replace(less, verdict="needs_review", points=None, max_points=None, reason=_OPEN),
        fatal=False,
    )


def _of_person(ruling: Ruling, standard: Standard, deed: Deed | None) -> Ruling:
    if deed is None:
        return ruling
    verdict: Verdict = deed.data["verdict"]
    criterion: Criterion = standard.by_id[ruling.result.id]
    share = None if criterion.bonus else _SHARES.get(verdict)
    said = str(deed.data.get("reason") or "")
    result = replace(
        ruling.result, verdict=verdict, points=None if share is None else share * ruling.weight,
        max_points=None if share is None else ruling.weight, reason=Reason("judged_by_person", said, said),
    )  # fmt: skip
    fatal = verdict == "fail" and bool(ruling.fatal or deed.data.get("fatal"))
    return replace(ruling, result=result, fatal=fatal, fatal_in_doubt=False)
