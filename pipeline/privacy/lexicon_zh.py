"""Surnames, and what the dictionary knows as a word and is therefore no name."""

from __future__ import annotations

import re
from functools import cache

from models.jieba_words import frequencies, parts_of_speech
from pipeline.privacy.rules import pattern, rules

EVERYDAY = 2500
"""How often jieba's dictionary has counted a word that is no given name."""


@cache
def surname(*, sure: bool) -> str:
    """A pattern for a surname; ``sure``: also one that is mostly another word."""
    zh = rules()["names_zh"]
    single = zh["surnames"] if sure else "".join(c for c in zh["surnames"] if c not in zh["rare"])
    return f"(?:{'|'.join(zh['compound'])}|[{single}])"


@cache
def not_name() -> re.Pattern[str]:
    """A word at the start that is never a name, though it begins with a surname."""
    return pattern(f"^(?:{'|'.join(map(re.escape, rules()['names_zh']['not_names']))})")


def is_word(name: str) -> bool:
    """Whether a would-be name is a word of the dictionary, or begins one that is never a name."""
    if not_name().search(name):
        return True
    return name in dictionary() and not dictionary()[name]


def dictionary() -> dict[str, bool]:
    """Words of jieba's dictionary with two characters, or three from a surname on; whether a person's name."""
    return _jieba()[0]


def everyday() -> frozenset[str]:
    """Words of two characters that are said too often to be a given name."""
    return _jieba()[1]


@cache
def _jieba() -> tuple[dict[str, bool], frozenset[str]]:
    words: dict[str, bool] = {}
    often: set[str] = set()
    surnames = frozenset(rules()["names_zh"]["surnames"])
    counts = frequencies()
    for word, tag in parts_of_speech().items():
        if len(word) == 2 or (len(word) == 3 and word[0] in surnames):
            count = counts[word]
            words[word] = tag.startswith("nr") or count < 5
            if len(word) == 2 and count >= EVERYDAY:
                often.add(word)
    return words, frozenset(often) - frozenset(rules()["names_zh"]["likely"]["given_words"])
