"""Where a quote may begin and end: at the bounds of words, with a mask whole."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from models.jieba_words import cut

EXACT = frozenset({"company", "department", "name", "jargon", "purpose"})
"""Kinds whose quote is a name, a term or a slot of the opening: those who find them have settled where it ends."""
_MASK = re.compile(r"\[[^\[\]\n]{1,20}\](?:['’][a-z]{1,2}(?![^\W_]))?")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ\d]+(?:['’\-][A-Za-zÀ-ÿ]+)*(?:\.\d+)*")
_CHOICE = re.compile(r"(?P<verb>[\u3400-\u9fff])[不没](?P=verb)")
_HAN = re.compile(r"[\u3400-\u9fff]")


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Characters ``[start, end)`` of a sentence, grown to the bounds of the words and masks in which they begin and end.

    A pattern that takes "up to six characters more" ends anywhere.

    Examples
    --------
    >>> whole("Only two left for [name], decide now", 0, 20)
    (0, 24)
    >>> whole("就剩几个还在犹豫，结果", 0, 10)
    (0, 11)
    """
    if start >= end:
        return start, end
    for low, high in (*_spans(text), *_han_words(text, start, end)):
        # one that only touches the quote stays outside
        if low < start < high:
            start = low
        if low < end < high:
            end = high
    return start, end


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for form in (_LATIN, _CHOICE, _MASK):
        yield from (hit.span() for hit in form.finditer(text))


def _han_words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The words of the dictionary, if a bound of the quote lies between two Han characters."""
    if not any(
        _HAN.match(text, at - 1) and _HAN.match(text, at) for at in (start, end) if 0 < at < len(text)
    ):
        return
    words = cut(text, unknown=False)
    ends = list(itertools.accumulate(map(len, words)))
    yield from zip([0, *ends], ends, strict=False)
