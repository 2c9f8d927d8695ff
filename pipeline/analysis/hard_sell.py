"""Hard sell by the agent: urgency, scarcity, guarantees, forced decisions, threats and guilt, a sentence at a time.

Patterns carry it; the learned layer vetoes what they take wrongly and adds what they don't know. A denial, a disclaimer, the words of
others, and "take your time" in the next breath are no hard sell (article 7.3; STANDARD.md, "Hard sell").
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis import meaning
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import Match, RuleSet, load_rules
from pipeline.types import Finding, Measure

KIND = "hard_sell"
DOUBTED = 0.2
"""A pattern's hit below this probability by meaning is dropped (cross-validated)."""
_SEVERE_FIRST = ("threat_or_guilt", "guarantee", "forced_decision", "urgency", "scarcity")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding for each sentence of the agent that pushes."""
    found: list[Finding] = []
    for language in ("zh", "en"):
        said = [s for s in conversation.by("agent") if s.language == language and len(s.text) > 3]
        found += _in_language(conversation, said, load_rules(KIND, language))
    return sorted(found, key=lambda finding: (finding.turn or 0, finding.start_s or 0.0))


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """How many sentences pushed; pitches after a refusal are counted apart."""
    count = sum(finding.kind == KIND for finding in findings)
    return [Measure("hard_sell_count", count, "sentences", "patterns and sentence encoder, agent's sentences")]


def _in_language(conversation: Conversation, said: Sequence[Sentence], rules: RuleSet) -> list[Finding]:
    open_to_it = [s for s in said if not rules.silenced(s.folded) and not _eased(conversation, s, rules)]
    guesses = meaning.score(KIND, rules.language, [s.text for s in open_to_it])
    least = meaning.threshold(KIND, rules.language)
    found = []
    for sentence, guess in zip(open_to_it, guesses, strict=True):
        matches = rules.match(sentence.folded)
        if matches and guess.probability >= DOUBTED:
            best = min(matches, key=lambda m: (_rank(m), -m.strength))
            strength = _joined(best.strength, guess.probability)
            found.append(
                conversation.finding(
                    KIND, sentence, best.start, best.end, strength=strength, **best.detail, layer=best.layer
                )
            )
        elif guess.probability >= least and guess.detail:
            found.append(
                conversation.finding(
                    KIND, sentence, 0, len(sentence.text), strength=guess.probability, **guess.detail, layer="meaning"
                )
            )
    return found


def _rank(match: Match) -> int:
    return _SEVERE_FIRST.index(match.detail["kind"])


def _joined(strength: float, probability: float) -> float:
    """Two witnesses: the pattern's strength, raised or lowered by the learned layer."""
    return min(0.97, strength * (0.75 + 0.3 * probability))


def _eased(conversation: Conversation, sentence: Sentence, rules: RuleSet) -> bool:
    """Whether the next sentence of the same turn takes the pressure off again."""
    after = sentence.index + 1
    if after >= len(conversation.sentences):
        return False
    following = conversation.sentences[after]
    return following.turn == sentence.turn and rules.silenced(following.folded)
