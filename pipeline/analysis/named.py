"""Whether what was read as a firm or a person can be a name at all, where no profile knows it.

A name is no verb with its object (我们是修锁的), no clause, no amount, and in a text with capitals no word in small letters. A
trade or goods alone (网络安全的, "Home insurance.") is a doubt. The words are data: ``named`` of
``lexicons/<language>/_introduced.yaml``, with examples beside.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from models.jieba_words import cut, parts_of_speech
from pipeline.analysis.figures import is_amount
from pipeline.analysis.introduced import read_introduced
from pipeline.analysis.introduction import is_department_word
from pipeline.analysis.ordinary import is_made_of, is_ordinary
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
    value, words = place.value, _words("zh")
    if words["firm"].search(value):
        return YES
    if _is_trade(value):
        return DOUBT
    if words["trade"].search(value):
        return YES
    before, after = place.folded[: place.start], place.folded[place.end :]
    if words["clause"].search(value) or any(map(_is_adverb, cut(value, unknown=False))):
        return DOUBT if words["led"].search(before) or after.startswith("的") else NO
    if not (words["is"].search(before) and words["of"].match(after)):
        return YES
    return _doing(value)


def _is_trade(value: str) -> bool:
    """Whether the words name a trade or goods and nothing else: no name, and no firm that is called by a word."""
    known = _words("zh")
    if known["called"].match(value):
        return False

    def is_field(word: str) -> bool:
        return bool(known["fields"].fullmatch(word)) or is_ordinary(word, "zh") or is_department_word(word)

    return is_made_of(value, is_field)


def _is_adverb(word: str) -> bool:
    return len(word) > 1 and parts_of_speech().get(word) == "d" and is_ordinary(word, "zh")


def _doing(value: str) -> float:
    """How far the words of "we are those who …" are a name: none where a verb and its object are all of them."""
    verb = _words("zh")["verb"].match(value)
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
    if is_amount(value):
        return NO if slot == "name" else DOUBT
    if slot == "company" and _is_bare_trade(place):
        return DOUBT
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


def _is_bare_trade(place: Place) -> bool:
    """Whether a trade or goods is all that a sentence says beside a greeting: words of ordinary talk, the last a field's."""
    said = _words("en")
    own = re.findall(r"[\w'’-]+", place.value)
    if len(own) < 2 or not said["fields"].fullmatch(own[-1]):
        return False
    around = said["greeting"].match(place.folded[: place.start]), place.folded[place.end :]
    if around[0] is None or around[0].end() != place.start or any(map(str.isalnum, around[1])):
        return False
    return all(is_ordinary(one, "en") or said["fields"].fullmatch(one) for one in own)


@functools.cache
def _words(language: str) -> dict[str, re.Pattern[str]]:
    data: dict[str, Any] = read_introduced(language)["named"]
    return {name: re.compile(text) for name, text in data.items() if name != "examples"}
