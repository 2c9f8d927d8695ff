"""Sound as the speech detector wants it: without DC, at one level, over a little noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.audio.decode import Channels, Samples
from pipeline.audio.filters import StreamFilter

_WITHOUT_DC = ((1.0, -1.0), (1.0, -0.995))


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
    filters: list[StreamFilter] = []
    for blocks in zip(*(channels.blocks(channel) for channel in gains), strict=True):
        # a channel's DC is taken to have been there before it began
        filters = filters or [
            StreamFilter((_WITHOUT_DC,), before=float(block[0]), dtype=np.float32) for block in blocks
        ]
        hiss = noise.standard_normal(blocks[0].size, dtype=np.float32) * amplitude
        found = []
        for block, gain, without_dc in zip(blocks, gains.values(), filters, strict=True):
            levelled = without_dc(block)
            levelled *= np.float32(gain)
            levelled += hiss
            found.append(np.asarray(np.clip(levelled, -1.0, 1.0, out=levelled), dtype=np.float32))
        yield found
