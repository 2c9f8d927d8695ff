"""How loud a side speaks: ITU-R BS.1770-4, gated, on that side's speech alone.

The filters (K-weighting) are pyloudnorm's; the curve and the blocks of the gated loudness are mean squares behind them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples
from pipeline.intervals import Span, Timeline

STEP_S = 0.1
WINDOW_S = 0.4
SILENT_LUFS = -70.0
_OFFSET = -0.691
_CHUNK_S = 120.0


@functools.cache
def _meter(rate_hz: int) -> Any:  # pyloudnorm ships no types
    import pyloudnorm

    return pyloudnorm.Meter(rate_hz)


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
    blocks: Iterable[NDArray[np.float64]], end: NDArray[np.float64]
) -> Iterator[NDArray[np.float64]]:
    yield from blocks
    yield end


def _k_weighted(blocks: Iterable[Samples], rate_hz: int) -> Iterator[NDArray[np.float64]]:
    """The two filters of BS.1770-4 over consecutive blocks, their state carried."""
    from scipy.signal import sosfilt

    sections = _sections(rate_hz)
    state = np.zeros((len(sections), 2))
    for block in blocks:
        weighted, state = sosfilt(sections, block.astype(np.float64), zi=state)
        yield weighted


@functools.cache
def _sections(rate_hz: int) -> NDArray[np.float64]:
    """The filters as second-order sections."""
    # pyloudnorm keeps its filters private but has no other way to run them over a stream.
    filters = _meter(rate_hz)._filters.values()
    return np.array([[*(stage.b * stage.passband_gain), *stage.a] for stage in filters])


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
