"""Words as the search index holds them, the same for every database. Pure.

Chinese is cut into overlapping pairs of characters and the last character of each run; Latin script and digits into
words without case, accents and a plural's ``s``. Marks and spaces between Chinese characters count for nothing: they
are the recogniser's guess. Each token keeps its place in the text, so that what was found can be shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

VERSION = 1
"""Goes up whenever a text comes to other tokens; an index of another version is made anew."""
LONGEST = 64
"""Characters of a token that are looked at."""
Kind = Literal["han", "letter", "mark", "joined", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands in the text. ``run_end`` marks a Chinese run's last character on its own."""

    text: str
    start: int
    end: int
    run_end: bool = False


def tokens(text: str) -> list[Token]:
    """All tokens of a text in order.

    >>> [token.text for token in tokens("价格，太高 Prices don't")]
    ['价格', '格太', '太高', '高', 'price', 'dont']
    """
    made: list[Token] = []
    run: list[tuple[str, int]] = []
    for kind, piece in _pieces(text):
        if kind == "han":
            run += piece
            continue
        made += _pairs(run)
        run = []
        word = stem("".join(char for char, _ in piece))[:LONGEST]
        made.append(Token(word, piece[0][1], piece[-1][1] + 1))
    return made + _pairs(run)


def _pieces(text: str) -> Iterator[tuple[Kind, list[tuple[str, int]]]]:
    """Chinese characters and words in order, each character folded and with its place."""
    word: list[tuple[str, int]] = []
    for place, char in enumerate(text):
        kind, folded = _fold(char)
        if kind == "letter":
            word += [(each, place) for each in folded]
        elif kind != "joined" or not word:
            if word:
                yield "letter", word
                word = []
            if kind == "han":
                yield "han", [(folded, place)]
    if word:
        yield "letter", word


def _pairs(run: list[tuple[str, int]]) -> list[Token]:
    made = [Token(one + two, at, then + 1) for (one, at), (two, then) in pairwise(run)]
    if run:
        last, at = run[-1]
        made.append(Token(last, at, at + 1, run_end=True))
    return made


@lru_cache(maxsize=20_000)
def _fold(char: str) -> tuple[Kind, str]:
    if "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff":
        return "han", unicodedata.normalize("NFKC", char)
    if char in "'’" or unicodedata.category(char) == "Mn":
        return "joined", ""
    plain = unicodedata.normalize("NFKD", char).casefold()
    kept = "".join(each for each in plain if each.isalnum())
    return ("letter", kept) if kept and char.isalnum() else ("other", "")


def stem(word: str) -> str:
    """An English word without its plural's ending (Harman's S stemmer).

    >>> stem("companies"), stem("prices"), stem("business"), stem("gas")
    ('company', 'price', 'business', 'gas')
    """
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else word[:-3] + "y"
    return word[:-1]
