"""Maximum likelihood of a linear-chain conditional random field, by L-BFGS with a ridge penalty.

Sequences of like length are summed over together; the penalty is on the weights of the features, not on the
transitions (Sha and Pereira, "Shallow Parsing with Conditional Random Fields", 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

LEAST_SEEN = 2
"""A feature seen on fewer tokens has no weight."""
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of like length: rows of their tokens ``(n, length)``, labels and a mask of the same shape."""

    rows: np.ndarray
    labels: np.ndarray
    mask: np.ndarray


def fit_field(
    table: Sequence[Sequence[Sequence[int]] | np.ndarray],
    labels: Sequence[Sequence[int]],
    *,
    size: int,
    limits: tuple[np.ndarray, np.ndarray],
    ridge: float,
    steps: int,
    least: int = LEAST_SEEN,
    memory: int = 10,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights ``(size, labels)``, transitions and first scores.

    Parameters
    ----------
    table
        Of each sequence, of each token, the feature columns, each under ``size``.
    labels
        Of each sequence, of each token, the label's index.
    limits
        What is added to the transitions ``(labels, labels)`` and first scores ``(labels,)``: nought, or so little
        that a label never follows another.
    least
        On how many tokens a feature must be seen to have a weight.
    memory
        How many steps back the search remembers.
    """
    import numpy as np
    from scipy.optimize import minimize

    kept = [(one, truth) for one, truth in zip(table, labels, strict=True) if len(truth)]
    columns, matrix = _sparse([token for one, _ in kept for token in one], size, least)
    batches = _batches([list(truth) for _, truth in kept])
    moves_off, first_off = limits
    width = len(first_off)
    cut = len(columns) * width
    done: Any = minimize(
        _loss_of(matrix, batches, limits, ridge),
        np.zeros(cut + width * width + width),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxcor": memory},
    )
    full = np.zeros((size, width), dtype=np.float32)
    full[columns] = done.x[:cut].reshape(-1, width)
    moves = done.x[cut : cut + width * width].reshape(width, width) + moves_off
    return full, moves, done.x[cut + width * width :] + first_off


def _loss_of(
    matrix: Any, batches: Sequence[Batch], limits: tuple[np.ndarray, np.ndarray], ridge: float
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Negative log likelihood with its penalty, and its slope, by weights, transitions and first scores in a row."""
    import numpy as np

    moves_off, first_off = limits
    width = len(first_off)
    cut = matrix.shape[1] * width
    turned = matrix.T.tocsr()

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        weights = x[:cut].reshape(-1, width)
        moves = x[cut : cut + width * width].reshape(width, width) + moves_off
        first = x[cut + width * width :] + first_off
        raw = matrix @ weights
        slope, moved, begun = np.zeros_like(raw), np.zeros((width, width)), np.zeros(width)
        value = 0.5 * ridge * float(weights.ravel() @ weights.ravel())
        for batch in batches:
            value += _batch(batch, raw, moves, first, slope, moved, begun)
        grads = (turned @ slope + ridge * weights).ravel()
        return value, np.r_[grads, moved.ravel(), begun]

    return loss


def _sparse(
    tokens: Sequence[Sequence[int]] | Sequence[np.ndarray], size: int, least: int
) -> tuple[np.ndarray, Any]:
    """The columns that are used, and the tokens' features as a sparse matrix over them."""
    import numpy as np
    from scipy.sparse import csr_matrix

    flat = np.concatenate([np.asarray(row, dtype=np.int32) for row in tokens])
    counts = np.bincount(flat, minlength=size)
    columns = np.nonzero(counts >= least)[0]
    place = np.full(size, -1, dtype=np.int32)
    place[columns] = np.arange(len(columns), dtype=np.int32)
    row_of = np.repeat(np.arange(len(tokens), dtype=np.int32), [len(row) for row in tokens])
    used = place[flat] >= 0
    ones = np.ones(int(used.sum()))
    shape = (len(tokens), len(columns))
    return columns, csr_matrix((ones, (row_of[used], place[flat][used])), shape=shape)


def _batches(labels: Sequence[Sequence[int]]) -> list[Batch]:
    import numpy as np

    starts = np.r_[0, np.cumsum([len(truth) for truth in labels])]
    order = sorted(range(len(labels)), key=lambda at: len(labels[at]))
    batches = []
    for begin in range(0, len(order), _BATCH):
        part = order[begin : begin + _BATCH]
        longest = len(labels[part[-1]])
        rows = np.zeros((len(part), longest), dtype=np.int64)
        truth, mask = np.zeros_like(rows), np.zeros(rows.shape, dtype=bool)
        for line, at in enumerate(part):
            size = len(labels[at])
            rows[line, :size] = starts[at] + np.arange(size)
            truth[line, :size] = labels[at]
            mask[line, :size] = True
        batches.append(Batch(rows, truth, mask))
    return batches


@dataclass(frozen=True, slots=True)
class Sums:
    """Scaled sums over all labellings: ``forward`` and ``backward`` ``(n, length, labels)``, the scores' ``force``,
    the ``scale`` of each place and what was taken off the scores (``top``)."""

    forward: np.ndarray
    backward: np.ndarray
    force: np.ndarray
    scale: np.ndarray
    top: np.ndarray

    @property
    def chance(self) -> np.ndarray:
        """Probability of each place's labels."""
        return self.forward * self.backward


def sums(scores: np.ndarray, moves: np.ndarray, mask: np.ndarray) -> Sums:
    """Forward and backward sums of sequences of unlike length, ``scores`` ``(n, length, labels)``."""
    import numpy as np

    top = scores.max(axis=2, keepdims=True)
    force, step = np.exp(scores - top), np.exp(moves)
    forward, scale = np.zeros_like(scores), np.ones(scores.shape[:2])
    backward = np.ones_like(scores)
    length = scores.shape[1]
    for at in range(length):
        new = (forward[:, at - 1] @ step if at else 1.0) * force[:, at]
        total = np.maximum(new.sum(axis=1), 1e-300)
        on = mask[:, at]
        scale[on, at] = total[on]
        forward[:, at] = np.where(on[:, None], new / total[:, None], forward[:, at - 1])
    for at in range(length - 2, -1, -1):
        new = (force[:, at + 1] * backward[:, at + 1] / scale[:, at + 1, None]) @ step.T
        backward[:, at] = np.where(mask[:, at + 1, None], new, 1.0)
    return Sums(forward, backward, force, scale, top)


def _batch(
    batch: Batch, raw: np.ndarray, moves: np.ndarray, first: np.ndarray,
    slope: np.ndarray, moved: np.ndarray, begun: np.ndarray,
) -> float:  # fmt: skip
    """Negative log likelihood of a batch, by scaled forward and backward sums; its gradients are added to the
    last three."""
    import numpy as np

    scores = raw[batch.rows]
    scores[:, 0] += first
    told, step = sums(scores, moves, batch.mask), np.exp(moves)
    line, place = np.nonzero(batch.mask)
    truth = batch.labels[line, place]
    chance = told.chance
    chance[line, place, truth] -= 1
    slope[batch.rows[line, place]] += chance[line, place]
    begun += chance[:, 0].sum(axis=0)
    score = float(scores[line, place, truth].sum())
    for at in range(1, scores.shape[1]):
        on = batch.mask[:, at]
        ahead = told.force[on, at] * told.backward[on, at] / told.scale[on, at, None]
        moved += (told.forward[on, at - 1].T @ ahead) * step
        was, now = batch.labels[on, at - 1], batch.labels[on, at]
        np.add.at(moved, (was, now), -1)
        score += float(moves[was, now].sum())
    whole = float(np.log(told.scale[line, place]).sum() + told.top[line, place, 0].sum())
    return whole - score
