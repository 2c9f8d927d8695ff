"""How much each of both readings of a call's end counts: ``python -m pipeline.learning.join_outcome NETWORK``.

NETWORK is one fitted without the authors left out (``pipeline.learning.fit --judge NETWORK``); each of those authors' calls is
decided in the first reading by a model that saw none of its author. Writes ``lexicons/outcome_again.json`` and says how many
calls either reading and both together decide rightly, each tenth of the calls by figures from the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import NAME, Reader, join, published
from pipeline.analysis.endings import ending_of
from pipeline.analysis.outcome_again import FILE, OutcomeJoin, joined, network_shares
from pipeline.analysis.outcome_fit import between_authors, call_kernel, examples, fit_acts, sharpness
from pipeline.analysis.outcome_model import LABELS
from pipeline.analysis.reading import read_by, said_by
from pipeline.analysis.rules import LANGUAGES
from pipeline.learning.join_acts import digest_of_all
from pipeline.learning.taught import LEFT_OUT

if TYPE_CHECKING:
    import numpy as np

PENALTY = 1.0
"""Pull of the offsets to nothing and of the weights to a half, a third and a third."""
PARTS = 10


@dataclass(frozen=True, slots=True)
class Decided:
    """The calls of the authors left out: the first reading's probabilities ``(calls, labels)``, the network's log odds ``(calls,
    2, labels)``, the number of the true label and the language of each."""

    first: np.ndarray
    network: np.ndarray
    truth: np.ndarray
    languages: tuple[str, ...]


def decided(reader: Reader) -> Decided:
    """What both readings say of the calls left out."""
    import numpy as np

    given, acts = list(examples()), fit_acts()
    kernel = call_kernel([ending_of(one.conversation, acts) for one in given])
    held = between_authors(given, kernel)
    sharp = sharpness(given, held)
    chosen = [at for at in sorted(held) if given[at].author in LEFT_OUT]
    raw = sharp * np.array([held[at] for at in chosen])
    grown = np.exp(raw - raw.max(axis=1, keepdims=True))
    network = [
        network_shares(read_by(reader, said_by(given[at].conversation.turns)), reader.kinds, LABELS)
        for at in chosen
    ]
    return Decided(
        grown / grown.sum(axis=1, keepdims=True),
        np.stack(network),
        np.array([LABELS.index(given[at].label) for at in chosen]),
        tuple(given[at].language for at in chosen),
    )


def join_of(first: np.ndarray, network: np.ndarray, truth: np.ndarray) -> OutcomeJoin:
    """The figures under which the true outcomes are likeliest."""
    import numpy as np
    from scipy.optimize import minimize

    usual = np.array([0.5, 1 / 3, 1 / 3])

    def loss(figures: np.ndarray) -> float:
        shares = joined(_join(figures), first, network)[np.arange(len(truth)), truth]
        pull = ((figures[:3] - usual) ** 2).sum() + (figures[3:] ** 2).sum()
        return float(-np.log(np.maximum(shares, 1e-12)).sum() + PENALTY * pull)

    found = minimize(loss, np.concatenate([usual, np.zeros(len(LABELS))]), method="L-BFGS-B").x
    return _join(found)


def _join(figures: np.ndarray) -> OutcomeJoin:
    own, end, whole, *offsets = map(float, figures)
    return OutcomeJoin(own, end, whole, tuple(offsets))


def right(told: Decided) -> dict[str, np.ndarray]:
    """Of each reading and of both together, which calls it decides rightly."""
    import numpy as np

    both = np.zeros(len(told.truth), dtype=bool)
    part = np.arange(len(told.truth)) % PARTS
    for one in range(PARTS):
        learned, judged = part != one, part == one
        figures = join_of(told.first[learned], told.network[learned], told.truth[learned])
        shares = joined(figures, told.first[judged], told.network[judged])
        both[judged] = shares.argmax(axis=1) == told.truth[judged]
    return {
        "first": told.first.argmax(axis=1) == told.truth,
        "network": told.network.sum(axis=1).argmax(axis=1) == told.truth,
        "both": both,
    }


def main(arguments: Sequence[str]) -> None:
    """Fit and write the figures, and print how many calls each reading decides rightly."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.learning.join_outcome")
    parser.add_argument("network", type=Path, metavar="NETWORK")
    asked = parser.parse_args(arguments)
    told = decided(join(*published(NAME), asked.network.read_bytes()))
    for language in LANGUAGES:
        mine = [one == language for one in told.languages]
        shares = "  ".join(f"{name} {hits[mine].mean():.3f}" for name, hits in right(told).items())
        sys.stdout.write(f"{language} of {sum(mine)} calls  {shares}\n")
    figures = join_of(told.first, told.network, told.truth)
    place = Path(str(resources.files("pipeline.lexicons"))) / FILE
    kept = {"digest": digest_of_all(), "join": asdict(figures)}
    place.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{place} written: {figures}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
