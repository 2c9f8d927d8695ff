"""What a telephone line does to a voice: 8 kHz, 300-3400 Hz, G.711, noise; and the tones it adds. Arrays in, arrays out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Sound = NDArray[np.float64]

RATE_HZ = 8_000
FRAME = 80  # 10 ms
HOP = 20  # 2.5 ms
ONSET_DB = -34.0  # a frame counts as speech from this far below the utterance's loudest
LONGEST_PAUSE_S = 0.5  # inside an utterance; a turn ends where its side is silent for 0.7 s
# on and off seconds and the tones' frequencies: GB/T 3380 and ANSI T1.401
RINGBACK = {"cn": (1.0, 4.0, (450.0,)), "us": (2.0, 4.0, (440.0, 480.0))}
RING_DBFS = -20.0


def to_line(sound: Sound, *, from_hz: int) -> Sound:
    """Resampled to 8 kHz and kept to the telephone band, without moving it in time."""
    import soxr
    from scipy.signal import butter, sosfiltfilt

    narrow = np.asarray(soxr.resample(sound.astype(np.float64), from_hz, RATE_HZ, quality="VHQ"))
    band = butter(3, (300.0, 3400.0), btype="bandpass", fs=RATE_HZ, output="sos")
    return np.asarray(sosfiltfilt(band, np.pad(narrow, 800)), dtype=np.float64)


def active_frames(sound: Sound) -> NDArray[np.bool_]:
    """Which 10 ms frames, 2.5 ms apart, hold speech."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    level_db = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return np.asarray(level_db > level_db.max() + ONSET_DB)


def trim(sound: Sound) -> Sound:
    """The utterance from its first to its last speech, inner pauses no longer than half a second."""
    active = np.flatnonzero(active_frames(sound))
    pieces, begin = [], active[0]
    longest = int(LONGEST_PAUSE_S * RATE_HZ / HOP)
    for left, right in pairwise(active):
        if right - left > longest:
            half = longest // 2
            pieces.append(sound[begin * HOP : (left + half) * HOP + FRAME])
            begin = right - half
    pieces.append(sound[begin * HOP : active[-1] * HOP + FRAME])
    return faded(np.concatenate(pieces), seconds=0.004)


def faded(sound: Sound, *, seconds: float) -> Sound:
    """The same with a short ramp at both ends, so that no cut clicks."""
    ramp = np.linspace(0.0, 1.0, int(seconds * RATE_HZ))
    out = sound.copy()
    out[: ramp.size] *= ramp
    out[-ramp.size :] *= ramp[::-1]
    return out


def to_rms(sound: Sound, *, dbfs: float) -> Sound:
    """Scaled so that its speech (not its pauses) has this level."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    power = np.mean(frames**2, axis=1)[active_frames(sound)]
    return np.asarray(sound * 10 ** ((dbfs - 10 * np.log10(power.mean())) / 20))


def tone(frequencies_hz: tuple[float, ...], *, seconds: float, dbfs: float) -> Sound:
    """Sines of equal level that together have ``dbfs`` (mean square, full scale 1.0)."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    amplitude = 10 ** (dbfs / 20) * np.sqrt(2 / len(frequencies_hz))
    return faded(
        np.asarray(sum(amplitude * np.sin(2 * np.pi * hz * time) for hz in frequencies_hz)), seconds=0.01
    )


def line_noise(samples: int, *, dbfs: float, rng: np.random.Generator) -> Sound:
    """Hiss with a little mains hum, as an analogue line has."""
    from scipy.signal import butter, sosfilt

    white = rng.standard_normal(samples + 400)
    shaped = sosfilt(butter(1, 2500.0, fs=RATE_HZ, output="sos"), white)[400:]
    hum = 0.3 * np.sin(2 * np.pi * 50.0 * np.arange(samples) / RATE_HZ)
    noise = shaped / np.sqrt(np.mean(shaped**2)) + hum
    return np.asarray(noise / np.sqrt(np.mean(noise**2)) * 10 ** (dbfs / 20))


def g711(sound: Sound, *, law: str) -> NDArray[np.int16]:
    """Coded and decoded by G.711 (``mu`` or ``a``): the 16-bit values that a decoder would give."""
    value = np.clip(np.round(sound * 32768.0), -32768, 32767).astype(np.int64)
    sign = np.where(value < 0, -1, 1)
    size = np.abs(value)
    if law == "mu":
        biased = np.minimum(size, 32635) + 132
        exponent = np.floor(np.log2(biased)).astype(np.int64) - 7
        step = 1 << (exponent + 3)
        decoded = (biased // step) * step + step // 2 - 132
    elif law == "a":
        clipped = np.minimum(size, 32767)
        exponent = np.maximum(np.floor(np.log2(np.maximum(clipped, 1))).astype(np.int64) - 7, 1)
        step = 1 << (exponent + 3)
        decoded = (clipped // step) * step + step // 2
    else:
        raise ValueError(f"law is 'mu' or 'a', got {law!r}")
    return np.asarray(sign * decoded, dtype=np.int16)


def loudness_lufs(sound: Sound) -> float:
    """Gated loudness (ITU-R BS.1770-4) at 16 kHz, the rate at which the calls are measured."""
    import pyloudnorm
    import soxr

    return float(pyloudnorm.Meter(16_000).integrated_loudness(soxr.resample(sound, RATE_HZ, 16_000)))
