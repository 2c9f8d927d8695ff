"""Fits the reading network: ``python -m pipeline.analysis.reader_fit`` writes ``models/reader.npz``.

Needs PyTorch (the extra ``mono`` has it) and an hour of one processor. The lower eight layers of multilingual E5 (small) learn
all kinds of both languages at once from the labelled calls, the moments and the examples beside the rules; the two lowest and
the pieces' vectors stay as published. Some sentences are shown without their neighbours, as recognisers cut turns. The calls of
``LEFT_OUT`` are not learned from: how much the network's word counts beside the first reading's is fitted on them
(``second_fit``).
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import registry
from models.reader import FORM, MATRICES, NAME, SHORT, Passage, Reader, join
from models.reader_file import ReaderFile, read
from models.reader_tokens import Cutter
from pipeline.analysis.acts import KINDS
from pipeline.analysis.acts_fit import (
    beside_rules,
    calls_of,
    digest_of,
    labels_of,
    sentences_of,
    strangers_of,
)
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.reader_net import Net
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.second import passages

if TYPE_CHECKING:
    import numpy as np

LEFT_OUT = frozenset("fnsuwx")
"""Authors (first letters of their files, in both languages) whose calls are not learned from: a sixth of all."""
BESIDE = (
    "hard_sell.severity=severe", "hard_sell.kind=threat_or_guilt", "hard_sell.kind=forced_decision",
    "hard_sell.kind=other", "hard_sell.kind=urgency", "hard_sell.kind=guarantee", "hard_sell.kind=scarcity",
    "objection.kind=price", "objection.kind=other", "objection.kind=no_need", "objection.kind=distrust",
    "objection.kind=existing_supplier", "objection.kind=no_time", "courtesy", "off_topic", "apology", "restatement",
)  # fmt: skip
"""Learned beside the kinds, for what they teach about them."""
HEADS = (*(kind for kinds in KINDS.values() for kind in kinds), *BESIDE)
LAYERS, FROZEN = 8, 2
ROUNDS, BATCH, STEP, HEAD_STEP, WARM = 2, 32, 2e-4, 1e-3, 0.06
EASY, EASY_KEPT = 0.7, 0.3
"""Share of the sentences without a mark that the first reading finds furthest from any, and how many of them a round shows."""
BARE = 0.12
"""Share of sentences that are shown without their neighbours."""
REAL, BESIDE_RULES = 2.0, 0.5
"""What a mark, and an example of a rule file, weigh."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A passage with its labels, the side, file and language it is from, the one kind it speaks for (else all of its side), its
    call (-1: none) and whether it is furthest from any kind."""

    passage: Passage
    labels: frozenset[str]
    side: str
    file: str
    language: str = ""
    of: str = ""
    call: int = -1
    easy: bool = False


def taught(language: str) -> Iterator[Taught]:
    """All sentences of the labelled calls and moments in their neighbourhood, then the examples beside the rules."""
    for number, (file, call) in enumerate(calls_of(language)):
        conversation = Conversation.of(call.transcript, profile=call.profile)
        labels = labels_of(call, conversation)
        for side in KINDS:
            mine = sentences_of(conversation, language, side)
            for sentence, passage in zip(mine, passages(conversation, mine), strict=True):
                names = frozenset(labels[sentence.index])
                yield Taught(passage, names, side, file, language, call=number if call.outcome else -1)
    for side, kinds in KINDS.items():
        for example in beside_rules(language, kinds):
            yield Taught(Passage(example.row.text), example.labels, side, "", language, of=example.of)


def with_easy(told: Sequence[Taught], language: str) -> list[Taught]:
    """The same, with those told that the first reading, by other authors' calls, finds furthest from any kind."""
    import numpy as np

    most: dict[int, float] = {}
    for side in KINDS:
        scores = strangers_of(language, side)
        places = [at for at, one in enumerate(told) if one.side == side and not one.of]
        highest = np.max([scores[kind] for kind in KINDS[side]], axis=0)
        most |= {at: float(high) for at, high in zip(places, highest, strict=True) if not told[at].labels}
    cut = float(np.quantile(list(most.values()), EASY))
    return [replace(one, easy=most.get(at, cut) < cut) for at, one in enumerate(told)]


def truth_of(told: Sequence[Taught]) -> tuple[np.ndarray, np.ndarray]:
    """Which heads are true of each passage, and what each weighs (nothing where the passage doesn't speak for it)."""
    import numpy as np

    truth = np.array([[name in one.labels for name in HEADS] for one in told], dtype=np.float32)
    speaks = np.array([[_speaks(one, name) for name in HEADS] for one in told], dtype=np.float32)
    weight = np.where(truth > 0, REAL, 1.0) * speaks
    return truth, weight * np.array([[BESIDE_RULES if one.of else 1.0] for one in told])


def _speaks(one: Taught, name: str) -> bool:
    if one.of:
        return name == one.of
    if name in BESIDE:
        return (one.side == "customer") == name.startswith("objection")
    return name in KINDS[one.side]


def fit(file: ReaderFile, told: Sequence[Taught], *, rounds: int = ROUNDS) -> Net:
    """The network fitted to all that is taught but by the authors left out."""
    import torch

    torch.manual_seed(1)
    chance = random.Random(1)
    net = Net(file, LAYERS, FROZEN, len(HEADS))
    truth, weight = truth_of(told)
    rows = [net.row(one.passage) for one in told]
    bare = [net.row(Passage(one.passage.text.rstrip("。？！?!.,，… "))) for one in told]
    learned = [at for at, one in enumerate(told) if one.file[:1] not in LEFT_OUT]

    def batches() -> list[list[int]]:
        shown = [at for at in learned if not told[at].easy or chance.random() < EASY_KEPT]
        chance.shuffle(shown)
        found: list[list[int]] = []
        for first in range(0, len(shown), 50 * BATCH):
            alike = sorted(shown[first : first + 50 * BATCH], key=lambda at: len(rows[at][0]))
            found += [alike[at : at + BATCH] for at in range(0, len(alike), BATCH)]
        chance.shuffle(found)
        return found

    planned = [batch for _round in range(rounds) for batch in batches()]
    net.begin(len(planned), STEP, HEAD_STEP, WARM)
    for number, batch in enumerate(planned):
        shown = [bare[at] if told[at].of or chance.random() < BARE else rows[at] for at in batch]
        loss = net.learn(shown, truth[batch], weight[batch])
        if number % 100 == 0:
            sys.stderr.write(f"step {number} of {len(planned)}: loss {loss:.3f}\n")
    return net


def packed(net: Net, file: ReaderFile, digest: str, heads: Sequence[str] = HEADS) -> bytes:
    """The network's file: what the fit changed, four bits a number, and the last layer."""
    import numpy as np

    kept: dict[str, Any] = {}
    for at in range(FROZEN, LAYERS):
        for name, columns in MATRICES.items():
            changed = net.array(f"l{at}.{name}") - file.array(f"l{at}.{name}", columns)
            kept[f"l{at}.{name}"] = in_four_bits(changed)
        kept |= {f"l{at}.{name}": net.array(f"l{at}.{name}").astype(np.float16) for name in SHORT}
    out = io.BytesIO()
    np.savez_compressed(
        out, form=np.array(FORM), layers=np.array(LAYERS), kinds=np.array(heads), digest=np.array(digest),
        head=net.array("head.w").T.astype(np.float16), bias=net.array("head.b"), **kept,
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
    """Of all that the network is fitted to."""
    return "-".join(digest_of(language) for language in LANGUAGES)


def published() -> ReaderFile:
    """The network as the wheel brings it."""
    entry = registry.entries()[NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None:
        raise SystemExit(f"{entry.title} is not installed. Get it with: {entry.install}")
    return read(found)


def main() -> None:
    """Fit and write the network."""
    file = published()
    told = [one for language in LANGUAGES for one in with_easy(list(taught(language)), language)]
    whole = packed(fit(file, told), file, digest_now())
    reader: Reader = join(file, Cutter(file), whole)
    place = Path(str(resources.files("models"))) / "reader.npz"
    place.write_bytes(whole)
    sys.stdout.write(f"{place}: {len(whole) / 1e6:.1f} MB, {len(reader.kinds)} scores\n")


if __name__ == "__main__":
    main()
