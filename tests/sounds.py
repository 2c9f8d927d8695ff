"""Sound whose truth is known: vowels that a speech detector takes for speech, tones, ringing, lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

RATE_HZ = 16_000
Array = NDArray[np.float64]
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))


def silence(seconds: float) -> Array:
    return np.zeros(round(seconds * RATE_HZ))


def noise(seconds: float, *, dbfs: float, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ)) * 10 ** (dbfs / 20)


def _vowel(rng: np.random.Generator, seconds: float, pitch_hz: float, formants: Sequence[float]) -> Array:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch = (
        pitch_hz * (1 + 0.15 * np.sin(2 * np.pi * 2.3 * time_s + rng.uniform(0, 6))) * np.exp(-0.2 * time_s)
    )
    pulses = (np.diff(np.floor(np.cumsum(pitch) / RATE_HZ), prepend=0) > 0) + 0.02 * rng.normal(
        size=time_s.size
    )
    sound = lfilter([1], [1, -0.95], pulses)
    for hz, width_hz in zip(formants, (80, 100, 150), strict=True):
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        sound = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE_HZ), radius**2], sound)
    edge = np.minimum(1, np.minimum(np.arange(sound.size) / 320, np.arange(sound.size)[::-1] / 480))
    return sound * edge / np.abs(sound).max()


def speech(seconds: float, *, dbfs: float = -20.0, pitch_hz: float = 140.0, seed: int = 0) -> Array:
    """Syllables of consonant and vowel, as loud (RMS) as asked, from the first sample to the last."""
    rng = np.random.default_rng(seed)
    parts: list[Array] = []
    while sum(map(len, parts)) < seconds * RATE_HZ:
        hiss = lfilter([1, -0.9], [1], rng.normal(size=800)) * np.hanning(800) * 0.1
        vowel = _vowel(
            rng, rng.uniform(0.12, 0.25), pitch_hz * rng.uniform(0.85, 1.2), _VOWELS[rng.integers(5)]
        )
        parts.extend([vowel, hiss])
    sound = np.concatenate(parts)[: round(seconds * RATE_HZ)]
    return sound / np.sqrt((sound**2).mean()) * 10 ** (dbfs / 20)


def placed(total_s: float, *pieces: tuple[float, Array]) -> Array:
    """Pieces added into silence at their starts."""
    whole = silence(total_s)
    for start_s, piece in pieces:
        first = round(start_s * RATE_HZ)
        whole[first : first + piece.size] += piece[: max(0, whole.size - first)]
    return whole


def tone(seconds: float, *hz: float, dbfs: float = -20.0) -> Array:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    mixed = sum(np.sin(2 * np.pi * line * time_s) for line in hz) / len(hz)
    return np.asarray(mixed) * 10 ** (dbfs / 20) * np.sqrt(2)


def ringing(
    total_s: float, hz: Sequence[float], on_off_s: Sequence[float], *, start_s: float = 0.0, dbfs: float = -18
) -> Array:
    """Ringing over ``total_s``; with a negative start it began before the recording."""
    whole = silence(total_s)
    at = start_s
    while at < total_s:
        for index, seconds in enumerate(on_off_s):
            if index % 2 == 0 and at + seconds > 0 and at < total_s:
                piece = tone(seconds, *hz, dbfs=dbfs)[round(max(0.0, -at) * RATE_HZ) :]
                first = round(max(0.0, at) * RATE_HZ)
                whole[first : first + piece.size] += piece[: whole.size - first]
            at += seconds
    return whole


def telephone(sound: Array, *, noise_dbfs: float | None = -62.0, seed: int = 1) -> Array:
    """Through a line: 8 kHz, G.711 mu-law and back, with its noise."""
    narrow = resample_poly(sound, 1, 2)
    if noise_dbfs is not None:
        narrow = narrow + np.random.default_rng(seed).normal(size=narrow.size) * 10 ** (noise_dbfs / 20)
    narrow = np.clip(narrow, -1, 1)
    squeezed = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    steps = np.round(squeezed * 127) / 127
    return np.asarray(resample_poly(np.sign(steps) * (256 ** np.abs(steps) - 1) / 255, 2, 1))


def write_sound(
    path: Path, *sides: Array, codec: str = "pcm_s16le", rate_hz: int = RATE_HZ, container: str | None = None
) -> Path:
    """Write channels by PyAV in any codec that it can encode."""
    import av

    native = [resample_poly(side, rate_hz // 100, RATE_HZ // 100) for side in sides]
    pcm = np.clip(np.rint(np.stack(native) * 32767), -32768, 32767).astype(np.int16)
    layout = {1: "mono", 2: "stereo"}.get(len(sides), f"{len(sides)}c")
    if len(sides) > 2:
        layout = {3: "2.1", 4: "quad", 6: "5.1"}[len(sides)]
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout)
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, rate_hz, stream.codec_context.frame_size or None
        )
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm.T).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = rate_hz
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(ready))
        output.mux(stream.encode(None))
    return path
