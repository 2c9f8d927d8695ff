"""Hard sell by the agent: urgency, scarcity, guarantees, forced decisions, threats and guilt, a sentence at
a time.

Whether a sentence presses is judged by the learned layer, which reads the rules' hits and vetoes among all else. A denial,
a disclaimer, the words of others, and "take your time" in the next breath are no hard sell (article 7.3;
STANDARD.md, "Hard sell").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import Match, RuleSet
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import spot
from pipeline.analysis.text import fold
from pipeline.types import Finding, Measure

KIND = "hard_sell"
SEVERE = 0.65
"""Least share of ``severe`` against ``mild`` that makes a push severe: one costs a whole call (our default)."""
SURE = 0.6
"""A push that counts (the gate) is severe only if it is that sure, too, that it presses and is severe at once: it vetoes."""
A_STORY = 0.55
"""Most that such a story counts for: under the gate."""
_WORST_FIRST = ("threat_or_guilt", "guarantee", "forced_decision", "urgency", "scarcity", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding for each sentence of the agent that pushes, by the worst of what it does."""

    def eased(sentence: Sentence, rules: RuleSet) -> bool:
        """Whether the next sentence of the same turn takes the pressure off again."""
        after = conversation.sentences[sentence.index + 1 : sentence.index + 2]
        return any(later.turn == sentence.turn and rules.silenced(later.folded) for later in after)

    found = spot(conversation, KIND, "agent", first=_rank, skip=eased)
    return [_graded(_doubted(finding)) for finding in found]


def _doubted(finding: Finding) -> Finding:
    """A story of the agent's own people that the learned layer alone takes for pressing is a doubt: a person hears what for."""
    if finding.detail.get("layer") != "meaning" or not has_shape("story", fold(finding.quote or "")):
        return finding
    return replace(finding, confidence=min(finding.confidence, A_STORY))


def _graded(finding: Finding) -> Finding:
    """Severe only where that is clearly likelier than mild, and, where it would veto, sure."""
    detail = dict(finding.detail)
    kind_share, severity_share = detail.pop("kind_share", None), detail.pop("severity_share", None)
    if detail.get("severity") == "severe" and severity_share is not None:
        would_veto = finding.confidence >= SURE
        if severity_share < SEVERE or (would_veto and finding.confidence * severity_share < SURE):
            detail["severity"] = "mild"
    detail["share"] = {"kind": kind_share, "severity": severity_share}
    return replace(finding, detail=detail)


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """How many sentences pushed; pitches after a refusal are counted apart."""
    count = sum(finding.kind == KIND for finding in findings)
    return [
        Measure("hard_sell_count", count, "sentences", "patterns and sentence encoder, agent's sentences")
    ]


def _rank(match: Match) -> float:
    return _WORST_FIRST.index(match.detail["kind"])
