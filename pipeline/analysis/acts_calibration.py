"""How far the learned layer can be trusted on words by somebody new: each author's sentences judged by models of the others'.

From those judgements come Platt's calibration (Platt, "Probabilistic outputs for support vector machines", 1999), the
threshold of each kind, the one with the best F1, and how much a kind's chance elsewhere in a call says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pipeline.analysis.acts import HABITS, SORTS
from pipeline.analysis.acts_model import LEAST_SENTENCES, Target, joined, with_habit
from pipeline.analysis.acts_table import Table
from pipeline.analysis.second import Join

if TYPE_CHECKING:
    import numpy as np

Weighed = TypeVar("Weighed", Target, Join)
FOLDS = 4
SILENT = 0.02
"""Share of the true sentences that the quick model may shut out from the encoder."""
LEAST_THRESHOLD, MOST_THRESHOLD = 0.35, 0.6
"""Bounds of a kind's threshold: far under it a doubt is not worth a person's time, what passes the gate is always listed."""
LEAST_REAL = 30
"""True sentences in whole calls from which they alone calibrate: moments hold a finding in every second line, calls do not."""
LEAST_COSTLY = {"hard_sell": 0.4}
"""Higher bounds for kinds whose false finding weighs on an agent."""


def calibrate(table: Table, kind: str) -> tuple[Target, np.ndarray]:
    """Platt's figures and the threshold of a kind, each part of the authors judged by a model of the others; and its scores."""
    import numpy as np

    parts = parts_by_author(table)
    raw, quick, real = judged(table, kind, parts)
    silent = float(np.quantile(quick[real > 0], SILENT))
    order = _calls_of(table, parts)
    counted = np.array(order) >= 0 if real[np.array(order) >= 0].sum() >= LEAST_REAL else real >= 0
    slope, offset = platt(raw[counted], real[counted])
    target = Target(kind, slope, offset, 0.5, silent)
    chance = 1 / (1 + np.exp(-(slope * raw + offset)))
    if kind in HABITS:
        target, chance = habit_of(target, chance, real, _places(order))
    least = LEAST_COSTLY.get(kind, LEAST_THRESHOLD)
    target = replace(target, threshold=best_threshold(chance[counted], real[counted], least=least))
    return target, in_order(table, raw)


def _calls_of(table: Table, parts: Mapping[str, str]) -> list[int]:
    """The call of each sentence in what `judged` gives, -1 for one in a moment."""
    return [
        example.call
        for part in sorted(set(parts.values()))
        for example in table.examples
        if parts.get(example.file) == part and not example.alone
    ]


def _places(order: Sequence[int]) -> list[list[int]]:
    """Of each call of some length, where its sentences stand."""
    places: dict[int, list[int]] = {}
    for at, call in enumerate(order):
        places.setdefault(call, []).append(at)
    return [own for call, own in places.items() if call >= 0 and len(own) >= LEAST_SENTENCES]


def habit_of(
    target: Weighed, chance: np.ndarray, real: np.ndarray, calls: Sequence[Sequence[int]]
) -> tuple[Weighed, np.ndarray]:
    """The target with what a kind's chance elsewhere in a call says, by logistic regression, and the chances in that view."""
    import numpy as np
    from scipy.optimize import minimize

    def viewed(figures: np.ndarray) -> tuple[Weighed, np.ndarray]:
        alone, habit, shift = map(float, figures)
        found, seen = replace(target, alone=alone, habit=habit, shift=shift), chance.copy()
        for own in calls:
            seen[own] = with_habit(chance[own], found)
        return found, seen

    inside = np.concatenate([np.asarray(own) for own in calls])

    def loss(figures: np.ndarray) -> float:
        seen = np.clip(viewed(figures)[1][inside], 1e-9, 1 - 1e-9)
        return float(-np.where(real[inside] > 0, np.log(seen), np.log(1 - seen)).sum())

    return viewed(minimize(loss, np.array([1.0, 0.5, 1.0]), method="Nelder-Mead").x)


def parts_by_author(table: Table) -> dict[str, str]:
    """Which part each file belongs to: whole authors, the parts as even as that allows.

    A file judged by a model that knows its author's other calls does better than one by a stranger, and it is
    strangers' words that confidence and threshold must hold for.
    """
    sizes = Counter(example.file[0] for example in table.examples if example.file)
    full = dict.fromkeys(map(str, range(FOLDS)), 0)
    part_of: dict[str, str] = {}
    for author, size in sizes.most_common():
        part = min(full, key=lambda name: full[name])
        part_of[author], full[part] = part, full[part] + size
    return {example.file: part_of[example.file[0]] for example in table.examples if example.file}


def sorts_of(table: Table, kind: str) -> list[str]:
    """Names of the targets of a kind's sorts, each with a model of its own."""
    if kind not in SORTS:
        return []
    prefix = f"{kind}.{SORTS[kind]}="
    return sorted({name for one in table.examples for name in one.labels if name.startswith(prefix)})


def scores_by(others: Table, own: Table, kind: str) -> np.ndarray:
    """Full scores of a table's examples for a kind, by models of the others."""
    names = (kind, *sorts_of(others, kind))
    whole, *sorts = (own.apply(others.fit(name, encoder=True), encoder=True) for name in names)
    return joined(whole, sorts)


def judged(table: Table, kind: str, parts: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Full score, quick score and truth of each sentence in its call, part by part, by a model of the other parts' files."""
    import numpy as np

    scores, quick, truth = [], [], []
    for part in sorted(set(parts.values())):
        others = table.part([parts.get(example.file) != part for example in table.examples])
        own = table.part(_in_part(table, parts, part))
        scores.append(scores_by(others, own, kind))
        quick.append(own.apply(others.fit(kind, encoder=False), encoder=False))
        truth.append(own.truth(kind))
    return np.concatenate(scores), np.concatenate(quick), np.concatenate(truth).astype(float)


def _in_part(table: Table, parts: Mapping[str, str], part: str) -> list[bool]:
    return [parts.get(example.file) == part and not example.alone for example in table.examples]


def in_order(table: Table, raw: np.ndarray) -> np.ndarray:
    """What `judged` gives part by part, in the table's order of sentences in their calls."""
    import numpy as np

    parts = parts_by_author(table)
    places = [np.flatnonzero(_in_part(table, parts, part)) for part in sorted(set(parts.values()))]
    return raw[np.argsort(np.concatenate(places), kind="stable")]


def rates(raw: np.ndarray, real: np.ndarray, target: Target) -> tuple[float, float, float]:
    """Precision, recall and F1 of scores at a target's threshold."""
    import numpy as np

    counted = 1 / (1 + np.exp(-(target.slope * raw + target.offset))) >= target.threshold
    hits = float((counted & (real > 0)).sum())
    precision, recall = hits / max(1.0, float(counted.sum())), hits / max(1.0, float(real.sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def best_threshold(chance: np.ndarray, real: np.ndarray, *, least: float, as_good: float = 0.0) -> float:
    """The least probability, within the bounds, from which F1 is best, or less good by no more than ``as_good``."""
    import numpy as np

    def f1(step: float) -> float:
        counted = chance >= step
        return float(2 * (counted & (real > 0)).sum() / max(1.0, counted.sum() + real.sum()))

    steps = np.arange(least, MOST_THRESHOLD + 1e-9, 0.02)
    values = [f1(float(step)) for step in steps]
    return float(
        next(step for step, value in zip(steps, values, strict=True) if value >= max(values) - as_good)
    )


def platt(raw: np.ndarray, real: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the logistic curve from score to probability."""
    import numpy as np
    from scipy.optimize import minimize

    def loss(figures: np.ndarray) -> float:
        return float(np.logaddexp(0, -(2 * real - 1) * (figures[0] * raw + figures[1])).sum())

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(offset)
