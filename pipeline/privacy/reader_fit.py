"""Fits the network over pieces to labelled talk: ``python -m pipeline.privacy.reader_fit`` writes ``models/reader.pieces.npz``.

Needs PyTorch (the extra ``mono`` has it) and half an hour of one processor. As for the field (``tagger_fit``) each
conversation is read as it stands and in copies with other data in it, some rough, some without sides; both languages are
learned at once. The sets of ``LEFT_OUT`` are not: ``--join`` prints, from them and from fields fitted without them, what each
reading's word counts.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import PIECES
from models.reader_tokens import Cutter
from pipeline.analysis.reader_fit import FROZEN, LAYERS, packed, published
from pipeline.analysis.reader_net import Net
from pipeline.analysis.rules import LANGUAGES
from pipeline.privacy.altered import altered, pool_of, roughened
from pipeline.privacy.readings import read
from pipeline.privacy.ruled import by_rules
from pipeline.privacy.second import LEAST_ODDS, SURE, by_network, rows_of
from pipeline.privacy.streams import streams_of
from pipeline.privacy.tagger import LABELS, marked_labels
from pipeline.privacy.tagger_fit import digest_of, fit
from pipeline.privacy.talk import Talk, shipped_talk, sideless, transcript_of
from pipeline.privacy.told import turns_of

if TYPE_CHECKING:
    import numpy as np

LEFT_OUT = ("eighteenth", "nineteenth")
"""Sets, each by one author, that the network has not learned from."""
COPIES, ROUGH, SIDELESS = 2, 0.3, 0.25
ROUNDS, BATCH, STEP, HEAD_STEP, WARM = 2, 24, 2e-4, 1e-3, 0.06
STAYS = ("O", "stays")


def turns(talk: Talk, cutter: Cutter) -> Iterator[tuple[list[int], list[int]]]:
    """Each turn's pieces with those around it, and the labels of its own."""
    rows = rows_of(cutter, [one.side for one in talk], [one.text for one in talk], range(len(talk)))
    for one, (row, places) in zip(talk, rows, strict=True):
        labels: list[int] = []
        for start, end in places:
            if end == start:  # a space goes on with what stands before it
                labels.append(labels[-1] if labels else 0)
                continue
            kinds = [
                kind for first, last, kind in one.marks if kind in LABELS and start < last and first < end
            ]
            labels.append(LABELS.index(kinds[0]) if kinds else 0)
        if labels:
            yield row, labels


def examples(cutter: Cutter) -> list[tuple[list[int], list[int]]]:
    """All turns that are learned from, and their copies."""
    chance = random.Random(5)
    found: list[tuple[list[int], list[int]]] = []
    for language in LANGUAGES:
        sets = {name: talks for name, talks in shipped_talk(language).items() if name not in LEFT_OUT}
        pool = pool_of([talk for talks in sets.values() for talk in talks], language)
        for talk in (talk for talks in sets.values() for talk in talks):
            for copy in range(1 + COPIES):
                said = altered(talk, pool, chance) if copy else talk
                said = roughened(said) if copy and chance.random() < ROUGH else said
                found += turns(sideless(said) if chance.random() < SIDELESS else said, cutter)
    return found


def fitted() -> bytes:
    """The network's file."""
    file = published()
    net = Net(file, LAYERS, FROZEN, len(LABELS), over_pieces=True)
    told = examples(Cutter(file))
    planned = list(_planned(told))
    net.begin(len(planned), STEP, HEAD_STEP, WARM)
    for number, batch in enumerate(planned):
        loss = net.learn_pieces([told[at][0] for at in batch], [told[at][1] for at in batch])
        if number % 100 == 0:
            sys.stderr.write(f"step {number} of {len(planned)}: loss {loss:.3f}\n")
    return packed(net, file, "-".join(map(digest_of, LANGUAGES)), LABELS)


def _planned(told: Sequence[tuple[list[int], list[int]]]) -> Iterator[list[int]]:
    """Batches of turns of about one length, in any order."""
    chance = random.Random(6)
    batches: list[list[int]] = []
    for _round in range(ROUNDS):
        order = chance.sample(range(len(told)), len(told))
        for first in range(0, len(order), 40 * BATCH):
            alike = sorted(order[first : first + 40 * BATCH], key=lambda at: len(told[at][0]))
            batches += [alike[at : at + BATCH] for at in range(0, len(alike), BATCH)]
    chance.shuffle(batches)
    yield from batches


def both_readings() -> Iterator[tuple[float, float, bool]]:
    """Of each token in the sets left out how likely it is private by the field, by the network, and whether it is."""
    from models.reader import load_reader

    reader = load_reader(PIECES)
    for language in LANGUAGES:
        sets = shipped_talk(language)
        for name in LEFT_OUT:
            field = fit({other: talks for other, talks in sets.items() if other != name}, language)
            for talk in sets[name]:
                streams = streams_of(transcript_of(talk, language).turns)
                reading = read(streams, by_rules(streams), language)
                labels = iter(marked_labels(reading, [one.marks for one in talk]))
                told = turns_of(reading.places, field.chances(reading))
                sides, texts = [one.side for one in talk], [one.text for one in talk]
                rows = rows_of(reader.cutter, sides, texts, list(told))
                scores = reader.piece_scores([row for row, _places in rows])
                for own, (_row, places), score in zip(told.values(), rows, scores, strict=True):
                    network = by_network(own, places, score[1 : 1 + len(places)]).sum(axis=1)
                    for likely, other in zip(own.likely, network, strict=True):
                        label = LABELS[next(labels)]
                        if (
                            not math.isnan(other) and label != "any"
                        ):  # the network read it, and it is marked for sure
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
    """Fit and write the network, or print the weights of both readings."""
    if "--join" in arguments:
        sys.stdout.write(" ".join(f"{figure:.3f}" for figure in join_of(list(both_readings()))) + "\n")
        return
    place = Path(str(resources.files("models"))) / PIECES
    place.write_bytes(fitted())
    sys.stdout.write(f"{place} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])
