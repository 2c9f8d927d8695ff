"""The reading network: what each sentence of a call does, and which of its pieces are personal data.

Multilingual E5 (small), a transformer encoder (Wang et al., "Multilingual E5 Text Embeddings", 2024), fitted to the labelled
calls and talk by ``pipeline.learning.fit``. The wheel brings the network as published; ``reader.npz`` holds what the fit changed
in it, in four bits a number, and the last layers of ours. A call is read once, for both.

A sentence's score of a kind rests on the mean of its pieces and on those that the kind looks at (attention a label: Mullenbach
et al., "Explainable Prediction of Medical Codes from Clinical Text", 2018).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models import registry
from models.memory import give_back_freed_memory
from models.reader_file import ReaderFile, read, widened
from models.reader_graph import model_of
from models.reader_tokens import Cutter
from models.reader_windows import Part, Row, Spoken, rows_of
from models.whole import Arrays, expect_whole, shipped
from pipeline.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

NAME = "reading-network"
FITTED = "reader.npz"
MATRICES = {"q.w": 384, "k.w": 384, "v.w": 384, "ao.w": 384, "fi.w": 384, "fo.w": 1536}
"""The matrices of a layer with their columns."""
SHORT = ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fi.b", "fo.b", "oln.w", "oln.b")
"""The short arrays of a layer."""
LAST = ("kinds.look", "kinds.w", "kinds.b", "pieces.w", "pieces.b")
"""The last layers: what each kind looks at ``(kinds, width)``, its weights over what it looked at and over the mean ``(kinds, 2
width)``; the labels' weights over a piece ``(labels, width)``."""
_KEPT_ROWS = 256
FORM = 2
"""Raised when the form of the file changes, so that no other file is read by mistake."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the network says of a sentence.

    Attributes
    ----------
    kinds
        Log odds of each of the reader's kinds, float32 ``(kinds,)``.
    places
        Where each piece stands in the sentence's text; ``(0, 0)`` for one of nothing but space.
    labels
        Log odds, but for a common offset, of each of the reader's labels for each piece, float32 ``(pieces, labels)``.
    """

    kinds: np.ndarray
    places: tuple[tuple[int, int], ...]
    labels: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """The network as fitted; ``kinds`` and ``labels`` name the scores."""

    file: ReaderFile
    cutter: Cutter
    session: Any  # onnxruntime ships no types
    last: dict[str, np.ndarray]
    kinds: tuple[str, ...]
    labels: tuple[str, ...]

    def read(self, turns: Sequence[Spoken]) -> list[list[Read]]:
        """What it says of each sentence of each turn of a conversation."""
        found: dict[tuple[int, int], Read] = {}
        for row in rows_of(self.cutter, turns):
            for part, said in zip(row.parts, _read_row(self, row), strict=True):
                known = found.get((part.turn, part.sentence))
                found[part.turn, part.sentence] = _both(known, said) if known else said
        return [
            [found.get((turn, number)) or self._nothing() for number in range(len(spoken.sentences))]
            for turn, spoken in enumerate(turns)
        ]

    def states(self, row: Row) -> np.ndarray:
        """What the last layer of the network says of each piece, float32 ``(pieces, width)``."""
        import numpy as np

        distinct, places = np.unique(np.array(row.pieces, dtype=np.int64), return_inverse=True)
        width = self.file.width
        state = self.file.rows("emb.word", distinct)[places]
        state += self.last["emb.pos"][: len(state)]
        state -= state.mean(axis=1, keepdims=True)
        state /= np.sqrt((state * state).sum(axis=1, keepdims=True) / width + self.file.epsilon)
        state = state * self.last["emb.ln.w"] + self.last["emb.ln.b"]
        (told,) = self.session.run(None, {"x": state.astype(np.float32)})
        found: np.ndarray = told
        return found

    def said(self, state: np.ndarray, part: Part) -> Read:
        """What it says of a part, from its pieces' states."""
        import numpy as np

        look = state @ self.last["kinds.look"].T
        look = np.exp(look - look.max(axis=0))
        seen = (look / look.sum(axis=0)).T @ state
        width = self.file.width
        weight = self.last["kinds.w"]
        kinds = (seen * weight[:, :width]).sum(axis=1) + weight[:, width:] @ state.mean(axis=0)
        labels = state @ self.last["pieces.w"].T + self.last["pieces.b"]
        return Read(kinds + self.last["kinds.b"], part.places, labels)

    def _nothing(self) -> Read:
        import numpy as np

        return Read(self.last["kinds.b"], (), np.zeros((0, len(self.labels)), dtype=np.float32))


@functools.lru_cache(maxsize=_KEPT_ROWS)
def _read_row(reader: Reader, row: Row) -> tuple[Read, ...]:
    """What it says of each part. Rows are kept: a call is read as it was said, to mask it, and again as it is masked."""
    state = reader.states(row)
    return tuple(reader.said(state[part.first : part.after], part) for part in row.parts)


def _both(first: Read, second: Read) -> Read:
    """Two parts of a long sentence as one: it does what either does."""
    import numpy as np

    return Read(
        np.maximum(first.kinds, second.kinds),
        first.places + second.places,
        np.concatenate([first.labels, second.labels]),
    )


@functools.cache
def load_reader() -> Reader:
    """The network as shipped. Raises ModelError where the wheel is absent or damaged."""
    expect_whole(NAME)
    entry = registry.entries()[NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None:
        raise ModelError(f"{entry.title} is not installed. Get it with: {entry.install}")
    file = read(found)
    with shipped("models", FITTED) as fitted:
        reader = join(file, Cutter(file), fitted)
    file.let_go()
    give_back_freed_memory()
    return reader


def join(file: ReaderFile, cutter: Cutter, fitted: bytes) -> Reader:
    """The published network with the changes of a fit. Raises ValueError where those are of another form."""
    import numpy as np

    kept = Arrays(fitted)
    if int(kept["form"]) != FORM:
        raise ValueError(f"the network's weights are of form {int(kept['form'])}, this code reads {FORM}")
    layers = int(kept["layers"])
    model = model_of(_layers(file, kept, layers), file.heads, file.width, file.epsilon)
    last = {name: kept[name].astype(np.float32) for name in LAST}
    kinds, labels = (tuple(map(str, kept[name])) for name in ("kinds", "labels"))
    last["emb.pos"] = file.array("emb.pos", file.width) + file.array("emb.type", file.width)[0]
    last |= {name: file.array(name) for name in ("emb.ln.w", "emb.ln.b")}
    return Reader(file, cutter, _session(model), last, kinds, labels)


def _layers(file: ReaderFile, kept: Any, layers: int) -> Iterator[dict[str, np.ndarray]]:
    """Each layer's arrays by name, in single precision."""
    import numpy as np

    for at in range(layers):
        found: dict[str, np.ndarray] = {}
        for name in (*MATRICES, *SHORT):
            place, columns = f"l{at}.{name}", MATRICES.get(name, 0)
            changed = place in kept.files
            if changed and not columns:
                found[name] = kept[place].astype(np.float32)
                continue
            found[name] = file.array(place, columns)
            if changed:
                found[name] += widened(kept[place]).reshape(-1, columns)
        yield found


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a worker is a processor
    options.enable_cpu_mem_arena = False  # rows differ in length, and an arena keeps the most of each
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
