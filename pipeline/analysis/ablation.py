"""What each layer of language analysis brings, and how far its confidences can be trusted, on sentences
kept out of the rules.

A folder holds ``<name>.<language>.yaml`` files of the form ``{kind, language, speaker, hits: {label:
[...]}, misses: [...]}``. Layers are switched on one after the other: phrases alone, with patterns, with the
encoder, and the whole detector with its dialogue structure.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.analysis import meaning
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.features import gram_matrix, vectors
from pipeline.analysis.logistic import ENCODER_SHARE, solve
from pipeline.analysis.rules import RuleSet, load_rules
from pipeline.analysis.text import fold
from pipeline.types import Finding, Transcript, Turn

LAYERS = ("lexicon", "+ patterns", "+ encoder", "+ structure")
BINS = ((0.0, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Labelled sentences of one kind and language that no rule was written from."""

    name: str
    kind: str
    language: str
    speaker: str
    hits: tuple[str, ...]
    misses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of one layer on one held-out file."""

    name: str
    language: str
    layer: str
    true: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 where nothing was found."""
        return self.true / (self.true + self.false) if self.true + self.false else 0.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.true / (self.true + self.missed) if self.true + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        both = 2 * self.true + self.false + self.missed
        return 2 * self.true / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings whose confidence lies in ``[low, high)`` and how many of them are right."""

    low: float
    high: float
    count: int
    right: int
    mean_confidence: float


def read_held_out(folder: Path) -> tuple[HeldOut, ...]:
    """All held-out files of a folder that have sentences with labels."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or not {"hits", "kind", "speaker", "misses"} <= set(data):
            continue
        groups = data["hits"]
        hits = [text for group in groups.values() for text in group] if isinstance(groups, dict) else groups
        name = path.name.split(".")[0]
        found.append(
            HeldOut(name, data["kind"], data["language"], data["speaker"], tuple(hits), tuple(data["misses"]))
        )
    return tuple(found)


def ablate(held_out: HeldOut) -> tuple[Row, ...]:
    """One row a layer, each with all layers before it."""
    rules = load_rules(held_out.kind, held_out.language)
    deciders: dict[str, Callable[[str], bool]] = {
        "lexicon": lambda text: _by_rules(rules, text, ("lexicon", "sound")),
        "+ patterns": lambda text: _by_rules(rules, text, ("lexicon", "sound", "pattern")),
        "+ encoder": lambda text: _with_encoder(rules, text),
        "+ structure": lambda text: bool(_findings(held_out, text)),
    }
    return tuple(_count(held_out, layer, deciders[layer]) for layer in LAYERS)


def reliability(held_out: Sequence[HeldOut]) -> tuple[Bin, ...]:
    """Confidence of findings against the share of them that is right, over all files."""
    judged = [
        (finding.confidence, right)
        for part in held_out
        for texts, right in ((part.hits, True), (part.misses, False))
        for text in texts
        for finding in _findings(part, text)[:1]
    ]
    return tuple(_bin(low, high, judged) for low, high in BINS)


def cross_validate(kind: str, language: str, *, folds: int = 10) -> list[tuple[float, bool]]:
    """Probability and truth of each example of a kind, by models that have not seen it (every ``folds``-th
    left out)."""
    import numpy as np

    examples = meaning.load_examples(kind, language)
    texts = [*(text for text, _detail in examples.like), *examples.unlike]
    truth = np.r_[np.ones(len(examples.like)), np.zeros(len(examples.unlike))]
    grams, read = gram_matrix(texts, language).astype(np.float64), vectors(texts).astype(np.float64)
    kernel = ENCODER_SHARE * read @ read.T + (1 - ENCODER_SHARE) * grams @ grams.T
    part = np.arange(len(texts)) % folds
    chance = np.zeros(len(texts))
    for number in range(folds):
        seen, unseen = part != number, part == number
        pull, bias = solve(kernel[np.ix_(seen, seen)], truth[seen])
        chance[unseen] = 1 / (1 + np.exp(-(kernel[np.ix_(unseen, seen)] @ pull + bias)))
    return [(float(one), bool(real)) for one, real in zip(chance, truth, strict=True)]


def report(folder: Path) -> str:
    """Both tables as text: what each layer brings, and confidence against precision."""
    held_out = read_held_out(folder)
    lines = [f"{'held-out set':24} {'':3} {'layer':12} {'P':>6} {'R':>6} {'F1':>6} {'n':>5}"]
    for part in held_out:
        size = len(part.hits) + len(part.misses)
        lines += [
            f"{row.name:24} {row.language:3} {row.layer:12} "
            f"{row.precision:6.3f} {row.recall:6.3f} {row.f1:6.3f} {size:5}"
            for row in ablate(part)
        ]
    lines += ["", f"{'confidence':12} {'findings':>9} {'mean':>6} {'precision':>10}"]
    for one in reliability(held_out):
        share = f"{one.right / one.count:10.3f}" if one.count else f"{'–':>10}"
        lines.append(
            f"{one.low:.1f}–{min(one.high, 1.0):.1f}      {one.count:9} {one.mean_confidence:6.3f} {share}"
        )
    return "\n".join(lines)


def _by_rules(rules: RuleSet, text: str, layers: Sequence[str]) -> bool:
    return any(match.layer in layers for match in rules.match(fold(text)))


def _with_encoder(rules: RuleSet, text: str) -> bool:
    from pipeline.analysis.spotting import DOUBTED

    if rules.silenced(fold(text)):
        return False
    matched = bool(rules.match(fold(text)))
    if not meaning.load_examples(rules.kind, rules.language).like:
        return matched
    chance = meaning.score(rules.kind, rules.language, [text])[0].probability
    return chance >= (DOUBTED if matched else meaning.threshold(rules.kind, rules.language))


def _findings(held_out: HeldOut, text: str) -> list[Finding]:
    detector = importlib.import_module(f"pipeline.analysis.{held_out.kind}")
    turn = Turn(held_out.speaker, text, None, None, 1.0)  # type: ignore[arg-type]  # as written in the file
    found = detector.find(Conversation.of(Transcript(held_out.language, (turn,))), ())
    return [finding for finding in found if finding.kind == held_out.kind]


def _count(held_out: HeldOut, layer: str, decide: Callable[[str], bool]) -> Row:
    true = sum(map(decide, held_out.hits))
    false = sum(map(decide, held_out.misses))
    return Row(held_out.name, held_out.language, layer, true, false, len(held_out.hits) - true)


def _bin(low: float, high: float, judged: Sequence[tuple[float, bool]]) -> Bin:
    inside = [(confidence, right) for confidence, right in judged if low <= confidence < high]
    mean = sum(confidence for confidence, _right in inside) / len(inside) if inside else 0.0
    return Bin(low, high, len(inside), sum(right for _confidence, right in inside), round(mean, 3))


def thresholds(kind: str, language: str, *, folds: int = 10) -> Iterator[tuple[float, float, float]]:
    """Threshold, precision and recall of the learned layer by cross-validation, where the rules are silent
    or not."""
    judged = cross_validate(kind, language, folds=folds)
    real = sum(truth for _chance, truth in judged)
    for step in range(8, 20):
        least = step / 20
        kept = [truth for chance, truth in judged if chance >= least]
        if kept and real:
            yield least, sum(kept) / len(kept), sum(kept) / real
