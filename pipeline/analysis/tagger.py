"""The slot tagger: a linear-chain conditional random field over an agent's turn.

Each token gets a label, outside or begin/inside of company, department or name; the labels of a turn are
chosen together (Lafferty, McCallum and Pereira, "Conditional Random Fields", 2001). The weights lie beside the
lexicons as ``opening.npz``, fitted by ``tagger_fit.py`` to the labelled calls under ``lexicons/<language>/calls``.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.whole import Arrays, shipped
from pipeline.analysis.tokens import SIZE, Said, columns_of, tokens_of

if TYPE_CHECKING:
    import numpy as np

SLOTS = ("company", "department", "name")
LABELS = ("O", *(f"{edge}-{slot}" for slot in SLOTS for edge in "BI"))
NEVER = -1e4
LEAN = 0.6
"""So much the label outside is held back, since a missed slot costs as much as a wrong one (log odds)."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A slot in characters ``[start, end)`` of a turn, and how sure the tagger is that the slot is filled
    there."""

    slot: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Tagger:
    """Weights ``(SIZE, 7)``, transitions ``(7, 7)`` and first labels ``(7,)``, with the words of ordinary
    talk."""

    weights: np.ndarray
    moves: np.ndarray
    first: np.ndarray
    common: Mapping[str, int]

    def scores(self, said: Said) -> np.ndarray:
        """Raw scores of each token's labels, ``(tokens, 7)``."""
        import numpy as np

        columns = columns_of(said, tokens_of(said), self.common)
        return np.stack([self.weights[row].sum(axis=0, dtype=np.float64) for row in columns])

    def tag(self, said: Said) -> list[Tag]:
        """The slots of a turn, in order, each with its probability."""
        import numpy as np

        tokens = tokens_of(said)
        if not tokens:
            return []
        raw = self.scores(said) - np.r_[LEAN, np.zeros(len(LABELS) - 1)]
        labels = best_path(raw, self.moves, self.first)
        if not any(labels):
            return []
        chance = chances(raw, self.moves, self.first)
        found: list[Tag] = []
        at = 0
        while at < len(labels):
            if not labels[at]:
                at += 1
                continue
            slot, end = SLOTS[(labels[at] - 1) // 2], at + 1
            while end < len(labels) and labels[end] == 2 * SLOTS.index(slot) + 2:
                end += 1
            sure = float(chance[at:end, [2 * SLOTS.index(slot) + 1, 2 * SLOTS.index(slot) + 2]].sum(1).max())
            found.append(Tag(slot, tokens[at].start, tokens[end - 1].end, sure))
            at = end
        return found

    def doubt(self, said: Said, slot: str) -> Tag | None:
        """The run of tokens that likeliest fill a slot, whether or not the best reading of the turn has it there."""
        tokens = tokens_of(said)
        if not tokens:
            return None
        raw = self.scores(said)
        chance = chances(raw, self.moves, self.first)
        label = 2 * SLOTS.index(slot) + 1
        each = chance[:, [label, label + 1]].sum(1)
        best = int(each.argmax())
        start, end = best, best + 1
        while start > 0 and each[start - 1] >= each[best] / 2:
            start -= 1
        while end < len(tokens) and each[end] >= each[best] / 2:
            end += 1
        return Tag(slot, tokens[start].start, tokens[end - 1].end, float(each[best]))


def best_path(raw: np.ndarray, moves: np.ndarray, first: np.ndarray) -> list[int]:
    """The likeliest labels (Viterbi)."""
    import numpy as np

    score, back = raw[0] + first, []
    for row in raw[1:]:
        ways = score[:, None] + moves
        back.append(ways.argmax(axis=0))
        score = ways.max(axis=0) + row
    labels = [int(np.argmax(score))]
    for step in reversed(back):
        labels.append(int(step[labels[-1]]))
    return labels[::-1]


def chances(raw: np.ndarray, moves: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Probability of each token's labels, ``(tokens, 7)`` (forward and backward sums)."""
    import numpy as np

    forward, backward = np.zeros_like(raw), np.zeros_like(raw)
    forward[0] = raw[0] + first
    for at in range(1, len(raw)):
        forward[at] = np.logaddexp.reduce(forward[at - 1][:, None] + moves, axis=0) + raw[at]
    for at in range(len(raw) - 2, -1, -1):
        backward[at] = np.logaddexp.reduce(moves + raw[at + 1] + backward[at + 1], axis=1)
    return np.exp(forward + backward - np.logaddexp.reduce(forward[-1]))


def allowed() -> tuple[np.ndarray, np.ndarray]:
    """Penalties of label pairs and first labels: inside a slot only after its own begin or inside."""
    import numpy as np

    moves, first = np.zeros((len(LABELS), len(LABELS))), np.zeros(len(LABELS))
    for to, label in enumerate(LABELS):
        if label[0] == "I":
            moves[[was for was in range(len(LABELS)) if was not in (to, to - 1)], to] = NEVER
            first[to] = NEVER
    return moves, first


def packed(tagger: Tagger, digest: str) -> bytes:
    """The tagger as a file: weights as half floats, those near nought left out."""
    import numpy as np

    at, label = np.nonzero(np.abs(tagger.weights) >= 0.02)
    words = sorted(tagger.common)
    out = io.BytesIO()
    np.savez_compressed(
        out,
        at=at.astype(np.uint16), label=label.astype(np.uint8),
        weight=tagger.weights[at, label].astype(np.float16),
        moves=tagger.moves, first=tagger.first, digest=np.array(digest),
        words=np.array("\n".join(words)), counts=np.array([tagger.common[w] for w in words], dtype=np.uint16),
    )  # fmt: skip
    return out.getvalue()


def unpacked(content: bytes) -> tuple[Tagger, str]:
    """A tagger from its file, and the digest of what it was fitted to."""
    import numpy as np

    kept = Arrays(content)
    weights = np.zeros((SIZE, len(LABELS)), dtype=np.float32)
    weights[kept["at"], kept["label"]] = kept["weight"]
    words = str(kept["words"]).split("\n")
    common = dict(zip(words, map(int, kept["counts"]), strict=True)) if words != [""] else {}
    return Tagger(weights, kept["moves"], kept["first"], common), str(kept["digest"])


@functools.cache
def load_tagger(language: str) -> Tagger:
    """The tagger as shipped."""
    with shipped("pipeline.lexicons", language, "opening.npz") as content:
        return unpacked(content)[0]


@functools.lru_cache(maxsize=256)
def slots_in(said: Said) -> tuple[Tag, ...]:
    """The slots of a turn by its language's tagger; kept, since a call is read before masking and after."""
    return tuple(load_tagger(said.language).tag(said))
