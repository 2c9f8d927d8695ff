"""What a tagger says of a turn: its tokens, where they stand, and how likely each is personal data of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Told:
    """One turn's tokens: where they stand, how likely each kind is, and how likely any is."""

    places: tuple[tuple[int, int], ...]
    kinds: np.ndarray
    likely: np.ndarray

    def most(self, start: int, end: int) -> float:
        """How likely the likeliest token between two places of the text is."""
        inside = [at for at, (a, b) in enumerate(self.places) if a < end and start < b]
        return max((float(self.likely[at]) for at in inside), default=1.0)


def turns_of(places: Sequence[tuple[int, int, int]], chance: np.ndarray) -> dict[int, Told]:
    """What the tagger says of each turn."""
    rows: dict[int, list[int]] = {}
    for at, place in enumerate(places):
        rows.setdefault(place[0], []).append(at)
    return {
        turn: Told(tuple(places[at][1:] for at in own), chance[own], chance[own].sum(axis=1))
        for turn, own in rows.items()
    }
