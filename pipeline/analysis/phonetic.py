"""Mandarin by sound: toneless syllables with the pairs that telephone speech and recognisers confuse folded
together.

Whisper errs in Mandarin mostly by homophones, so a phrase is looked for by its sound as well as by its
characters.
"""

from __future__ import annotations

import functools
import os
import zlib
from collections.abc import Sequence

_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "on"))
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_FIRST_PRIVATE, _PRIVATE = 0xF0000, 65533
"""A plane of Unicode for private use, wide enough that no two Mandarin syllables share a place (a test looks)."""


@functools.lru_cache(maxsize=32768)
def syllable(char: str) -> str:
    """The folded toneless syllable of one Han character; any other character stands for itself.

    Examples
    --------
    >>> syllable("张") == syllable("赞")
    True
    """
    sound = _toneless(char)
    if sound == char:
        return char
    for long, short in _INITIALS:
        if sound.startswith(long):
            sound = short + sound[len(long) :]
    for long, short in _FINALS:
        if sound.endswith(long):
            sound = sound[: -len(long)] + short
    return "n" + sound[1:] if sound.startswith("l") else sound


def _toneless(char: str) -> str:
    # without its 47,000 phrases the package takes 13 MB instead of 57, and here no phrase is ever asked for
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(char, style=Style.NORMAL)[0])


@functools.lru_cache(maxsize=32768)
def _code(char: str) -> str:
    """One private character for each syllable, so that a text's sound is a string of the text's length.

    The same in every process: learned weights know sounds by these characters.
    """
    heard = syllable(char)
    if len(heard) == 1 and heard == char:
        return char
    return chr(_FIRST_PRIVATE + zlib.crc32(heard.encode()) % _PRIVATE)


def sound_of(text: str) -> str:
    """The sound of a text, one character for each of its characters; equal where two texts sound alike.

    Examples
    --------
    >>> sound_of("华信传媒") == sound_of("花心传媒")
    True
    """
    return "".join(map(_code, text))


def find_by_sound(phrase: str, text: str, *, least_chars: int = 3) -> list[int]:
    """Offsets in ``text`` where ``phrase`` is heard, same number of characters; short phrases are not
    tried."""
    return places_of(sound_of(phrase), sound_of(text)) if len(phrase) >= least_chars else []


def places_of(wanted: str, heard: str) -> list[int]:
    """Offsets of one sound in another."""
    found, at = [], heard.find(wanted)
    while at >= 0:
        found.append(at)
        at = heard.find(wanted, at + 1)
    return found


def likeness(one: str, other: str) -> float:
    """How alike two Mandarin texts sound, 0 to 1: edit distance over syllables, half price for a near
    syllable.

    Examples
    --------
    >>> likeness("平安普惠", "平安普会")
    1.0
    """
    first, second = [syllable(char) for char in one], [syllable(char) for char in other]
    if not first or not second:
        return 0.0
    row = [float(number) for number in range(len(second) + 1)]
    for at, left in enumerate(first, start=1):
        before, row[0] = row[0], float(at)
        for to, right in enumerate(second, start=1):
            swap = before + _price(left, right)
            before, row[to] = row[to], min(swap, row[to] + 1, row[to - 1] + 1)
    return 1 - row[-1] / max(len(first), len(second))


def _price(left: str, right: str) -> float:
    """0 for the same syllable, half for one that shares its initial or its final, 1 for another."""
    if left == right:
        return 0.0
    parts = _split(left), _split(right)
    return 0.5 if parts[0][0] == parts[1][0] or parts[0][1] == parts[1][1] else 1.0


@functools.lru_cache(maxsize=2048)
def _split(sound: str) -> Sequence[str]:
    at = next((number for number, char in enumerate(sound) if char in "aeiouv"), len(sound))
    return sound[:at], sound[at:] or sound
