"""What a sentence says of the call's outcome, where no rule speaks: a regularised least-squares classifier.

Fitted once a process from the examples of the ``outcome_*`` rule files and of ``_bearing.yaml``, over sentence-encoder
vectors joined with hashed word and character n-grams. One against the rest by ridge regression with class weights (Rifkin,
Yeo and Poggio, "Regularized least-squares classification", 2003): a linear system, solved exactly, the same everywhere.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import yaml

from pipeline.analysis.rules import load_rules
from pipeline.analysis.text import fold

if TYPE_CHECKING:
    import numpy as np

CLASSES = ("order_placed", "interested", "call_back", "not_interested", "wrong_person", "undetermined")
FAMILIES = {
    "outcome_order": "order_placed",
    "outcome_interest": "interested",
    "outcome_call_back": "call_back",
    "outcome_refusal": "not_interested",
    "wrong_person": "wrong_person",
}
Side = Literal["agent", "customer"]
_GRAMS = 4096
_ENCODER_SHARE = 0.4
_RIDGE = 0.6
"""Both by leave-one-out over the examples of either language (see ``leave_one_out``)."""
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Fitted:
    examples: np.ndarray
    pull: np.ndarray
    base: np.ndarray


def examples(language: str, side: Side) -> list[tuple[str, str]]:
    """Labelled sentences: text and class."""
    labelled: list[tuple[str, str]] = []
    for kind, label in FAMILIES.items():
        for rule in load_rules(kind, language).rules:
            if rule.detail.get("weak"):
                continue
            by = rule.detail.get("by", "customer")
            if by in (side, "any"):
                labelled += [(text, label) for text in rule.hits]
    for label, texts in _data(language)[side].items():
        labelled += [(str(text), label) for text in texts]
    return labelled


def classify(texts: Sequence[str], language: str, side: Side) -> list[dict[str, float]]:
    """Score of each class for each sentence, about 1 for a clear one and 0 for none."""
    if not texts:
        return []
    fitted = _fitted("zh" if language == "zh" else "en", side)
    scores = _features(texts) @ fitted.examples.T @ fitted.pull + fitted.base
    return [dict(zip(CLASSES, (float(score) for score in row), strict=True)) for row in scores]


def leave_one_out(language: str, side: Side) -> list[tuple[str, str, dict[str, float]]]:
    """Each example's text, class and scores when it is left out of the fit (closed form)."""
    import numpy as np

    labelled = examples(language, side)
    rows = _features([text for text, _ in labelled])
    truth, hat = _targets(labelled), _hat(rows @ rows.T, labelled)
    fitted = hat @ truth
    held = (fitted - np.diag(hat)[:, None] * truth) / (1 - np.diag(hat))[:, None]
    return [
        (text, label, dict(zip(CLASSES, (float(score) for score in row), strict=True)))
        for (text, label), row in zip(labelled, held, strict=True)
    ]


@functools.cache
def _data(language: str) -> dict[str, Any]:
    path = resources.files("pipeline.lexicons") / language / "_bearing.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _fitted(language: str, side: Side) -> _Fitted:
    import numpy as np

    labelled = examples(language, side)
    rows, truth, weights = _features([text for text, _ in labelled]), _targets(labelled), _weights(labelled)
    kernel = rows @ rows.T + 1.0
    pull = np.linalg.solve(kernel + np.diag(_RIDGE / weights), truth)
    return _Fitted(rows, pull, pull.sum(axis=0))


def _hat(kernel: np.ndarray, labelled: Sequence[tuple[str, str]]) -> np.ndarray:
    import numpy as np

    full = kernel + 1.0
    hat: np.ndarray = full @ np.linalg.inv(full + np.diag(_RIDGE / _weights(labelled)))
    return hat


def _targets(labelled: Sequence[tuple[str, str]]) -> np.ndarray:
    import numpy as np

    truth = np.zeros((len(labelled), len(CLASSES)))
    for row, (_text, label) in enumerate(labelled):
        truth[row, CLASSES.index(label)] = 1.0
    return truth


def _weights(labelled: Sequence[tuple[str, str]]) -> np.ndarray:
    """Each class weighs the same in all."""
    import numpy as np

    labels = [label for _, label in labelled]
    return np.array([len(labels) / (len(CLASSES) * labels.count(label)) for label in labels])


def _features(texts: Sequence[str]) -> np.ndarray:
    """Rows of encoder vector and n-grams, each part of unit length, weighted."""
    import numpy as np

    from models.encoder import encode

    grams = np.zeros((len(texts), _GRAMS))
    for row, text in enumerate(texts):
        columns = _columns(text)
        grams[row, columns] = 1 / np.sqrt(max(1, len(columns)))
    return np.hstack([np.sqrt(_ENCODER_SHARE) * encode(list(texts)), np.sqrt(1 - _ENCODER_SHARE) * grams])


def _columns(text: str) -> list[int]:
    tokens = ["^", *("#" if t[0].isdigit() else t for t in _TOKEN.findall(fold(text).replace("’", "'"))), "$"]
    grams = {" ".join(tokens[at : at + size]) for size in (1, 2, 3) for at in range(len(tokens) - size + 1)}
    return sorted({zlib.crc32(gram.encode()) % _GRAMS for gram in grams})
