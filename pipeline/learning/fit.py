"""Fits the reading networks: ``python -m pipeline.learning.fit`` writes ``models/reader.npz``, with ``--english``
``models/english.npz``.

Needs PyTorch (the extra ``mono`` has it) and an hour of one processor that has bfloat16, of two for English. Multilingual E5
(small) learns what sentences do and what is personal data, in both languages at once, MPNet (base) what English sentences do;
the lowest layers and the pieces' vectors stay as published.
``--judge FILE`` fits without the authors and sets left out, into another file: how much the network's word counts beside the
first readings' is found with that one (``join_acts``, ``join_talk``, ``join_outcome``). ``--on FILE`` goes on from a fitted
network, in fewer and smaller steps, when labelled material was added; with ``--new NAME …`` it learns the files (without their
ending) that were added whole, and a share of all else drawn anew each round, so that nothing is unlearned: a tenth of the time.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.reader import (
    APART,
    ENGLISH,
    ENGLISH_FITTED,
    FITTED,
    FORM,
    LAST,
    MATRICES,
    NAME,
    SHORT,
    Published,
    changes_in,
    published,
)
from models.reader_bits import coded
from models.reader_windows import Cutting, rows_of
from pipeline.analysis.acts_fit import digest_of
from pipeline.analysis.rules import LANGUAGES
from pipeline.learning.net import Net, Taught
from pipeline.learning.taught import (
    CUTS,
    HEADS,
    LEFT_OUT,
    LEFT_OUT_TALK,
    LONG_CUTS,
    Cuts,
    rows_of_calls,
    rows_of_talk,
    sampled,
    talk_sets,
    told_calls,
)
from pipeline.privacy.tagger import LABELS

if TYPE_CHECKING:
    import numpy as np

FOUR_BITS = 4
LAYERS, PIECES, WARM = 12, 2100, 0.06
"""Of a network; pieces a step; the share of the steps in which steps grow."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is fitted.

    Attributes
    ----------
    name, fitted
        The network in the registry, and the file of what the fit changes.
    frozen
        How many of the lowest layers stay as published.
    rounds, step, last_step
        Rounds through all that is taught, and how far a step goes, in the layers and in the last ones, which are ours.
    languages, labels, cuts
        What is taught: of which languages, which personal data, in rows of which sizes.
    bits, apart
        In how many bits the changes are kept; how many columns of a layer are multiplied apart (`models.reader_graph`).
    """

    name: str
    fitted: str
    frozen: int
    rounds: int
    step: float
    last_step: float
    languages: Sequence[str]
    labels: Sequence[str]
    cuts: Cuts
    bits: int
    apart: int


BOTH = Course(NAME, FITTED, 3, 4, 2.5e-4, 1e-3, LANGUAGES, LABELS, CUTS, 4, 0)
ENGLISH_ONLY = Course(ENGLISH, ENGLISH_FITTED, 4, 2, 6e-5, 1e-3, ("en",), (), LONG_CUTS, 2, 16)
MORE_ROUNDS, MORE_STEP = 2, 0.5
"""Rounds, and how much smaller the steps are, where a fitted network learns on."""
SHORT_ROUNDS, SHORT_STEP, SHARE = 3, 0.4, 0.08
"""The same where only what was added is learned whole, and the share of all else."""
SOME_CALLS = 30
"""From which it is seen what is large in a network."""
GROWS = 1.05
"""How much more steps are planned for than the first round promises."""
PIECES_WEIGH = 14.0
"""What the loss a piece counts beside that a sentence, which is the sum over some forty kinds."""


def batches_of(rows: Sequence[Taught], chance: random.Random) -> list[list[Taught]]:
    """Rows of about one length together, in any order."""
    order = chance.sample(rows, len(rows))
    found: list[list[Taught]] = []
    for first in range(0, len(order), 600):
        alike = sorted(order[first : first + 600], key=lambda one: len(one.row.pieces))
        batch: list[Taught] = []
        for one in alike:
            if batch and (len(batch) + 1) * len(one.row.pieces) > PIECES:
                found.append(batch)
                batch = []
            batch.append(one)
        found.append(batch)
    chance.shuffle(found)
    return found


def rounds_of(
    course: Course,
    cutter: Cutting,
    rounds: int,
    *,
    judge: bool,
    new: Collection[str] = (),
    chance: random.Random,
) -> Iterator[list[list[Taught]]]:
    """The batches of each round; what is taught is read anew for each, so that a long fit takes in what is added meanwhile."""
    for _round in range(rounds):
        told = [one for one in told_calls(course.languages) if not (judge and one.file[:1] in LEFT_OUT)]
        sets = talk_sets(LEFT_OUT_TALK if judge else ()) if course.labels else []
        if new:
            told = [one for one in told if one.file in new or chance.random() < SHARE]
            sets = [sampled(one, SHARE, chance) for one in sets]
        rows = rows_of_calls(told, cutter, chance, course.cuts)
        yield batches_of([*rows, *rows_of_talk(sets, cutter, chance)], chance)


def fit(
    course: Course,
    file: Published,
    cutter: Cutting,
    *,
    judge: bool,
    on: bytes | None = None,
    new: Collection[str] = (),
) -> Net:
    """The network fitted to all that is taught, or for ``judge`` to all but what is left out; ``on``: from a fitted one, with
    ``new`` by these files and a share of the others."""
    import torch

    torch.manual_seed(1)
    net = Net(file, LAYERS, course.frozen, len(HEADS), len(course.labels))
    if on is not None:
        take(net, file, on)
    rounds, smaller = (MORE_ROUNDS, MORE_STEP) if on else (course.rounds, 1.0)
    if new:
        rounds, smaller = SHORT_ROUNDS, SHORT_STEP
    number = 0
    for batches in rounds_of(course, cutter, rounds, judge=judge, new=new, chance=random.Random(1)):
        if not number:
            steps = int(len(batches) * rounds * GROWS)
            net.begin(steps, course.step * smaller, course.last_step * smaller, WARM)
        for batch in batches:
            of_kinds, of_labels = net.learn(batch, PIECES_WEIGH)
            number += 1
            if number % 50 == 0:
                sys.stderr.write(f"step {number}, round of {len(batches)}: {of_kinds:.3f} {of_labels:.4f}\n")
    return net


def take(net: Net, file: Published, fitted: bytes) -> None:
    """Set a network to a fitted one's numbers; kinds and labels that it hasn't learned stay as they begin."""
    import numpy as np

    with np.load(io.BytesIO(fitted), allow_pickle=False) as kept:
        for name in kept.files:
            columns = MATRICES.get(name.partition(".")[2], 0) * file.width
            if columns:
                net.take(name, file.array(name, columns) + changes_in(kept, name, columns))
            elif name in LAST or name.partition(".")[2] in SHORT:
                net.take(name, kept[name])


def apart_in(net: Net, cutter: Cutting, course: Course) -> dict[str, np.ndarray]:
    """The columns of each layer that hold much more than others in some of the calls that are learned from."""
    import numpy as np

    if not course.apart:
        return {}
    told = [one for one in told_calls(course.languages) if one.end]
    some = random.Random(2).sample(told, min(SOME_CALLS, len(told)))
    rows = [row for one in some for row in rows_of(cutter, one.turns)]
    return {
        f"l{at}.{APART}": np.sort(np.argsort(-amounts)[: course.apart]).astype(np.int16)
        for at, amounts in net.largest(rows).items()
    }


def packed(
    net: Net,
    file: Published,
    digest: str,
    course: Course,
    apart: Mapping[str, np.ndarray] | None = None,
    *,
    layers: int = LAYERS,
) -> bytes:
    """The network's file: what the fit changed, in few bits a number, the last layers, and which columns go ``apart``."""
    import numpy as np

    kept: dict[str, Any] = {**(apart or {})}
    kept |= {} if course.bits == FOUR_BITS else {"bits": np.array(course.bits)}
    for at in range(course.frozen, layers):
        for name, widths in MATRICES.items():
            changed = net.array(f"l{at}.{name}") - file.array(f"l{at}.{name}", widths * file.width)
            few = in_four_bits(changed) if course.bits == FOUR_BITS else coded(changed, course.bits)
            kept[f"l{at}.{name}"] = few
        kept |= {f"l{at}.{name}": net.array(f"l{at}.{name}").astype(np.float16) for name in SHORT}
    kept |= {name: net.array(name).astype(np.float16) for name in LAST}
    out = io.BytesIO()
    np.savez_compressed(
        out, form=np.array(FORM), layers=np.array(layers), kinds=np.array(HEADS),
        labels=np.array(course.labels, dtype=np.str_), digest=np.array(digest), **kept,
    )  # fmt: skip
    return out.getvalue()


def in_four_bits(whole: np.ndarray) -> np.ndarray:
    """Blocks of 32 numbers as the wheel's file has them, each with the scale that leaves the least error."""
    import numpy as np

    blocks = whole.reshape(-1, 32).astype(np.float32)
    outermost = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(axis=1)]
    scale = np.where(outermost == 0, 1e-9, outermost / -8)[:, None]
    numbers = np.clip(np.rint(blocks / scale) + 8, 0, 15).astype(np.uint8)
    centred = numbers.astype(np.float32) - 8
    best = (blocks * centred).sum(axis=1) / np.maximum((centred * centred).sum(axis=1), 1e-9)
    out = np.zeros((len(blocks), 18), dtype=np.uint8)
    out[:, :2] = best.astype("<f2").view(np.uint8).reshape(-1, 2)
    out[:, 2:] = numbers[:, :16] | (numbers[:, 16:] << 4)
    return out.reshape(-1)


def digest_now() -> str:
    """Of the calls and rules that the network is fitted to."""
    return "-".join(digest_of(language) for language in LANGUAGES)


def main(arguments: Sequence[str]) -> None:
    """Fit and write a network."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.learning.fit")
    parser.add_argument("--english", action="store_true")
    parser.add_argument("--judge", type=Path, metavar="FILE")
    parser.add_argument("--on", type=Path, metavar="FILE")
    parser.add_argument("--new", nargs="+", default=(), metavar="NAME")
    asked = parser.parse_args(arguments)
    course = ENGLISH_ONLY if asked.english else BOTH
    file, cutter = published(course.name)
    place = asked.judge or Path(str(resources.files("models"))) / course.fitted
    if asked.new and not asked.on:
        parser.error("--new goes with --on: it says what a fitted network has not learned yet")
    on = asked.on.read_bytes() if asked.on else None
    net = fit(course, file, cutter, judge=asked.judge is not None, on=on, new=asked.new)
    apart = apart_in(net, cutter, course)
    place.write_bytes(packed(net, file, digest_now(), course, apart))
    sys.stdout.write(f"{place}: {place.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
