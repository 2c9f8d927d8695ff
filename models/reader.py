"""The reading network: what a sentence does, read with what was said around it, in numpy.

The lower layers of multilingual E5 (small), a transformer encoder (Vaswani et al., "Attention Is All You Need", 2017;
Devlin et al., "BERT", 2019), fitted to the labelled calls by ``reader_fit``. The wheel brings the network as published;
``reader.npz`` holds what the fit changed in it, in four bits a number, and the last layer of ours that turns a sentence
into one score a kind.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from models import registry
from models.reader_file import ReaderFile, read, widened
from models.reader_tokens import BEGIN, END, Cutter
from pipeline.errors import ModelError

if TYPE_CHECKING:
    import numpy as np

NAME = "reading-network"
SENTENCES, PIECES = "reader.npz", "reader.pieces.npz"
"""What was fitted: to say what a sentence does (`Reader.scores`), and which pieces are personal data (`Reader.piece_scores`)."""
MOST = {"text": 40, "before": -20, "earlier": -12, "later": 10, "after": 14}
"""Pieces that are read of a sentence, of the end of the turn before, of what stands before and behind it in its own turn,
and of the beginning of the next turn: the first ones, or, below nought, the last ones."""
TOKENS = 1024
"""Pieces read at once: enough that widening a layer's numbers costs little beside their use."""
MATRICES = {"q.w": 384, "k.w": 384, "v.w": 384, "ao.w": 384, "fi.w": 384, "fo.w": 1536}
"""The matrices of a layer with their columns."""
SHORT = ("q.b", "k.b", "v.b", "ao.b", "aln.w", "aln.b", "fi.b", "fo.b", "oln.w", "oln.b")
"""The short arrays of a layer."""
FORM = 1
"""Raised when the form of these files changes, so that no other file is read by mistake."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence with what was said around it."""

    text: str
    before: str = ""
    earlier: str = ""
    later: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's matrices, a byte a number with a scale a row, and its short arrays (biases and norms)."""

    matrices: dict[str, tuple[np.ndarray, np.ndarray]]
    short: dict[str, np.ndarray]

    def wide(self, name: str) -> np.ndarray:
        """A matrix in single precision, ready to be multiplied from the right."""
        import numpy as np

        numbers, scale = self.matrices[name]
        wide: np.ndarray = numbers.astype(np.float32)
        wide *= scale
        return wide.T


@dataclass(frozen=True, slots=True)
class Reader:
    """The network as fitted; ``kinds`` names the scores."""

    file: ReaderFile
    cutter: Cutter
    layers: tuple[Layer, ...]
    head: np.ndarray
    bias: np.ndarray
    kinds: tuple[str, ...]

    def scores(self, passages: Sequence[Passage]) -> np.ndarray:
        """Log odds of each kind for each passage, float32 ``(passages, kinds)``."""
        import numpy as np

        rows = [row_of(self.cutter, passage) for passage in passages]
        found = np.zeros((len(rows), len(self.kinds)), dtype=np.float32)
        for at, state in self._states([pieces for pieces, _own in rows]):
            own = state[1 : 1 + rows[at][1]]
            told = np.concatenate([state[0], own.mean(axis=0) if len(own) else np.zeros_like(state[0])])
            found[at] = told @ self.head + self.bias
        return found

    def piece_scores(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Log odds of each kind for each piece of each row, float32 ``(pieces, kinds)``; for a network over pieces."""
        states = dict(self._states(rows))
        return [states[at] @ self.head + self.bias for at in range(len(rows))]

    def _states(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, np.ndarray]]:
        """What the last layer says of each row's pieces, in any order of rows: those of a length are read together."""
        sizes = [len(pieces) for pieces in rows]
        for batch in _batches(sorted(range(len(rows)), key=lambda at: sizes[at]), sizes):
            state = self._read([rows[at] for at in batch])
            yield from ((at, state[place, : sizes[at]]) for place, at in enumerate(batch))

    def _read(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        import numpy as np

        longest = max(map(len, rows))
        inside = np.zeros((len(rows), longest), dtype=bool)
        numbers = np.ones((len(rows), longest), dtype=np.int64)
        for at, pieces in enumerate(rows):
            numbers[at, : len(pieces)] = pieces
            inside[at, : len(pieces)] = True
        state = self._embedded(numbers)
        mask = np.where(inside, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for layer in self.layers:
            state = _layer(layer, state, mask, self.file.heads, self.file.epsilon)
        return state

    def _embedded(self, numbers: np.ndarray) -> np.ndarray:
        import numpy as np

        distinct, places = np.unique(numbers, return_inverse=True)
        state = self.file.rows("emb.word", distinct)[places.reshape(numbers.shape)]
        width = self.file.width
        state = state + self.file.array("emb.pos", width)[: numbers.shape[1]]
        state += self.file.array("emb.type", width)[0]
        return _normed(state, self.file.array("emb.ln.w"), self.file.array("emb.ln.b"), self.file.epsilon)


@functools.cache
def load_reader(fitted: str = SENTENCES) -> Reader:
    """A network as shipped: the wheel's file with what a fit changed. Raises ModelError where the wheel is damaged."""
    file, cutter = _published()
    reader = join(file, cutter, (resources.files("models") / fitted).read_bytes())
    file.let_go()
    return reader


@functools.cache
def _published() -> tuple[ReaderFile, Cutter]:
    from models.whole import expect_whole

    expect_whole(NAME)
    entry = registry.entries()[NAME]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None:
        raise ModelError(f"{entry.title} is not installed. Get it with: {entry.install}")
    file = read(found)
    return file, Cutter(file)


def join(file: ReaderFile, cutter: Cutter, fitted: bytes) -> Reader:
    """The published network with the changes of a fit."""
    import numpy as np

    with np.load(io.BytesIO(fitted), allow_pickle=False) as kept:
        if int(kept["form"]) != FORM:
            raise ValueError(f"the network's weights are of form {int(kept['form'])}, this code reads {FORM}")
        layers = []
        for at in range(int(kept["layers"])):
            matrices = {}
            for name, columns in MATRICES.items():
                whole = file.array(f"l{at}.{name}", columns)
                if f"l{at}.{name}" in kept.files:
                    whole = whole + widened(kept[f"l{at}.{name}"]).reshape(-1, columns)
                matrices[name] = narrowed(whole)
            short = {}
            for name in SHORT:
                place = f"l{at}.{name}"
                short[name] = kept[place].astype(np.float32) if place in kept.files else file.array(place)
            layers.append(Layer(matrices, short))
        head, bias = kept["head"].astype(np.float32), kept["bias"].astype(np.float32)
        kinds = tuple(str(name) for name in kept["kinds"])
    return Reader(file, cutter, tuple(layers), head, bias, kinds)


def narrowed(whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A matrix in a byte a number, and the scale of each row."""
    import numpy as np

    scale = np.maximum(np.abs(whole).max(axis=1, keepdims=True), 1e-9) / 127
    return np.rint(whole / scale).astype(np.int8), scale.astype(np.float32)


def row_of(cutter: Cutter, passage: Passage) -> tuple[list[int], int]:
    """The pieces of a passage, and how many of them are the sentence's own."""
    pieces = [BEGIN]
    for name, most in MOST.items():
        text = getattr(passage, name)
        cut = cutter.cut(text) if text else ()
        pieces += [*(cut[:most] if most > 0 else cut[most:]), END]
    return pieces, min(len(cutter.cut(passage.text)), MOST["text"]) if passage.text else 0


def _batches(order: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Rows in the given order, as many at once as ``TOKENS`` allows."""
    found: list[list[int]] = []
    for at in order:
        if found and (len(found[-1]) + 1) * sizes[at] <= TOKENS:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def _layer(layer: Layer, state: np.ndarray, mask: np.ndarray, heads: int, epsilon: float) -> np.ndarray:
    """One layer of the encoder over ``(batch, tokens, width)``."""
    import numpy as np
    from scipy.special import erf

    batch, tokens, width = state.shape
    flat = state.reshape(-1, width)

    def through(name: str, x: np.ndarray) -> np.ndarray:
        y: np.ndarray = x @ layer.wide(f"{name}.w")
        y += layer.short[f"{name}.b"]
        return y

    query, key, value = (
        through(name, flat).reshape(batch, tokens, heads, -1).transpose(0, 2, 1, 3)
        for name in ("q", "k", "v")
    )
    weight = query @ key.transpose(0, 1, 3, 2)
    weight *= np.float32((width // heads) ** -0.5)
    weight += mask
    weight -= weight.max(axis=-1, keepdims=True)
    np.exp(weight, out=weight)
    weight /= weight.sum(axis=-1, keepdims=True)
    heard = (weight @ value).transpose(0, 2, 1, 3).reshape(-1, width)
    flat = _normed(flat + through("ao", heard), layer.short["aln.w"], layer.short["aln.b"], epsilon)
    inner = through("fi", flat)
    inner *= 0.5 * (1 + erf(inner * np.float32(0.5**0.5)))
    flat = _normed(flat + through("fo", inner), layer.short["oln.w"], layer.short["oln.b"], epsilon)
    return flat.reshape(batch, tokens, width)


def _normed(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    """Layer normalisation over the last axis."""
    import numpy as np

    x = x - x.mean(axis=-1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("...i,...i->...", x, x) / x.shape[-1] + epsilon)[..., None]
    x *= weight
    x += bias
    normed: np.ndarray = x
    return normed
