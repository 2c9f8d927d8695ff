"""Names that their form proves: whose mother somebody is, who gets the parcel, what somebody is called."""

from __future__ import annotations

import re

from pipeline.privacy.asked import asked_for
from pipeline.privacy.kept import is_han
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
    alone = form("settled.proved.answer_en").fullmatch(before)
    return bool(alone) and stream.speaker == "customer" and "name" in asked_for(stream.turns, index)


def of_family(stream: Stream, hit: Hit) -> bool:
    """Whether the name is a child's whose mother, class mate or the like is spoken of: 浩浩的家长, "Mia's mum"."""
    behind = stream.text[hit.end : hit.end + AFTER]
    tongue = "zh" if is_han(stream.text[hit.start : hit.end]) else "en"
    return hit.kind == "name" and bool(form(f"settled.proved.behind_{tongue}").match(behind))
