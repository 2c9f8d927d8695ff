"""Text as people read it: simplified characters, plain letters, Chinese punctuation in Chinese text.

Every function here keeps the length of each word's text in characters, so that offsets into a turn stay true.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Protocol

_ZH_MARKS = {",": "，", "?": "？", "!": "！", ";": "；", ":": "："}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]")


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    return bool(_HAN.match(character))


def simplified(text: str) -> str:
    """Traditional characters turned into simplified ones, character by character (OpenCC ``t2s``).

    A phrase conversion that would change the length is undone: each character is then converted alone.

    >>> simplified("請問您貴姓")
    '请问您贵姓'
    """
    if not _HAN.search(text):
        return text
    converted = str(_opencc().convert(text))
    if len(converted) == len(text):
        return converted
    return "".join(_one(character) for character in text)


def plain(text: str) -> str:
    """Full-width letters, digits and spaces made plain (NFKC, one character each), punctuation left alone.

    >>> plain("ＣＰＭ　３０，好")
    'CPM 30，好'
    """
    return "".join(_plain_character(character) for character in text)


def tidy(text: str, *, language: str) -> str:
    """One word or text as it goes into the transcript; same length in characters as what came in.

    >>> tidy("請問,", language="zh")
    '请问，'
    >>> tidy("3.5", language="zh"), tidy("Okay,", language="en")
    ('3.5', 'Okay,')
    >>> tidy("the 電話", language="en")
    'the 电话'
    """
    text = plain(text)
    if language != "zh" and not _HAN.search(text):
        return text
    return _zh_marks(simplified(text))


def script_language(text: str, *, default: str) -> str:
    """``zh`` or ``en`` by the script of most of a text's words; ``default`` where there are neither."""
    han = len(_HAN.findall(text))
    latin = len(re.findall(r"[A-Za-z]+", text))
    if not han and not latin:
        return default
    return "zh" if han >= latin else "en"


def join_words(words: list[str] | tuple[str, ...]) -> str:
    """Words joined as they are written: no space beside a Chinese character, a space between all else.

    >>> join_words(["您好，", "我们", "做", "CPM", "投放"])
    '您好，我们做CPM投放'
    >>> join_words(["buy", "CPM", "ads."])
    'buy CPM ads.'
    """
    text = ""
    for word in words:
        if text and word and _spaced(text[-1], word[0]):
            text += " "
        text += word
    return text


def _spaced(left: str, right: str) -> bool:
    return not (_chinese(left) or _chinese(right))


def _chinese(character: str) -> bool:
    return is_han(character) or character in "，。？！；：、“”‘’（）《》…—"


def _zh_marks(text: str) -> str:
    out = []
    for place, character in enumerate(text):
        beside_han = place > 0 and is_han(text[place - 1])
        if character in _ZH_MARKS and (beside_han or len(text) == 1):
            out.append(_ZH_MARKS[character])
        elif character == "." and beside_han:
            out.append("。")
        else:
            out.append(character)
    return "".join(out)


def _plain_character(character: str) -> str:
    if unicodedata.category(character)[0] not in "LNZ":
        return character
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _one(character: str) -> str:
    converted = str(_opencc().convert(character))
    return converted if len(converted) == 1 else character


@cache
def _opencc() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


class _Converter(Protocol):
    """The one method of ``opencc.OpenCC`` that is used; the package has no types of its own."""

    def convert(self, text: str) -> str:
        """Convert a text."""
        ...
