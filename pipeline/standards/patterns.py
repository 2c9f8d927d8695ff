"""Patterns from a settings file: compiled once, and refused where they could run away.

Python's ``re`` has no time limit, so a pattern whose repeats nest (``(a+)+``) is refused before it meets a
transcript.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # the parser has no public name since 3.11
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_LENGTH = 500
_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile without regard to case. Raises ValueError that says what is accepted."""
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"a pattern of up to {MAX_LENGTH} characters is accepted, not {len(pattern)}")
    try:
        tree = parser.parse(pattern)
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if compiled.match(""):
        raise ValueError("a pattern that also matches nothing at all would hit everywhere")
    if _nests(tree, inside=False):
        raise ValueError("a repeat inside a repeat, such as (a+)+, could run for hours; write it without")
    return compiled


def _nests(tree: Any, *, inside: bool) -> bool:
    """Whether an open-ended repeat holds another repeat."""
    for code, argument in tree:
        if code in _REPEATS:
            _least, most, body = argument
            wide = most is codes.MAXREPEAT or most > 50
            if (inside and most > 1) or _nests(body, inside=inside or wide):
                return True
        elif (
            (code is codes.SUBPATTERN and _nests(argument[3], inside=inside))
            or (code is codes.BRANCH and any(_nests(branch, inside=inside) for branch in argument[1]))
            or (code in (codes.ASSERT, codes.ASSERT_NOT) and _nests(argument[1], inside=inside))
        ):
            return True
    return False


@lru_cache(maxsize=1024)
def compile_terms(terms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for many terms; Latin terms match whole words, Han terms anywhere."""
    parts = []
    for term in sorted(terms, key=len, reverse=True):
        text = re.escape(term.strip()).replace(r"\ ", r"\s+")
        left = r"(?<![A-Za-z0-9])" if term.strip()[:1].isascii() else ""
        right = r"(?![A-Za-z0-9])" if term.strip()[-1:].isascii() else ""
        parts.append(f"{left}{text}{right}")
    return re.compile("|".join(parts), re.IGNORECASE)
