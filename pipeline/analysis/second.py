"""A second reading of what each sentence does, by a network that reads it in its conversation.

The first reading (``acts_model.py``) knows words and rules; the network (``models/reader.py``) knows what words mean beside each
other. The log odds of both are joined by a logistic regression (stacking: Wolpert, "Stacked generalization", 1992) fitted to
whole calls of authors that neither of them had seen. Figures a kind: ``lexicons/second.json``, by ``learning.join_acts``.
English sentences are read by a third, larger network besides; figures of all three: ``lexicons/en/third.json``, by
``learning.join_english``.
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
from pipeline.analysis.reading import Reading, english_reading_of, reading_of

if TYPE_CHECKING:
    import numpy as np

LEAST = 1e-6
"""Nearer to sure than this the first reading's word counts no more."""
ENGLISH = "en"
SECOND, THIRD = ("second.json",), (("en", "third.json"),)
FAINTEST = 0.02
"""No value of a detail is held for less likely than this."""
SORTED = "kind"
"""The detail that the network has a say in. Of severity, which decides about vetoes, it knows less than the first reading."""


@dataclass(frozen=True, slots=True)
class Join:
    """How the readings of a kind make one: weights of their log odds and an offset; from where the result counts; and, as
    `acts_model.Target` has them, the figures of the kind's habit. ``english``: what the network for English weighs."""

    first: float
    network: float
    offset: float
    threshold: float
    alone: float = 1.0
    habit: float = 0.0
    shift: float = 0.0
    english: float = 0.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """The networks' log odds of some sentences, ``(sentences, kinds)``; of English ones the larger network's, too."""

    kinds: tuple[str, ...]
    scores: np.ndarray
    english: np.ndarray | None = None

    def of(self, kind: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Log odds of a kind by either network, ``(sentences,)``."""
        at = self.kinds.index(kind)
        return self.scores[:, at], None if self.english is None else self.english[:, at]

    def share(self, at: int, name: str, values: Sequence[str]) -> dict[str, float]:
        """How likely each value of a detail (``hard_sell.kind``) is, together one."""
        scores = self.scores[at] if self.english is None else (self.scores[at] + self.english[at]) / 2
        raw = {value: float(scores[self.kinds.index(f"{name}={value}")]) for value in values}
        likely = {value: max(FAINTEST, 1 / (1 + math.exp(-score))) for value, score in raw.items()}
        return {value: chance / sum(likely.values()) for value, chance in likely.items()}


def opinion_of(conversation: Conversation, sentences: Sequence[Sentence], language: str) -> Opinion:
    """What the shipped networks say of some of a conversation's sentences, all of one language."""
    own = scores_by(reading_of(conversation.turns), sentences)
    english = scores_by(english_reading_of(conversation.turns), sentences) if language == ENGLISH else None
    return Opinion(load_reader().kinds, own, english)


def read_again(opinion: Opinion, first: Mapping[str, np.ndarray], language: str) -> dict[str, np.ndarray]:
    """Probabilities by kind of all readings, from those of the first."""
    joins = load_joins(language)
    return {
        kind: joined(joins[kind], chance, *opinion.of(kind)) if kind in joins else chance
        for kind, chance in first.items()
    }


def joined(
    join: Join, chance: np.ndarray, network: np.ndarray, english: np.ndarray | None = None
) -> np.ndarray:
    """Probabilities by all readings, from the first one's and the networks' log odds."""
    import numpy as np

    raw = join.first * odds_of(chance) + join.network * network + join.offset
    if english is not None:
        raw = raw + join.english * english
    return 1 / (1 + np.exp(-np.clip(raw, -30, 30)))


def odds_of(chance: np.ndarray) -> np.ndarray:
    """Log odds of probabilities."""
    import numpy as np

    sure = np.clip(chance, LEAST, 1 - LEAST)
    found: np.ndarray = np.log(sure / (1 - sure))
    return found


def scores_by(reading: Reading, sentences: Sequence[Sentence]) -> np.ndarray:
    """A network's log odds of some of a conversation's sentences, ``(sentences, kinds)``."""
    import numpy as np

    read = {(turn, start): one.kinds for turn, own in enumerate(reading) for start, one in own}
    return np.stack([read[sentence.turn, sentence.start] for sentence in sentences])


@functools.cache
def load_joins(language: str) -> Mapping[str, Join]:
    """The figures of a language as shipped."""
    own = THIRD if language == ENGLISH else ()
    files = (resources.files("pipeline.lexicons").joinpath(*place) for place in (SECOND, *own))
    told = [json.loads(file.read_text(encoding="utf-8"))["kinds"] for file in files]
    return {kind: Join(**figures) for kinds in told for kind, figures in kinds.items()}
