"""A second reading of turns that may hold personal data, by a network that reads each in its conversation.

The field (``tagger.py``) knows word lists, rules and the words next to a token; the network (``models/reader.py``) has read many
languages and knows a name or a street that no list holds. The log odds of both are joined. How much each counts (``JOIN``) and
from where a stretch is masked (``judged.py``) was fitted on talk by authors that neither had seen, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.reader import Read, load_reader
from pipeline.analysis.reading import reading_of
from pipeline.privacy.told import Told
from pipeline.types import Turn

if TYPE_CHECKING:
    import numpy as np

JOIN = (0.36, 0.524, 0.598)
"""Weights of the field's and the network's log odds that a token is private, and an offset (``learning.join_talk``)."""
SURE = 0.005
"""Nearer than this to sure no reading's word counts for more: the other must be able to speak against it."""
LEAST_ODDS = -3.0
"""Most that the network's no counts: what the field finds very likely stays found, for a leak costs more than a word."""
ON = "name on"


def read_again(turns: Sequence[Turn], told: Mapping[int, Told]) -> dict[int, Told]:
    """What both readings say of the turns."""
    reading, labels = reading_of(turns), load_reader().labels
    return {at: joined(own, by_network(own, reading[at], labels)) for at, own in told.items()}


def by_network(told: Told, read: Sequence[tuple[int, Read]], labels: Sequence[str]) -> np.ndarray:
    """How likely each token of a turn is of each kind by the network, from its labels: the mean of its pieces; NaN where it
    read none."""
    import numpy as np

    from pipeline.privacy.tagger import KINDS

    found = np.full((len(told.places), len(KINDS)), np.nan)
    places = [(offset + start, offset + end) for offset, one in read for start, end in one.places]
    if not places:
        return found
    first, last = np.array(places).T
    scores = np.concatenate([one.labels for _offset, one in read])
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = odds / odds.sum(axis=1, keepdims=True)
    kinds = share[:, [labels.index(kind) for kind in KINDS]]
    kinds[:, KINDS.index("name")] += share[:, labels.index(ON)]
    for at, (start, end) in enumerate(told.places):
        own = (first < end) & (start < last)
        if own.any():
            found[at] = kinds[own].mean(axis=0)
    return found


def joined(told: Told, network: np.ndarray) -> Told:
    """Both readings of a turn as one."""
    import numpy as np

    unread = np.isnan(network).any(axis=1)
    other = np.where(unread[:, None], told.kinds, network)
    raw = JOIN[0] * _odds(told.likely) + JOIN[1] * np.maximum(_odds(other.sum(axis=1)), LEAST_ODDS) + JOIN[2]
    likely = np.where(unread, told.likely, 1 / (1 + np.exp(-raw)))
    both = told.kinds + other
    kinds = both / np.maximum(both.sum(axis=1, keepdims=True), 1e-9) * likely[:, None]
    return Told(told.places, kinds, likely)


def _odds(likely: np.ndarray) -> np.ndarray:
    import numpy as np

    sure = np.clip(likely, SURE, 1 - SURE)
    odds: np.ndarray = np.log(sure / (1 - sure))
    return odds
