"""Sound as the speech detector wants it: without DC, at one level, over a little noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples

_POLE = np.float32(0.995)
_TAPS = (np.array([1.0, -1.0], np.float32), np.array([1.0, -_POLE], np.float32))


def prepared(
    channels: Channels, gains: Mapping[int, float], *, dither_dbfs: float
) -> Iterator[list[Samples]]:
    """Blocks of some channels side by side, without DC (a one-pole high-pass at 13 Hz, state carried), with gain and a
    little noise.

    The noise stands in for the line's: between digital silences the network takes speech for something else. It is the
    same for each channel, so it is made once.

    Parameters
    ----------
    gains
        By channel what its sound is multiplied by, in the order in which the blocks come.
    dither_dbfs
        Level of the noise.
    """
    noise = np.random.default_rng(0)
    amplitude = np.float32(10 ** (dither_dbfs / 20))
    states: list[NDArray[np.float32] | None] = [None] * len(gains)
    for blocks in zip(*(channels.blocks(channel) for channel in gains), strict=True):
        hiss = noise.standard_normal(blocks[0].size, dtype=np.float32) * amplitude
        found = []
        for place, (block, gain) in enumerate(zip(blocks, gains.values(), strict=True)):
            levelled, states[place] = _without_dc(block, states[place])
            levelled *= np.float32(gain)
            levelled += hiss
            found.append(np.clip(levelled, -1.0, 1.0, out=levelled))
        yield found


def _without_dc(block: Samples, state: NDArray[np.float32] | None) -> tuple[Samples, NDArray[np.float32]]:
    from scipy.signal import lfilter

    filtered, after = lfilter(*_TAPS, block, zi=np.array([-block[0]], np.float32) if state is None else state)
    return filtered, after
