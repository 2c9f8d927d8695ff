"""Logistic regression in the dual: for models with few examples and many columns.

Solved by Newton's method, exact after a few steps (Zhu and Hastie, "Kernel Logistic Regression and the
Import Vector Machine", 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

RIDGE = 0.1
"""Penalty, by cross-validation over the examples of hard sell and refusal."""
_STEPS = 12


class Cells(Protocol):
    """A sparse row: its columns and their values."""

    @property
    def columns(self) -> Sequence[int]: ...

    @property
    def values(self) -> Sequence[float]: ...


def matrix_of(rows: Sequence[Cells], width: int) -> Any:
    """Sparse rows as one matrix ``(rows, width)`` of single floats, by rows (CSR)."""
    import numpy as np
    from scipy import sparse

    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    columns = np.concatenate([row.columns for row in rows]).astype(np.int64)
    values = np.concatenate([row.values for row in rows]).astype(np.float32)
    return sparse.csr_matrix((values, columns, starts), shape=(len(rows), width))


def solve(
    kernel: np.ndarray, truth: np.ndarray, *, ridge: float = RIDGE, even: float = 1.0, steps: int = _STEPS
) -> tuple[np.ndarray, float]:
    """Dual coefficients ``(n,)`` and bias of the ridge-penalised logistic regression.

    ``even`` is how far the classes are evened out: 0 leaves each example its weight, 1 gives both classes the same.
    """
    import numpy as np
    from scipy import linalg

    sizes = np.where(truth > 0, max(truth.sum(), 1), max((1 - truth).sum(), 1))
    share = sizes**-even / (sizes**-even).mean()
    pull, bias = np.zeros(len(truth)), 0.0
    for _step in range(steps):
        raw = np.clip(kernel @ pull + bias, -30, 30)
        chance = 1 / (1 + np.exp(-raw))
        weight = np.maximum(share * chance * (1 - chance), 1e-6)
        target = raw + share * (truth - chance) / weight
        system = kernel + np.diag(ridge / weight)
        both = linalg.solve(system, np.c_[target, np.ones(len(truth))], assume_a="pos")
        bias = float(both[:, 0].sum() / both[:, 1].sum())
        pull = both[:, 0] - bias * both[:, 1]
    return pull, bias
