"""Benefits that the agent states, tied to a product of the profile or to a need the customer told (article 10.3).

Three layers: rules for wording from the customer's side ("so you can …", 帮您省…), the profile's own benefits by shared
words, and by likeness of meaning (sentence encoder) where a sentence shares at least one word with them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import after, content, found_at, hits, likeness, of_turn, shared, size, whole
from pipeline.analysis.rules import Match
from pipeline.analysis.text import fold
from pipeline.profile import Product
from pipeline.types import Finding

_NAMED = 0.6
"""Share of a listed benefit's words that makes a sentence say it (our default)."""
_ALIKE = 0.62
"""Least cosine between a sentence and a listed benefit (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each sentence of the agent that states a benefit; ``detail``: ``product`` (name or None), ``need`` (bool)."""
    told = told_needs(conversation, prior)
    found = []
    for sentence in conversation.by("agent"):
        stated = states(conversation, sentence)
        if stated is None or (sentence.speaker == "unknown" and stated[0].layer != "profile"):
            continue
        hit, product = stated
        needed = any(turn < sentence.turn and content(words) & content(sentence.folded) for turn, words in told)
        found.append(found_at(conversation, "benefit", sentence, hit, {"product": product, "need": needed}))
    return found


def states(conversation: Conversation, sentence: Sentence) -> tuple[Match, str | None] | None:
    """The words of a sentence that state a benefit, and the product they are tied to; None where it states none."""
    product = _product_named(conversation, sentence)
    ruled = [m for m in hits("benefit", sentence) if m.strength > 0]
    if ruled:
        best = max(ruled, key=lambda m: m.end - m.start)
        return best, product
    return _listed(conversation, sentence)


def _listed(conversation: Conversation, sentence: Sentence) -> tuple[Match, str | None] | None:
    """A benefit of the profile, said in these or like words; a question states none."""
    if size(sentence.folded) < 3 or sentence.folded.rstrip().endswith(("?", "吗")):
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


def _product_named(conversation: Conversation, sentence: Sentence) -> str | None:
    """The product named in the sentence, else the one named last in the agent's turns so far."""
    products = conversation.profile.products
    if not products:
        return None
    for other in range(sentence.turn, -1, -1):
        for spoken in of_turn(conversation, other):
            for product in products:
                if any(name in spoken.folded for name in _names(product)):
                    return product.name
    return None


@functools.lru_cache(maxsize=1024)
def _names(product: Product) -> tuple[str, ...]:
    return tuple(fold(name) for name in (product.name, *product.aliases) if name)


def told_needs(conversation: Conversation, prior: Sequence[Finding]) -> list[tuple[int, str]]:
    """What the customer said in answer to needs questions: (turn, folded words)."""
    told: dict[int, str] = {}
    for finding in prior:
        if finding.kind == "needs_question" and finding.turn is not None and finding.detail.get("answered"):
            for turn in after(conversation, finding.turn, "customer", 1):
                told[turn] = " ".join(s.folded for s in of_turn(conversation, turn))
    return sorted(told.items())
