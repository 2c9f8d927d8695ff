"""What a sentence must hold for a pattern to have any chance: most patterns are ruled out unread.

A regular expression is read as a tree; each literal in it that can't be left out demands its characters, one and two
Han characters in a row or two and three others, blanks among them. Of the alternatives' demands the rarest are kept, by
what is common in the rules' own examples. The idea is that of trigram indexes for regular expressions (R. Cox,
"Regular Expression Matching with a Trigram Index", 2012).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from re import _constants as ops  # type: ignore[attr-defined]  # the only reader of patterns that Python has
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

_MOST_ALTERNATIVES = 400
_LAYERS = 3
"""Clauses of each thing that are looked at: further ones rule out little more."""
_GAP = re.compile(r"[\s,]+")
_RUNS = re.compile("[\u3400-\u9fff\U000f0000-\U0010ffff]+|[^\u3400-\u9fff\U000f0000-\U0010ffff]+")
_GAP_PARTS = {(ops.CATEGORY, ops.CATEGORY_SPACE), (ops.LITERAL, ord(","))}

Clause = frozenset[str]
Clauses = tuple[Clause, ...]
"""A text in which all is found holds a gram of each clause."""
Common = Mapping[str, int]
"""How often a gram is met; a wrong number costs time, never a match."""
_NOTHING: Common = {}
Thing = TypeVar("Thing")


def _is_unit(char: str) -> bool:
    """Han characters, and the private ones that stand for their sounds."""
    return "\u3400" <= char <= "\u9fff" or char >= "\U000f0000"


def _grams(text: str) -> list[str]:
    """Units one by one and in pairs; of all else each run of two and of three."""
    found: list[str] = []
    for run in _RUNS.findall(text):
        for size in (1, 2) if _is_unit(run[0]) else (2, 3):
            found += [run[at : at + size] for at in range(len(run) - size + 1)]
    return found


def grams_of(text: str) -> frozenset[str]:
    """All grams of a folded text, or of its sound; blanks and commas in a row are one blank."""
    return frozenset(_grams(_GAP.sub(" ", text)))


@dataclass(frozen=True, slots=True, eq=False)
class Sieve(Generic[Thing]):
    """Of many things looked for in a text, those that could be in it, found without asking each.

    Attributes
    ----------
    things
        What is looked for, in order.
    layers
        For each clause, the first of each thing in the first layer and so on: which things demand nothing
        there, as bits, and for each gram the things that a text which has it could hold.
    """

    things: tuple[Thing, ...]
    layers: tuple[tuple[int, Mapping[str, int]], ...]

    @classmethod
    def of(cls, wanted: Sequence[tuple[Thing, Clauses]]) -> Sieve[Thing]:
        """From each thing and its clauses: a text that holds it has a gram of each of them."""
        clauses = [own for _thing, own in wanted]
        depth = min(_LAYERS, max(map(len, clauses), default=0))
        layers = (_layer([own[at] if at < len(own) else None for own in clauses]) for at in range(depth))
        return cls(tuple(thing for thing, _own in wanted), tuple(layers))

    def open(self, grams: Collection[str]) -> Iterator[Thing]:
        """The things that a text with these grams could hold, in order."""
        found = (1 << len(self.things)) - 1
        for always, by_gram in self.layers:
            here = always
            for gram in by_gram.keys() & grams:
                here |= by_gram[gram]
            found &= here
        bits = f"{found:b}"[::-1]
        at = bits.find("1")
        while at >= 0:
            yield self.things[at]
            at = bits.find("1", at + 1)


def _layer(clauses: Iterable[Clause | None]) -> tuple[int, Mapping[str, int]]:
    """One clause of each thing; None demands nothing."""
    always, by_gram = 0, dict[str, int]()
    for at, clause in enumerate(clauses):
        if clause is None:
            always |= 1 << at
        for gram in clause or ():
            by_gram[gram] = by_gram.get(gram, 0) | 1 << at
    return always, by_gram


def literal_clauses(text: str, sound: str, common: Common = _NOTHING) -> Clauses:
    """The clauses of a literal, the rarest first; ``sound`` where it may also be said by its sound alone."""
    grams = list(_grams(_GAP.sub(" ", text)))
    heard = list(_grams(_GAP.sub(" ", sound))) if sound else grams
    return _ranked(map(frozenset, zip(grams, heard, strict=True)), common)


def demands(pattern: str, common: Common = _NOTHING) -> Clauses:
    """Clauses of each of which a text must hold a gram for the pattern to match it, the rarest first.

    Examples
    --------
    >>> pattern = "(?:今天|现在)就(?:定|签)"
    >>> all(clause & grams_of("现在就签吧") for clause in demands(pattern))
    True
    >>> all(clause & grams_of("明天再签吧") for clause in demands(pattern))
    False
    """
    return _ranked(set(_of_sequence(parser.parse(pattern), common)), common)


def _ranked(clauses: Iterable[Clause], common: Common) -> Clauses:
    return tuple(sorted(clauses, key=lambda clause: (_met(clause, common), sorted(clause)))[:_LAYERS])


def _met(clause: Set[str], common: Common) -> int:
    """How often a gram of a clause is met; each counts one at least, so that few grams rank before many."""
    return sum(1 + common.get(gram, 0) for gram in clause)


def _of_sequence(tree: Sequence[Any], common: Common) -> list[Clause]:
    clauses: list[Clause] = []
    run = ""
    for op, value in tree:
        if op is ops.LITERAL and not _GAP.match(chr(value)):
            run += chr(value)
        elif op is ops.MAX_REPEAT and _is_gap(value):
            run += " "
        else:
            clauses += _of_run(run)
            run = ""
            clauses += _of_node(op, value, common)
    return clauses + _of_run(run)


def _is_gap(repeat: tuple[int, int, Sequence[Any]]) -> bool:
    """Whether a repeat is ``[\\s,]+``, which a text's grams know as one blank."""
    least, most, inner = repeat
    one = inner[0] if len(inner) == 1 else None
    return bool(
        least == 1 and most is ops.MAXREPEAT and one and one[0] is ops.IN and set(one[1]) == _GAP_PARTS
    )


def _of_run(run: str) -> list[Clause]:
    return [frozenset((gram,)) for gram in _grams(run)]


def _of_node(op: Any, value: Any, common: Common) -> list[Clause]:
    if op is ops.SUBPATTERN:
        return _of_sequence(value[-1], common)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        return _of_sequence(value[2], common) if value[0] >= 1 else []
    if op is ops.ATOMIC_GROUP:
        return _of_sequence(value, common)
    if op is ops.BRANCH:
        return _of_branch(value[1], common)
    if op is ops.IN:
        return _of_class(value)
    return []


def _of_branch(branches: Sequence[Any], common: Common) -> list[Clause]:
    """One clause: the rarest demand of each alternative; none when an alternative demands nothing."""
    if len(branches) > _MOST_ALTERNATIVES:
        return []
    union: Clause = frozenset()
    for branch in branches:
        clauses = _of_sequence(branch, common)
        if not clauses:
            return []
        union |= min(clauses, key=lambda clause: _met(clause, common))
    return [union]


def _of_class(members: Sequence[Any]) -> list[Clause]:
    chars = [chr(value) for op, value in members if op is ops.LITERAL]
    if len(chars) != len(members) or not all(map(_is_unit, chars)):
        return []
    return [frozenset(chars)]
