"""Mandarin by sound: toneless syllables with the pairs that telephone speech and recognisers confuse folded together.

Whisper errs in Mandarin mostly by homophones, so a phrase is looked for by its sound as well as by its characters.
"""

from __future__ import annotations

import functools

_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("ong", "on"))
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"))


@functools.lru_cache(maxsize=32768)
def syllable(char: str) -> str:
    """The folded toneless syllable of one Han character; any other character stands for itself.

    Examples
    --------
    >>> syllable("张") == syllable("赞")
    True
    """
    from pypinyin import Style, lazy_pinyin

    sound = lazy_pinyin(char, style=Style.NORMAL, errors=lambda other: [str(other)])[0]
    if sound == char:
        return char
    for long, short in _INITIALS:
        if sound.startswith(long):
            sound = short + sound[len(long) :]
    for long, short in _FINALS:
        if sound.endswith(long):
            sound = sound[: -len(long)] + short
    return "n" + sound[1:] if sound.startswith("l") else sound


def find_by_sound(phrase: str, text: str, *, least_chars: int = 3) -> list[int]:
    """Offsets in ``text`` where ``phrase`` is heard, same number of characters; short phrases are not tried."""
    if len(phrase) < least_chars:
        return []
    wanted = [syllable(char) for char in phrase]
    heard = [syllable(char) for char in text]
    width = len(wanted)
    return [at for at in range(len(heard) - width + 1) if heard[at : at + width] == wanted]
