"""When something was said, for covering it with a tone: rather too long than a digit too short.

A recogniser's word times come from its attention. A number that it writes as one word ("4155550177") gets a second and a half
somewhere in the five that it took to say, and a word beside it may be stretched over the rest. So what is masked owns all the
time between the words that are not, each of these as long as such a word can take, and never less than its digits need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.types import Turn, Word

_SLOW = {"digit": 0.45, "han": 0.35, "letter": 0.09}
"""Most seconds that a sign of a word that stays takes (our default: dictation, four digits in under two seconds)."""
_QUICK = {"digit": 0.22, "han": 0.14, "letter": 0.05}
"""Least seconds that a sign of what is masked takes (our default: quick speech, seven syllables a second)."""
_ONSET_S = 0.2
"""A word is this much longer than its signs: its onset and its end."""
_HAN = re.compile(r"[\u3400-\u9fff]")


def told_seconds(
    turn: Turn, covered: Sequence[Word], said: str, before: Word | None, after: Word | None
) -> tuple[float | None, float | None]:
    """Start and end in seconds of what is said in some words of a turn.

    Parameters
    ----------
    covered
        The words in which it stands, one or more.
    said
        Its own characters.
    before, after
        The words that stay readable to either side; None at the turn's edge.
    """
    start, end = covered[0].start_s, covered[-1].end_s
    if start is None or end is None:
        return start, end
    first, last = _bounds(turn, start, end)
    start = min(start, first if before is None else _ends(before, start))
    end = max(end, last if after is None else _begins(after, end))
    lacking = max(0.0, seconds(said, _QUICK) - (end - start))
    return round(max(first, start - lacking / 2), 3), round(min(last, end + lacking / 2), 3)


def seconds(text: str, pace: dict[str, float]) -> float:
    """How long a text takes at a pace a sign."""
    digits = sum(char.isdigit() for char in text)
    han = len(_HAN.findall(text))
    letters = sum(char.isalpha() for char in text) - han
    return digits * pace["digit"] + han * pace["han"] + letters * pace["letter"]


def _bounds(turn: Turn, start: float, end: float) -> tuple[float, float]:
    first = start if turn.start_s is None else min(turn.start_s, start)
    last = end if turn.end_s is None else max(turn.end_s, end)
    return first, last


def _ends(word: Word, else_s: float) -> float:
    """When a word is over at the latest: it may have been stretched over what follows."""
    if word.start_s is None or word.end_s is None:
        return else_s
    return min(word.end_s, word.start_s + _ONSET_S + seconds(word.text, _SLOW))


def _begins(word: Word, else_s: float) -> float:
    """When a word begins at the earliest: it may have been stretched over what went before."""
    if word.start_s is None or word.end_s is None:
        return else_s
    return max(word.start_s, word.end_s - _ONSET_S - seconds(word.text, _SLOW))
