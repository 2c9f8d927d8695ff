"""How likely each turn is chat, and which stretch of a call strays furthest, by a model learned from labelled calls.

A logistic regression over a turn's encoder vector and its neighbours', how like it is to the rest of the call, whether rules
of trade or of small talk hit it, and its place. A turn alone tells little: what tells is a stretch of them, so stretches are
judged by the mean of their turns, less what ties them to the sale (fitted and calibrated by ``straying_fit``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.whole import Arrays, shipped
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.dialogue import text_of, turn_hits
from pipeline.analysis.features import vectors

if TYPE_CHECKING:
    import numpy as np

FILE = "straying.npz"
FORM = 1
"""Raised when what is read of a turn changes."""
NEIGHBOUR = 0.5
"""Weight of the turns to either side (our default)."""
TIED, OF_TRADE = 0.1, 0.05
"""What each turn that is tied to the sale, and each that names trade, takes off a stretch's score (our default)."""
LEAST_TURNS, MOST_TURNS = 3, 14
_LONG = 80
_PLACE = slice(2, 6)


@dataclass(frozen=True, slots=True)
class Model:
    """Weights ``(columns,)`` of a turn, its bias, and slope and offset that make a stretch's score a probability."""

    weights: np.ndarray
    bias: float
    slope: float
    offset: float
    digest: str


@dataclass(frozen=True, slots=True)
class Strayed:
    """Turns ``[first, last]`` and how likely it is that they stray."""

    first: int
    last: int
    score: float


def rows_of(conversation: Conversation, *, excerpt: bool = False) -> np.ndarray:
    """What is read of each turn, ``(turns, columns)``; of an excerpt nobody knows where in a call it stood."""
    import numpy as np

    own = _vectors_of(conversation)
    nought = np.zeros((1, own.shape[1]))
    rest = _unit(own.sum(axis=0, keepdims=True) - own)
    flags = np.array([_flags(conversation, turn) for turn in range(len(own))]).reshape(len(own), -1)
    if excerpt:
        flags[:, _PLACE] = 0.0
    around = (np.vstack([nought, own[:-1]]), np.vstack([own[1:], nought]))
    like = (own * rest).sum(axis=1, keepdims=True)
    return np.hstack([own, *(NEIGHBOUR * each for each in around), 0.5 * flags, like])


def _vectors_of(conversation: Conversation) -> np.ndarray:
    """Unit vectors of the turns: the sums of their sentences', which are encoded already."""
    import numpy as np

    sums = np.zeros((len(conversation.turns), 512))
    encoded = vectors([sentence.text for sentence in conversation.sentences])
    for sentence, vector in zip(conversation.sentences, encoded, strict=True):
        sums[sentence.turn] += vector
    return _unit(sums)


def _unit(rows: np.ndarray) -> np.ndarray:
    import numpy as np

    made: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return made


def _flags(conversation: Conversation, turn: int) -> list[float]:
    turns = len(conversation.turns)
    told = (
        bool(turn_hits(conversation, "on_topic", turn)), bool(turn_hits(conversation, "small_talk", turn)),
        turn == 0, turn <= 1, turn >= turns - 2, turn >= turns - 1,
        min(len(text_of(conversation, [turn])), _LONG) / _LONG, conversation.turns[turn].speaker == "agent",
    )  # fmt: skip
    return [float(value) for value in told]


def chances(conversation: Conversation, model: Model) -> np.ndarray:
    """How likely each turn is chat, ``(turns,)``."""
    import numpy as np

    if not conversation.turns:
        return np.zeros(0)
    raw = rows_of(conversation) @ model.weights + model.bias
    return 1 / (1 + np.exp(-np.clip(raw, -30, 30)))


def furthest(
    chat: np.ndarray, tied: Collection[int], trade: Collection[int], fits: Callable[[int, int], bool]
) -> Strayed | None:
    """The stretch with the highest score among those that fit (long enough, both sides talk); None where none does.

    The sale may be touched in passing; a stretch neither begins nor ends with it.
    """
    import numpy as np

    cost = np.array([TIED * (turn in tied) + OF_TRADE * (turn in trade) for turn in range(len(chat))])
    best: Strayed | None = None
    for first in range(len(chat)):
        for end in range(first + LEAST_TURNS, min(len(chat), first + MOST_TURNS) + 1):
            if not {first, end - 1}.isdisjoint({*tied, *trade}):
                continue
            score = float(chat[first:end].mean() - cost[first:end].sum())
            if (best is None or score > best.score) and fits(first, end - 1):
                best = Strayed(first, end - 1, score)
    return best


def sure(score: float, model: Model) -> float:
    """How likely a stretch with this score strays."""
    import numpy as np

    return float(1 / (1 + np.exp(-np.clip(model.slope * score + model.offset, -30, 30))))


@functools.cache
def load() -> Model:
    """The model as shipped."""
    import numpy as np

    with shipped("pipeline.lexicons", FILE) as content:
        kept = Arrays(content)
        bias, slope, offset = map(float, kept["figures"])
        return Model(kept["weights"].astype(np.float64), bias, slope, offset, str(kept["digest"]))
