"""Whether a word ends an utterance: where it can't, what follows is said in the same breath."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from pipeline.speech.normalise import is_han

_WORDS = Path(__file__).with_name("unfinished.yaml")
_ENDS = ".,?!;:。，？！；：、…"
_LONGEST = 4


@functools.cache
def _listed() -> dict[str, frozenset[str]]:
    import yaml

    loaded: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in loaded.items()}


def ends_clause(text: str) -> bool:
    """Whether a word is written with a stop after it."""
    return text.rstrip()[-1:] in _ENDS


def goes_on(texts: Sequence[str]) -> bool:
    """Whether the first of these words can't end an utterance before the others.

    >>> goes_on(["That", "sounds", "good"]), goes_on(["Smith", "and", "the"]), goes_on(["That.", "Sounds"])
    (True, False, False)
    >>> goes_on(["听", "起", "来", "不"]), goes_on(["好", "好", "的"])
    (True, False)
    """
    first = texts[0].strip()
    if ends_clause(first) or len(texts) < 2:
        return False
    if not is_han(first[0]):
        return first.lower().replace("’", "'") in _listed()["en"]
    return first in _listed()["zh"] or (
        first not in _listed()["answers_zh"] and _part_of_a_word(first, texts)
    )


def _part_of_a_word(first: str, texts: Sequence[str]) -> bool:
    from models.jieba_words import cut

    found = cut("".join(text.strip() for text in texts[:_LONGEST]), unknown=False)
    return len(found[0]) > len(first) or (found[0] == first and found[1] in _listed()["leans_zh"])
