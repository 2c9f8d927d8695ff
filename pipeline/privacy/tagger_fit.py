"""Fits the tagger of personal data to labelled talk: ``python -m pipeline.privacy.tagger_fit zh en``.

Each conversation is read as it stands and in copies with other data in it, some without capitals and marks, some
without sides. The rules were written by most of this talk and find nearly all of it, as they won't in talk that nobody
has seen: a share of what they found is withheld, so that the words around it are learned too.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from pipeline.analysis.field_fit import fit_field
from pipeline.privacy.altered import altered, pool_of, roughened
from pipeline.privacy.readings import SIZE, TEMPLATES, read
from pipeline.privacy.ruled import by_rules
from pipeline.privacy.rules import Hit
from pipeline.privacy.streams import streams_of
from pipeline.privacy.tagger import LABELS, Tagger, limits, marked_labels, packed
from pipeline.privacy.talk import Talk, shipped_talk, sideless, transcript_of

RIDGE = 8.0
STEPS = 90
"""Of the search: after half as many the weights have not settled, and what is read well is left to chance."""
COPIES, FRESH_COPIES = 1, 3
LEAST = 3
WITHHELD = 0.35
"""Share of the rules' hits that the tagger isn't shown in talk by which the rules were written."""
FRESH = frozenset({"fifteenth", "short", "eighteenth", "nineteenth", "twentieth"})
"""Sets that the rules were never mended by."""
ROUGH, SIDELESS = 0.25, 0.25
SEED = 9


@dataclass(frozen=True, slots=True)
class Example:
    """A turn: the columns of its tokens and their labels."""

    columns: np.ndarray
    labels: tuple[int, ...]


def fit(sets: Mapping[str, Sequence[Talk]], language: str) -> Tagger:
    """Fit a tagger to sets of conversations."""
    examples = list(examples_of(sets, language))
    return Tagger(
        *fit_field(
            [one.columns for one in examples], [one.labels for one in examples],
            size=SIZE, limits=limits(), ridge=RIDGE, steps=STEPS, least=LEAST, memory=5,
        )
    )  # fmt: skip


def examples_of(sets: Mapping[str, Sequence[Talk]], language: str) -> Iterator[Example]:
    """All turns of the sets and of their copies."""
    chance = random.Random(SEED)
    pool = pool_of([talk for talks in sets.values() for talk in talks], language)
    for name, talks in sets.items():
        withheld = 0.0 if name in FRESH else WITHHELD
        for talk in talks:
            for copy in range(1 + (FRESH_COPIES if name in FRESH else COPIES)):
                said = altered(talk, pool, chance) if copy else talk
                said = roughened(said) if copy and chance.random() < ROUGH else said
                said = sideless(said) if chance.random() < SIDELESS else said
                yield from _turns(said, language, withheld, chance)


def _turns(talk: Talk, language: str, withheld: float, chance: random.Random) -> Iterator[Example]:
    streams = streams_of(transcript_of(talk, language).turns)
    told: list[list[Hit]] = [
        [hit for hit in hits if chance.random() >= withheld] for hits in by_rules(streams)
    ]
    reading = read(streams, told, language)
    labels = marked_labels(reading, [one.marks for one in talk])
    turns = np.array([place[0] for place in reading.places])
    for index in range(len(talk)):
        own = np.nonzero(turns == index)[0]
        if len(own):
            yield Example(reading.columns[own], tuple(labels[at] for at in own))


def digest_of(language: str) -> str:
    """Of all that the shipped tagger was fitted to."""
    settings = (
        SIZE, RIDGE, STEPS, COPIES, FRESH_COPIES, LEAST, WITHHELD, ROUGH, SIDELESS, SEED, TEMPLATES, LABELS
    )  # fmt: skip
    digest = hashlib.sha256(repr(settings).encode())
    root = resources.files("pipeline.privacy")
    digest.update((root / "classes.yaml").read_bytes())
    for path in sorted((root / "talk" / language).iterdir(), key=lambda one: one.name):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main(languages: Sequence[str]) -> None:
    """Fit and write ``tagger.<language>.npz``."""
    root = Path(str(resources.files("pipeline.privacy")))
    for language in languages:
        tagger = fit(shipped_talk(language), language)
        (root / f"tagger.{language}.npz").write_bytes(packed(tagger, digest_of(language)))


if __name__ == "__main__":
    main(sys.argv[1:] or ["zh", "en"])
