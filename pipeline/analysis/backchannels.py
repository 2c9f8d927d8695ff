"""Words that say "I am listening" and claim no turn: 嗯, 对, 好的, uh-huh, right, I see."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any

from pipeline.lexicons import load_yaml

_MOST_CHARACTERS, _MOST_WORDS = 16, 8
"""A chain of nothing but backchannels (嗯嗯嗯对对) stays one up to here."""


def is_backchannel(text: str) -> bool:
    """Whether a text is made of nothing but backchannels, in either language.

    Parameters
    ----------
    text
        What was said, with or without punctuation. Each word is one of ``lexicons/<language>/backchannels.yaml``.

    Examples
    --------
    >>> is_backchannel("嗯嗯嗯，对对。"), is_backchannel("Uh-huh, right."), is_backchannel("我不要")
    (True, True, False)
    """
    folded = _folded(text)
    if not folded:
        return False
    if folded in _rests():
        return True
    short = (
        len(folded.replace(" ", "")) <= _MOST_CHARACTERS
        if _has_han(folded)
        else folded.count(" ") < _MOST_WORDS
    )
    return short and _pattern().fullmatch(folded) is not None


def load(language: str) -> dict[str, Any]:
    """The lexicon file of one language: ``words, hits, misses, limits`` and where they come from."""

    path = resources.files("pipeline.lexicons") / language / "backchannels.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _rests() -> frozenset[str]:
    return frozenset(rest for language in ("zh", "en") for rest in load(language).get("rests", ()))


@functools.cache
def _pattern() -> re.Pattern[str]:
    # Spaces separate English words; Mandarin chains have none after folding.
    words = sorted((_folded(word) for language in ("zh", "en") for word in load(language)["words"]), key=len)
    return re.compile(
        "(?: ?(?:" + "|".join(re.escape(word) + _bound(word) for word in reversed(words)) + "))+"
    )


def _bound(word: str) -> str:
    return "" if _has_han(word) else r"(?![a-z0-9'])"


def _folded(text: str) -> str:
    """Lower case, hyphens and punctuation to spaces, no space between Han characters."""
    spaced = re.sub(r"[^\w'’\u4e00-\u9fff]+", " ", text.lower()).replace("’", "'").replace("_", " ")
    return re.sub(r"(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])", "", spaced).strip()


def _has_han(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None
