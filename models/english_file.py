"""The files of the English reading network, MPNet (base) as ``all-mpnet-base-v2`` brings it.

Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding" (2020), in the form that the project
sentence-transformers fitted to pairs of sentences. A layer is that of BERT; how near two pieces stand to each other is told by
a number a head for each of 32 distances, the same in every layer (Raffel et al., "Exploring the Limits of Transfer Learning",
2020). Its file is safetensors: a head in JSON that says where each array lies, then the arrays; mapped, not loaded.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.memory import let_go_of

if TYPE_CHECKING:
    import numpy as np

_LAYER = {
    "q": "attention.attn.q", "k": "attention.attn.k", "v": "attention.attn.v", "ao": "attention.attn.o",
    "aln": "attention.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_PARTS = {"w": "weight", "b": "bias"}
_ABOVE = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
    "near": "encoder.relative_attention_bias.weight",
}
_FIRST_PLACE = 2
"""The places before are of a padding piece."""
_FARTHEST = 128
_KEPT_TEXTS = 4096


@dataclass(frozen=True, slots=True)
class EnglishFile:
    """What the file holds, by the names that the reading network has for it."""

    arrays: Mapping[str, np.ndarray]
    raw: np.ndarray
    width: int = 768
    heads: int = 12
    epsilon: float = 1e-5

    def array(self, name: str, columns: int = 0) -> np.ndarray:
        """An array in single precision; its file knows its columns."""
        import numpy as np

        return np.array(self.arrays[_published(name)], dtype=np.float32)

    def rows(self, name: str, chosen: np.ndarray) -> np.ndarray:
        """Some rows of an array, ``(len(chosen), width)``."""
        import numpy as np

        return np.array(self.arrays[_published(name)][chosen], dtype=np.float32)

    def places(self) -> np.ndarray:
        """What a piece's place in its row adds to it, ``(places, width)``."""
        return self.array("emb.pos")[_FIRST_PLACE:]

    def nearness(self, pieces: int) -> np.ndarray:
        """What the distance of two pieces adds to how much one heeds the other, ``(heads, pieces, pieces)``."""
        import numpy as np

        table = self.array("near")
        return np.ascontiguousarray(table[distances(pieces, len(table))].transpose(2, 0, 1))

    def let_go(self) -> None:
        """Give back the memory of the parts read so far."""
        let_go_of(self.raw)


def _published(name: str) -> str:
    if name in _ABOVE:
        return _ABOVE[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_LAYER[part]}.{_PARTS[kind]}"


@functools.lru_cache(maxsize=4)
def distances(pieces: int, count: int) -> np.ndarray:
    """The number of the distance from each piece to each other one, ``(pieces, pieces)``: half of the numbers for those before,
    half for those behind; of each half the first half as they are, the others wider and wider."""
    import numpy as np

    steps = np.arange(pieces)[None] - np.arange(pieces)[:, None]
    half, exact = count // 2, count // 4
    far = np.abs(steps)
    wider = np.log(np.maximum(far, 1) / exact) / np.log(_FARTHEST / exact) * (half - exact)
    wide = np.minimum(exact + wider.astype(np.int64), half - 1)
    found: np.ndarray = np.where(steps > 0, half, 0) + np.where(far < exact, far, wide)
    return found


def read_english(path: Path) -> EnglishFile:
    """Map a file. Raises ValueError where it is of another form."""
    import numpy as np

    raw = np.memmap(path, dtype=np.uint8, mode="r")
    (size,) = struct.unpack_from("<Q", raw[:8].tobytes())
    if size > len(raw) - 8:
        raise ValueError(f"{path} is no file of the English network")
    head: dict[str, Any] = json.loads(raw[8 : 8 + size].tobytes())
    arrays = {}
    for name, told in head.items():
        if name != "__metadata__" and told["dtype"] == "F32":
            first, after = (8 + size + at for at in told["data_offsets"])
            arrays[name] = raw[first:after].view("<f4").reshape(told["shape"])
    return EnglishFile(arrays, raw)


class WordPieces:
    """English texts as numbers of pieces: words in small letters, and parts of those that the network doesn't know (Wu et al.,
    "Google's Neural Machine Translation System", 2016)."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.placed = functools.lru_cache(maxsize=_KEPT_TEXTS)(self._placed)

    def cut(self, text: str) -> tuple[int, ...]:
        """The pieces of a text."""
        return self.placed(text)[0]

    def _placed(self, text: str) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """The pieces of a text and where each stands in it, from and to."""
        told = self._tokenizer.encode(text, add_special_tokens=False)
        return tuple(told.ids), list(told.offsets)
