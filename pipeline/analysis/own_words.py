"""Whether a speaker of whom nothing is known gives a firm or a name as his own, or only speaks of it."""

from __future__ import annotations

from pipeline.analysis.frames import load_frames
from pipeline.analysis.shapes import shape
from pipeline.analysis.text import fold, sentences
from pipeline.analysis.theirs import is_theirs


def gives_own(slot: str, text: str, start: int, end: int, language: str) -> bool:
    """Whether characters ``[start, end)`` of a turn's text are given as the speaker's own.

    Examples
    --------
    >>> gives_own("company", "您好，我是蓝海集团的。", 5, 9, "zh"), gives_own("company", "您好，是蓝海集团吗？", 4, 8, "zh")
    (True, False)
    """
    said = next((span for span in sentences(text) if span[0] <= start < span[1]), None)
    if said is None:
        return False
    sentence, begin, until = text[slice(*said)], start - said[0], min(end, said[1]) - said[0]
    folded = fold(sentence)
    marked = f"{folded[:begin]}<{folded[begin:until]}>{folded[until:]}"
    if is_theirs(folded, begin, until, language) or shape("speaks_of", language).search(marked):
        return False
    if shape("gives_own", language).search(marked):
        return True
    heard = load_frames(language).hear(sentence, folded).get(slot)
    return heard is not None and heard.start < until and begin < heard.end
