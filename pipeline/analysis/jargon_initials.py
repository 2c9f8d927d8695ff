"""Initials that no list holds: "on an ECR structure", 走个EDD. Whether a customer knows them nobody can tell: a doubt.

Initials of ordinary talk, of well-known firms, of a list of names, or where the agent names his firm are none. The authors of
the labelled calls mark few of those left as terms of trade. Who asks what they mean makes them one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.jargon_asked import STRENGTH
from pipeline.analysis.ordinary import is_ordinary
from pipeline.analysis.shapes import shape, words
from pipeline.analysis.text import fold

A_DOUBT = 0.5
"""How surely initials are a term: under the gate, so that a person decides (our default)."""
_INITIALS = {
    "en": re.compile(r"(?<![A-Za-z0-9&'-])[A-Z]{3,6}(?![A-Za-z0-9&'-])"),
    "zh": re.compile(r"(?<![A-Za-z0-9&'-])[A-Z]{2,6}(?![A-Za-z0-9&'-])"),
}
_LISTED = re.compile(r"[A-Z]{2,6}(?:(?:, ?| ?[、/] ?|,? (?:and|or) |[和跟及])(?:and |or )?[A-Z]{2,6}){2,}")
_CAPITALISED_BEFORE, _CAPITALISED_AFTER = re.compile(r"[A-Z][a-z]+ $"), re.compile(r" [A-Z][a-z]+")
_SMALL = re.compile(r"[a-z\u3400-\u9fff]")
_ASKS = ("asks_meaning", "asks_term", "echo")


def initials(conversation: Conversation) -> Iterator[tuple[Sentence, int, int, float]]:
    """Where the agent says initials that may be a term, and how surely they are one."""
    asked = set(_asked(conversation))
    for sentence in conversation.by("agent"):
        language = "zh" if sentence.language == "zh" else "en"
        if not _SMALL.search(sentence.text):
            continue  # a text in capitals
        for hit in _INITIALS[language].finditer(sentence.text):
            said = hit.group().lower()
            if said in asked:
                yield sentence, *hit.span(), STRENGTH
            elif not _is_known(said) and not _is_name(sentence.text, *hit.span(), language):
                yield sentence, *hit.span(), A_DOUBT


def _is_known(said: str) -> bool:
    return is_ordinary(said, "en") or said in words("initials", "en")


def _is_name(text: str, start: int, end: int, language: str) -> bool:
    """Whether they stand where a firm is named, beside a word in capitals, or in a list of three and more."""
    if _CAPITALISED_BEFORE.search(text[:start]) or _CAPITALISED_AFTER.match(text, end):
        return True
    marked = fold(f"{text[:start]}<{text[start:end]}>{text[end:]}")
    listed = any(hit.start() <= start < hit.end() for hit in _LISTED.finditer(text))
    return listed or shape("initials_of_a_name", language).search(marked) is not None


def _asked(conversation: Conversation) -> Iterator[str]:
    """Words whose meaning the customer asks for."""
    for sentence in conversation.by("customer"):
        for name in _ASKS:
            hit = shape(name, "zh" if sentence.language == "zh" else "en").search(sentence.folded)
            yield from (one.strip() for one in hit.groups() if one) if hit else ()
