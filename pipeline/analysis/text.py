"""Text as the rules see it: folded character by character, so that every offset is valid in the original
too."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

_STOPS = re.compile(
    r"[。！？!?；;…\n]+[”’」』）)\"']*|(?<![A-Z0-9.])(?<!\b[A-Za-z])\.(?=\s|$)|(?<=\d)\.(?=\s+[A-Z]|$)"
)
_ABBREVIATIONS = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Inc|Ltd|Co|vs|etc|e\.g|i\.e)\.$", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")

UNSEEN = r"[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
"""Characters that nobody sees, which would part a word or number from itself: blanks without width, soft hyphens, marks of
direction and of variants."""


@functools.cache
def _simplified() -> dict[int, str]:
    """Single characters only, so that the length stays; Whisper writes both scripts (OpenCC t2s)."""
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    table = {}
    for code in range(0x4E00, 0xA000):
        plain = convert(chr(code))
        if len(plain) == 1 and plain != chr(code):
            table[code] = plain
    return table


@functools.lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case, simplified Han, compatibility forms folded; as long as ``text``, character for character.

    Examples
    --------
    >>> fold("請問ＶＩＰ是什麼？")
    '请问vip是什么?'
    """
    folded = "".join(_fold_char(char) for char in text)
    return folded.translate(_simplified())


@functools.lru_cache(maxsize=16384)
def _fold_char(char: str) -> str:
    if char in "’‘`´":
        return "'"
    plain = unicodedata.normalize("NFKC", char).lower()
    return plain if len(plain) == 1 else char


def language_of(text: str) -> str | None:
    """``zh`` or ``en`` by the script of most words (a Han character counts as two thirds of a word); None
    without letters."""
    han, latin = words_by_script(text)
    if not han and not latin:
        return None
    return "zh" if han >= latin else "en"


def words_by_script(text: str) -> tuple[float, int]:
    """Words in Han, a character being two thirds of one, and in Latin letters."""
    return len(_HAN.findall(text)) * 2 / 3, len(_LATIN_WORD.findall(text))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of each sentence in ``text``, ends at strong punctuation, blanks left out."""
    start = 0
    for stop in _STOPS.finditer(text):
        if _ABBREVIATIONS.search(text[start : stop.end()]):
            continue
        yield from _trimmed(text, start, stop.end())
        start = stop.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(char.isalnum() for char in text[start:end]):
        yield start, end
