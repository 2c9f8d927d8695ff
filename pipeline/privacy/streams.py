"""One side's speech as one text, so that what is said over several turns is found as one thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.asked import ends_dictation
from pipeline.privacy.casing import cased
from pipeline.types import Turn

JOINED = "\n"
"""Between turns that may be one dictation."""
APART = "\f"
"""Between turns with too much in between; nothing is found across it."""
SHORT_CHARS = 14
SHORT_WORDS = 7
LONGEST_PAUSE_S = 20.0
CONTEXT_CHARS = 70
_FOREIGN = re.compile(r"[^\W\D0-9０-９]|[①-⑨⓪❶-❾➀-➈]")
"""Digits of other scripts, and those in circles."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The turns of one speaker in a row.

    Attributes
    ----------
    text
        The turns' texts, ``JOINED`` or ``APART`` between them.
    pieces
        For each turn its index, and where it starts and ends in ``text``.
    """

    speaker: str
    text: str
    pieces: tuple[tuple[int, int, int], ...]
    turns: Sequence[Turn]

    def turn_at(self, at: int) -> tuple[int, int]:
        """Index of the turn at a place in the text, and the place within it."""
        for index, start, end in self.pieces:
            if at <= end:
                return index, max(0, at - start)
        index, start, _ = self.pieces[-1]
        return index, at - start

    def place_of(self, turn: int) -> int:
        """Where a turn starts in the text."""
        return next(start for index, start, _ in self.pieces if index == turn)

    def before(self, at: int, chars: int = CONTEXT_CHARS) -> str:
        """What was said just before, by either side."""
        index, offset = self.turn_at(at)
        text = self.turns[index].text[:offset]
        while len(text) < chars and index > 0:
            index -= 1
            text = f"{self.turns[index].text}{JOINED}{text}"
        return text[-chars:]

    def after(self, at: int, chars: int = 24) -> str:
        """What the same turn says next."""
        index, offset = self.turn_at(at)
        return self.turns[index].text[offset : offset + chars]

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The parts of a stretch that lie in each turn: index of the turn, start and end within it."""
        for index, first, last in self.pieces:
            low, high = max(start, first), min(end, last)
            if low < high:
                yield index, low - first, high - first


def streams_of(turns: Sequence[Turn]) -> list[Stream]:
    """A stream for each speaker, in order of appearance."""
    return [_stream(turns, speaker) for speaker in dict.fromkeys(turn.speaker for turn in turns)]


def _stream(turns: Sequence[Turn], speaker: str) -> Stream:
    text = ""
    pieces: list[tuple[int, int, int]] = []
    for index, turn in enumerate(turns):
        if turn.speaker != speaker:
            continue
        if pieces:
            text += JOINED if _joins(turns, pieces[-1][0], index) else APART
        # a form feed of the text itself would part what belongs together
        said = _FOREIGN.sub(_plain_digit, cased(turn.text)).replace(APART, " ")
        pieces.append((index, len(text), len(text) + len(said)))
        text += said
    return Stream(speaker, text, tuple(pieces), turns)


def _joins(turns: Sequence[Turn], first: int, second: int) -> bool:
    """Whether nothing but a short remark of the other side, and no long pause, stands between two turns."""
    between = turns[first + 1 : second]
    end_s, start_s = turns[first].end_s, turns[second].start_s
    if end_s is not None and start_s is not None and start_s - end_s > LONGEST_PAUSE_S:
        return False
    return len(between) <= 2 and all(_short(turn.text) and not ends_dictation(turn.text) for turn in between)


def _short(text: str) -> bool:
    letters = sum(character.isalnum() for character in text)
    words = text.split()
    return letters <= SHORT_CHARS or (text.isascii() and len(words) <= SHORT_WORDS)


def _plain_digit(match: re.Match[str]) -> str:
    return str(unicodedata.digit(match.group()))
