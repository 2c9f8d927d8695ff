"""What sounds like pressing and is none: an insult, an order carried out, a calendar told, a warning, a fact.

A rude sentence that sells nothing is for courtesy; fined as a push, too, one fault would count twice. Who carries out,
confirms or reads back what the customer has just agreed to presses nobody, nor does who tells which days are free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.analysis.acts import alone
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import before, cue, of_turn
from pipeline.analysis.matching import matches
from pipeline.analysis.rules import Match
from pipeline.analysis.spotting import told
from pipeline.analysis.sure import says, touches
from pipeline.analysis.text import fold
from pipeline.types import Finding

KIND = "hard_sell"
RUDE = 0.3
"""Probability by its own words, of rude and impatient together, from which a threat or a push of no kind that no rule hears
may be an insult (older held-out calls: 12 false pushes lie above, 1 true one)."""
_INSULTS = frozenset({"threat_or_guilt", "other"})
"""Kinds of a push that an insult is taken for."""
TOLD: Mapping[str, frozenset[str]] = {
    "doubts": frozenset({"guarantee", "other"}),
    "states": frozenset({"urgency", "scarcity", "forced_decision", "other"}),
    "advises": frozenset({"threat_or_guilt", "other"}),
}
"""Wordings (``_sure.yaml``) of what is no push, with the kinds of a push that each may be taken for."""
_SETTLES = frozenset({"forced_decision", "urgency", "other"})


def is_plain(conversation: Conversation, sentence: Sentence, push: Finding, prior: Sequence[Finding]) -> bool:
    """Whether a sentence taken for a push may well be plain talk: a doubt."""
    kind = push.detail["kind"]
    if any(kind in kinds and says(sentence, KIND, part) for part, kinds in TOLD.items()):
        return True
    if kind in _INSULTS and push.detail.get("layer") == "meaning" and _rudeness(sentence) >= RUDE:
        return True
    return kind in _SETTLES and says(sentence, KIND, "settles") and _agreed(conversation, sentence, prior)


def insults_only(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence is rude, or short with the customer, and no push besides: courtesy counts it."""
    offences = [
        hit
        for kind in ("rude", "impatient")
        for hit in told(conversation, kind, sentence)
        if not touches(sentence, "rude", "drops", hit.start, hit.end)
    ]
    if not offences or _rudeness(sentence) <= alone(sentence, KIND).probability:
        return False
    return not alone(_without(sentence, offences), KIND).counts


def _without(sentence: Sentence, offences: Sequence[Match]) -> Sentence:
    """The sentence but for what insults by a rule; of what is rude by its meaning all is left."""
    text = sentence.text
    for hit in offences:
        if hit.layer != "meaning":
            text = text[: hit.start] + " " * (hit.end - hit.start) + text[hit.end :]
    return replace(sentence, text=text, folded=fold(text))


def _rudeness(sentence: Sentence) -> float:
    return alone(sentence, "rude").probability + alone(sentence, "impatient").probability


def _agreed(conversation: Conversation, sentence: Sentence, prior: Sequence[Finding]) -> bool:
    """Whether the customer has ordered, or agreed right before, and turned nothing down since."""
    refused = {one.turn for one in prior if one.kind == "refusal"}
    for back, turn in enumerate(before(conversation, sentence.turn, "customer", sentence.turn + 1)):
        said = of_turn(conversation, turn)
        if turn in refused or any(cue("contrast", one) or matches("objection", one) for one in said):
            return False
        ordered = any(
            hit.detail.get("by") == "customer" for one in said for hit in matches("outcome_order", one)
        )
        agrees = any(cue("agreed", one) or matches("reply_agree", one) for one in said)
        if ordered or (agrees and back == 0):
            return True
    return False
