"""The learned layer: how likely a sentence means what a kind's examples mean, where no phrase and no
pattern speaks.

A rule file's ``hits`` and ``misses`` are the examples, and with them its ``meaning`` section::

    meaning:
      threshold: 0.7          # least probability that counts (ablation.thresholds measures it)
      like: [{detail: {kind: urgency, severity: mild}, examples: [...]}]
      unlike: [...]

together with ``_neutral.yaml``, ordinary talk that is of no kind. A logistic regression over encoder
vectors and n-grams (``features.py``) is fitted from them once, the same on every machine up to rounding,
and kept under the digest of its examples in the per-user cache (``CALLGAUGE_CACHE``). A cheap n-gram model
goes first, so that the encoder reads only what might be of the kind.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

from pipeline.analysis.features import gram_columns, vectors
from pipeline.analysis.logistic import GATE, Fitted, fit, load_fitted, save_fitted
from pipeline.lexicons import load_yaml

if TYPE_CHECKING:
    import numpy as np

DEFAULT_THRESHOLD = 0.7


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely a sentence is of the kind, with the detail and the text of the example it is nearest to."""

    probability: float
    detail: Mapping[str, Any] = field(default_factory=dict)
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled sentences of one kind and language."""

    kind: str
    language: str
    like: tuple[tuple[str, Mapping[str, Any]], ...]
    unlike: tuple[str, ...]
    threshold: float

    @property
    def digest(self) -> str:
        """Of all examples and of what else the fit rests on."""
        content = [self.kind, self.language, [text for text, _detail in self.like], self.unlike]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


def score(kind: str, language: str, sentences: Sequence[str]) -> list[Guess]:
    """The probability that each sentence is of a kind, most cheaply.

    Parameters
    ----------
    kind, language
        Names a file ``lexicons/<language>/<kind>.yaml``; without examples there every probability is 0.
    sentences
        Texts as delivered.

    Returns
    -------
    list of Guess
        In the order of the sentences. Improbable ones carry no detail.
    """
    examples = load_examples(kind, language)
    if not examples.like or not sentences:
        return [Guess(0.0) for _ in sentences]
    model = _model(kind, language)
    guesses = [Guess(model.quick(gram_columns(text, language))) for text in sentences]
    likely = [at for at, guess in enumerate(guesses) if guess.probability >= GATE]
    if not likely:
        return guesses
    read = vectors([sentences[at] for at in likely])
    for at, vector in zip(likely, read, strict=True):
        probability = model.full(vector, gram_columns(sentences[at], language))
        guesses[at] = _guess(probability, vector, kind, language)
    return guesses


def threshold(kind: str, language: str) -> float:
    """The least probability that counts as a finding."""
    return load_examples(kind, language).threshold


def _guess(probability: float, vector: np.ndarray, kind: str, language: str) -> Guess:
    examples = load_examples(kind, language)
    if probability < min(0.3, examples.threshold):
        return Guess(probability)
    at = int((_like_vectors(kind, language) @ vector).argmax())
    text, detail = examples.like[at]
    return Guess(probability, detail, text)


@functools.cache
def _like_vectors(kind: str, language: str) -> np.ndarray:
    return vectors([text for text, _detail in load_examples(kind, language).like])


@functools.cache
def load_examples(kind: str, language: str) -> Examples:
    """The labelled sentences as shipped; empty where the file has none."""
    data = _file(language, kind)
    meaning = data.get("meaning")
    if meaning is None:
        return Examples(kind, language, (), (), DEFAULT_THRESHOLD)
    like: dict[str, Mapping[str, Any]] = {}
    unlike: dict[str, None] = dict.fromkeys(meaning.get("unlike", []))
    for group in meaning.get("like", []):
        like.update((text, group.get("detail", {})) for text in group["examples"])
    for rule in data.get("rules", []):
        like.update((text, rule.get("detail", {})) for text in rule.get("hits", []))
        unlike.update(dict.fromkeys(rule.get("misses", [])))
    unlike.update(dict.fromkeys(_file(language, "_neutral").get("sentences", [])))
    kept = tuple(text for text in unlike if text not in like)
    least = float(meaning.get("threshold", DEFAULT_THRESHOLD))
    return Examples(kind, language, tuple(like.items()), kept, least)


def _file(language: str, name: str) -> dict[str, Any]:
    path = resources.files("pipeline.lexicons") / language / f"{name}.yaml"
    return load_yaml(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


@functools.cache
def _model(kind: str, language: str) -> Fitted:
    examples = load_examples(kind, language)
    kept = load_fitted(kind, language, examples.digest)
    if kept is None:
        kept = fit([text for text, _detail in examples.like], examples.unlike, language)
        save_fitted(kept, kind, language, examples.digest)
    return kept
