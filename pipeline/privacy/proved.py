"""Names that their form proves: whose mother somebody is, who gets the parcel, what somebody is called."""

from __future__ import annotations

import re

from pipeline.privacy.asked import asked_for
from pipeline.privacy.kept import is_han
from pipeline.privacy.lexicon_en import is_common_word
from pipeline.privacy.lexicon_zh import is_word, surname
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream

BEFORE, AFTER = 32, 12
WHOLE = 3
"""From how many signs on a Chinese name is a whole one."""


def proved(stream: Stream, hit: Hit) -> bool:
    """Whether what stands around a name says that it is a person's, or it is a whole name and no word."""
    if hit.kind != "name":
        return False
    name = stream.text[hit.start : hit.end]
    tongue = "zh" if is_han(name) else "en"
    index, offset = stream.turn_at(hit.start)
    before = stream.turns[index].text[max(0, offset - BEFORE) : offset]
    if form(f"settled.proved.before_{tongue}").search(before) or of_family(stream, hit):
        return True
    if tongue == "zh":
        return len(name) >= WHOLE and bool(re.match(surname(sure=False), name)) and not is_word(name)
    return _answers(stream, hit)


def answers_by_name(stream: Stream, hit: Hit) -> bool:
    """Whether a customer answers the question for a name with a whole one: "Ottilie Barnard, in Mr Whelan's class."."""
    words = stream.text[hit.start : hit.end].split()
    whole = hit.kind == "name" and len(words) > 1 and all(word[0].isupper() for word in words)
    return whole and not is_common_word(words[0]) and _answers(stream, hit)


def _answers(stream: Stream, hit: Hit) -> bool:
    index, offset = stream.turn_at(hit.start)
    before = stream.turns[index].text[max(0, offset - BEFORE) : offset]
    alone = form("settled.proved.answer_en").fullmatch(before)
    return bool(alone) and stream.speaker == "customer" and "name" in asked_for(stream.turns, index)


def of_family(stream: Stream, hit: Hit) -> bool:
    """Whether the name is a child's whose mother, class mate or the like is spoken of: 浩浩的家长, "Mia's mum"."""
    behind = stream.text[hit.end : hit.end + AFTER]
    tongue = "zh" if is_han(stream.text[hit.start : hit.end]) else "en"
    return hit.kind == "name" and bool(form(f"settled.proved.behind_{tongue}").match(behind))
