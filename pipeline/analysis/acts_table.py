"""Labelled sentences as matrices, and the logistic regression that is fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.analysis.acts_features import COLUMNS, Row
from pipeline.analysis.acts_model import read_texts
from pipeline.analysis.logistic import matrix_of

if TYPE_CHECKING:
    import numpy as np

PENALTY = 0.1
"""Weight of the L2 penalty (cross-validated by author, once for all kinds)."""
MOST_STEPS = 70


@dataclass(frozen=True, slots=True)
class Example:
    """A row with what is true of it, the file it is from, what it weighs; ``of`` names the one kind it speaks for, ``call`` is
    the number of the whole call in which it stands, -1 in none."""

    row: Row
    labels: frozenset[str]
    file: str
    weight: float = 1.0
    of: str = ""
    alone: bool = False
    call: int = -1


@dataclass(frozen=True, slots=True)
class Table:
    """Examples as matrices: sparse features, encoder vectors, and what each example weighs."""

    examples: Sequence[Example]
    sparse: Any
    read: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Table:
        """Read every example once."""
        import numpy as np

        rows = [example.row for example in examples]
        weight = np.array([example.weight for example in examples])
        return cls(examples, matrix_of(rows, COLUMNS), read_texts(rows), weight)

    def part(self, keep: Sequence[bool] | np.ndarray) -> Table:
        """The examples that are kept."""
        import numpy as np

        at: list[int] = np.flatnonzero(np.asarray(keep)).tolist()
        return Table([self.examples[n] for n in at], self.sparse[at], self.read[at], self.weight[at])

    def truth(self, name: str) -> np.ndarray:
        """Whether each example carries a label."""
        import numpy as np

        return np.array([name in example.labels for example in self.examples])

    def fit(self, name: str, *, encoder: bool) -> np.ndarray:
        """Weights of the columns, of the encoder (where asked for), and the bias.

        Rare kinds weigh more, by the root of their rarity.
        """
        import numpy as np
        from scipy.optimize import minimize

        real = self.truth(name)
        rare = ((len(real) - real.sum()) / max(1, real.sum())) ** 0.5
        weight = np.where(real, rare, 1.0) * self.weight
        weight /= weight.mean()
        sign = np.where(real, 1.0, -1.0)
        size = COLUMNS + (self.read.shape[1] if encoder else 0)

        def loss(figures: np.ndarray) -> tuple[float, np.ndarray]:
            margin = -sign * self.apply(figures, encoder=encoder)
            pull = -sign * weight / (1 + np.exp(-np.clip(margin, -40, 40)))
            penalty = PENALTY * figures[:-1]
            slope = [self.sparse.T @ pull, *([self.read.T @ _single(pull)] if encoder else [])]
            value = (weight * np.logaddexp(0, margin)).sum() + 0.5 * figures[:-1] @ penalty
            return float(value), np.r_[np.concatenate(slope) + penalty, pull.sum()]

        found = minimize(
            loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS}
        )
        figures: np.ndarray = found.x
        return figures

    def apply(self, figures: np.ndarray, *, encoder: bool) -> np.ndarray:
        """The score of each example."""
        scores: np.ndarray = self.sparse @ figures[:COLUMNS] + figures[-1]
        return scores + self.read @ _single(figures[COLUMNS:-1]) if encoder else scores


def _single(figures: np.ndarray) -> np.ndarray:
    """In the precision of the encoder's vectors: else all of them are copied for each product."""
    import numpy as np

    return figures.astype(np.float32)
