"""Turns: stretches of one side's speech, in the order in which they begin.

Their bounds come from speech activity, not from the recogniser. A backchannel inside the other side's
speech is a turn of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pipeline.intervals import Span, Timeline
from pipeline.speech.normalise import join_words, script_language
from pipeline.types import Speaker, Turn, Word

TURN_GAP_S = 0.7


def turns_of(
    words: Sequence[Word], activity: Timeline, *, speaker: Speaker, language: str, gap_s: float = TURN_GAP_S
) -> list[Turn]:
    """Turns of one channel.

    Parameters
    ----------
    words
        The channel's words by time.
    activity
        Where the channel speaks. Stretches without a word give no turn.
    gap_s
        Pauses shorter than this stay inside a turn.
    """
    stretches = activity.support(gap_s).spans
    if not stretches:
        return []
    grouped: dict[int, list[Word]] = {}
    for word in words:
        grouped.setdefault(_nearest(stretches, word), []).append(word)
    return [_turn(stretches[index], group, speaker, language) for index, group in sorted(grouped.items())]


def merge_sides(sides: Sequence[Sequence[Turn]]) -> tuple[Turn, ...]:
    """Turns of all sides by start, then by end."""
    return tuple(sorted((turn for side in sides for turn in side), key=_key))


def weighted_confidence(words: Sequence[Word]) -> float:
    """Mean of the words' confidences, each weighted by how long the word lasts (at least 20 ms)."""
    weights = [max((word.end_s or 0.0) - (word.start_s or 0.0), 0.02) for word in words]
    return sum(word.confidence * weight for word, weight in zip(words, weights, strict=True)) / sum(weights)


def _key(turn: Turn) -> tuple[float, float]:
    return (turn.start_s or 0.0, turn.end_s or 0.0)


def _nearest(stretches: Sequence[Span], word: Word) -> int:
    """The stretch whose bounds lie nearest to the word's middle, the earlier of two; they are sorted and apart."""
    middle = ((word.start_s or 0.0) + (word.end_s or 0.0)) / 2
    after = bisect_right(stretches, middle, key=lambda stretch: stretch.start_s)
    if after in (0, len(stretches)):
        return max(0, after - 1)
    before = after - 1
    return before if middle - stretches[before].end_s <= stretches[after].start_s - middle else after


def _turn(stretch: Span, words: Sequence[Word], speaker: Speaker, language: str) -> Turn:
    text = join_words([word.text for word in words])
    return Turn(
        speaker=speaker,
        text=text,
        start_s=round(stretch.start_s, 3),
        end_s=round(stretch.end_s, 3),
        confidence=round(weighted_confidence(words), 4),
        words=tuple(words),
        language=script_language(text, default=language),
    )
