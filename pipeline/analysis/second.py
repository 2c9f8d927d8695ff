"""A second reading of what each sentence does, by a network that reads it in its conversation.

The first reading (``acts_model.py``) knows words and rules; the network (``models/reader.py``) knows what words mean beside each
other. The log odds of both are joined by a logistic regression (stacking: Wolpert, "Stacked generalization", 1992) fitted to
whole calls of authors that neither of them had seen. Figures a kind: ``lexicons/second.json``, by ``learning.join_acts``.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from models.reader import load_reader
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.reading import Reading, reading_of

if TYPE_CHECKING:
    import numpy as np

LEAST = 1e-6
"""Nearer to sure than this the first reading's word counts no more."""
FAINTEST = 0.02
"""No value of a detail is held for less likely than this."""
SORTED = "kind"
"""The detail that the network has a say in. Of severity, which decides about vetoes, it knows less than the first reading."""


@dataclass(frozen=True, slots=True)
class Join:
    """How both readings of a kind make one: weights of their log odds and an offset; from where the result counts; and, as
    `acts_model.Target` has them, the figures of the kind's habit."""

    first: float
    network: float
    offset: float
    threshold: float
    alone: float = 1.0
    habit: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """The network's log odds of some sentences, ``(sentences, kinds)``."""

    kinds: tuple[str, ...]
    scores: np.ndarray

    def of(self, kind: str) -> np.ndarray:
        """Log odds of a kind, ``(sentences,)``."""
        found: np.ndarray = self.scores[:, self.kinds.index(kind)]
        return found

    def share(self, at: int, name: str, values: Sequence[str]) -> dict[str, float]:
        """How likely each value of a detail (``hard_sell.kind``) is, together one."""
        raw = {value: float(self.scores[at, self.kinds.index(f"{name}={value}")]) for value in values}
        likely = {value: max(FAINTEST, 1 / (1 + math.exp(-score))) for value, score in raw.items()}
        return {value: chance / sum(likely.values()) for value, chance in likely.items()}


def opinion_of(conversation: Conversation, sentences: Sequence[Sentence]) -> Opinion:
    """What the shipped network says of some of a conversation's sentences."""
    return Opinion(load_reader().kinds, scores_by(reading_of(conversation.turns), sentences))


def read_again(opinion: Opinion, first: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Probabilities by kind of both readings, from those of the first."""
    joins = load_joins()
    return {
        kind: joined(joins[kind], chance, opinion.of(kind)) if kind in joins else chance
        for kind, chance in first.items()
    }


def joined(join: Join, chance: np.ndarray, network: np.ndarray) -> np.ndarray:
    """Probabilities by both readings, from the first one's and the network's log odds."""
    import numpy as np

    sure = np.clip(chance, LEAST, 1 - LEAST)
    raw = join.first * np.log(sure / (1 - sure)) + join.network * network + join.offset
    return 1 / (1 + np.exp(-np.clip(raw, -30, 30)))


def scores_by(reading: Reading, sentences: Sequence[Sentence]) -> np.ndarray:
    """The network's log odds of some of a conversation's sentences, ``(sentences, kinds)``."""
    import numpy as np

    read = {(turn, start): one.kinds for turn, own in enumerate(reading) for start, one in own}
    return np.stack([read[sentence.turn, sentence.start] for sentence in sentences])


@functools.cache
def load_joins() -> Mapping[str, Join]:
    """The figures as shipped."""
    raw = (resources.files("pipeline.lexicons") / "second.json").read_text(encoding="utf-8")
    return {kind: Join(**figures) for kind, figures in json.loads(raw)["kinds"].items()}
