"""How much each of both readings of sentences counts: ``python -m pipeline.learning.join_acts NETWORK``.

NETWORK is one fitted without the authors left out (``pipeline.learning.fit --judge NETWORK``). A logistic regression a kind over
the log odds of both, on whole calls of those authors, each judged in the first reading by a model of the other authors' calls;
written to ``lexicons/second.json``. ``--rates`` prints instead how well either reading and both together tell those authors'
sentences: average precision and the best F1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import FITTED, NAME, Reader, join, published
from pipeline.analysis.acts import HABITS, KINDS
from pipeline.analysis.acts_calibration import (
    LEAST_REAL,
    LEAST_THRESHOLD,
    best_threshold,
    habit_of,
)
from pipeline.analysis.acts_fit import calls_of, labels_of, sentences_of, strangers_of
from pipeline.analysis.acts_model import LEAST_SENTENCES, load_weights
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.reading import read_by, said_by
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.second import Join, joined, odds_of, scores_by
from pipeline.learning.fit import digest_now
from pipeline.learning.taught import LEFT_OUT

if TYPE_CHECKING:
    import numpy as np

LEAST_MARKS = 40
"""True sentences from which a join is fitted at all; of a kind with fewer the first reading alone decides."""
AS_GOOD, FEW = 0.01, 300
"""F1 that a lower threshold may cost: what counts below the gate is a doubt for a person, what is missed nobody sees. Where fewer
sentences are true it may cost F1's standard error (Breiman et al., "Classification and Regression Trees", 1984)."""
SETTLED: Mapping[str, float] = {
    "hard_sell": 0.45, "refusal": 0.45, "objection": 0.35, "confusion": 0.3, "complaint": 0.4, "needs_question": 0.45,
    "benefit": 0.5,
}  # fmt: skip
"""Thresholds settled on whole calls of authors kept apart, whose totals by threshold were read, by author and by what two of
three readers mark (docs/decisions/0026): the authors left out are few, and F1 is flat from 0.3 to 0.6 on theirs."""
PENALTY = 1.0
"""Pull of the two weights towards what each reading is worth by itself: a half."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The sentences of a side by authors left out.

    Attributes
    ----------
    names
        What each does.
    calls
        Language and number of the whole call that it is from; -1 for a moment.
    first
        The first reading's probabilities by kind.
    network
        The network's log odds, ``(sentences, kinds)``.
    """

    names: list[frozenset[str]]
    calls: list[tuple[str, int]]
    first: dict[str, np.ndarray]
    network: np.ndarray


def judged(language: str, side: str, reader: Reader) -> Judged:
    """All that the authors left out let a side say."""
    import numpy as np

    scores, weights = strangers_of(language, side), load_weights(language, side)
    names: list[frozenset[str]] = []
    calls: list[tuple[str, int]] = []
    network: list[np.ndarray] = []
    chosen: list[bool] = []
    for number, (file, call) in enumerate(calls_of(language)):
        conversation = Conversation.of(call.transcript, profile=call.profile)
        mine = sentences_of(conversation, language, side)
        chosen += [file[:1] in LEFT_OUT] * len(mine)
        if file[:1] not in LEFT_OUT or not mine:
            continue
        labels = labels_of(call, conversation)
        names += [frozenset(labels[one.index]) for one in mine]
        calls += [(language, number if call.outcome else -1)] * len(mine)
        network += list(scores_by(read_by(reader, said_by(conversation.turns)), mine))
    first: dict[str, np.ndarray] = {}
    for kind in KINDS[side]:
        target = weights.targets[weights.at(kind)]
        raw = target.slope * scores[kind][np.array(chosen)] + target.offset
        first[kind] = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
    return Judged(names, calls, first, np.stack(network))


def join_of(told: Judged, kind: str, network: np.ndarray) -> tuple[Join, np.ndarray]:
    """The figures of a kind, and the probabilities that they give."""
    import numpy as np

    first = told.first[kind]
    real = np.array([kind in names for names in told.names], dtype=float)
    whole = np.array([call >= 0 for _language, call in told.calls])
    counted = whole if real[whole].sum() >= LEAST_REAL else np.ones(len(real), dtype=bool)
    join = _fitted(first[counted], network[counted], real[counted])
    chance = joined(join, first, network)
    if kind in HABITS:
        join, chance = habit_of(join, chance, real, _calls(told))
    threshold = best_threshold(
        chance[counted],
        real[counted],
        least=LEAST_THRESHOLD,
        as_good=_as_good(chance[counted], real[counted]),
    )
    return replace(join, threshold=SETTLED.get(kind, round(threshold, 2))), chance


def _as_good(chance: np.ndarray, real: np.ndarray) -> float:
    best, marks = best_f1(chance, real), float(real.sum())
    return AS_GOOD if marks >= FEW else max(AS_GOOD, math.sqrt(best * (1 - best) / marks))


def _fitted(first: np.ndarray, network: np.ndarray, real: np.ndarray) -> Join:
    import numpy as np
    from scipy.optimize import minimize

    odds = odds_of(first)

    def loss(figures: np.ndarray) -> float:
        raw = figures[0] * odds + figures[1] * network + figures[2]
        pull = PENALTY * ((figures[0] - 0.5) ** 2 + (figures[1] - 0.5) ** 2)
        return float(np.logaddexp(0, -(2 * real - 1) * raw).sum() + pull)

    own, other, offset = map(float, minimize(loss, np.array([0.5, 0.5, 0.0]), method="Nelder-Mead").x)
    return Join(max(0.0, own), max(0.0, other), offset, 0.5)


def _calls(told: Judged) -> list[list[int]]:
    """Of each whole call of some length, where its sentences stand."""
    places: dict[tuple[str, int], list[int]] = {}
    for at, call in enumerate(told.calls):
        if call[1] >= 0:
            places.setdefault(call, []).append(at)
    return [own for own in places.values() if len(own) >= LEAST_SENTENCES]


def joins_of(reader: Reader) -> dict[str, Join]:
    """The figures of all kinds. Both languages are taken together: the first reading's odds are calibrated a language, the
    network is one, and whole calls of authors left out are few."""
    import numpy as np

    found: dict[str, Join] = {}
    for side, kinds in KINDS.items():
        parts = [judged(language, side, reader) for language in LANGUAGES]
        told = Judged(
            [names for one in parts for names in one.names],
            [call for one in parts for call in one.calls],
            {kind: np.concatenate([one.first[kind] for one in parts]) for kind in kinds},
            np.concatenate([one.network for one in parts]),
        )
        for kind in kinds:
            if sum(kind in names for names in told.names) >= LEAST_MARKS:
                found[kind], _chance = join_of(told, kind, told.network[:, reader.kinds.index(kind)])
    return found


def rates(language: str, reader: Reader) -> Iterator[str]:
    """A line a kind: average precision and best F1 of the first reading, the network and both, on the authors left out."""
    import numpy as np

    for side, kinds in KINDS.items():
        told = judged(language, side, reader)
        for kind in kinds:
            own = told.network[:, reader.kinds.index(kind)]
            real = np.array([kind in names for names in told.names])
            ranked: Mapping[str, np.ndarray] = {
                "first": told.first[kind],
                "network": own,
                "both": join_of(told, kind, own)[1],
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
    network = (resources.files("models") / FITTED).read_bytes()
    return f"{digest_now()}-{hashlib.sha256(network).hexdigest()[:16]}"


def main(arguments: Sequence[str]) -> None:
    """Fit and write the figures, or print rates."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.learning.join_acts")
    parser.add_argument("network", type=Path, metavar="NETWORK")
    parser.add_argument("--rates", action="store_true")
    asked = parser.parse_args(arguments)
    reader = join(*published(NAME), asked.network.read_bytes())
    if asked.rates:
        for language in LANGUAGES:
            sys.stdout.writelines(f"{line}\n" for line in rates(language, reader))
        return
    kept = {
        "digest": digest_of_all(),
        "kinds": {kind: asdict(figures) for kind, figures in joins_of(reader).items()},
    }
    place = Path(str(resources.files("pipeline.lexicons"))) / "second.json"
    place.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{place} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
