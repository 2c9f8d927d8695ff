"""Hard sell by the agent: urgency, scarcity, guarantees, forced decisions, threats and guilt, a sentence at
a time.

Patterns carry it; the learned layer vetoes what they take wrongly and adds what they don't know. A denial,
a disclaimer, the words of others, and "take your time" in the next breath are no hard sell (article 7.3;
STANDARD.md, "Hard sell").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import Match, RuleSet
from pipeline.analysis.spotting import spot
from pipeline.types import Finding, Measure

KIND = "hard_sell"
LEAST_WORDS = 4
"""Content characters or words under which the learned layer is not asked (our default)."""
VETO_BY_MEANING = 0.9
"""Confidence from which the learned layer alone may call a push severe: a severe one costs a whole call, so
it otherwise rests on a pattern (our default)."""
_WORST_FIRST = ("threat_or_guilt", "guarantee", "forced_decision", "urgency", "scarcity", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding for each sentence of the agent that pushes, by the worst of what it does."""

    def eased(sentence: Sentence, rules: RuleSet) -> bool:
        """Whether the next sentence of the same turn takes the pressure off again."""
        after = conversation.sentences[sentence.index + 1 : sentence.index + 2]
        return any(later.turn == sentence.turn and rules.silenced(later.folded) for later in after)

    found = spot(conversation, KIND, "agent", first=_rank, skip=eased, least_words=LEAST_WORDS)
    return [_milder(finding) for finding in found]


def _milder(finding: Finding) -> Finding:
    """A severe finding that rests on the learned layer alone is mild unless very sure."""
    if finding.detail.get("layer") != "meaning" or finding.confidence >= VETO_BY_MEANING:
        return finding
    return replace(finding, detail={**finding.detail, "severity": "mild"})


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """How many sentences pushed; pitches after a refusal are counted apart."""
    count = sum(finding.kind == KIND for finding in findings)
    return [
        Measure("hard_sell_count", count, "sentences", "patterns and sentence encoder, agent's sentences")
    ]


def _rank(match: Match) -> float:
    return _WORST_FIRST.index(match.detail["kind"])
