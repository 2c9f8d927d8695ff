"""Whose tagger reads which words: English in a Mandarin call is read by the English one, and the other way round.

A tagger knows the words of its own language. To the Mandarin one every English word is strange, and strange letters in a row
look like a spelled e-mail address: "thank you" was masked as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.privacy.lexicon_en import is_common_word
from pipeline.privacy.readings import read
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream
from pipeline.privacy.tagger import KINDS, load_tagger
from pipeline.privacy.told import Told, turns_of

if TYPE_CHECKING:
    import numpy as np

_FOREIGN = {"zh": re.compile(r"[A-Za-zÀ-ÿ'’]{2,}|I"), "en": re.compile(r"[\u3400-\u9fff]+")}
_OTHER = {"zh": "en", "en": "zh"}
_NAME = KINDS.index("name")


def told_by_tagger(streams: Sequence[Stream], told: Sequence[Sequence[Hit]], tongue: str) -> dict[int, Told]:
    """What the taggers say of each turn, each word by that of its own language.

    Parameters
    ----------
    streams
        What each side says.
    told
        Of each stream what the rules found.
    tongue
        The call's language, ``zh`` or ``en``.
    """
    own = _by(streams, told, tongue)
    texts = {index: turn.text for index, turn in enumerate(streams[0].turns)}
    mixed = {
        index
        for index in own
        if _FOREIGN[tongue].search(texts[index])
        and not any(
            form("settled.dictates").search(texts.get(near, "")) for near in (index - 2, index - 1, index)
        )
    }
    if not mixed:
        return own
    others = _by(streams, told, _OTHER[tongue])
    return own | {index: _joined(texts[index], own[index], others[index], tongue) for index in mixed}


def _by(streams: Sequence[Stream], told: Sequence[Sequence[Hit]], tongue: str) -> dict[int, Told]:
    reading = read(streams, told, tongue)
    return turns_of(reading.places, load_tagger(tongue).chances(reading))


def _joined(text: str, own: Told, other: Told, tongue: str) -> Told:
    """A turn's tokens in the call's language, those in the other as likely as the other tagger finds them."""
    import numpy as np

    if not _has_own(text, tongue):
        return other
    kinds = own.kinds.copy()
    for at, (start, end) in enumerate(own.places):
        if _FOREIGN[tongue].fullmatch(text[start:end]):
            kinds[at] = _over(other, start, end, kinds[at], text[start:end])
    return Told(own.places, kinds, np.asarray(kinds.sum(axis=1)))


def _has_own(text: str, tongue: str) -> bool:
    return bool(_FOREIGN[_OTHER[tongue]].search(text))


def _over(other: Told, start: int, end: int, otherwise: np.ndarray, word: str) -> np.ndarray:
    """How likely each kind is of the other tagger's tokens over a stretch: the likeliest of them."""
    inside = [at for at, (a, b) in enumerate(other.places) if a < end and start < b]
    if not inside:
        return otherwise
    likeliest: np.ndarray = other.kinds[max(inside, key=lambda at: float(other.likely[at]))].copy()
    if not is_common_word(word):  # a foreign name is one in either language
        likeliest[_NAME] = max(likeliest[_NAME], otherwise[_NAME])
    return likeliest
