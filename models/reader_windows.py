"""A conversation as the rows of pieces that the reading network sees: stretches of it, each with a little of what is around.

Each turn begins with a mark of its side, each sentence ends with one. A row holds whole sentences as long as they fit, before
them the end of what was said so far, behind them the beginning of what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.reader_tokens import BEGIN, END

OWN, BEFORE, AFTER = 192, 40, 20
"""Pieces of a row that are read for themselves, and before and behind them for what they tell about those."""
SIDES = {"agent": "A", "customer": "C"}
OTHER_SIDE = "?"


class Cutting(Protocol):
    """What cuts texts into pieces."""

    def cut(self, text: str) -> tuple[int, ...]:
        """The numbers of a text's pieces."""

    def placed(self, text: str) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """The pieces and where each stands in the text, from and to."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn: who speaks (``agent``, ``customer``, or anything else for unknown), and its sentences."""

    side: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence, or a part of one too long for a row: which it is, where its pieces begin in the row, and where each of them
    stands in the sentence's text (`Cutter.placed`)."""

    turn: int
    sentence: int
    first: int
    places: tuple[tuple[int, int], ...]

    @property
    def after(self) -> int:
        """Where its pieces end in the row."""
        return self.first + len(self.places)


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces that are read together, and which of them are whose."""

    pieces: tuple[int, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A sentence's pieces with its marks, and where they stand in the conversation."""

    turn: int
    sentence: int
    side: int
    marks: int
    pieces: tuple[int, ...]
    places: tuple[tuple[int, int], ...]


def rows_of(
    cutter: Cutting, turns: Sequence[Spoken], *, own: int = OWN, before: int = BEFORE, after: int = AFTER
) -> list[Row]:
    """The rows of a conversation, in order; each sentence with any piece is in one of them, or in several if it is long."""
    stretches = [
        short for turn, spoken in enumerate(turns) for short in _stretches(cutter, turn, spoken, own)
    ]
    said = [piece for one in stretches for piece in one.pieces]
    ends: list[int] = []
    for one in stretches:
        ends.append((ends[-1] if ends else 0) + len(one.pieces))
    found: list[Row] = []
    first = 0
    while first < len(stretches):
        begun = ends[first] - len(stretches[first].pieces)
        last = first
        while last + 1 < len(stretches) and ends[last + 1] - begun <= own:
            last += 1
        found.append(_row(stretches[first : last + 1], said, begun, ends[last], before, after))
        first = last + 1
    return found


def _stretches(cutter: Cutting, turn: int, spoken: Spoken, own: int) -> list[_Stretch]:
    (side,) = cutter.cut(SIDES.get(spoken.side, OTHER_SIDE))[:1]
    found: list[_Stretch] = []
    for number, text in enumerate(spoken.sentences):
        pieces, places = cutter.placed(text)
        for first in range(0, len(pieces), own):
            marks = (side,) if not found else ()
            part = pieces[first : first + own]
            found.append(
                _Stretch(
                    turn, number, side, len(marks), (*marks, *part, END), tuple(places[first : first + own])
                )
            )
    return found


def _row(
    own: Sequence[_Stretch], said: Sequence[int], begun: int, ended: int, before: int, after: int
) -> Row:
    context = said[max(0, begun - before) : begun]
    head = [BEGIN, *context] if own[0].marks else [BEGIN, *context, own[0].side]
    parts: list[Part] = []
    at = len(head)
    for one in own:
        parts.append(Part(one.turn, one.sentence, at + one.marks, one.places))
        at += len(one.pieces)
    return Row((*head, *said[begun:ended], *said[ended : ended + after]), tuple(parts))
