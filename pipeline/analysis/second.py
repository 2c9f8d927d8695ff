"""A second reading of the sentences of which the first is unsure, by a network that reads each with its neighbours.

The first reading (``acts_model.py``) is quick and knows words; the network (``models/reader.py``) knows what words mean beside
each other and is far dearer. It is asked where the first reading of a kind that weighs is between two bounds; there the log
odds of both are joined by a logistic regression (stacking: Wolpert, "Stacked generalization", 1992) fitted to whole calls of
authors that neither of them had seen. Figures a kind: ``lexicons/second.json``, by ``second_fit``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from models.reader import Passage, load_reader
from pipeline.analysis.conversation import Conversation, Sentence

if TYPE_CHECKING:
    import numpy as np

LEAST, MOST = 0.05, 0.96
"""Probabilities by the first reading between which a second is asked for."""
ASKS = frozenset(
    {"hard_sell", "rude", "absolute_claim", "refusal", "objection", "confusion", "complaint", "do_not_call"}
)
"""Kinds whose doubt is worth the network; what it says of the others is taken where it was asked anyhow."""
_MOST_KEPT = 20_000
_told: dict[Passage, np.ndarray] = {}


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


def passages(conversation: Conversation, sentences: Sequence[Sentence]) -> list[Passage]:
    """Each sentence with what the network reads around it."""
    by_turn: dict[int, list[Sentence]] = {}
    for sentence in conversation.sentences:
        by_turn.setdefault(sentence.turn, []).append(sentence)
    found = []
    for sentence in sentences:
        own = by_turn[sentence.turn]
        at = own.index(sentence)
        found.append(
            Passage(
                sentence.text,
                before=" ".join(other.text for other in by_turn.get(sentence.turn - 1, [])[-2:]),
                earlier=own[at - 1].text if at else "",
                later=own[at + 1].text if at + 1 < len(own) else "",
                after=" ".join(other.text for other in by_turn.get(sentence.turn + 1, [])[:2]),
            )
        )
    return found


def read_again(
    conversation: Conversation, sentences: Sequence[Sentence], first: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Probabilities by kind, from those of the first reading; the same where that one is sure."""
    import numpy as np

    joins = load_joins()
    unsure = {kind: (chance > LEAST) & (chance < MOST) for kind, chance in first.items() if kind in joins}
    asked = np.any([unsure[kind] for kind in unsure if kind in ASKS], axis=0)
    places: list[int] = np.flatnonzero(asked).tolist()
    if not places:
        return dict(first)
    told = network_scores(passages(conversation, [sentences[at] for at in places]))
    kinds = load_reader().kinds
    found = dict(first)
    for kind, doubtful in unsure.items():
        own = doubtful[places]
        chance, at = first[kind].copy(), np.array(places)[own]
        chance[at] = joined(joins[kind], first[kind][at], told[own, kinds.index(kind)])
        found[kind] = chance
    return found


def joined(join: Join, chance: np.ndarray, network: np.ndarray) -> np.ndarray:
    """Probabilities by both readings, from the first one's and the network's log odds."""
    import numpy as np

    raw = join.first * np.log(chance / (1 - chance)) + join.network * network + join.offset
    return 1 / (1 + np.exp(-np.clip(raw, -30, 30)))


def network_scores(asked: Sequence[Passage]) -> np.ndarray:
    """The network's log odds, ``(passages, kinds)``; each passage is read once a process."""
    import numpy as np

    if len(_told) > _MOST_KEPT:
        _told.clear()
    new = [passage for passage in dict.fromkeys(asked) if passage not in _told]
    if new:
        _told.update(zip(new, load_reader().scores(new), strict=True))
    return np.stack([_told[passage] for passage in asked])


@functools.cache
def load_joins() -> Mapping[str, Join]:
    """The figures as shipped."""
    raw = (resources.files("pipeline.lexicons") / "second.json").read_text(encoding="utf-8")
    return {kind: Join(**figures) for kind, figures in json.loads(raw)["kinds"].items()}
