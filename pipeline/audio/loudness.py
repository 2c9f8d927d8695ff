"""How loud a side speaks: ITU-R BS.1770-4, gated, on that side's speech alone.

As pyloudnorm measures it, which a test holds it against; pyloudnorm itself would bring 50 MB of scipy.signal into every worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples
from pipeline.audio.filters import Section, StreamFilter
from pipeline.intervals import Span, Timeline

STEP_S = 0.1
WINDOW_S = 0.4
SILENT_LUFS = -70.0
_OFFSET = -0.691
_CHUNK_S = 120.0


def speech_loudness(channels: Channels, channel: int, speech: Timeline) -> float | None:
    """Integrated loudness of the concatenated speech of one channel.

    Parameters
    ----------
    speech
        When this side speaks.

    Returns
    -------
    float or None
        LUFS with BS.1770-4's two gates (-70 LUFS, then 10 LU under the mean); None with under 0.4 s of speech or
        where all of it lies under the first gate.
    """
    blocks = [_block_powers(piece, channels.rate_hz) for piece in _pieces(channels, channel, speech)]
    return gated_loudness(np.concatenate(blocks)) if blocks else None


def gated_loudness(powers: NDArray[np.float64]) -> float | None:
    """Loudness of 400 ms blocks by BS.1770-4, equations 5 to 7; ``powers`` are K-weighted mean squares."""
    with np.errstate(divide="ignore"):
        loudness = _OFFSET + 10 * np.log10(powers)
    above = powers[loudness >= SILENT_LUFS]
    if not above.size:
        return None
    relative = _OFFSET + 10 * np.log10(above.mean()) - 10.0
    kept = powers[(loudness > relative) & (loudness > SILENT_LUFS)]
    return float(_OFFSET + 10 * np.log10(kept.mean())) if kept.size else None


def mean_loudness(curve: Sequence[float | None], spans: Iterable[Span]) -> float | None:
    """Gated loudness of some stretches, read off a momentary curve; None with under 0.4 s above the gate."""
    indices = sorted(
        {
            index
            for span in spans
            for index in range(int(np.ceil(span.start_s / STEP_S - 0.5)), int(span.end_s / STEP_S + 0.5))
            if 0 <= index < len(curve)
        }
    )
    values = [value for index in indices if (value := curve[index]) is not None]
    if len(values) < round(WINDOW_S / STEP_S):
        return None
    return gated_loudness(10 ** ((np.asarray(values) - _OFFSET) / 10))


def momentary_curve(blocks: Iterable[Samples], rate_hz: int) -> tuple[float | None, ...]:
    """Momentary loudness (400 ms windows) every 0.1 s, each centred on the middle of its tenth of a second.

    Returns
    -------
    tuple of float or None
        LUFS to one decimal, one for each whole tenth of a second; None under -70 LUFS.
    """
    step, window = round(STEP_S * rate_hz), round(WINDOW_S * rate_hz)
    lead = (window - step) // 2
    rest = np.zeros(lead, dtype=np.float64)
    tenths: list[NDArray[np.float64]] = []
    for block in _with_end(_k_weighted(blocks, rate_hz), np.zeros(window - step - lead)):
        joined = np.concatenate([rest, block])
        whole = joined.size // step * step
        tenths.append(np.square(joined[:whole]).reshape(-1, step).sum(axis=1))
        rest = joined[whole:]
    powers = np.concatenate(tenths)
    count = window // step
    if powers.size < count:
        return ()
    means = np.convolve(powers, np.ones(count), mode="valid") / window
    loudness = _OFFSET + 10 * np.log10(np.maximum(means, 1e-12))
    return tuple(round(value, 1) if value >= SILENT_LUFS else None for value in loudness.tolist())


def _with_end(
    blocks: Iterable[NDArray[np.floating]], end: NDArray[np.float64]
) -> Iterator[NDArray[np.floating]]:
    yield from blocks
    yield end


def _k_weighted(blocks: Iterable[Samples], rate_hz: int) -> Iterator[NDArray[np.floating]]:
    """The two filters of BS.1770-4 over consecutive blocks, their state carried."""
    weighting = StreamFilter(_weighting(rate_hz), dtype=np.float32)
    return (weighting(block) for block in blocks)


def _weighting(rate_hz: int) -> tuple[Section, ...]:
    """K-weighting at any rate as pyloudnorm designs it: a shelf of 4 dB over 1500 Hz and a high-pass at 38 Hz, by the formulas of
    R. Bristow-Johnson's cookbook."""
    gain = 10 ** (4.0 / 40)
    turn, width = _bend(1500.0, 1 / math.sqrt(2), rate_hz)
    rise, edge = (gain - 1) * turn, 2 * math.sqrt(gain) * width
    shelf = (
        (gain * (gain + 1 + rise + edge), -2 * gain * (gain - 1 + (gain + 1) * turn), gain * (gain + 1 + rise - edge)),
        (gain + 1 - rise + edge, 2 * (gain - 1 - (gain + 1) * turn), gain + 1 - rise - edge),
    )  # fmt: skip
    turn, width = _bend(38.0, 0.5, rate_hz)
    high_pass = (((1 + turn) / 2, -(1 + turn), (1 + turn) / 2), (1 + width, -2 * turn, 1 - width))
    return (shelf, high_pass)


def _bend(hz: float, quality: float, rate_hz: int) -> tuple[float, float]:
    angle = 2 * math.pi * hz / rate_hz
    return math.cos(angle), math.sin(angle) / (2 * quality)


def _pieces(channels: Channels, channel: int, speech: Timeline) -> Iterator[Samples]:
    """Concatenated speech in pieces of about two minutes."""
    pending: list[Samples] = []
    waiting = 0
    for span in speech:
        start = span.start_s
        while start < span.end_s:
            end = min(span.end_s, start + _CHUNK_S)
            pending.append(channels.samples(channel, Span(start, end)))
            waiting += pending[-1].size
            start = end
            if waiting >= _CHUNK_S * channels.rate_hz:
                yield np.concatenate(pending)
                pending, waiting = [], 0
    if waiting:
        yield np.concatenate(pending)


def _block_powers(piece: Samples, rate_hz: int) -> NDArray[np.float64]:
    """Mean squares of blocks of 0.4 s that begin every 0.1 s; the last may lack half a tenth, as in pyloudnorm."""
    step, window = round(STEP_S * rate_hz), round(WINDOW_S * rate_hz)
    if piece.size < window:
        return np.zeros(0)
    (weighted,) = _k_weighted([piece], rate_hz)
    wanted = round(piece.size / step) * step
    squares = np.square(np.pad(weighted, (0, max(0, wanted - weighted.size)))[:wanted])
    tenths = squares.reshape(-1, step).sum(axis=1)
    return np.convolve(tenths, np.ones(window // step), mode="valid") / window
