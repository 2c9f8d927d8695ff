"""What the agent makes of the customer's words: reworded, answered, met – and whether a term is explained at once.

A logistic regression a detail over the exchange (``replies_features.py``), fitted to both languages' labelled calls by
``replies_fit``; its probabilities are calibrated on authors that it never saw. Weights ship as ``lexicons/replies.npz``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from models.whole import Arrays, shipped
from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import of_turn
from pipeline.analysis.features import vectors
from pipeline.analysis.replies_features import Exchange, Row, Told, row_of

if TYPE_CHECKING:
    import numpy as np

FORM = 1
"""Raised when features or fit change, so that the digest does."""
FILE = "replies.npz"
DETAILS: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "restated": ("confusion", (True,)),
    "answered": ("customer_question", (True,)),
    "handling": ("objection", ("benefit", "passive", "ignored")),
    "explained": ("jargon", (True,)),
}
"""Details that are learned: of which kind of mark, and the values that have weights (of two values one is enough)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the sparse columns, of the vectors, and biases; a column a value. Scores are logits."""

    sparse: np.ndarray
    vectors: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything in the file."""

    weights: Mapping[str, Weights]
    digest: str


def told_by(conversation: Conversation) -> Told:
    """How likely each sentence is of a kind, by the layer over sentences."""

    def told(kind: str, sentence: Sentence) -> float:
        return acts.guesses(conversation, kind).get(sentence.index, acts.NOTHING).probability

    return told


def chances(name: str, rows: Sequence[Row]) -> list[dict[Any, float]]:
    """For each row how likely each value of a detail is."""
    import numpy as np

    weights, values = load().weights[name], DETAILS[name][1]
    found: list[dict[Any, float]] = []
    for row in rows:
        raw = np.asarray(row.values, dtype=np.float32) @ weights.sparse[list(row.columns)]
        raw = raw + dense_of(row) @ weights.vectors + weights.bias
        likely = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
        if len(values) == 1:
            found.append({values[0]: float(likely[0]), False: 1 - float(likely[0])})
        else:
            found.append(dict(zip(values, (likely / likely.sum()).tolist(), strict=True)))
    return found


def dense_of(row: Row) -> np.ndarray:
    """The row's blocks of vectors, each the weighted mean of its texts' vectors, one after the other."""
    import numpy as np

    nothing = np.zeros((1, vectors([]).shape[1]), dtype=np.float32)
    blocks = (weight * (vectors(texts) if texts else nothing).mean(axis=0) for weight, texts in row.texts)
    return np.concatenate(list(blocks))


def judge(
    name: str,
    conversation: Conversation,
    asked: Sentence,
    kind: str = "",
    replies: Sequence[int] | None = None,
) -> dict[Any, float]:
    """How likely each value of a detail is for a sentence of the customer's, by all replies or by some turns alone."""
    exchange = Exchange.of(conversation, [asked])
    if replies is not None:
        exchange = replace(exchange, replies=tuple(of_turn(conversation, turn) for turn in replies))
    return chances(name, [row_of(exchange, told_by(conversation), kind)])[0]


@functools.cache
def load() -> Fitted:
    """The shipped weights."""
    with shipped("pipeline.lexicons", FILE) as content:
        return unpack(dict(Arrays(content)))


def unpack(kept: Mapping[str, np.ndarray]) -> Fitted:
    """The weights from the arrays of the file."""
    import numpy as np

    parts = ("sparse", "vectors", "bias")
    weights = {
        name: Weights(*(kept[f"{name}_{part}"].astype(np.float32) for part in parts)) for name in DETAILS
    }
    return Fitted(weights, str(kept["digest"]))
