"""Turns that nobody can have said so: faster than a mouth speaks, or twice at once by the same one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from pipeline.analysis.voice import count_units
from pipeline.delivered_fields import MistakeError
from pipeline.intervals import Span, Timeline
from pipeline.types import Turn

_MOST_A_SECOND = 12.0
"""Words or characters; the fastest speakers reach about eleven syllables, and each of these is one or more."""
_LOOSE_S = 1.0
"""How far the times of a turn may be off at either end."""
_LEAST_TWICE = 4
"""Words or characters of a turn whose doubling counts: a "嗯" stands twice at one time now and then."""


def impossible(turns: Sequence[Turn], language: str) -> Iterator[MistakeError]:
    """Each thing about the times that can't be, by its key; nothing where not every turn has its time.

    Examples
    --------
    >>> next(impossible([Turn("agent", "word " * 90, 1.0, 2.0, 1.0)], "en"))
    MistakeError('90 words or characters in 1.0 s; nobody speaks so fast')
    """
    if any(turn.start_s is None or turn.end_s is None for turn in turns):
        return
    counts = [count_units(turn.text, turn.language or language) for turn in turns]
    for place, (turn, count) in enumerate(zip(turns, counts, strict=True)):
        if _too_fast(count, [turn]):
            yield MistakeError(f"turns[{place}].text", _told(count, [turn]))
    for side in ("agent", "customer", "unknown"):
        own = [turn for turn in turns if turn.speaker == side]
        count = sum(n for turn, n in zip(turns, counts, strict=True) if turn.speaker == side)
        if _too_fast(count, own):
            yield MistakeError("turns", f"of the speaker {side}: {_told(count, own)}")
    yield from _twice(turns, counts)


def _twice(turns: Sequence[Turn], counts: Sequence[int]) -> Iterator[MistakeError]:
    """The same words of one speaker at the same time."""

    def same(place: int) -> tuple[str, str]:
        return turns[place].speaker, turns[place].text.casefold()

    long = sorted((place for place, count in enumerate(counts) if count >= _LEAST_TWICE), key=same)
    for _, group in groupby(long, key=same):
        by_time = sorted(group, key=lambda place: turns[place].start_s or 0.0)
        for one, other in pairwise(by_time):
            first, second = _span(turns[one]), _span(turns[other])
            shared = first & second
            if shared and shared.duration_s > 0.5 * min(first.duration_s, second.duration_s):
                told = f"says the same as turns[{one}] at the same time; each turn once"
                yield MistakeError(f"turns[{other}]", told)


def _too_fast(count: int, turns: Sequence[Turn]) -> bool:
    return count > _MOST_A_SECOND * Timeline(_span(turn).pad(_LOOSE_S) for turn in turns).duration_s


def _told(count: int, turns: Sequence[Turn]) -> str:
    length_s = Timeline(_span(turn) for turn in turns).duration_s
    return f"{count} words or characters in {length_s:.1f} s; nobody speaks so fast"


def _span(turn: Turn) -> Span:
    return Span(turn.start_s or 0.0, turn.end_s or 0.0)
