"""Word times made true: from the window to the recording, and held to where somebody speaks.

Whisper takes word times from its attention, which goes on to the next word before this one is over: a word's end is told
in the word's own second half, and the next one begins there, however long the pause between them. So a word belongs to the
stretch of speech in which it is told to end, may not leave it, and the first and last word of a stretch start and end with
it. An end in a pause (the last word's, where the decoder ended its text; one before a sentence's end) tells nothing.

A sentence's first word is told too early now and then: in a short answer before the pause that the decoder left unwritten,
or in the last moment of the sentence before. One that can't end an utterance goes to its sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.intervals import Span, Timeline
from pipeline.speech.packing import Piece, Window
from pipeline.speech.protocol import HeardWord
from pipeline.speech.unfinished import ends_clause, goes_on
from pipeline.types import Word

_SAID_S = 0.15
"""A word told to be in a stretch for less was only begun too early there."""


@dataclass(frozen=True, slots=True)
class SnapSettings:
    """How word times are held to speech.

    Attributes
    ----------
    reach_s
        A first or last word this near to its stretch's edge is drawn to the edge.
    least_word_s
        No word is shorter than this where its stretch has room.
    breath_s
        Over a pause longer than this nobody holds a sentence that he has only begun.
    """

    reach_s: float = 0.6
    least_word_s: float = 0.04
    breath_s: float = 1.5


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
    stretches = _stretches(window, speech)
    if not stretches or not words:
        return []
    chosen = _with_sentence(words, stretches, _chosen(words, stretches), settings.breath_s)
    for word, index in zip(words, chosen, strict=True):
        piece, span = stretches[index]
        start = min(max(window.to_real(word.start_s, piece), span.start_s), span.end_s)
        end = min(max(window.to_real(word.end_s, piece), start), span.end_s)
        placed.append(_Placed(Word(word.text, start, end, word.confidence), span))
    return _snap(placed, settings)


def _stretches(window: Window, speech: Timeline) -> list[tuple[Piece, Span]]:
    """Stretches of speech inside the window, each with the piece that holds it, in order."""
    return [(piece, span) for piece in window.pieces for span in speech.crop(piece.span)]


def _chosen(words: Sequence[HeardWord], stretches: Sequence[tuple[Piece, Span]]) -> list[int]:
    """Index of each word's stretch, in order: where it is told to end, or, where that is in a pause, what it shares most with.

    A stretch without a word so far takes the first one after it where that was told to be said there for a while and isn't
    the only one of its own stretch: an end that was drawn over a pause.
    """
    chosen: list[int] = []
    for word in words:
        later = range(chosen[-1] if chosen else 0, len(stretches))
        chosen.append(max(later, key=lambda index: _held(word, stretches[index])))
    for empty in sorted(set(range(len(stretches))) - set(chosen)):
        first = next((place for place, index in enumerate(chosen) if index > empty), None)
        if first is None or chosen.count(chosen[first]) == 1:
            continue
        if _shared(words[first], stretches[empty]) >= _SAID_S:
            chosen[first] = empty
    return chosen


def _with_sentence(
    words: Sequence[HeardWord],
    stretches: Sequence[tuple[Piece, Span]],
    chosen: Sequence[int],
    breath_s: float,
) -> list[int]:
    """The same, but a sentence's first word that can't end an utterance never lies a long pause before the others."""
    out = list(chosen)
    for place in range(len(words) - 1):
        own, later = out[place], out[place + 1]
        if own == later or stretches[later][1].start_s - stretches[own][1].end_s <= breath_s:
            continue
        begins = place == 0 or out[place - 1] != own or ends_clause(words[place - 1].text)
        if begins and goes_on([word.text for word in words[place : place + 5]]):
            out[place] = later
    return out


def _held(word: HeardWord, stretch: tuple[Piece, Span]) -> tuple[bool, float]:
    """Whether the word is told to end in the stretch, and what both share."""
    start_s, end_s = _packed(stretch)
    return start_s <= word.end_s <= end_s, round(_shared(word, stretch), 6)


def _shared(word: HeardWord, stretch: tuple[Piece, Span]) -> float:
    """Seconds that both have in common; under 0: the distance between them."""
    start_s, end_s = _packed(stretch)
    return min(word.end_s, end_s) - max(word.start_s, start_s)


def _packed(stretch: tuple[Piece, Span]) -> tuple[float, float]:
    """Where a stretch begins and ends in the window."""
    piece, span = stretch
    start_s = piece.at_s + span.start_s - piece.span.start_s
    return start_s, start_s + span.duration_s


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
