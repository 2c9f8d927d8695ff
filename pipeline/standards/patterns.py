"""Patterns from a settings file: compiled once, refused where they could run away, and stopped where they do.

What a pattern may be is what Python's ``re`` reads; it is matched by ``regex``, which has a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import regex

from pipeline.standards.repeats import ambiguity

MAX_LENGTH = 500
LIMIT_S = 1.0
"""Seconds that one pattern may take in one turn."""


class SlowPatternError(Exception):
    """A pattern took longer than ``LIMIT_S`` in one turn."""


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Any:
    """Compile without regard to case. Raises ValueError that says what is accepted."""
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"a pattern of up to {MAX_LENGTH} characters is accepted, not {len(pattern)}")
    try:
        plain = re.compile(pattern, re.IGNORECASE)
        told = ambiguity(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if plain.match(""):
        raise ValueError("a pattern that also matches nothing at all would hit everywhere")
    if told is not None:
        raise ValueError(told)
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        raise ValueError(f"not a regular expression: {error}") from error


def spans_of(pattern: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a pattern matches, empty matches left out. Raises SlowPatternError."""
    try:
        for match in compile_pattern(pattern).finditer(text, timeout=LIMIT_S):
            if match.group():
                yield match.span()
    except TimeoutError as error:
        raise SlowPatternError(pattern) from error


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
