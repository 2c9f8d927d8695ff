"""Speech without words: what the activity says somebody said, and the recogniser or the guard left nothing of.

It is kept on record, since "nobody said it" may not be told of a stretch in which somebody spoke and nobody understood.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.intervals import Span, Timeline
from pipeline.speech.babble import voicing
from pipeline.speech.protocol import Sound
from pipeline.types import Word

_TURN_GAP_S = 0.7
_LEAST_TURN_S = 0.5
"""Speech of a whole turn; less is a cough or a breath as often as a word."""
_LEAST_INSIDE_S = 1.5
"""Speech between two words of one turn; words' seconds are not exact enough for less."""
_LONGEST_WORD_S = 1.2
"""A word that is said to last longer was stretched over what came after it."""
_LEAST_VOICING = 0.5
"""Clicks, coughs and hiss that were taken for speech stay under it; many voices at once reach 0.57, one voice 0.85."""


def unheard(words: Sequence[Word], audio: Sound, speech: Timeline) -> tuple[Span, ...]:
    """Stretches of one channel's speech that hold no word, by time.

    Parameters
    ----------
    words
        The channel's words that stayed, by time.
    audio, speech
        The channel's sound and where it speaks.
    """
    covered = Timeline(_said(word) for word in words)
    found: list[Span] = []
    for turn in speech.support(_TURN_GAP_S):
        spoken = speech.crop(turn)
        wordless = covered.gaps(turn) if covered & Timeline([turn]) else Timeline([turn])
        least_s = _LEAST_INSIDE_S if covered & Timeline([turn]) else _LEAST_TURN_S
        for gap in wordless:
            heard = spoken.crop(gap)
            extent = heard.extent
            if extent is not None and heard.duration_s >= least_s and voicing(audio, heard) >= _LEAST_VOICING:
                found.append(extent)
    return tuple(found)


def _said(word: Word) -> Span:
    start_s = word.start_s or 0.0
    return Span(start_s, min(max(word.end_s or 0.0, start_s + 0.02), start_s + _LONGEST_WORD_S))
