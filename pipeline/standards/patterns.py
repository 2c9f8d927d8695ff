"""Patterns from a settings file: compiled once, refused where they could run away, and stopped where they do.

What a pattern may be is what Python's ``re`` reads; it is matched by ``regex``, which has a time limit.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import regex

from pipeline.standards.repeats import ambiguity

MAX_LENGTH = 500
LIMIT_S = 1.0
"""Seconds that one pattern may take in one turn."""
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s*(?=[\u3400-\u9fff])")
_WORD_GAP = re.compile(r"\s+|(?<=\w)[‐‑-](?=\w)")
OWNER_S, CALL_S = 5.0, 30.0
"""Seconds that the wordings of one criterion or named rule, and all of them, may take in one call."""


class SlowPatternError(Exception):
    """A pattern took longer than ``LIMIT_S`` in one turn, or the wordings longer than they may in one call."""


class Watch:
    """Adds up how long the wordings of one call are looked for: many turns and patterns may not make it endless.

    It counts this thread's own time, so that a busy machine judges no other way.
    """

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._whole = self._since = 0.0
        self._owner = ""

    def over(self, mark: str) -> Watch:
        """Counts what the block takes for a rule, and gives it the seconds that are left to it.

        Entering raises SlowPatternError where none are left to its criterion, or to the call.
        """
        self._owner = mark.split("#", 1)[0]
        return self

    def __enter__(self) -> float:
        left = min(OWNER_S - self._spent.get(self._owner, 0.0), CALL_S - self._whole)
        if left <= 0:
            raise SlowPatternError(self._owner)
        self._since = time.thread_time()
        return left

    def __exit__(self, *_: object) -> None:
        seconds = time.thread_time() - self._since
        self._spent[self._owner] = self._spent.get(self._owner, 0.0) + seconds
        self._whole += seconds


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


def spans_of(pattern: str, text: str, *, left_s: float = LIMIT_S) -> list[tuple[int, int]]:
    """Where a pattern matches, empty matches left out. Raises SlowPatternError."""
    try:
        found = compile_pattern(pattern).finditer(text, timeout=min(LIMIT_S, left_s))
        return [match.span() for match in found if match.group()]
    except TimeoutError as error:
        raise SlowPatternError(pattern) from error


@lru_cache(maxsize=1024)
def compile_terms(terms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for many terms; Latin terms match whole words, Han terms anywhere.

    Written otherwise a term is the same: hyphens as blanks, blanks between Han characters, another apostrophe.

    Examples
    --------
    >>> pattern = compile_terms(("保本", "two for one"))
    >>> [bool(pattern.search(text)) for text in ("保 本 的", "A two-for-one deal", "twofold or one")]
    [True, True, False]
    """
    parts = []
    for term in sorted((term.strip() for term in terms), key=len, reverse=True):
        left = r"(?<![A-Za-z0-9])" if term[:1].isascii() else ""
        right = r"(?![A-Za-z0-9])" if term[-1:].isascii() else ""
        parts.append(f"{left}{_spelled(term)}{right}")
    return re.compile("|".join(parts), re.IGNORECASE)


def _spelled(term: str) -> str:
    """A term's pattern, however a writer or a recogniser parts its words."""
    words = (re.escape(word) for word in _WORD_GAP.split(_HAN_GAP.sub("", term)))
    return re.sub("['’]", "['’]", _HAN_GAP.sub(r"\\s*", r"[\s‐‑-]+".join(words)))
