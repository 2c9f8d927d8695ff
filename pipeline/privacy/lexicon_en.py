"""Given names, family names and common words of English, to tell a name from a word."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pipeline.privacy.rules import rules

_HERE = Path(__file__).parent


@cache
def given_names() -> frozenset[str]:
    """Given names that are hardly anything else."""
    return _listed("given_names.txt")


@cache
def surnames() -> frozenset[str]:
    """Family names that are no common word, though some are places and firms."""
    return _listed("surnames.txt")


@cache
def stop_words() -> frozenset[str]:
    """Words that are never part of a name."""
    en = rules()["names_en"]
    return frozenset(en["stop"]) | frozenset(en["nations"])


@cache
def common_names() -> frozenset[str]:
    """Given names that are words or places too."""
    return frozenset(rules()["names_en"]["common"])


def is_name(word: str) -> bool:
    """Whether a word stands in one of the lists of names, however written."""
    small = word.lower()
    return small in given_names() or small in surnames() or small in common_names()


@cache
def is_common_word(word: str) -> bool:
    """Whether a word, its ending taken off, is in the list of common words."""
    small = word.lower()
    words = _listed("words_en.txt")
    if small in words or small in stop_words():
        return True
    bases = [small.removesuffix(end) for end in rules()["names_en"]["endings"] if small.endswith(end)]
    return any(len(base) >= 3 and (base in words or f"{base}e" in words) for base in bases)


@cache
def _listed(name: str) -> frozenset[str]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
