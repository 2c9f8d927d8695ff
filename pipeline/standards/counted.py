"""Figures that count findings: a verdict by such a figure names these findings as its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.types import Finding

__all__ = ["COUNTED", "counted"]

COUNTED: Mapping[str, str] = {
    "jargon_rate": "jargon",
    "jargon_per_100_words": "jargon",
    "hard_sell_count": "hard_sell",
    "needs_questions": "needs_question",
    "agent_interruptions": "interruption",
    "customer_interruptions": "interruption",
    "off_topic_ratio": "off_topic",
}
"""The kind of finding that each figure counts."""
_NOT_THE_AGENTS = frozenset({"customer_interruptions", "off_topic_ratio"})


def counted(measure: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those of the findings that a figure counts; none where it counts no findings."""
    kind = COUNTED.get(measure)
    return tuple(f for f in findings if f.kind == kind and _counts(measure, f))


def _counts(measure: str, finding: Finding) -> bool:
    if finding.kind == "jargon" and (finding.detail.get("explained") or finding.detail.get("customer_used")):
        return False
    if measure == "customer_interruptions":
        return finding.speaker == "customer"
    return measure in _NOT_THE_AGENTS or finding.speaker != "customer"
