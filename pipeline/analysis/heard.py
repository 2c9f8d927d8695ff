"""One sentence in the forms the rules read: as folded, and without the fillers and stutters of spoken
language."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from pipeline.analysis.phonetic import sound_of
from pipeline.analysis.prefilter import mask_of

_FILLERS = {
    "zh": re.compile(
        r"[呃嗯唔额呣]+[,，、… ]*|(?<=[,，、 ])(?:那个|这个|就是说)[,，、 ]+"
        r"|([我您你他她这那就在要给对是有咱])[,，、 ]?(?=\1)"
        r"|[,，、]?(?<=[\u4e00-\u9fff,，、])[啊哈][,，、](?=[\u4e00-\u9fff])"
    ),
    "en": re.compile(
        r"(?<!\w)(?:u+h+m?|u+m+|er+m?|hm+|mm+)(?!\w)[,. …]*|(?<=, )(?:you know|i mean|like|sort of|kind of), "
        r"|(?<!\w)(\w+(?:'\w+)?)[ ,–—-]+(?=\1(?!\w))"
    ),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A text to match in; ``places[i]`` is the offset of its i-th character in the sentence, None when the
    same."""

    text: str
    mask: int
    sound: str
    places: tuple[int, ...] | None = None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Characters ``[start, end)`` of this form as characters of the sentence."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


@functools.lru_cache(maxsize=8192)
def forms_of(folded: str, language: str) -> tuple[Form, ...]:
    """The forms of a folded sentence: itself, and one without fillers where it has any.

    Examples
    --------
    >>> [form.text for form in forms_of("您呃今天就定吧", "zh")]
    ['您呃今天就定吧', '您今天就定吧']
    """
    own = Form(folded, mask_of(folded), sound_of(folded) if language == "zh" else "")
    gone = {at for hit in _FILLERS[language].finditer(folded) for at in range(*hit.span())}
    if not gone:
        return (own,)
    places = tuple(at for at in range(len(folded)) if at not in gone)
    text = "".join(folded[at] for at in places)
    sound = "".join(own.sound[at] for at in places) if own.sound else ""
    return own, Form(text, mask_of(text), sound, places)
