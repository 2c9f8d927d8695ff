"""Terms that no list holds and whose meaning the customer asks for: "what's an orthomosaic?", 什么叫空三.

What the agent said in just these words and the customer doesn't know is a term of trade, whatever the trade is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.shapes import shape

STRENGTH = 0.8
"""How surely such a word is a term (our default)."""
WITHIN = 2
"""The agent's turns before the question in which it was said (our default)."""
_EDGE = re.compile(r"[a-z0-9]")


def asked_terms(conversation: Conversation) -> Iterator[tuple[Sentence, int, int]]:
    """Where the agent first says each term whose meaning the customer then asks for."""
    had: set[str] = set()
    for asking in conversation.by("customer"):
        hit = shape("asks_meaning", "zh" if asking.language == "zh" else "en").search(asking.folded)
        term = next((one.strip() for one in hit.groups() if one), "") if hit else ""
        if not term or term in had:
            continue
        place = next(_said_before(conversation, asking, term), None)
        if place is not None:
            had.add(term)
            yield place


def _said_before(
    conversation: Conversation, asking: Sentence, term: str
) -> Iterator[tuple[Sentence, int, int]]:
    """Where the agent said the term shortly before the question."""
    first = asking.turn - 2 * WITHIN
    for sentence in conversation.by("agent"):
        if first <= sentence.turn < asking.turn:
            at = sentence.folded.find(term)
            if at >= 0 and not _inside_a_word(sentence.folded, at, at + len(term)):
                yield sentence, at, at + len(term)


def _inside_a_word(text: str, start: int, end: int) -> bool:
    return bool(_EDGE.fullmatch(text[start - 1 : start]) or _EDGE.fullmatch(text[end : end + 1]))
