"""Whether what was heard is one of the profile's names: exactly, by an alias, or as telephone and
recogniser bend it.

Mandarin is compared by toneless syllables (``phonetic.py``), English by edit distance over letters without
spaces.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import Sentence
from pipeline.analysis.phonetic import likeness, places_of, sound_of
from pipeline.analysis.text import fold

IN_A_FRAME = 0.7
"""Least likeness of a name heard in a frame of introduction (our default)."""
SHORT = 0.9
"""Least likeness in a frame of what has one or two characters or is no whole name (our default)."""
ANYWHERE = 0.84
"""Least likeness of a name heard elsewhere (our default); shorter names must sound the same."""
BY_KEY = 0.95
"""What a likeness of rough sounds counts beside one of letters (our default)."""
ORDINARY = 10
"""From so many times in the labelled talk on an English word is an ordinary one, no misheard name (our default)."""
LEAST_KEY = 3
"""Letters of a rough sound from which on it tells a name: Taihe and "the" are both ``th``."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_SOUNDS = str.maketrans("cqzvy", "kksfi")
_NO_VOWELS = str.maketrans("", "", "aeiou")
_TWICE = re.compile(r"(.)\1+")
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9'&.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Known:
    """One name of the profile with the other forms it may take; ``value`` is the one to report, ``short`` are forms
    that count only in a frame of introduction, ``exact`` is empty where the name itself is one of those."""

    value: str
    exact: str
    aliases: tuple[str, ...] = ()
    short: tuple[str, ...] = ()

    @property
    def forms(self) -> list[tuple[str, str]]:
        """Whole names, each with how it counts when heard."""
        exact = [(self.exact, "exact")] if self.exact else []
        return [*exact, *((alias, "alias") for alias in self.aliases)]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a known name was heard, and how it was matched: ``exact, alias`` or ``fuzzy``."""

    start: int
    end: int
    value: str
    matched: str
    strength: float


def spot(sentence: Sentence, known: Sequence[Known], *, fuzzy: bool = True) -> Hit | None:
    """The best known name anywhere in a sentence."""
    return _spot(sentence.folded, tuple(known), fuzzy)


@functools.lru_cache(maxsize=2048)
def _spot(folded: str, known: tuple[Known, ...], fuzzy: bool) -> Hit | None:
    """Kept, since a call is read twice: before masking, for what stays unmasked, and after."""
    literal = [hit for name in known for hit in _literal(folded, name)]
    if literal:
        return max(literal, key=lambda hit: (hit.end - hit.start, hit.strength, -hit.start))
    hits: list[Hit] = []
    if fuzzy:
        hits = [hit for name in known for hit in _by_likeness(folded, name)]
    return max(hits, key=lambda hit: (hit.strength, hit.end - hit.start, -hit.start), default=None)


def recognise(value: str, known: Sequence[Known]) -> tuple[str, str, float] | None:
    """The known name that a value from a frame stands for: name, how it was matched, strength; None for a
    stranger."""
    heard, best = fold(value), None
    for name in known:
        short = [(form, "exact" if form == name.value else "alias") for form in name.short]
        for form, matched in [*name.forms, *short]:
            alike = likeness_of(heard, fold(form))
            if alike == 1.0 and heard == fold(form):
                return name.value, matched, 1.0
            close = len(form) < 3 or form in name.short or is_ordinary(heard)
            least = SHORT if close else IN_A_FRAME
            if alike >= least and (best is None or alike > best[2]):
                best = (name.value, "fuzzy", alike)
    return best


def is_ordinary(word: str) -> bool:
    """Whether what was heard is one common English word and nobody's given name: no firm bent by a recogniser.

    Examples
    --------
    >>> is_ordinary("always"), is_ordinary("martin"), is_ordinary("always on")
    (True, False, False)
    """
    from pipeline.analysis.people import is_person
    from pipeline.analysis.tagger import load_tagger

    if not word.isascii() or " " in word:  # the English tagger isn't loaded for these
        return False
    return load_tagger("en").common.get(word, 0) >= ORDINARY and not is_person(word)


def _is_talk(heard: str) -> bool:
    """Whether all of several words are ordinary: "let me" has the rough sound of "loyalty team", and only letters tell."""
    words = _WORD.findall(heard)
    return len(words) > 1 and all(map(is_ordinary, words))


def _is_spelt(heard: str, form: str) -> bool:
    """Whether letters alone are alike, vowels too."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(heard, form) >= ANYWHERE


def likeness_of(heard: str, form: str) -> float:
    """How alike two folded names sound (Mandarin) or are spelt (English), 0 to 1."""
    from rapidfuzz.distance import Levenshtein

    if _HAN.search(form):
        return likeness(heard, form)
    (one, key), (other, wanted) = _spelt(heard), _spelt(form)
    alike = Levenshtein.normalized_similarity(one, other)
    if len(wanted) < LEAST_KEY:
        return alike
    return max(alike, Levenshtein.normalized_similarity(key, wanted) * BY_KEY)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@functools.lru_cache(maxsize=16384)
def _spelt(text: str) -> tuple[str, str]:
    """The letters of an English name and its rough sound: names are looked for over and over in the same words."""
    letters = _letters(text)
    return letters, _key(letters)


def _key(letters: str) -> str:
    """Rough sound of an English name: one letter for each group that telephones and recognisers confuse."""
    for old, new in (
        ("ph", "f"),
        ("ck", "k"),
        ("gh", "g"),
        ("wh", "w"),
        ("kn", "n"),
        ("sch", "sh"),
        ("tch", "ch"),
    ):
        letters = letters.replace(old, new)
    letters = letters.translate(_SOUNDS)
    return _TWICE.sub(r"\1", letters[:1] + letters[1:].translate(_NO_VOWELS))


def _literal(folded: str, name: Known) -> Iterator[Hit]:
    for form, matched in name.forms:
        strength = 1.0 if matched == "exact" else 0.97
        wanted = fold(form)
        for at in places_of(wanted, folded):
            if _HAN.search(wanted) or _whole(folded, at, at + len(wanted)):
                yield Hit(at, at + len(wanted), name.value, matched, strength)


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a word in Latin letters ends there; Han characters beside it are no part of it."""
    beside = (text[start - 1 : start], text[end : end + 1])
    return not any(char.isalnum() and not _HAN.match(char) for char in beside)


def _by_likeness(folded: str, name: Known) -> Iterator[Hit]:
    for form, _ in name.forms:
        wanted = fold(form)
        if _HAN.search(wanted):
            yield from _han(folded, wanted, name.value)
        elif len(_letters(wanted)) >= 5:
            yield from _latin(folded, wanted, name.value)


def _han(folded: str, wanted: str, value: str) -> Iterator[Hit]:
    if len(wanted) < 3:
        return
    heard = sound_of(folded)
    same = places_of(sound_of(wanted), heard)
    for at in same:
        yield Hit(at, at + len(wanted), value, "fuzzy", 0.9)
    if same or len(wanted) < 4 or not _may_sound(wanted, heard):
        return
    for width in (len(wanted), len(wanted) - 1, len(wanted) + 1):
        for at in range(len(folded) - width + 1):
            alike = likeness(folded[at : at + width], wanted)
            if alike >= ANYWHERE:
                yield Hit(at, at + width, value, "fuzzy", alike * 0.9)


def _may_sound(wanted: str, heard: str) -> bool:
    """Whether enough of a name's syllables are heard at all: each that isn't costs half a syllable or more."""
    absent = sum(sound not in heard for sound in sound_of(wanted))
    return absent * 0.5 <= (1 - ANYWHERE) * (len(wanted) + 1)


def _latin(folded: str, wanted: str, value: str) -> Iterator[Hit]:
    count = len(wanted.split())
    letters, key = _spelt(wanted)
    for width in range(max(1, count - 1), count + 2):
        for start, end, one, rough in _windows(folded, width):
            # each letter too many costs one, so names of other lengths aren't alike
            if not (_are_near(len(one), len(letters)) or _are_near(len(rough), len(key))):
                continue
            heard = folded[start:end]
            alike = likeness_of(heard, wanted)
            if (
                alike >= ANYWHERE
                and not is_ordinary(heard)
                and (not _is_talk(heard) or _is_spelt(one, letters))
            ):
                yield Hit(start, end, value, "fuzzy", alike * 0.9)


def _are_near(one: int, other: int) -> bool:
    return abs(one - other) <= (1 - ANYWHERE) * max(one, other)


@functools.lru_cache(maxsize=4096)
def _windows(folded: str, width: int) -> tuple[tuple[int, int, str, str], ...]:
    """So many words each: where they stand, their letters and their rough sound."""
    words = list(_WORD.finditer(folded))
    spans = [(words[at].start(), words[at + width - 1].end()) for at in range(max(0, len(words) - width + 1))]
    return tuple((start, end, *_spelt(folded[start:end])) for start, end in spans)
