"""Whether what was read as a firm or a person can be a name at all, where no profile knows it.

A name is no verb with its object (我们是修锁的), no clause, and in a text with capitals no word in small letters. The words are
data: ``named`` of ``lexicons/<language>/_introduced.yaml``, with examples beside.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from models.jieba_words import cut, parts_of_speech
from pipeline.analysis.introduced import read_introduced
from pipeline.analysis.people import is_person, trade
from pipeline.analysis.tagger import load_tagger

NO, DOUBT, YES = 0.0, 0.5, 1.0
"""Most that what was read counts for: nothing, under the gate of 0.6 so that a person decides, or all (our default)."""
NOUNS, MODIFIERS = frozenset("nbj"), frozenset("nbjamft")
"""Parts of speech, as jieba has them, of an object and of what stands before it."""
SHORT = 3
"""A verb with one character or two behind it (our default)."""
ORDINARY = {"cased": 5, "bare": 10}
"""From so many times in the labelled talk on a word is an ordinary one, with capitals in the text and without (our default)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Characters ``[start, end)`` of a sentence, as written and in small letters."""

    text: str
    folded: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """The words in small letters."""
        return self.folded[self.start : self.end]


def most(slot: str, place: Place, language: str) -> float:
    """The most that a stranger's name counts for there.

    Examples
    --------
    >>> most("company", Place("我就是补轮胎的", "我就是补轮胎的", 3, 6), "zh")
    0.0
    >>> most("company", Place("我是学而思的", "我是学而思的", 2, 5), "zh")
    1.0
    """
    if slot == "department":
        return YES
    if language == "zh":
        return _mandarin(place) if slot == "company" else YES
    return _english(place, slot)


def _mandarin(place: Place) -> float:
    value, words = place.value, _words()
    if words["firm"].search(value):
        return YES
    before, after = place.folded[: place.start], place.folded[place.end :]
    if words["clause"].search(value):
        return DOUBT if words["led"].search(before) or after.startswith("的") else NO
    if not (words["is"].search(before) and words["of"].match(after)):
        return YES
    return _doing(value)


def _doing(value: str) -> float:
    """How far the words of "we are those who …" are a name: none where a verb and its object are all of them."""
    verb = _words()["verb"].match(value)
    if verb is None:
        return YES
    parts = parts_of_speech()
    rest = cut(value[verb.end() :], unknown=False)
    kinds = [parts.get(word, "x")[0] for word in rest]
    whole = all(kind == "a" or len(word) > 1 for word, kind in zip(rest[:-1], kinds, strict=False))
    if len(value) > verb.end() + 1 and whole and set(kinds[:-1]) <= MODIFIERS and kinds[-1] in NOUNS:
        return NO
    return DOUBT if len(value) <= SHORT and (not rest or kinds[-1] in NOUNS) else YES


def _english(place: Place, slot: str) -> float:
    value = place.value
    written = place.text[place.start : place.end]
    if written != value or not value.isascii() or any(map(str.isdigit, value)):
        return YES
    common = load_tagger("en").common
    cased = any(map(str.isupper, re.sub(r"\bI\b", "", place.text)))
    least = ORDINARY["cased" if cased else "bare"]
    ordinary = all(common.get(word, 0) >= least for word in re.findall(r"[\w'’-]+", value))
    if cased:
        return NO if ordinary and not (slot == "name" and is_person(value)) else DOUBT
    strange = not ordinary or is_person(value) or trade().search(value) is not None
    return YES if strange else DOUBT


@functools.cache
def _words() -> dict[str, re.Pattern[str]]:
    data: dict[str, Any] = read_introduced("zh")["named"]
    return {name: re.compile(data[name]) for name in ("verb", "firm", "clause", "led", "is", "of")}
