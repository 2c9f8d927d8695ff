"""Whether a repeat in a pattern may read the same words in more than one way, so that matching could run for hours.

``(a+)+``, ``(好|好好)+`` and ``(a?a)+`` can split a run of their letters in ever so many ways, all of which are tried
before the pattern gives up. A repeat is sound when, wherever it stands in a text, the next letter says which part of it
comes next: its position automaton (Glushkov 1961) is deterministic. Letters are one where the matcher takes them for one, so
``s`` and ``ſ``, ``σ`` and ``ς``, ``i`` and ``İ`` are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from re import _constants as codes  # type: ignore[attr-defined]  # the parser has no public name since 3.11
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import regex

REPEATS = frozenset({codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT})
MAX_LETTERS = 2000
"""Letters of a repeat's body, its fixed counts written out."""
_ATOMIC = getattr(codes, "ATOMIC_GROUP", None)
_PROBES = "0٣a_ \n-好，é"
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
_OTHERS = {
    codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
    codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
    codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
}


@dataclass(slots=True)
class _Part:
    """A part of a body: whether it may be empty, and the letters it begins and ends with."""

    empty: bool = True
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Automaton:
    letters: list[tuple[Any, Any]] = field(default_factory=list)
    follow: list[list[int]] = field(default_factory=list)

    def letter(self, node: tuple[Any, Any]) -> _Part:
        """A single letter, or one of a class."""
        if len(self.letters) >= MAX_LETTERS:
            raise ValueError("a repeat of that many letters is too much; write it shorter")
        self.letters.append(node)
        self.follow.append([])
        here = len(self.letters) - 1
        return _Part(False, [here], [here])

    def joined(self, one: _Part, other: _Part) -> _Part:
        """One after the other."""
        for end in one.last:
            self.follow[end] += other.first
        first = one.first + other.first if one.empty else one.first
        last = one.last + other.last if other.empty else other.last
        return _Part(one.empty and other.empty, first, last)

    def sequence(self, tree: Any) -> _Part:
        """All parts of a body, one after the other."""
        whole = _Part()
        for node in tree:
            whole = self.joined(whole, self.part(*node))
        return whole

    def part(self, code: Any, argument: Any) -> _Part:
        """One node of the parser's tree; what has no width is empty."""
        if code in REPEATS:
            return self.repeat(*argument)
        if code is codes.SUBPATTERN:
            return self.sequence(argument[3])
        if code is _ATOMIC:
            return self.sequence(argument)
        if code is codes.BRANCH:
            branches = [self.sequence(branch) for branch in argument[1]]
            return _Part(
                any(branch.empty for branch in branches),
                [letter for branch in branches for letter in branch.first],
                [letter for branch in branches for letter in branch.last],
            )
        if code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            return _Part()
        return self.letter((code, argument))

    def repeat(self, least: int, most: int, body: Any) -> _Part:
        """A repeat: a fixed count is written out, any other goes round."""
        if least == most and least > 0:
            whole = _Part()
            for _ in range(least):
                whole = self.joined(whole, self.sequence(body))
            return whole
        part = self.sequence(body)
        if most > 1:
            for end in part.last:
                self.follow[end] += part.first
        return _Part(part.empty or least == 0, part.first, part.last)


def ambiguity(pattern: str) -> str | None:
    """What could run away in a pattern, in words; None where nothing does."""
    for least, most, body in _repeats(parser.parse(pattern)):
        automaton = _Automaton()
        try:
            start = automaton.repeat(least, most, body).first
        except ValueError as error:
            return str(error)
        for choices in (start, *automaton.follow):
            if len(set(choices)) < len(choices):
                return "a repeat inside a repeat, such as (a+)+, could run for hours; write it without"
            for one, other in combinations(choices, 2):
                if _meet(automaton.letters[one], automaton.letters[other]):
                    return (
                        "a repeat whose parts can begin alike, such as (好|好好)+ or (a?a)+, could run for hours; "
                        "write each part so that its first letter tells it from the others"
                    )
    return None


def _repeats(tree: Any) -> Iterator[tuple[int, int, Any]]:
    """The outermost repeats that go round more than once."""
    for code, argument in tree:
        if code in REPEATS and argument[1] > 1:
            yield argument
        else:
            for inner in _inside(code, argument):
                yield from _repeats(inner)


def _inside(code: Any, argument: Any) -> list[Any]:
    if code in REPEATS:
        return [argument[2]]
    if code is codes.SUBPATTERN:
        return [argument[3]]
    if code is codes.BRANCH:
        return list(argument[1])
    if code is _ATOMIC:
        return [argument]
    return [argument[1]] if code in (codes.ASSERT, codes.ASSERT_NOT) else []


def _meet(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether some letter is of both; judged by the letters named in them and a few of every sort."""
    return any(_holds(one, char) and _holds(other, char) for char in {*_named(one), *_named(other), *_PROBES})


def _named(letter: tuple[Any, Any]) -> Iterator[str]:
    code, argument = letter
    if code in (codes.LITERAL, codes.NOT_LITERAL):
        yield from _near(argument)
    elif code is codes.IN:
        for inner in argument:
            yield from _named(inner)
    elif code is codes.RANGE:
        for end in argument:
            yield from _near(end)


def _near(number: int) -> Iterator[str]:
    for each in (number - 1, number, number + 1):
        if 0 <= each <= 0x10FFFF:
            yield from _alike(chr(each))


def _holds(letter: tuple[Any, Any], char: str) -> bool:
    return any(_is(letter, case) for case in _alike(char))


@lru_cache(maxsize=4096)
def _alike(char: str) -> frozenset[str]:
    """A letter and those that the matcher takes for it where case doesn't count."""
    return frozenset((char, *regex.findall(regex.escape(char), _cased(), regex.IGNORECASE)))


@lru_cache(maxsize=1)
def _cased() -> str:
    """All letters that have a case; none lies beyond the second plane."""
    every = "".join(chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000)
    return "".join(regex.findall(r"[\p{CWCM}\p{CWCF}]", every))


def _is(letter: tuple[Any, Any], char: str) -> bool:
    code, argument = letter
    if code is codes.LITERAL:
        return ord(char) == argument
    if code is codes.NOT_LITERAL:
        return ord(char) != argument
    if code is codes.RANGE:
        return bool(argument[0] <= ord(char) <= argument[1])
    if code is codes.CATEGORY:
        if argument in _OTHERS:
            return not _CATEGORIES[_OTHERS[argument]](char)
        return argument not in _CATEGORIES or _CATEGORIES[argument](char)
    if code is codes.IN:
        negated = argument[0][0] is codes.NEGATE
        found = any(_is(inner, char) for inner in argument if inner[0] is not codes.NEGATE)
        return found is not negated
    return char != "\n" if code is codes.ANY else True  # a back reference may be anything
