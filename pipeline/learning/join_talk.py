"""How much each of both readings of personal data counts: ``python -m pipeline.learning.join_talk NETWORK`` prints `second.JOIN`.

NETWORK is one fitted without the sets left out (``pipeline.learning.fit --judge NETWORK``); each of those sets is read by a field
fitted to all others.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import NAME, Reader, join, published
from pipeline.analysis.reading import read_by
from pipeline.analysis.rules import LANGUAGES
from pipeline.learning.taught import LEFT_OUT_TALK
from pipeline.privacy.readings import read
from pipeline.privacy.ruled import by_rules
from pipeline.privacy.second import LEAST_ODDS, SURE, by_network
from pipeline.privacy.streams import streams_of
from pipeline.privacy.tagger import LABELS, marked_labels
from pipeline.privacy.tagger_fit import fit
from pipeline.privacy.talk import shipped_talk, transcript_of
from pipeline.privacy.told import turns_of

if TYPE_CHECKING:
    import numpy as np

STAYS = ("O", "stays")


def both_readings(reader: Reader) -> Iterator[tuple[float, float, bool]]:
    """Of each token in the sets left out how likely it is private by the field, by the network, and whether it is."""
    for language in LANGUAGES:
        sets = shipped_talk(language)
        for name in sorted(LEFT_OUT_TALK):
            field = fit({other: talks for other, talks in sets.items() if other != name}, language)
            for talk in sets[name]:
                streams = streams_of(transcript_of(talk, language).turns)
                reading = read(streams, by_rules(streams), language)
                labels = iter(marked_labels(reading, [one.marks for one in talk]))
                told = turns_of(reading.places, field.chances(reading))
                by_turn = read_by(reader, tuple((one.side, one.text) for one in talk))
                for at, own in told.items():
                    network = by_network(own, by_turn[at], reader.labels).sum(axis=1)
                    for likely, other in zip(own.likely, network, strict=True):
                        label = LABELS[next(labels)]
                        if not math.isnan(other) and label != "any":  # read by both, and marked for sure
                            yield float(likely), float(other), label not in STAYS


def join_of(rows: Sequence[tuple[float, float, bool]]) -> np.ndarray:
    """Weights of the field's and the network's log odds, and an offset, by logistic regression."""
    import numpy as np
    from scipy.optimize import minimize

    field, network, real = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    def odds(likely: np.ndarray) -> np.ndarray:
        sure = np.clip(likely, SURE, 1 - SURE)
        return np.asarray(np.log(sure / (1 - sure)))

    told = np.stack([odds(field), np.maximum(odds(network), LEAST_ODDS), np.ones(len(real))])

    def loss(figures: np.ndarray) -> float:
        return float(np.logaddexp(0, -(2 * real - 1) * (figures @ told)).mean())

    found: np.ndarray = minimize(loss, np.array([0.5, 0.5, 0.0]), method="Nelder-Mead").x
    return found


def main(arguments: Sequence[str]) -> None:
    """Print the weights of both readings."""
    reader = join(*published(NAME), Path(arguments[0]).read_bytes())
    sys.stdout.write(" ".join(f"{figure:.3f}" for figure in join_of(list(both_readings(reader)))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
