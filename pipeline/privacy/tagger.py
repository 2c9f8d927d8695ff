"""The tagger of personal data: a linear-chain conditional random field over the tokens of a turn.

It weighs what the rules found together with the words around it (``readings.py``) and says of each token how likely it
belongs to personal data of each kind. The weights lie beside it, fitted by ``tagger_fit.py`` to the talk under ``talk/``.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.whole import Arrays, shipped
from pipeline.analysis.field_fit import sums
from pipeline.privacy.readings import SIZE, Reading

if TYPE_CHECKING:
    import numpy as np

KINDS = ("phone", "id_number", "bank_card", "code", "email", "address", "name")
LABELS = ("O", "any", *KINDS, "name on", "stays")
"""Outside; what may go, as a word that spells a name; the kinds; what goes on a name, which has a beginning of its own; and
what is called like people but stays, where the talk says so: an agent, a firm, a brand."""
NEVER = -1e4
FAINT = 0.004
"""Weights under it are left out of the file."""


@dataclass(frozen=True, slots=True)
class Tagger:
    """Weights ``(SIZE, labels)``, transitions ``(labels, labels)`` and first labels ``(labels,)``."""

    weights: np.ndarray
    moves: np.ndarray
    first: np.ndarray

    def chances(self, reading: Reading) -> np.ndarray:
        """Probability of each token's kinds, ``(tokens, KINDS)``."""
        import numpy as np

        count = len(reading.places)
        if not count:
            return np.zeros((0, len(KINDS)))
        raw = self.weights[reading.columns].sum(axis=1, dtype=np.float64)
        turns = np.array([place[0] for place in reading.places])
        starts = np.r_[0, np.nonzero(np.diff(turns))[0] + 1, count]
        sizes = np.diff(starts)
        mask = np.arange(sizes.max())[None, :] < sizes[:, None]
        scores = np.zeros((*mask.shape, len(LABELS)))
        scores[mask] = raw
        scores[:, 0] += self.first
        chance = sums(scores, self.moves, mask).chance[mask]
        kinds: np.ndarray = chance[:, LABELS.index(KINDS[0]) :][:, : len(KINDS)]
        kinds[:, KINDS.index("name")] += chance[:, LABELS.index("name on")]
        return kinds


def packed(tagger: Tagger, digest: str) -> bytes:
    """The tagger as a file: weights as half floats, those near nought left out."""
    import numpy as np

    at, label = np.nonzero(np.abs(tagger.weights) >= FAINT)
    out = io.BytesIO()
    np.savez_compressed(
        out, at=at.astype(np.uint32), label=label.astype(np.uint8), weight=tagger.weights[at, label].astype(np.float16),
        moves=tagger.moves, first=tagger.first, digest=np.array(digest),
    )  # fmt: skip
    return out.getvalue()


def unpacked(content: bytes) -> tuple[Tagger, str]:
    """A tagger from its file, and the digest of what it was fitted to."""
    import numpy as np

    kept = Arrays(content)
    weights = np.zeros((SIZE, len(LABELS)), dtype=np.float32)
    weights[kept["at"], kept["label"]] = kept["weight"]
    return Tagger(weights, kept["moves"], kept["first"]), str(kept["digest"])


@functools.cache
def load_tagger(language: str) -> Tagger:
    """The tagger as shipped."""
    with shipped("pipeline.privacy", f"tagger.{language}.npz") as content:
        return unpacked(content)[0]


def marked_labels(reading: Reading, marks: Sequence[Sequence[tuple[int, int, str]]]) -> list[int]:
    """The label of each token by the marks of the turns."""
    labels = []
    for turn, start, end in reading.places:
        mark = next(
            (one for one in marks[turn] if one[2] in LABELS and start < one[1] and one[0] < end), None
        )
        kind = mark[2] if mark else "O"
        labels.append(LABELS.index("name on" if mark and kind == "name" and start > mark[0] else kind))
    return labels


def limits() -> tuple[np.ndarray, np.ndarray]:
    """Penalties of label pairs and first labels: a name goes on only where it has begun."""
    import numpy as np

    moves, first = np.zeros((len(LABELS), len(LABELS))), np.zeros(len(LABELS))
    on = LABELS.index("name on")
    moves[[at for at, label in enumerate(LABELS) if not label.startswith("name")], on] = NEVER
    first[on] = NEVER
    return moves, first
