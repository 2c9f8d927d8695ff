"""A second reading of how a call ended, by the network that reads it whole (``models/reader.py``).

The first reading (``outcome_model.py``) weighs the words of the ending; the network says of every sentence how a call ends that
has it. Both are joined by a multinomial logistic regression (stacking: Wolpert, "Stacked generalization", 1992), fitted to whole
calls of authors that neither had seen; figures: ``lexicons/outcome_again.json``, by ``learning.join_outcome``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from models.reader import load_reader
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.reading import Reading, reading_of

if TYPE_CHECKING:
    import numpy as np

LAST_TURNS = 6
"""Turns that the end of a call is (the network learned to tell its outcome there above all)."""
FAINTEST = 1e-4
"""No outcome is held for less likely than this by the first reading."""
FILE = "outcome_again.json"


@dataclass(frozen=True, slots=True)
class OutcomeJoin:
    """What counts how much: the first reading's logarithms, the network's log odds at the end and over the whole call, and an
    offset a label."""

    first: float
    at_the_end: float
    whole: float
    offsets: tuple[float, ...]


def network_shares(reading: Reading, kinds: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """The network's mean log odds of each label in a call's last turns and in all of it, ``(2, labels)``."""
    import numpy as np

    columns = [kinds.index(f"outcome={label}") for label in labels]
    said = [(turn, one.kinds[columns]) for turn, own in enumerate(reading) for _start, one in own]
    if not said:
        return np.zeros((2, len(labels)))
    last = [scores for turn, scores in said if turn >= len(reading) - LAST_TURNS]
    whole = np.stack([scores for _turn, scores in said]).mean(axis=0, dtype=float)
    return np.stack([np.stack(last).mean(axis=0, dtype=float) if last else whole, whole])


def joined(join: OutcomeJoin, first: np.ndarray, network: np.ndarray) -> np.ndarray:
    """Probabilities of the labels by both readings, ``(…, labels)``, from the first's and from `network_shares`, ``(…, 2,
    labels)``."""
    import numpy as np

    raw = join.first * np.log(np.maximum(first, FAINTEST)) + np.array(join.offsets)
    raw = raw + join.at_the_end * network[..., 0, :] + join.whole * network[..., 1, :]
    grown = np.exp(raw - raw.max(axis=-1, keepdims=True))
    shares: np.ndarray = grown / grown.sum(axis=-1, keepdims=True)
    return shares


def read_again(conversation: Conversation, labels: Sequence[str], first: np.ndarray) -> np.ndarray:
    """Probabilities of the labels by both readings, from those of the first."""
    network = network_shares(reading_of(conversation.turns), load_reader().kinds, labels)
    return joined(load_join(), first, network)


@functools.cache
def load_join() -> OutcomeJoin:
    """The figures as shipped."""
    raw = json.loads((resources.files("pipeline.lexicons") / FILE).read_text(encoding="utf-8"))["join"]
    return OutcomeJoin(raw["first"], raw["at_the_end"], raw["whole"], tuple(raw["offsets"]))
