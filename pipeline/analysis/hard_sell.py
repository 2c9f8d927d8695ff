"""Hard sell by the agent: urgency, scarcity, guarantees, forced decisions, threats and guilt, a sentence at
a time.

Whether a sentence presses is judged by the learned layer, which reads the rules' hits and vetoes among all else. A denial,
a disclaimer, the words of others, and "take your time" in the next breath are no hard sell (article 7.3;
STANDARD.md, "Hard sell").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.acts import Guess, alone
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.plain_talk import insults_only, is_plain
from pipeline.analysis.rules import Match, RuleSet
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.sides import why_unsure
from pipeline.analysis.spotting import DOUBT, spot
from pipeline.analysis.sure import says, touches
from pipeline.analysis.text import fold
from pipeline.types import Finding, Measure

KIND = "hard_sell"
SEVERE = 0.65
"""Least share of ``severe`` against ``mild`` that makes a push severe: one costs a whole call (our default)."""
SURE = 0.6
"""A push that counts (the gate) is severe only if it is that sure, too, that it presses and is severe at once."""
VETO = 0.7
"""Least share of its kind and of its severity, in the call and by its own words, from which such a push vetoes where no rule
for what is severe hits; below it a person decides (docs/decisions/0032)."""
BY_ITSELF = 0.3
"""Probability by its own words alone under which a push is a doubt (held-out calls: 1 true push in 50 lies under it, 1 false
one in 10)."""
_WORST_FIRST = ("threat_or_guilt", "guarantee", "forced_decision", "urgency", "scarcity", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding for each sentence of the agent that pushes, by the worst of what it does."""

    def eased(sentence: Sentence, rules: RuleSet) -> bool:
        """Whether others are said to press, or the next sentence of the same turn takes the pressure off again."""
        if says(sentence, KIND, "drops"):
            return True
        after = conversation.sentences[sentence.index + 1 : sentence.index + 2]
        return any(later.turn == sentence.turn and rules.silenced(later.folded) for later in after)

    found = spot(conversation, KIND, "agent", first=_rank, skip=eased)
    pushes = [(finding, _sentence(conversation, finding)) for finding in found]
    return [
        _judged(
            finding,
            alone(sentence, KIND),
            doubted=_doubted(sentence, finding) or is_plain(conversation, sentence, finding, prior),
            ruled=any(hit.detail.get("severity") == "severe" for hit in matches(KIND, sentence)),
        )
        for finding, sentence in pushes
        if not insults_only(conversation, sentence)
    ]


def _sentence(conversation: Conversation, finding: Finding) -> Sentence:
    own = list(conversation.in_turn(finding.turn or 0))
    return next((one for one in own if (finding.quote or "") in one.text), own[0])


def _doubted(sentence: Sentence, finding: Finding) -> bool:
    """Whether the push is asked about, taken back or told as somebody else's, or promises the agent's own help."""
    start = max(sentence.text.find(finding.quote or ""), 0)
    span = start, start + len(finding.quote or "")
    helps = finding.detail.get("layer") == "meaning" and touches(sentence, KIND, "helps", *span)
    return helps or touches(sentence, KIND, "reported", *span)


def _judged(finding: Finding, by_itself: Guess, *, doubted: bool = False, ruled: bool = False) -> Finding:
    """A doubt where it presses only in its neighbours' light, tells a story, or is ``doubted``: told of others, help, plain
    talk; as severe as it is by itself. ``ruled``: a rule hears something severe."""
    story = finding.detail.get("layer") == "meaning" and has_shape("story", fold(finding.quote or ""))
    if story or doubted or by_itself.probability < BY_ITSELF:
        finding = replace(finding, confidence=min(finding.confidence, DOUBT))
    return _graded(finding, by_itself, ruled=ruled)


def _graded(finding: Finding, by_itself: Guess, *, ruled: bool = False) -> Finding:
    """Severe only where that is clearly likelier than mild, and, where it would veto, sure, also by its own words.

    Where it is less than high by any of these, how severe it is is a doubt: a person decides about the veto.
    """
    detail = dict(finding.detail)
    kind_share, severity_share = detail.pop("kind_share", None), detail.pop("severity_share", None)
    if detail.get("severity") == "severe" and severity_share is not None:
        would_veto = finding.confidence >= SURE
        unsure = finding.confidence * severity_share < SURE or by_itself.detail.get("severity") != "severe"
        if severity_share < SEVERE or (would_veto and unsure):
            detail["severity"] = "mild"
        elif not ruled and _least(by_itself, kind_share, severity_share) < VETO:
            severity_share = min(severity_share, DOUBT)
    detail["share"] = {"kind": kind_share, "severity": severity_share}
    return replace(finding, detail=detail)


def _least(by_itself: Guess, kind_share: float | None, severity_share: float) -> float:
    """The least of what a veto demands."""
    own = by_itself.share.get("severity", 0.0)
    return min(by_itself.probability, own, kind_share or 0.0, severity_share)


def measure(conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    """How many sentences pushed; pitches after a refusal are counted apart."""
    name, unit, method = "hard_sell_count", "sentences", "patterns and sentence encoder, agent's sentences"
    if not conversation.transcript.sides_sure:
        return [Measure(name, None, unit, method, why_unsure(conversation.transcript, conversation.sound))]
    return [Measure(name, sum(finding.kind == KIND for finding in findings), unit, method)]


def _rank(match: Match) -> float:
    return _WORST_FIRST.index(match.detail["kind"])
