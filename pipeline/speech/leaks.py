"""What the recogniser was told and says back: its prompt, in whole or in pieces, or the hints; and letters of other scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.speech.inventions import bare
from pipeline.types import Word

_OTHER_SCRIPT = re.compile(
    r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f\u0900-\u097f]"
)
_LEAKED = 6
"""So many characters of pieces of the prompt in one window, and the window was filled from it."""


def of_other_script(words: Sequence[Word]) -> list[Word]:
    """Words with a letter of a script that is neither Chinese nor Latin; all of them where it has most of the letters."""
    strange = [word for word in words if _OTHER_SCRIPT.search(word.text)]
    letters = [character for word in words for character in word.text if character.isalpha()]
    most = 2 * sum(bool(_OTHER_SCRIPT.match(character)) for character in letters) > len(letters)
    return list(words) if strange and most else strange


def prompt_pieces(texts: Sequence[str], prompt: str) -> set[int]:
    """Which utterances of a window are pieces of its prompt, where together they show that it was filled from it."""
    primed = bare(prompt, language="zh")
    said = [bare(text, language="zh") for text in texts]
    pieces = {place for place, text in enumerate(said) if len(text) >= 2 and text in primed}
    return pieces if sum(len(said[place]) for place in pieces) >= _LEAKED else set()


def only_hints(text: str, hints: Sequence[str]) -> bool:
    """Whether a text is nothing but two hints and more."""
    left = bare(text, language="zh")
    named = 0
    for hint in sorted(hints, key=len, reverse=True):
        stripped = bare(hint, language="zh")
        if stripped and stripped in left:
            left, named = left.replace(stripped, ""), named + 1
    return named >= 2 and not left


def leaked_prompt(text: str, prompt: str, *, whole: bool) -> bool:
    """Whether a text is the prompt, however often, or, unless ``whole`` is asked, a piece of it of three characters and more.

    Of a piece a fifth may be wrong.
    """
    from rapidfuzz.fuzz import partial_ratio

    said, primed = bare(text, language="zh"), bare(prompt, language="zh")
    if primed and primed in said and len(said.replace(primed, "")) < 3:
        return True
    return not whole and 3 <= len(said) <= len(primed) + 2 and partial_ratio(said, primed) >= 80
