"""A second reading of turns that may hold personal data, by a network that reads each with its neighbours.

The field (``tagger.py``) knows word lists, rules and the words next to a token; the network (``models/reader.py``, fitted by
``reader_fit``) has read many languages and knows a name or a street that no list holds. It reads the turns in which the field
finds a token neither surely private nor surely not; there the log odds of both are joined. How much each counts (``JOIN``) and
from where a stretch is masked (``judged.py``) was fitted on talk by authors that neither had seen, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.reader import PIECES, load_reader
from models.reader_tokens import BEGIN, END, Cutter
from pipeline.privacy.told import Told

if TYPE_CHECKING:
    import numpy as np

UNSURE = 0.01
"""How likely the field must find some token private, or leave it open that it is not, for the turn to be read again."""
JOIN = (0.36, 0.524, 0.598)
"""Weights of the field's and the network's log odds that a token is private, and an offset (``reader_fit --join``)."""
SURE = 0.005
"""Nearer than this to sure no reading's word counts for more: the other must be able to speak against it."""
LEAST_ODDS = -3.0
"""Most that the network's no counts: what the field finds very likely stays found, for a leak costs more than a word."""
OWN, BEFORE, EARLIER, AFTER = 90, 24, 12, 14
"""Pieces that are read: the turn's first, the last of the two turns before, the first of the next."""
SIDES = {"agent": "A:", "customer": "C:"}
ON = "name on"


def rows_of(
    cutter: Cutter, sides: Sequence[str], texts: Sequence[str], asked: Sequence[int]
) -> list[tuple[list[int], list[tuple[int, int]]]]:
    """Of each turn asked for its pieces with those around it, and where its own stand in its text."""
    found = []
    for at in asked:
        pieces, places = cutter.placed(texts[at])
        row = [BEGIN, *pieces[:OWN], END, *cutter.cut(SIDES.get(sides[at], "?:")), END]
        row += [*(cutter.cut(texts[at - 1])[-BEFORE:] if at else ()), END]
        row += [*(cutter.cut(texts[at - 2])[-EARLIER:] if at > 1 else ()), END]
        row += [*(cutter.cut(texts[at + 1])[:AFTER] if at + 1 < len(texts) else ()), END]
        found.append((row, places[:OWN]))
    return found


def read_again(sides: Sequence[str], texts: Sequence[str], told: Mapping[int, Told]) -> dict[int, Told]:
    """What both readings say of the turns; the field's word where it is sure."""
    asked = [at for at, own in told.items() if ((own.likely > UNSURE) & (own.likely < 1 - UNSURE)).any()]
    if not asked:
        return dict(told)
    rows = rows_of(load_reader(PIECES).cutter, sides, texts, asked)
    scores = load_reader(PIECES).piece_scores([row for row, _places in rows])
    again = {
        at: joined(told[at], by_network(told[at], places, score[1 : 1 + len(places)]))
        for at, (_row, places), score in zip(asked, rows, scores, strict=True)
    }
    return dict(told) | again


def by_network(told: Told, places: Sequence[tuple[int, int]], scores: np.ndarray) -> np.ndarray:
    """How likely each token of a turn is of each kind by the network: the mean of its pieces; NaN where it read none."""
    import numpy as np

    from pipeline.privacy.tagger import KINDS

    names = list(load_reader(PIECES).kinds)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = odds / odds.sum(axis=1, keepdims=True)
    kinds = share[:, [names.index(kind) for kind in KINDS]]
    kinds[:, KINDS.index("name")] += share[:, names.index(ON)]
    found = np.full((len(told.places), len(KINDS)), np.nan)
    for at, (start, end) in enumerate(told.places):
        own = [piece for piece, (first, last) in enumerate(places) if first < end and start < last]
        if own:
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
