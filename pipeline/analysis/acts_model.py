"""Weights of the learned layer: kept as one array file a language and side, read without running anything in it."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from models.whole import Arrays, shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from pipeline.analysis.acts_features import Row

FORM = 3
"""Raised when features or form change, so that no other file is read by mistake."""
SHUT = -5.0
"""What the model of a sort says of a sentence about which the encoder is not asked."""
LEAST_SENTENCES = 5
"""Of a side that says less nobody knows its habits."""
_RARE = 0.05
"""What the mean elsewhere in the call counts at least, so that one clean call says something and not everything."""
ENCODER = (0.632, 0.316)
"""Weights of the sentence's own encoder vector and of the one before it."""


class Habit(Protocol):
    """How a kind's chance elsewhere in a call is weighed, see `Target`."""

    @property
    def alone(self) -> float: ...
    @property
    def habit(self) -> float: ...
    @property
    def shift(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Target:
    """What one column of weights is for, how its score becomes a probability, and from where it counts.

    ``slope`` and ``offset`` are Platt's, fitted across authors; ``silent`` is the score of the quick model below
    which the encoder is not asked. ``alone``, ``habit`` and ``shift`` weigh a sentence's own log odds, the logarithm of how
    likely the kind is elsewhere in the call, and 1 (`with_habit`); a ``habit`` of 0 leaves the probability as it is.
    """

    name: str
    slope: float
    offset: float
    threshold: float
    silent: float
    alone: float = 1.0
    habit: float = 0.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Quick weights ``(columns, targets)``, full ones, the encoder's ``(1024, targets)``, and biases ``(2, targets)``."""

    targets: tuple[Target, ...]
    quick: np.ndarray
    full: np.ndarray
    encoder: np.ndarray
    bias: np.ndarray
    digest: str

    def at(self, name: str) -> int:
        """The column of a target."""
        return next(at for at, target in enumerate(self.targets) if target.name == name)

    def under(self, prefix: str) -> list[int]:
        """The columns of the targets whose names begin so."""
        return [at for at, target in enumerate(self.targets) if target.name.startswith(prefix)]


def score(weights: Weights, rows: Sequence[Row], *, ask: Sequence[str]) -> np.ndarray:
    """Scores of each row for each target, ``(rows, targets)``; ``ask`` are the targets worth the encoder."""
    import numpy as np

    scores = sparse(rows, weights.quick) + weights.bias[0]
    wanted = [weights.at(name) for name in ask]
    silent = np.array([weights.targets[at].silent for at in wanted])
    open_rows: list[int] = np.flatnonzero((scores[:, wanted] > silent).any(axis=1)).tolist()
    if open_rows:
        chosen = [rows[at] for at in open_rows]
        read = read_texts(chosen) @ weights.encoder
        scores[open_rows] = sparse(chosen, weights.full) + read + weights.bias[1]
    return scores


def chances(weights: Weights, scores: np.ndarray, kind: str, sort: str | None) -> np.ndarray:
    """How likely each sentence is of a kind, by its row of scores."""
    import numpy as np

    target = weights.targets[weights.at(kind)]
    raw = target.slope * together(weights, scores, kind, sort) + target.offset
    chance: np.ndarray = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
    return chance


def with_habit(chance: np.ndarray, target: Habit) -> np.ndarray:
    """Probabilities of a call's sentences in view of each other: who presses once presses again, a clean call is clean.

    A single faint push among clean talk loses weight, one between clear pushes gains.
    """
    import numpy as np

    if not target.habit or len(chance) < LEAST_SENTENCES:
        return chance
    sure = np.clip(chance, 1e-6, 1 - 1e-6)
    others = (chance.sum() - chance) / (len(chance) - 1)
    raw = target.alone * np.log(sure / (1 - sure)) + target.habit * np.log(_RARE + others) + target.shift
    return 1 / (1 + np.exp(-np.clip(raw, -30, 30)))


def together(weights: Weights, scores: np.ndarray, kind: str, sort: str | None) -> np.ndarray:
    """The scores of a kind, with what the models of its sorts say."""
    sorts = weights.under(f"{kind}.{sort}=") if sort else []
    return joined(scores[:, weights.at(kind)], [scores[:, at] for at in sorts])


def joined(whole: np.ndarray, sorts: Sequence[np.ndarray]) -> np.ndarray:
    """Scores of a kind's own model and those of its sorts as one: any of the sorts is enough.

    One model of all that presses hears the common words; one of each sort hears what only that sort says. By calls of authors
    left out their sum found 56 % of the hard sell at a precision of 0.9 where the one model found 40 %.
    """
    import numpy as np

    return whole + np.logaddexp.reduce(sorts, axis=0) if len(sorts) else whole


def sparse(rows: Sequence[Row], weights: np.ndarray) -> np.ndarray:
    """Rows times weights."""
    import numpy as np

    made = [np.asarray(row.values, dtype=np.float32) @ weights[list(row.columns)] for row in rows]
    return np.stack(made) if made else np.zeros((0, weights.shape[1]), dtype=np.float32)


def read_texts(rows: Sequence[Row]) -> np.ndarray:
    """Weighted encoder vectors of each row's own text and of the one before it, float32 ``(rows, 1024)``."""
    import numpy as np

    from pipeline.analysis.features import vectors

    # one batch: the encoder takes half as long a sentence as when asked one by one
    both = vectors([*(row.text for row in rows), *(row.before or "-" for row in rows)])
    return np.hstack([ENCODER[0] * both[: len(rows)], ENCODER[1] * both[len(rows) :]])


@functools.cache
def load_weights(language: str, side: str) -> Weights:
    """The weights as shipped."""
    import numpy as np

    with shipped("pipeline.lexicons", language, f"acts.{side}.npz") as content:
        kept = Arrays(content)
        if int(kept["form"]) != FORM:
            raise ValueError(
                f"acts.{side}.npz ({language}) is of form {int(kept['form'])}, this code reads {FORM}"
            )
        targets = tuple(
            Target(str(name), *(float(value) for value in figures))
            for name, figures in zip(kept["names"], kept["figures"], strict=True)
        )
        quick, full = kept["quick"], kept["full"]  # half precision: their few rows widen as they are used
        encoder, bias = kept["encoder"].astype(np.float32), kept["bias"].astype(np.float32)
        return Weights(targets, quick, full, encoder, bias, str(kept["digest"]))


def packed(weights: Weights) -> bytes:
    """The file of some weights; half precision, which moves a probability by under 0.01."""
    import numpy as np

    file = io.BytesIO()
    np.savez_compressed(
        file,
        form=np.array(FORM),
        names=np.array([target.name for target in weights.targets]),
        figures=np.array(
            [[t.slope, t.offset, t.threshold, t.silent, t.alone, t.habit, t.shift] for t in weights.targets],
            dtype=np.float32,
        ),
        quick=weights.quick.astype(np.float16), full=weights.full.astype(np.float16),
        encoder=weights.encoder.astype(np.float16), bias=weights.bias.astype(np.float32),
        digest=np.array(weights.digest),
    )  # fmt: skip
    return file.getvalue()
