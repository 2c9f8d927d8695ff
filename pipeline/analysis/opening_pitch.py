"""A pitch in the agent's first words, where greeting and purpose stand in the same sentence.

The learned layer hears such a sentence as a greeting or a purpose. A clause of it that names a price or what one gains is
the offer itself: the purpose alone ("I'm calling about your contract") names neither.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import Match
from pipeline.analysis.sure import says

TURNS = 2
"""So many of the call's first turns are the opening here: the agent's first, whoever picks up first (our default)."""
LEAST = 0.1
"""Probability of a pitch, or of a benefit in the clause, from which a merit's wording is one where the clause doesn't say that
the offer is ours (our default)."""
SURE = 0.7
"""Confidence of such a pitch (our default)."""


def opened_with(conversation: Conversation, sentence: Sentence) -> Match | None:
    """The clause of an opening sentence that pitches; None where none does."""
    if sentence.turn >= TURNS:
        return None
    guess = acts.guesses(conversation, "pitch").get(sentence.index, acts.NOTHING).probability
    for clause in re.finditer(r"(?:[^,，;；.。!！]|[,.](?=\d))+", sentence.folded):
        start, end = clause.span()
        part = replace(sentence, text=sentence.text[start:end], folded=clause.group().strip())
        if not says(part, "pitch", "merit"):
            continue
        if (
            says(part, "pitch", "ours")
            or max(guess, *(acts.alone(part, kind).probability for kind in ("pitch", "benefit"))) >= LEAST
        ):
            return Match("opened_with", start, end, SURE, "pattern", {})
    return None
