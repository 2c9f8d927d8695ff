"""What a sentence must hold for a pattern to have any chance, as bit masks: most patterns are ruled out
unread.

A regular expression is read as a tree; each literal in it that can't be left out demands its characters
(Han) or its letter triples (Latin). The grams are hashed into 1021 bits, so that a collision costs time,
never a match. The idea is that of trigram indexes for regular expressions (R. Cox, "Regular Expression
Matching with a Trigram Index", 2012).
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]  # the only reader of patterns that Python has
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_BITS = 1021
_MOST_ALTERNATIVES = 400
_LAYERS = 3
"""Clauses of each thing that a sieve looks at: further ones rule out little more."""

Clauses = tuple[int, ...]


@functools.lru_cache(maxsize=65536)
def _place(gram: str) -> int:
    number = 0
    for char in gram:
        number = number * 1327 + ord(char)
    return number % _BITS


def _bit(gram: str) -> int:
    return 1 << _place(gram)


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def _grams(text: str) -> Iterable[str]:
    """Han characters one by one; of all else each run of three."""
    for at, char in enumerate(text):
        if _is_han(char):
            yield char
        elif at + 3 <= len(text) and not (_is_han(text[at + 1]) or _is_han(text[at + 2])):
            yield text[at : at + 3]


def places_in(text: str) -> frozenset[int]:
    """Which bits the grams of a folded text have."""
    return frozenset(map(_place, _grams(text)))


def mask_of(text: str) -> int:
    """The bits of all grams of a folded text."""
    return _mask(places_in(text))


def _mask(places: Iterable[int]) -> int:
    mask = 0
    for place in places:
        mask |= 1 << place
    return mask


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """Of many things looked for in a text, those that could be in it, found without asking each.

    Attributes
    ----------
    layers
        For each clause, the first of each thing in the first layer and so on: which things demand nothing
        there, as bits, and for each gram's bit the things that a text which has it could hold.
    """

    layers: tuple[tuple[int, Mapping[int, int]], ...]

    @classmethod
    def of(cls, wanted: Sequence[Clauses]) -> Sieve:
        """From the clauses of each thing: a text that holds it shares a bit with each of them."""
        depth = min(_LAYERS, max(map(len, wanted), default=0))
        return cls(
            tuple(
                _layer([clauses[at] if at < len(clauses) else 0 for clauses in wanted]) for at in range(depth)
            )
        )

    def open(self, places: Collection[int]) -> int:
        """The things that a text with these grams could hold, as bits."""
        found = -1
        for always, by_gram in self.layers:
            here = always
            for place in places:
                here |= by_gram.get(place, 0)
            found &= here
        return found


def _layer(masks: Iterable[int]) -> tuple[int, Mapping[int, int]]:
    """One clause of each thing; a mask of 0 demands nothing."""
    always, by_gram = 0, dict[int, int]()
    for at, mask in enumerate(masks):
        if not mask:
            always |= 1 << at
        while mask:
            place = mask.bit_length() - 1
            by_gram[place] = by_gram.get(place, 0) | 1 << at
            mask ^= 1 << place
    return always, by_gram


def literal_clauses(text: str, sound: str) -> Clauses:
    """The clauses of a literal that may also be said by its sound: its first gram or syllable, and its last."""
    grams = [_bit(gram) for gram in _grams(text)]
    if not grams:
        return ()
    first, last = grams[0], grams[-1]
    return (first | _bit(sound[0]), last | _bit(sound[-1])) if sound else (first, last)


def syllables_in(sound: str) -> frozenset[int]:
    """Which bits the syllables of a sound have."""
    return frozenset(map(_place, sound))


def demands(pattern: str) -> Clauses:
    """Masks of which each must share a bit with ``mask_of(text)`` for the pattern to match ``text``.

    Examples
    --------
    >>> pattern = "(?:今天|现在)就(?:定|签)"
    >>> all(mask_of("现在就签吧") & clause for clause in demands(pattern))
    True
    >>> all(mask_of("明天再签吧") & clause for clause in demands(pattern))
    False
    """
    clauses = set(_of_sequence(parser.parse(pattern)))
    return tuple(sorted(clauses, key=int.bit_count))


def _of_sequence(tree: Sequence[Any]) -> list[int]:
    clauses: list[int] = []
    run = ""
    for op, value in tree:
        if op is ops.LITERAL:
            run += chr(value)
            continue
        clauses += _of_run(run)
        run = ""
        clauses += _of_node(op, value)
    return clauses + _of_run(run)


def _of_run(run: str) -> list[int]:
    return [_bit(gram) for gram in _grams(run)]


def _of_node(op: Any, value: Any) -> list[int]:
    if op is ops.SUBPATTERN:
        return _of_sequence(value[-1])
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        return _of_sequence(value[2]) if value[0] >= 1 else []
    if op is ops.ATOMIC_GROUP:
        return _of_sequence(value)
    if op is ops.BRANCH:
        return _of_branch(value[1])
    if op is ops.IN:
        return _of_class(value)
    return []


def _of_branch(branches: Sequence[Any]) -> list[int]:
    """One clause: the most telling gram of each alternative; none when an alternative demands nothing."""
    if len(branches) > _MOST_ALTERNATIVES:
        return []
    union = 0
    for branch in branches:
        clauses = _of_sequence(branch)
        if not clauses:
            return []
        union |= min(clauses, key=int.bit_count)
    return [union]


def _of_class(members: Sequence[Any]) -> list[int]:
    chars = [chr(value) for op, value in members if op is ops.LITERAL]
    if len(chars) != len(members) or not all(map(_is_han, chars)):
        return []
    union = 0
    for char in chars:
        union |= _bit(char)
    return [union]
