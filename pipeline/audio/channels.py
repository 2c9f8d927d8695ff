"""What two channels are to each other: two sides, the same twice, one of them dead, one leaking into the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples
from pipeline.audio.levels import loudest_level
from pipeline.intervals import Span, Timeline
from pipeline.types import Layout

Levels = NDArray[np.float32]

SILENT_DBFS = -68.0
_WINDOW_S = 0.5
_MOST_WINDOWS = 160
_AT_ONCE = 8
_SAME_CORRELATION = 0.95
_SAME_SHARE = 0.9
_SAME_GAIN_DB, _SAME_GAIN_SPREAD_DB = 12.0, 2.5
_LEAK_REACH_S = 0.3
_LEAK_UNDER_DB = 6.0
_LEAK_MARGIN_DB = 6.0
_LEAK_SHARE = 0.4
_LEAST_WINDOWS = 5
_OWN_GAP_S, _OWN_LEAST_S = 0.2, 0.15


@dataclass(frozen=True, slots=True)
class Leak:
    """One channel heard in the other: how much later (s) and at which gain (dB, negative)."""

    delay_s: float
    gain_db: float


def layout_of(channels: Channels, levels: tuple[Levels, ...]) -> Layout:
    """Whether the channels are two sides, one, or the same sound twice up to gain, offset and a little noise.

    Parameters
    ----------
    levels
        Level of each channel per 10 ms, dBFS.
    """
    if channels.count == 1:
        return "mono"
    loudest = np.maximum(*levels)
    if is_silent(loudest):
        return "two_sides"
    loud = loudest_level(loudest) - 30.0
    starts = list(_window_starts(_per_window(loudest) >= loud))
    found: list[tuple[float, float]] = []
    most_differing = len(starts) - _SAME_SHARE * len(starts)
    for some in _some(starts):
        pairs = [_pair(channels, start_s, 0.0) for start_s in some]
        peaks, _ = _correlations(pairs, reach=16)
        gains = [_gain_db(first, second) for first, second in pairs]
        found += zip(peaks, gains, strict=True)
        differing = sum(abs(peak) < _SAME_CORRELATION for peak, _ in found)
        if differing > most_differing + 1:  # whatever the rest is like
            return "two_sides"
    if not found:
        return "two_sides"
    same = np.array([abs(peak) >= _SAME_CORRELATION for peak, _ in found])
    by_db = np.array([gain for _, gain in found])
    middle = float(np.median(by_db))
    steady = np.abs(by_db - middle) <= _SAME_GAIN_SPREAD_DB
    alike = float((same & steady).mean()) >= _SAME_SHARE and abs(middle) <= _SAME_GAIN_DB
    return "dual_mono" if alike else "two_sides"


def is_silent(levels: Levels) -> bool:
    """Whether a channel carries nothing, not even what a quiet line does; it may hold a codec's idle pattern."""
    return loudest_level(levels) < SILENT_DBFS


def leak_of(
    channels: Channels, source: int, levels: tuple[Levels, Levels], speech: tuple[Timeline, Timeline]
) -> Leak | None:
    """Whether one channel is heard in the other, weaker and at a constant delay (echo, crosstalk).

    The delay is read off the cross-correlation of both channels (differenced, to whiten the spectrum of speech) in
    half seconds in which the source speaks and the other channel is weaker; a leak has the same delay in many.
    """
    target = 1 - source
    source_db, target_db = _per_window(levels[source]), _per_window(levels[target])
    usable = np.zeros(source_db.size, dtype=bool)
    for span in speech[source]:
        usable[int(np.ceil(span.start_s / _WINDOW_S)) : int(span.end_s / _WINDOW_S)] = True
    usable &= (target_db < source_db - _LEAK_UNDER_DB) & (target_db > SILENT_DBFS - 20)
    reach = round(_LEAK_REACH_S * channels.rate_hz)
    found: list[tuple[float, float, float]] = []
    for some in _some([start_s for start_s in _window_starts(usable) if start_s >= _LEAK_REACH_S]):
        pairs = [_pair(channels, start_s, _LEAK_REACH_S, target=target) for start_s in some]
        whitened = [(np.diff(earlier), np.diff(heard)) for earlier, heard in pairs]
        peaks, delays = _correlations(whitened, reach=reach, causal=True)
        found += zip(some, peaks, (delay / channels.rate_hz for delay in delays), strict=True)
    return _common_delay(found, levels[source], levels[target])


def without_leak(speech: Timeline, leak: Leak, source: Levels, target: Levels) -> Timeline:
    """Speech of a channel less what is no louder than the other side's leak into it.

    Parameters
    ----------
    speech
        Activity of the channel that is leaked into.
    source, target
        Levels per 10 ms of the leaking channel and of this one.
    """
    shift = round(leak.delay_s * 100)
    shifted = np.concatenate([np.full(shift, -120.0, dtype=np.float32), source])[: target.size]
    expected = _loudest_around(shifted, 4) + leak.gain_db + _LEAK_MARGIN_DB
    own = target > expected
    kept: list[Span] = []
    for span in speech:
        first, last = round(span.start_s * 100), min(round(span.end_s * 100), own.size)
        runs = Timeline(Span(i / 100, (i + 1) / 100) for i in range(first, last) if own[i])
        kept += [run for run in runs.support(_OWN_GAP_S) if run.duration_s >= _OWN_LEAST_S]
    return Timeline(kept)


def _common_delay(peaks: list[tuple[float, float, float]], source: Levels, target: Levels) -> Leak | None:
    if len(peaks) < _LEAST_WINDOWS:
        return None
    delays = np.array([delay for _, _, delay in peaks])
    near = np.abs(delays[:, None] - delays[None, :]) <= 0.0015
    centre = int(near.sum(axis=1).argmax())
    agreeing = near[centre]
    if agreeing.sum() < _LEAST_WINDOWS or agreeing.mean() < _LEAK_SHARE:
        return None
    delay_s = float(np.median(delays[agreeing]))
    shift = round(delay_s * 100)
    gains = []
    for (start_s, _, _), agrees in zip(peaks, agreeing, strict=True):
        first = round(start_s * 100)
        if agrees:
            gains.append(
                _power_db(target[first : first + 50]) - _power_db(source[first - shift : first - shift + 50])
            )
    return Leak(max(0.0, delay_s), float(np.median(gains)))


def _per_window(levels: Levels) -> Levels:
    step = round(_WINDOW_S * 100)
    whole = levels[: levels.size // step * step].reshape(-1, step)
    return np.asarray(10 * np.log10((10 ** (whole / 10)).mean(axis=1)), dtype=np.float32)


def _power_db(levels: Levels) -> float:
    return float(10 * np.log10((10 ** (levels / 10)).mean())) if levels.size else -120.0


def _window_starts(usable: NDArray[np.bool_]) -> Iterator[float]:
    """Starts of at most ``_MOST_WINDOWS`` usable windows, spread evenly over the call."""
    indices = np.flatnonzero(usable)
    if indices.size > _MOST_WINDOWS:
        indices = indices[np.linspace(0, indices.size - 1, _MOST_WINDOWS).astype(int)]
    return (float(index) * _WINDOW_S for index in indices)


def _pair(channels: Channels, start_s: float, reach_s: float, *, target: int = 1) -> tuple[Samples, Samples]:
    """A window of the target channel, and of the other one from ``reach_s`` earlier on."""
    end_s = start_s + _WINDOW_S
    return (
        channels.samples(1 - target, Span(start_s - reach_s, end_s)),
        channels.samples(target, Span(start_s, end_s)),
    )


def _some(starts: Sequence[float]) -> Iterator[Sequence[float]]:
    """The same in groups: Fourier transforms side by side take half the time, and one can stop between groups."""
    return (starts[first : first + _AT_ONCE] for first in range(0, len(starts), _AT_ONCE))


def _correlations(
    pairs: Sequence[tuple[Samples, Samples]], *, reach: int, causal: bool = False
) -> tuple[list[float], list[int]]:
    """Of each pair the highest normalised cross-correlation within ``reach`` samples, and by how many the second comes later.

    With ``causal``, the first begins ``reach`` samples before the second and only delays 0..reach are looked at. All firsts
    are of one length, all seconds too.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    first, second = (np.stack(sounds) for sounds in zip(*pairs, strict=True))
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    length = first.shape[1]
    # what wraps around must only stay out of the lags that are looked at
    size = next_fast_len(length + (0 if causal else reach), real=True)
    product = irfft(np.conj(rfft(second, size)) * rfft(first, size), size)
    if causal:
        lags = np.arange(0, reach + 1)
        power = np.pad(np.cumsum(first.astype(np.float64) ** 2, axis=1), ((0, 0), (1, 0)))
        energy = power[:, np.minimum(lags + second.shape[1], length)] - power[:, lags]
        delays = reach - lags
    else:
        delays = np.arange(-reach, reach + 1)
        lags = -delays
        energy = np.square(first, dtype=np.float64).sum(axis=1, keepdims=True)
    other = np.square(second, dtype=np.float64).sum(axis=1, keepdims=True)
    normal = product[:, lags] / np.sqrt(np.maximum(energy * other, 1e-20))
    best = np.abs(normal).argmax(axis=1)
    return normal[np.arange(len(best)), best].tolist(), delays[best].tolist()


def _gain_db(first: Samples, second: Samples) -> float:
    return float(20 * np.log10((second.std() + 1e-6) / (first.std() + 1e-6)))


def _loudest_around(levels: Levels, frames: int) -> Levels:
    from scipy.ndimage import maximum_filter1d

    return np.asarray(maximum_filter1d(levels, 2 * frames + 1), dtype=np.float32)
