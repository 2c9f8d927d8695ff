"""Fits the reading network: ``python -m pipeline.learning.fit`` writes ``models/reader.npz``.

Needs PyTorch (the extra ``mono`` has it) and an hour of one processor that has bfloat16. Multilingual E5 (small) learns what
sentences do and what is personal data, in both languages at once; the lowest layers and the pieces' vectors stay as published.
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
from collections.abc import Collection, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import registry
from models.reader import FITTED, FORM, LAST, MATRICES, NAME, SHORT
from models.reader_file import ReaderFile, read, widened
from models.reader_tokens import Cutter
from pipeline.analysis.acts_fit import digest_of
from pipeline.analysis.rules import LANGUAGES
from pipeline.learning.net import Net, Taught
from pipeline.learning.taught import (
    HEADS,
    LEFT_OUT,
    LEFT_OUT_TALK,
    rows_of_calls,
    rows_of_talk,
    sampled,
    talk_sets,
    told_calls,
)
from pipeline.privacy.tagger import LABELS

if TYPE_CHECKING:
    import numpy as np

LAYERS, FROZEN = 12, 3
ROUNDS, PIECES, STEP, LAST_STEP, WARM = 4, 2100, 2.5e-4, 1e-3, 0.06
"""Rounds through all that is taught, pieces a step, and how far a step goes."""
MORE_ROUNDS, MORE_STEP, MORE_LAST_STEP = 2, 1.2e-4, 6e-4
"""The same where a fitted network learns on."""
SHORT_ROUNDS, SHORT_STEP, SHORT_LAST_STEP, SHARE = 3, 1e-4, 4e-4, 0.08
"""The same where only what was added is learned whole, and the share of all else."""
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
    cutter: Cutter, rounds: int, *, judge: bool, new: Collection[str] = (), chance: random.Random
) -> Iterator[list[list[Taught]]]:
    """The batches of each round; what is taught is read anew for each, so that a long fit takes in what is added meanwhile."""
    for _round in range(rounds):
        told = [one for one in told_calls() if not (judge and one.file[:1] in LEFT_OUT)]
        sets = talk_sets(LEFT_OUT_TALK if judge else ())
        if new:
            told = [one for one in told if one.file in new or chance.random() < SHARE]
            sets = [sampled(one, SHARE, chance) for one in sets]
        yield batches_of([*rows_of_calls(told, cutter, chance), *rows_of_talk(sets, cutter, chance)], chance)


def fit(file: ReaderFile, *, judge: bool, on: bytes | None = None, new: Collection[str] = ()) -> Net:
    """The network fitted to all that is taught, or for ``judge`` to all but what is left out; ``on``: from a fitted one, with
    ``new`` by these files and a share of the others."""
    import torch

    torch.manual_seed(1)
    net = Net(file, LAYERS, FROZEN, len(HEADS), len(LABELS))
    if on is not None:
        take(net, file, on)
    rounds, step, last = (MORE_ROUNDS, MORE_STEP, MORE_LAST_STEP) if on else (ROUNDS, STEP, LAST_STEP)
    if new:
        rounds, step, last = SHORT_ROUNDS, SHORT_STEP, SHORT_LAST_STEP
    number = 0
    for batches in rounds_of(Cutter(file), rounds, judge=judge, new=new, chance=random.Random(1)):
        if not number:
            net.begin(int(len(batches) * rounds * GROWS), step, last, WARM)
        for batch in batches:
            of_kinds, of_labels = net.learn(batch, PIECES_WEIGH)
            number += 1
            if number % 50 == 0:
                sys.stderr.write(f"step {number}, round of {len(batches)}: {of_kinds:.3f} {of_labels:.4f}\n")
    return net


def take(net: Net, file: ReaderFile, fitted: bytes) -> None:
    """Set a network to a fitted one's numbers; kinds and labels that it hasn't learned stay as they begin."""
    import numpy as np

    with np.load(io.BytesIO(fitted), allow_pickle=False) as kept:
        for name in kept.files:
            matrix = MATRICES.get(name.partition(".")[2])
            if matrix:
                net.take(name, file.array(name, matrix) + widened(kept[name]).reshape(-1, matrix))
            elif name in LAST or name.partition(".")[2] in SHORT:
                net.take(name, kept[name])


def packed(net: Net, file: ReaderFile, digest: str, *, layers: int = LAYERS, frozen: int = FROZEN) -> bytes:
    """The network's file: what the fit changed, four bits a number, and the last layers."""
    import numpy as np

    kept: dict[str, Any] = {}
    for at in range(frozen, layers):
        for name, columns in MATRICES.items():
            changed = net.array(f"l{at}.{name}") - file.array(f"l{at}.{name}", columns)
            kept[f"l{at}.{name}"] = in_four_bits(changed)
        kept |= {f"l{at}.{name}": net.array(f"l{at}.{name}").astype(np.float16) for name in SHORT}
    kept |= {name: net.array(name).astype(np.float16) for name in LAST}
    out = io.BytesIO()
    np.savez_compressed(
        out, form=np.array(FORM), layers=np.array(layers), kinds=np.array(HEADS), labels=np.array(LABELS),
        digest=np.array(digest), **kept,
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


def published() -> ReaderFile:
    """The network as the wheel brings it."""
    entry = registry.entries()[NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None:
        raise SystemExit(f"{entry.title} is not installed. Get it with: {entry.install}")
    return read(found)


def main(arguments: Sequence[str]) -> None:
    """Fit and write the network."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.learning.fit")
    parser.add_argument("--judge", type=Path, metavar="FILE")
    parser.add_argument("--on", type=Path, metavar="FILE")
    parser.add_argument("--new", nargs="+", default=(), metavar="NAME")
    asked = parser.parse_args(arguments)
    file = published()
    place = asked.judge or Path(str(resources.files("models"))) / FITTED
    if asked.new and not asked.on:
        parser.error("--new goes with --on: it says what a fitted network has not learned yet")
    on = asked.on.read_bytes() if asked.on else None
    net = fit(file, judge=asked.judge is not None, on=on, new=asked.new)
    place.write_bytes(packed(net, file, digest_now()))
    sys.stdout.write(f"{place}: {place.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(sys.argv[1:])
