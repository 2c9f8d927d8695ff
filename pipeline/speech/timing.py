"""Word times made true: from the window to the recording, and held to where somebody speaks.

Whisper takes word times from its attention, so a word before a pause is stretched over the pause and a
word after one starts inside it. Speech activity knows where the pause is: a word belongs to the stretch
of speech that it shares most time with, may not leave it, and the first and last word of a stretch
start and end with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.intervals import Span, Timeline
from pipeline.speech.packing import Piece, Window
from pipeline.speech.protocol import HeardWord
from pipeline.types import Word

_SENTENCE_END = "。！？.!?"
_TOUCH_S = 0.08
_EARLY_S = 0.3
"""Whisper lets words begin up to this much too early: a share under it tells little."""


@dataclass(frozen=True, slots=True)
class SnapSettings:
    """How word times are held to speech.

    Attributes
    ----------
    reach_s
        A first or last word this near to its stretch's edge is drawn to the edge.
    least_word_s
        No word is shorter than this where its stretch has room.
    """

    reach_s: float = 0.6
    least_word_s: float = 0.04


@dataclass(frozen=True, slots=True)
class _Placed:
    word: Word
    span: Span


def place(words: Sequence[HeardWord], window: Window, speech: Timeline, settings: SnapSettings) -> list[Word]:
    """Words with times of the recording, in order, each inside a stretch of speech.

    Parameters
    ----------
    words
        Times in seconds of the window.
    window, speech
        How the window was packed, and where its channel speaks.
    """
    placed: list[_Placed] = []
    earliest = 0
    stretches = _stretches(window, speech)
    if not stretches or not words:
        return []
    for word, after in zip(words, [*words[1:], None], strict=True):
        index = _choose(word, after, stretches, earliest)
        earliest = index
        piece, span = stretches[index]
        start = min(max(window.to_real(word.start_s, piece), span.start_s), span.end_s)
        end = min(max(window.to_real(word.end_s, piece), start), span.end_s)
        placed.append(_Placed(Word(word.text, start, end, word.confidence), span))
    return _snap(placed, settings)


def _stretches(window: Window, speech: Timeline) -> list[tuple[Piece, Span]]:
    """Stretches of speech inside the window, each with the piece that holds it, in order."""
    return [(piece, span) for piece in window.pieces for span in speech.crop(piece.span)]


def _choose(
    word: HeardWord, after: HeardWord | None, stretches: Sequence[tuple[Piece, Span]], earliest: int
) -> int:
    """Index of the stretch that shares most time with the word; the nearest one where none does."""
    most = _most_shared(word, stretches, earliest)
    if word.text[-1:] not in _SENTENCE_END:
        return most
    # a word that ends a sentence and touches a stretch was said there; what it shares with the next is its stretching
    touched = next(
        (index for index in range(earliest, len(stretches)) if _shared(word, stretches[index]) > _TOUCH_S),
        most,
    )
    if touched >= most or _shared(word, stretches[touched]) >= _EARLY_S:
        return min(touched, most)
    # unless it only began too early, and no other word was said in the next
    taken = after is not None and _most_shared(after, stretches, most) == most
    return touched if taken else most


def _most_shared(word: HeardWord, stretches: Sequence[tuple[Piece, Span]], earliest: int) -> int:
    return max(range(earliest, len(stretches)), key=lambda index: round(_shared(word, stretches[index]), 6))


def _shared(word: HeardWord, stretch: tuple[Piece, Span]) -> float:
    """Seconds that both have in common; negative: the distance between them."""
    piece, span = stretch
    start = piece.at_s + span.start_s - piece.span.start_s
    return min(word.end_s, start + span.duration_s) - max(word.start_s, start)


def _snap(placed: Sequence[_Placed], settings: SnapSettings) -> list[Word]:
    out: list[Word] = []
    for index, item in enumerate(placed):
        word, span = item.word, item.span
        start, end = word.start_s or 0.0, word.end_s or 0.0
        first = index == 0 or placed[index - 1].span != span
        last = index == len(placed) - 1 or placed[index + 1].span != span
        if first and start - span.start_s <= settings.reach_s:
            start = span.start_s
        if not first:
            start = max(start, out[-1].start_s or 0.0)
        if last and span.end_s - end <= settings.reach_s:
            end = span.end_s
        end = min(max(end, start + settings.least_word_s), span.end_s)
        out.append(replace(word, start_s=round(min(start, end), 3), end_s=round(end, 3)))
    return out
