"""Which of the doubtful findings a verdict turns on, and what is told of the doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.standards.context import Context, doubtful_details
from pipeline.standards.messages import message, word
from pipeline.standards.plan import Plan
from pipeline.standards.quoting import in_context
from pipeline.standards.view import View
from pipeline.types import Finding, Reason

__all__ = ["Doubt", "about_outcome", "doubt", "doubtful"]

_MOST = 40
"""Most doubtful findings that are tried one by one (our default)."""
Viewed = Callable[[Context], View]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Doubtful findings, each with how sure it is, the least sure first.

    ``alone`` says that one of them makes the verdict by itself what all of them make of it.
    """

    findings: tuple[tuple[Finding, float], ...]
    alone: bool = False

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings."""
        return tuple(finding for finding, _sure in self.findings)

    def quoted(self, context: Context) -> tuple[float | None, str | None]:
        """Confidence and words of the first."""
        if not self.findings:
            return None, None
        worst, sure = self.findings[0]
        return sure, in_context(worst, context.turns) or worst.kind

    def told(self, without: View, with_: View, context: Context) -> Reason:
        """The reason of a verdict that one or several doubtful findings, or how one is read, decide."""
        sure, quote = self.quoted(context)
        values = {"confidence": sure, "quote": quote, "low": context.gate, **_verdicts(without, with_)}
        if not self.alone and len(self.findings) > 1:
            return message("doubtful_findings", count=len(self.findings), **values)
        read = bool(self.findings) and self.findings[0][0].confidence >= context.gate
        return message("doubtful_reading" if read else "doubtful_finding", **values)


def doubt(
    heard: Sequence[Sequence[Finding]], without: View, with_: View, full: Context, plan: Plan, viewed: Viewed
) -> Doubt:
    """What a verdict, or its veto, turns on.

    Parameters
    ----------
    heard
        Where to look for the doubt, first what the criterion rests on; of one without a doubtful finding the next counts.
    without, with_
        The views without and with all that is doubtful.
    full, plan, viewed
        The call with all that was heard, the standard's plan, and how the criterion is judged.
    """
    own = doubtful([finding for findings in heard[:-1] for finding in findings], full)[:_MOST]
    views = [(one, viewed(_believing(one[0], full, plan))) for one in own]
    turning = [(one, view) for one, view in views if _said(view) != _said(without)]
    if turning:
        whole = [one for one, view in turning if _said(view) == _said(with_)]
        return Doubt(tuple(whole or [one for one, _view in turning]), alone=bool(whole))
    found = next(filter(None, (doubtful(findings, full) for findings in heard)), [])
    return Doubt(tuple(found), alone=len(found) == 1)


def doubtful(findings: Iterable[Finding], context: Context) -> list[tuple[Finding, float]]:
    """Findings below the gate, or with a detail below it, and how sure they are; the least sure first."""
    told: dict[int, tuple[Finding, float]] = {}
    for finding in findings:
        shares = [finding.confidence, *doubtful_details(finding, context.gate).values()]
        if min(shares) < context.gate:
            told[id(finding)] = (finding, min(shares))
    return sorted(told.values(), key=lambda one: one[1])


def about_outcome(without: View, with_: View, full: Context) -> Reason:
    """The reason where only the call's outcome is in doubt."""
    outcome = full.evidence.outcome
    told = word(f"outcome_{outcome.label}")
    values = _verdicts(without, with_)
    return message("doubtful_outcome", confidence=outcome.confidence, answer=told, low=full.gate, **values)


def _verdicts(without: View, with_: View) -> dict[str, object]:
    return {"with_": word(f"verdict_{with_.verdict}"), "without": word(f"verdict_{without.verdict}")}


def _said(view: View) -> tuple[str, bool]:
    return view.verdict, view.fatal


def _believing(one: Finding, full: Context, plan: Plan) -> Context:
    """The call without what is doubtful, save one finding that is taken as it was heard."""
    detail = {name: value for name, value in one.detail.items() if name != "share"}
    believed = replace(one, confidence=max(one.confidence, full.gate), detail=detail)
    findings = tuple(believed if finding is one else finding for finding in full.all_findings)
    return Context.of(
        replace(full.evidence, findings=findings),
        gate=full.gate,
        doubtful=False,
        plan=plan,
        unread=full.unread,
    )
