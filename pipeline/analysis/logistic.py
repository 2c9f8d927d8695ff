"""Logistic regression in the dual: for models with few examples and many columns.

Solved by Newton's method, exact after a few steps (Zhu and Hastie, "Kernel Logistic Regression and the
Import Vector Machine", 2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

RIDGE = 0.1
"""Penalty, by cross-validation over the examples of hard sell and refusal."""
_STEPS = 12


def solve(kernel: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Dual coefficients ``(n,)`` and bias of the ridge-penalised logistic regression with balanced
    classes."""
    import numpy as np

    share = np.where(truth > 0, 0.5 / max(truth.sum(), 1), 0.5 / max((1 - truth).sum(), 1)) * len(truth)
    pull, bias = np.zeros(len(truth)), 0.0
    for _step in range(_STEPS):
        raw = np.clip(kernel @ pull + bias, -30, 30)
        chance = 1 / (1 + np.exp(-raw))
        weight = np.maximum(share * chance * (1 - chance), 1e-6)
        target = raw + share * (truth - chance) / weight
        system = kernel + np.diag(RIDGE / weight)
        both = np.linalg.solve(system, np.c_[target, np.ones(len(truth))])
        bias = float(both[:, 0].sum() / both[:, 1].sum())
        pull = both[:, 0] - bias * both[:, 1]
    return pull, bias
