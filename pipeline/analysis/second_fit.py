"""How much each of both readings counts: ``python -m pipeline.analysis.second_fit`` writes ``lexicons/second.json``.

A logistic regression a kind over the log odds of both, on whole calls of the authors that the network has not learned from
(``reader_fit.LEFT_OUT``), each judged in the first reading by a model of the other authors' calls. ``--rates`` prints instead
how well either reading and both together tell those authors' sentences: average precision and the best F1.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import load_reader
from pipeline.analysis.acts import HABITS, KINDS
from pipeline.analysis.acts_calibration import (
    LEAST_REAL,
    LEAST_THRESHOLD,
    best_threshold,
    habit_of,
)
from pipeline.analysis.acts_fit import strangers_of
from pipeline.analysis.acts_model import LEAST_SENTENCES, load_weights
from pipeline.analysis.reader_fit import LEFT_OUT, Taught, digest_now, taught
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.second import LEAST, MOST, Join, joined, network_scores

if TYPE_CHECKING:
    import numpy as np

LEAST_MARKS = 40
"""True sentences from which a join is fitted at all; of a kind with fewer the first reading alone decides."""
AS_GOOD, AS_GOOD_PUSH = 0.005, 0.01
"""F1 that a lower threshold may cost, and for hard sell: what counts below the gate is a doubt for a person, what is missed
nobody sees."""
PENALTY = 1.0
"""Pull of the two weights towards what each reading is worth by itself: a half."""


def left_out(language: str, side: str) -> tuple[list[Taught], dict[str, np.ndarray], np.ndarray]:
    """The sentences of the authors left out, the first reading's probabilities by kind, and the network's scores."""
    import numpy as np

    scores, weights = strangers_of(language, side), load_weights(language, side)
    told = [one for one in taught(language) if one.side == side and not one.of]
    mine: list[int] = np.flatnonzero([one.file[:1] in LEFT_OUT for one in told]).tolist()
    first: dict[str, np.ndarray] = {}
    for kind in KINDS[side]:
        target = weights.targets[weights.at(kind)]
        first[kind] = 1 / (1 + np.exp(-np.clip(target.slope * scores[kind][mine] + target.offset, -30, 30)))
    chosen = [told[at] for at in mine]
    return chosen, first, network_scores([one.passage for one in chosen])


def join_of(
    told: Sequence[Taught], first: np.ndarray, network: np.ndarray, kind: str
) -> tuple[Join, np.ndarray]:
    """The figures of a kind, and the probabilities that they give."""
    import numpy as np

    real = np.array([kind in one.labels for one in told], dtype=float)
    whole = np.array([one.call >= 0 for one in told])
    counted = whole if real[whole].sum() >= LEAST_REAL else np.ones(len(told), dtype=bool)
    unsure = (first > LEAST) & (first < MOST)
    join = _fitted(first[unsure & counted], network[unsure & counted], real[unsure & counted])
    chance = first.copy()
    chance[unsure] = joined(join, first[unsure], network[unsure])
    if kind in HABITS:
        join, chance = habit_of(join, chance, real, _calls(told))
    as_good = AS_GOOD_PUSH if kind in HABITS else AS_GOOD
    threshold = best_threshold(chance[counted], real[counted], least=LEAST_THRESHOLD, as_good=as_good)
    return replace(join, threshold=round(threshold, 2)), chance


def _fitted(first: np.ndarray, network: np.ndarray, real: np.ndarray) -> Join:
    import numpy as np
    from scipy.optimize import minimize

    odds = np.log(first / (1 - first))

    def loss(figures: np.ndarray) -> float:
        raw = figures[0] * odds + figures[1] * network + figures[2]
        pull = PENALTY * ((figures[0] - 0.5) ** 2 + (figures[1] - 0.5) ** 2)
        return float(np.logaddexp(0, -(2 * real - 1) * raw).sum() + pull)

    own, other, offset = map(float, minimize(loss, np.array([0.5, 0.5, 0.0]), method="Nelder-Mead").x)
    return Join(max(0.0, own), max(0.0, other), offset, 0.5)


def _calls(told: Sequence[Taught]) -> list[list[int]]:
    """Of each whole call of some length, where its sentences stand."""
    places: dict[tuple[str, int], list[int]] = {}
    for at, one in enumerate(told):
        if one.call >= 0:
            places.setdefault((one.language, one.call), []).append(at)
    return [own for own in places.values() if len(own) >= LEAST_SENTENCES]


def joins_of() -> dict[str, Join]:
    """The figures of all kinds. Both languages are taken together: the first reading's odds are calibrated a language, the
    network is one, and whole calls of authors left out are few."""
    import numpy as np

    kinds = load_reader().kinds
    found: dict[str, Join] = {}
    for side in KINDS:
        parts = [left_out(language, side) for language in LANGUAGES]
        told = [one for part, _first, _network in parts for one in part]
        network = np.concatenate([own for _told, _first, own in parts])
        for kind in KINDS[side]:
            if sum(kind in one.labels for one in told) >= LEAST_MARKS:
                first = np.concatenate([own[kind] for _told, own, _network in parts])
                found[kind], _chance = join_of(told, first, network[:, kinds.index(kind)], kind)
    return found


def rates(language: str) -> Iterator[str]:
    """A line a kind: average precision and best F1 of the first reading, the network and both, on the authors left out."""
    import numpy as np

    kinds = load_reader().kinds
    for side in KINDS:
        told, first, network = left_out(language, side)
        for kind in KINDS[side]:
            own = network[:, kinds.index(kind)]
            real = np.array([kind in one.labels for one in told])
            ranked: Mapping[str, np.ndarray] = {
                "first": first[kind],
                "network": own,
                "both": join_of(told, first[kind], own, kind)[1],
            }
            figures = "  ".join(
                f"{name} {average_precision(chance, real):.3f} {best_f1(chance, real):.3f}"
                for name, chance in ranked.items()
            )
            yield f"{language} {kind:18} n {int(real.sum()):4}  {figures}"


def average_precision(chance: np.ndarray, real: np.ndarray) -> float:
    """The mean precision at each true sentence, likeliest first."""
    import numpy as np

    hits = real[np.argsort(-chance, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / max(1, hits.sum()))


def best_f1(chance: np.ndarray, real: np.ndarray) -> float:
    """F1 at the best threshold."""
    import numpy as np

    hits = np.cumsum(real[np.argsort(-chance, kind="stable")])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + real.sum())).max())


def digest_of_all() -> str:
    """Of the labelled calls and of the network as shipped. The network itself may be older than the calls: it is an opinion, and
    what it is worth is what these figures say."""
    network = (resources.files("models") / "reader.npz").read_bytes()
    return f"{digest_now()}-{hashlib.sha256(network).hexdigest()[:16]}"


def main(arguments: Sequence[str]) -> None:
    """Fit and write the figures, or print rates."""
    if "--rates" in arguments:
        for language in LANGUAGES:
            sys.stdout.writelines(f"{line}\n" for line in rates(language))
        return
    kept = {
        "digest": digest_of_all(),
        "kinds": {kind: asdict(join) for kind, join in joins_of().items()},
    }
    place = Path(str(resources.files("pipeline.lexicons"))) / "second.json"
    place.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{place} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
