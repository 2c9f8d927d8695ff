"""One sentence in the forms the rules read: as folded, and without the fillers and stutters of spoken
language."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from pipeline.analysis.phonetic import sound_of
from pipeline.analysis.prefilter import grams_of
from pipeline.analysis.shapes import shape

_HESITATION = re.compile(r"(?:[,.…]* (?:um+|uh+|er+m?|ah|hmm|mm)\b[,.…]*)+")


@dataclass(frozen=True, slots=True)
class Form:
    """A text to match in; ``places[i]`` is the offset of its i-th character in the sentence, None when the
    same. ``grams`` say what is in it, by writing and by sound (``prefilter``)."""

    text: str
    grams: frozenset[str]
    sound: str
    places: tuple[int, ...] | None = None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Characters ``[start, end)`` of this form as characters of the sentence."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


@functools.lru_cache(maxsize=512)
def forms_of(folded: str, language: str) -> tuple[Form, ...]:
    """The forms of a folded sentence: itself, and one without fillers where it has any.

    Examples
    --------
    >>> [form.text for form in forms_of("您呃今天就定吧", "zh")]
    ['您呃今天就定吧', '您今天就定吧']
    """
    own = _form(folded, sound_of(folded) if language == "zh" else "", None)
    gone = {at for hit in shape("filler", language).finditer(folded) for at in range(*hit.span())}
    if not gone:
        return (own,)
    places = tuple(at for at in range(len(folded)) if at not in gone)
    text = "".join(folded[at] for at in places)
    sound = "".join(own.sound[at] for at in places) if own.sound else ""
    return own, _form(text, sound, places)


@functools.lru_cache(maxsize=512)
def calmed(folded: str, language: str) -> tuple[Form, ...]:
    """An English sentence without hesitations and the commas around them, where it has any.

    Examples
    --------
    >>> calmed("it's, er, tim, from, uh, hexa", "en")[0].text
    "it's tim, from hexa"
    """
    gone = (
        {at for hit in _HESITATION.finditer(folded) for at in range(*hit.span())}
        if language == "en"
        else set()
    )
    if not gone:
        return ()
    places = tuple(at for at in range(len(folded)) if at not in gone)
    return (_form("".join(folded[at] for at in places), "", places),)


def _form(text: str, sound: str, places: tuple[int, ...] | None) -> Form:
    return Form(text, grams_of(text) | grams_of(sound) if sound else grams_of(text), sound, places)
