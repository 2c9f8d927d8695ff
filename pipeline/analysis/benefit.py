"""Benefits the agent states, tied to a product of the profile or a need the customer told (article 10.3).

Three layers: rules for wording from the customer's side ("so you can …", 帮您省…), the profile's own benefits
by shared words, and by likeness of meaning (sentence encoder) where at least one word is shared.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    content,
    found_at,
    likeness,
    of_turn,
    shared,
    size,
    text_of,
    whole,
)
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.analysis.text import fold
from pipeline.types import Finding

SURE = 0.6
"""Confidence from which a sentence presses or pitches (the gate)."""
PITCHED = 0.5
"""Share of the usual threshold from which the sentence of a pitch may state a benefit."""
_NAMED = 0.6
"""Share of a listed benefit's words that makes a sentence say it (our default)."""
_ALIKE = 0.62
"""Least cosine between a sentence and a listed benefit (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each sentence of the agent that states a benefit; ``detail``: ``product`` (or None), ``need`` (bool).

    A sentence that surely presses states none; one that surely pitches needs less to state one, which then is a doubt.
    """
    told = told_needs(conversation, prior)
    products = _products_by_turn(conversation)
    pressed, pitched = (_sentences(conversation, prior, kind) for kind in ("hard_sell", "pitch"))
    found = []
    for sentence in conversation.by("agent"):
        if sentence.index in pressed:
            continue
        stated = states(conversation, sentence)
        if stated is None and sentence.index in pitched:
            stated = _hinted(conversation, sentence)
        if stated is None or (sentence.speaker == "unknown" and stated[0].layer != "profile"):
            continue
        hit, product = stated
        said = content(sentence.folded)
        needed = any(turn < sentence.turn and content(words) & said for turn, words in told)
        detail = {"product": product or products[sentence.turn], "need": needed}
        found.append(found_at(conversation, "benefit", sentence, hit, detail))
    return found


def _sentences(conversation: Conversation, prior: Sequence[Finding], kind: str) -> set[int]:
    """The sentences that are surely of a kind, by their index."""
    quotes = [(f.turn, f.quote) for f in prior if f.kind == kind and f.confidence >= SURE and f.quote]
    return {s.index for s in conversation.sentences if any(s.turn == t and q in s.text for t, q in quotes)}


def _hinted(conversation: Conversation, sentence: Sentence) -> tuple[Match, str | None] | None:
    """A benefit less likely than is asked elsewhere: more than half of all pitches hold one."""
    guess = acts.guesses(conversation, "benefit").get(sentence.index, acts.NOTHING)
    if guess.probability < guess.threshold * PITCHED:
        return None
    return whole(sentence, guess.probability), None


def states(conversation: Conversation, sentence: Sentence) -> tuple[Match, str | None] | None:
    """The words of a sentence that state a benefit, and the product whose listed benefit it is; else None."""
    listed = _listed(conversation, sentence)
    if listed is not None:
        return listed
    told = likely(conversation, "benefit", sentence)
    return (told[0], None) if told else None


def _listed(conversation: Conversation, sentence: Sentence) -> tuple[Match, str | None] | None:
    """A benefit of the profile, said in these or like words; a question states none."""
    if size(sentence.folded) < 3 or has_shape("asks", sentence.folded):
        return None
    for product in conversation.profile.products:
        for benefit in product.benefits:
            wanted = fold(benefit)
            overlap = shared(wanted, sentence.folded)
            if overlap >= _NAMED or (overlap > 0 and likeness(wanted, sentence.folded) >= _ALIKE):
                strength = 0.9 if overlap >= _NAMED else 0.75
                hit = whole(sentence, strength)
                return Match("profile", hit.start, hit.end, strength, "profile", {}), product.name
    return None


def _products_by_turn(conversation: Conversation) -> list[str | None]:
    """For each turn the product named in it, else the one named last before."""
    names = [
        (fold(name), product.name)
        for product in conversation.profile.products
        for name in (product.name, *product.aliases)
        if name
    ]
    last: str | None = None
    by_turn: list[str | None] = []
    for turn in range(len(conversation.turns)):
        text = text_of(conversation, [turn]) if names else ""
        last = next((product for name, product in names if name in text), last)
        by_turn.append(last)
    return by_turn


def told_needs(conversation: Conversation, prior: Sequence[Finding]) -> list[tuple[int, str]]:
    """What the customer said in answer to needs questions: (turn, folded words)."""
    told: dict[int, str] = {}
    for finding in prior:
        if finding.kind == "needs_question" and finding.turn is not None and finding.detail.get("answered"):
            for turn in after(conversation, finding.turn, "customer", 1):
                told[turn] = " ".join(s.folded for s in of_turn(conversation, turn))
    return sorted(told.items())
