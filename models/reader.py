"""The reading networks: what each sentence of a call does, and which of its pieces are personal data.

Multilingual E5 (small), a transformer encoder (Wang et al., "Multilingual E5 Text Embeddings", 2024), fitted to the labelled
calls and talk by ``pipeline.learning.fit``. The wheel brings the network as published; ``reader.npz`` holds what the fit changed
in it, in four bits a number, and the last layers of ours. A call is read once, for both. English is read by a second, larger one
besides (``english_file.py``), for what sentences do only; ``english.npz`` holds the same of it, in fewer bits.

A sentence's score of a kind rests on the mean of its pieces and on those that the kind looks at (attention a label: Mullenbach
et al., "Explainable Prediction of Medical Codes from Clinical Text", 2018).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from models import registry
from models.english_file import WordPieces, read_english
from models.memory import give_back_freed_memory
from models.reader_bits import decoded
from models.reader_file import read, widened
from models.reader_graph import model_of
from models.reader_tokens import Cutter
from models.reader_windows import Cutting, Part, Row, Spoken, rows_of
from models.whole import Arrays, expect_whole, shipped
from pipeline.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

NAME = "reading-network"
FITTED = "reader.npz"
ENGLISH, ENGLISH_FITTED = "english-network", "english.npz"
MATRICES = {"q.w": 1, "k.w": 1, "v.w": 1, "ao.w": 1, "fi.w": 1, "fo.w": 4}
"""The matrices of a layer with their columns, in widths."""
SHORT = ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fi.b", "fo.b", "oln.w", "oln.b")
"""The short arrays of a layer."""
APART = "fo.apart"
"""Columns that are multiplied apart (`models.reader_graph`), where the fit names any."""
LAST = ("kinds.look", "kinds.w", "kinds.b", "pieces.w", "pieces.b")
"""The last layers: what each kind looks at ``(kinds, width)``, its weights over what it looked at and over the mean ``(kinds, 2
width)``; the labels' weights over a piece ``(labels, width)``."""
_KEPT_ROWS = 256
FORM = 2
"""Raised when the form of the file changes, so that no other file is read by mistake."""


class Published(Protocol):
    """A network as its wheels bring it, by the names used here: ``emb.…`` for what stands before its layers, ``l0.q.w`` …"""

    @property
    def width(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def epsilon(self) -> float: ...

    def array(self, name: str, columns: int = 0) -> np.ndarray:
        """An array in single precision, with so many columns."""

    def rows(self, name: str, chosen: np.ndarray) -> np.ndarray:
        """Some rows of an array, ``(len(chosen), width)``."""

    def places(self) -> np.ndarray:
        """What a piece's place in its row adds to it, ``(places, width)``."""

    def nearness(self, pieces: int) -> np.ndarray | None:
        """What the distance of two pieces adds to how much one heeds the other, ``(heads, pieces, pieces)``, if anything."""

    def let_go(self) -> None:
        """Give back the memory of the parts read so far."""


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

    file: Published
    cutter: Cutting
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
        given = {"x": state.astype(np.float32)}
        near = self.file.nearness(len(state))
        if near is not None:
            given["near"] = near
        (told,) = self.session.run(None, given)
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
    """The network for both languages as shipped. Raises ModelError where its wheel is absent or damaged."""
    return _load(NAME, FITTED)


@functools.cache
def load_english() -> Reader:
    """The network for English as shipped. Raises ModelError where its wheels are absent or damaged."""
    return _load(ENGLISH, ENGLISH_FITTED)


def _load(name: str, fitted: str) -> Reader:
    file, cutter = published(name)
    with shipped("models", fitted) as content:
        reader = join(file, cutter, content)
    file.let_go()
    give_back_freed_memory()
    return reader


def published(name: str) -> tuple[Published, Cutting]:
    """A network as its wheels bring it, and what cuts its pieces. Raises ModelError where they are absent or damaged."""
    entry = registry.entries()[name]
    if entry.parts:
        folder = registry.joined_path(name)
        return read_english(folder / entry.file), WordPieces(folder / "tokenizer.json")
    expect_whole(name)
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None:
        raise ModelError(f"{entry.title} is not installed. Get it with: {entry.install}")
    file = read(found)
    return file, Cutter(file)


def join(file: Published, cutter: Cutting, fitted: bytes) -> Reader:
    """A published network with the changes of a fit. Raises ValueError where those are of another form."""
    import numpy as np

    kept = Arrays(fitted)
    if int(kept["form"]) != FORM:
        raise ValueError(f"the network's weights are of form {int(kept['form'])}, this code reads {FORM}")
    layers = int(kept["layers"])
    near = file.nearness(1) is not None
    model = model_of(_layers(file, kept, layers), file.heads, file.width, file.epsilon, near=near)
    last = {name: kept[name].astype(np.float32) for name in LAST}
    kinds, labels = (tuple(map(str, kept[name])) for name in ("kinds", "labels"))
    last |= {"emb.pos": file.places()} | {name: file.array(name) for name in ("emb.ln.w", "emb.ln.b")}
    return Reader(file, cutter, _session(model), last, kinds, labels)


def _layers(file: Published, kept: Any, layers: int) -> Iterator[dict[str, np.ndarray]]:
    """Each layer's arrays by name, in single precision."""
    import numpy as np

    for at in range(layers):
        found: dict[str, np.ndarray] = {}
        for name in (*MATRICES, *SHORT):
            place, columns = f"l{at}.{name}", MATRICES.get(name, 0) * file.width
            changed = place in kept.files
            if changed and not columns:
                found[name] = kept[place].astype(np.float32)
                continue
            found[name] = file.array(place, columns)
            if changed:
                found[name] += changes_in(kept, place, columns)
        if f"l{at}.{APART}" in kept.files:
            found[APART] = kept[f"l{at}.{APART}"]
        yield found
        file.let_go()


def changes_in(kept: Any, place: str, columns: int) -> np.ndarray:
    """What a fit changed in a matrix, from the file of the fit."""
    if "bits" in kept.files:
        return decoded(kept[place], int(kept["bits"])).reshape(-1, columns)
    return widened(kept[place]).reshape(-1, columns)


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a worker is a processor
    options.enable_cpu_mem_arena = False  # rows differ in length, and an arena keeps the most of each
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
