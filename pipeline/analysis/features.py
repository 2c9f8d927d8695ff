"""What the learned layer sees of a sentence: its encoder vector, and its character or word n-grams, hashed.

The encoder knows paraphrase but hears little difference between "you must decide today" and "you need not
decide today"; the n-grams know the little words. Together they tell a push from its denial.
"""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.analysis.heard import forms_of
from pipeline.analysis.text import fold

if TYPE_CHECKING:
    import numpy as np

GRAMS = 1 << 13
"""Hashed n-gram columns."""
_MOST_VECTORS = 20_000
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[\u3400-\u9fff]|[?%]")
_vectors: dict[str, np.ndarray] = {}


@functools.lru_cache(maxsize=16384)
def gram_columns(text: str, language: str) -> np.ndarray:
    """Columns of a sentence's n-grams: up to three Han characters or two words; numbers count as one word.

    Returns
    -------
    numpy.ndarray
        Distinct column numbers, int64.
    """
    import numpy as np

    plain = forms_of(fold(text), language)[-1].text
    tokens = ["#" if token[0].isdigit() else token for token in _WORD.findall(plain)]
    longest = 3 if language == "zh" else 2
    padded = ["^", *tokens, "$"]
    grams = {
        " ".join(padded[at : at + size])
        for size in range(1, longest + 1)
        for at in range(len(padded) - size + 1)
    }
    return np.array(sorted({zlib.crc32(gram.encode()) % GRAMS for gram in grams}), dtype=np.int64)


def gram_matrix(texts: Sequence[str], language: str) -> np.ndarray:
    """Rows of unit length, float32 ``(len(texts), GRAMS)``."""
    import numpy as np

    rows = np.zeros((len(texts), GRAMS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        columns = gram_columns(text, language)
        row[columns] = 1 / np.sqrt(len(columns))
    return rows


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Encoder vectors, float32 ``(len(texts), 512)``; each text is encoded once a process."""
    import numpy as np

    from models.encoder import encode

    if len(_vectors) > _MOST_VECTORS:
        _vectors.clear()
    new = sorted({text for text in texts if text not in _vectors})
    if new:
        _vectors.update(zip(new, encode(new), strict=True))
    return np.stack([_vectors[text] for text in texts]) if texts else np.zeros((0, 512), dtype=np.float32)
