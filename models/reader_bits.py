"""What a fit changes in a network's matrices, in very few bits a number.

The change of a fit is small beside the matrix, and its direction matters more than its amounts (Liu et al., "BitDelta: Your
Fine-Tune May Only Be Worth One Bit", 2024). Numbers come in blocks of 32: a half-precision step, then the numbers of the steps,
evenly around nought, bit by bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BLOCK = 32
_STEPS = {1: 1.596, 2: 0.996, 3: 0.586}
"""The step that suits normally distributed numbers best, in standard deviations, by bits (Max, "Quantizing for Minimum
Distortion", 1960)."""


def coded(whole: np.ndarray, bits: int) -> np.ndarray:
    """Numbers in so many bits each, bytes ``(blocks, 2 + 4 * bits)``."""
    import numpy as np

    blocks = whole.reshape(-1, BLOCK).astype(np.float32)
    half = 1 << bits - 1
    step = np.maximum(np.sqrt((blocks * blocks).mean(axis=1, keepdims=True)) * _STEPS[bits], 1e-12)
    numbers = np.clip(np.floor(blocks / step) + half, 0, 2 * half - 1)
    centred = numbers - half + 0.5
    best = (blocks * centred).sum(axis=1) / (centred * centred).sum(axis=1)
    each = numbers.astype(np.uint8)[:, :, None] >> np.arange(bits, dtype=np.uint8) & 1
    packed = np.packbits(each.reshape(len(blocks), -1), axis=1)
    return np.concatenate([best.astype("<f2")[:, None].view(np.uint8), packed], axis=1)


def decoded(packed: np.ndarray, bits: int) -> np.ndarray:
    """The numbers in single precision, ``(blocks, 32)``."""
    import numpy as np

    step = packed[:, :2].copy().view("<f2").astype(np.float32)
    each = np.unpackbits(np.ascontiguousarray(packed[:, 2:]), axis=1).reshape(len(packed), BLOCK, bits)
    numbers = (each << np.arange(bits, dtype=np.uint8)).sum(axis=2, dtype=np.int16)
    found: np.ndarray = (numbers - (1 << bits - 1) + np.float32(0.5)) * step
    return found
