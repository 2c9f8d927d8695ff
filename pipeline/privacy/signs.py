"""What is known of a word or sign by itself, as the tagger of personal data reads it: shape, lists, parts of speech."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache

from models.jieba_words import cut, parts_of_speech
from pipeline.privacy.lexicon_en import common_names, given_names, is_common_word, plain, stop_words, surnames
from pipeline.privacy.lexicon_zh import everyday
from pipeline.privacy.rules import rules

_ZH = re.compile(r"[^\W\d_一-鿿]+|\d+|\S")
_EN = re.compile(r"[^\W\d_]+(?:['’-](?![sS]\b)[^\W\d_]+)*|['’][sS]\b|\d+|[^\w\s]|_")
_HAN = re.compile("[一-鿿]")


def spans_of(text: str, language: str) -> list[tuple[int, int]]:
    """Where the tokens stand: Han signs, words of other scripts, digits in a row, marks."""
    return [match.span() for match in (_ZH if language == "zh" else _EN).finditer(text)]


@lru_cache(maxsize=65536)
def hashed(text: str) -> int:
    """A number for a text, the same in every process."""
    return zlib.crc32(text.encode())


@lru_cache(maxsize=16384)
def of_form(form: str, language: str) -> tuple[int, int, int, int, int]:
    """Hashes of a token's word, shape, lists, last three and last two letters; ``form`` as it is written."""
    small = form.lower()
    word = f"#{min(len(form), 12)}" if form.isdigit() else small
    lists = _signs_zh(form) if language == "zh" else _lists_en(small)
    return hashed(word), hashed(_shape(form)), hashed(lists), hashed(small[-3:]), hashed(small[-2:])


@lru_cache(maxsize=16384)
def is_figure(form: str) -> bool:
    """Whether a token is a digit, a word for one or for its repetition."""
    digits = rules()["digits"]
    small = form.lower()
    return small.isdigit() or any(small in digits[name] for name in ("strict", "words", "tens", "repeats"))


def _shape(form: str) -> str:
    if form.isdigit():
        return f"9{min(len(form), 6)}"
    if _HAN.match(form):
        return "han"
    if not form[0].isalpha():
        return form
    if len(form) == 1:
        return "A" if form.isupper() else "a"
    return "AA" if form.isupper() else "Aa" if form[0].isupper() else "aA" if form != form.lower() else "aa"


def _lists_en(small: str) -> str:
    base = plain(small)
    known = (
        "g" * (base in given_names()),
        "s" * (base in surnames()),
        "c" * (base in common_names()),
        "w" * is_common_word(small),
        "t" * (base in stop_words()),
        _speech().get(base, ""),
    )
    return "".join(known) + ("-" if not small[0].isalpha() else "")


@cache
def _speech() -> dict[str, str]:
    """Of each word of WordNet the parts of speech that it may be."""
    from pipeline.privacy.lexicon_en import word_index

    found: dict[str, str] = {}
    for letter, name in zip("NVJR", ("noun", "verb", "adj", "adv"), strict=True):
        for word in word_index()[name]:
            found[word] = found.get(word, "") + letter
    return found


@cache
def _classes_zh() -> dict[str, str]:
    zh = rules()["names_zh"]
    digits = rules()["digits"]
    classes = (
        ("s", zh["surnames"]), ("r", zh["rare"]), ("g", zh["likely"]["signs"]), ("G", zh["likely"]["strong_signs"]),
        ("9", digits["strict"]), ("l", digits["loose"]), ("u", rules()["place_signs"]),
    )  # fmt: skip
    found: dict[str, str] = {}
    for name, signs in classes:
        for sign in signs:
            found[sign] = found.get(sign, "") + name
    return found


def _signs_zh(form: str) -> str:
    return _classes_zh().get(form, "-") if _HAN.match(form) else "x"


def words_zh(text: str) -> Iterator[tuple[int, int, str]]:
    """The words of a Mandarin text: where each stands, and its part of speech and how often it is said."""
    at = 0
    for word in cut(text, unknown=False):
        often = "e" if word in everyday() else ""
        yield at, at + len(word), parts_of_speech().get(word, "?")[:2] + often
        at += len(word)
