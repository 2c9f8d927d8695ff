"""What was said in a call, small enough to stand in a row: turns with places from which to listen. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.types import Turn

ANCHOR_EVERY_S = 2.0
"""A hit is heard from at most so long before it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One turn. ``anchors`` are places in its text with their seconds, in order."""

    speaker: str
    start_s: float | None
    text: str
    anchors: tuple[tuple[int, float], ...] = ()

    def second_at(self, place: int) -> float | None:
        """The second from which the words at a place of the text are heard."""
        before = [second for at, second in self.anchors if at <= place]
        return before[-1] if before else self.start_s


def said_in(turns: Iterable[Turn]) -> tuple[Said, ...]:
    """The turns of a transcript."""
    return tuple(
        Said(turn.speaker, turn.start_s, turn.text, _anchors(turn.text, [(w.text, w.start_s) for w in turn.words]))
        for turn in turns
    )  # fmt: skip


def said_in_file(data: Mapping[str, Any]) -> tuple[Said, ...]:
    """The same from a transcript's file."""
    return tuple(
        Said(
            turn["speaker"], turn["start_s"], turn["text"],
            _anchors(turn["text"], [(word["text"], word["start_s"]) for word in turn["words"]]),
        )
        for turn in data["turns"]
    )  # fmt: skip


def _anchors(text: str, words: Sequence[tuple[str, float | None]]) -> tuple[tuple[int, float], ...]:
    made: list[tuple[int, float]] = []
    place = 0
    for word, start_s in words:
        at = text.find(word, place)
        if at < 0:
            continue
        place = at + len(word)
        if start_s is not None and (not made or start_s - made[-1][1] >= ANCHOR_EVERY_S):
            made.append((at, round(start_s, 2)))
    return tuple(made)


def packed(said: Sequence[Said]) -> bytes:
    """Turns as bytes."""
    plain = [[each.speaker, each.start_s, each.text, each.anchors] for each in said]
    return zlib.compress(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode())


def unpacked(content: bytes) -> tuple[Said, ...]:
    """The turns that `packed` made bytes of."""
    return tuple(
        Said(speaker, start_s, text, tuple((at, second) for at, second in anchors))
        for speaker, start_s, text, anchors in json.loads(zlib.decompress(content))
    )
