"""Benefits the agent states, tied to a product of the profile or a need the customer told (article 10.3).

Three layers: rules for wording from the customer's side ("so you can …", 帮您省…), the profile's own benefits
by shared words, and by likeness of meaning (sentence encoder) where at least one word is shared. Where fewer are stated than
there are pitches, the likeliest of what is left are doubts for a person: plain words ("it never buffers") are easily missed,
and a sure failing must not rest on that.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from pipeline.analysis import acts
from pipeline.analysis.clauses import likeliest_clauses
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
from pipeline.analysis.spotting import DOUBT, likely, told
from pipeline.analysis.text import fold
from pipeline.types import Finding

SURE = 0.6
"""Confidence from which a sentence presses or pitches (the gate)."""
PITCHED = 0.5
"""Share of the usual threshold from which the sentence of a pitch may state a benefit."""
FAINT = 0.2
"""Probability from which what lacks to a call's pitches may be a benefit. On six held-out sets of calls it keeps 13 of 22 that
failed wrongly from failing, and 11 of the 66 that failed rightly; 0.15 one and four more (our default)."""
_NAMED = 0.6
"""Share of a listed benefit's words that makes a sentence say it (our default)."""
_ALIKE = 0.62
"""Least cosine between a sentence and a listed benefit (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each sentence of the agent that states a benefit; ``detail``: ``product`` (or None), ``need`` (bool).

    A sentence that surely presses states none; one that surely pitches needs less to state one, which then is a doubt.
    """
    needs = told_needs(conversation, prior)
    products = _products_by_turn(conversation)
    pressed, pitched = (_sentences(conversation, prior, kind) for kind in ("hard_sell", "pitch"))
    stating: dict[int, tuple[Match, str | None]] = {}
    for sentence in conversation.by("agent"):
        if sentence.index in pressed:
            continue
        stated = states(conversation, sentence)
        if stated is None and sentence.index in pitched:
            stated = _hinted(conversation, sentence)
        if stated is not None and (sentence.speaker == "agent" or stated[0].layer == "profile"):
            stating[sentence.index] = stated
    short = sum(f.kind == "pitch" for f in prior) - len(stating)
    if short > 0:
        faint = _faint(conversation, pressed | stating.keys())
        stating |= {index: (hit, None) for index, hit in faint[:short]}
    found = []
    for index in sorted(stating):
        sentence, (hit, product) = conversation.sentences[index], stating[index]
        said = content(sentence.folded)
        needed = any(turn < sentence.turn and content(words) & said for turn, words in needs)
        detail = {"product": product or products[sentence.turn], "need": needed}
        found.append(found_at(conversation, "benefit", sentence, hit, detail))
    return found


def _faint(conversation: Conversation, but: Set[int]) -> list[tuple[int, Match]]:
    """The sentences that may state a benefit by themselves or by one of their clauses, likeliest first; no question does.

    Nor does what is said once the customer has asked not to be called.
    """
    by_whole = acts.guesses(conversation, "benefit")
    by_clause = likeliest_clauses(conversation, "benefit")
    asked = [s.turn for s in conversation.by("customer") if told(conversation, "do_not_call", s)]
    end = min(asked, default=len(conversation.turns))
    found = []
    for sentence in conversation.sentences:
        if sentence.speaker != "agent" or sentence.index in but or sentence.turn > end:
            continue
        whole_of = (by_whole.get(sentence.index, acts.NOTHING).probability, 0, len(sentence.text))
        chance, start, stop = max(whole_of, by_clause.get(sentence.index, whole_of))
        if chance >= FAINT and not has_shape("asks", sentence.folded[start:stop]):
            strength = min(chance, DOUBT)
            found.append((sentence.index, Match("learned", start, stop, strength, "meaning", {})))
    return sorted(found, key=lambda one: -one[1].strength)


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
