"""Where a quote may begin and end: at the bounds of words, with a mask whole."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from models.jieba_words import cut
from pipeline.analysis.shapes import shape
from pipeline.analysis.text import fold

EXACT = frozenset({"company", "department", "name", "jargon", "purpose"})
"""Kinds whose quote is a name, a term or a slot of the opening: those who find them have settled where it ends."""
_MASK = re.compile(r"\[[^\[\]\n]{1,20}\](?:['’][a-z]{1,2}(?![^\W_]))?")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ\d]+(?:['’\-][A-Za-zÀ-ÿ]+)*(?:\.\d+)*")
_CHOICE = re.compile(r"(?P<verb>[\u3400-\u9fff])[不没](?P=verb)")
_NEAR = {
    "zh": re.compile(r"[\u3400-\u9fffA-Za-z\d]{1,6}(?![\u3400-\u9fffA-Za-z\d])"),
    "en": re.compile(r"(?: [\w'’\[\]-]+){1,4}(?= ?[,.;:!?]|\s*$)"),
}
"""At most so many characters or words to the end of the clause (our default)."""
_HAN = re.compile(r"[\u3400-\u9fff]")


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """Characters ``[start, end)`` of a sentence, grown to the bounds of the words and masks in which they begin and end.

    A pattern that takes "up to six characters more" ends anywhere. One that ends in words that ask for more ("after the", 脑子有)
    goes on to the end of the clause, if that is near.

    Examples
    --------
    >>> whole("Only two left for [name], decide now", 0, 20)
    (0, 24)
    >>> whole("就剩几个还在犹豫，结果", 0, 10)
    (0, 11)
    >>> whole("I'll ring you after the bank holiday, bye", 0, 23)
    (0, 36)
    """
    if start >= end:
        return start, end
    start, end = _grown(text, start, end)
    return (start, end + rest.end()) if (rest := _rest(text, end)) else (start, end)


def _grown(text: str, start: int, end: int) -> tuple[int, int]:
    """Grown to the bounds of words and masks."""
    for low, high in (*_spans(text), *_han_words(text, start, end)):
        # one that only touches the quote stays outside
        if low < start < high:
            start = low
        if low < end < high:
            end = high
    return start, end


def _rest(text: str, end: int) -> re.Match[str] | None:
    """What is left of the clause, where the words before ``end`` ask for it and it is short."""
    quoted = fold(text[:end])
    language = "zh" if _HAN.match(quoted, end - 1) else "en"
    return _NEAR[language].match(text[end:]) if shape("open_end", language).search(quoted) else None


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
