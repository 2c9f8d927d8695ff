"""Surnames, and what the dictionary knows as a word and is therefore no name."""

from __future__ import annotations

import re
import sys
from functools import cache

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


def parts_of_speech() -> dict[str, str]:
    """All words of jieba's dictionary with the first two letters of their part of speech."""
    return _jieba()[2]


@cache
def _jieba() -> tuple[dict[str, bool], frozenset[str], dict[str, str]]:
    """The dictionary, read once: that takes half a second."""
    import jieba

    words: dict[str, bool] = {}
    often: set[str] = set()
    tags: dict[str, str] = {}
    surnames = frozenset(rules()["names_zh"]["surnames"])
    with jieba.get_dict_file() as file:
        lines = file.read().decode("utf-8").splitlines()
    for line in lines:
        word, count, tag = line.split(" ")
        tags[word] = sys.intern(tag[:2])
        if len(word) == 2 or (len(word) == 3 and word[0] in surnames):
            words[word] = tag.startswith("nr") or int(count) < 5
            if len(word) == 2 and int(count) >= EVERYDAY:
                often.add(word)
    return words, frozenset(often) - frozenset(rules()["names_zh"]["likely"]["given_words"]), tags
