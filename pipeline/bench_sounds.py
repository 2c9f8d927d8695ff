"""Sounds in which nobody speaks to be understood, through a telephone line: whatever is heard in them was invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE_HZ = 16_000
_MU = 255.0
_KEYS = ((697, 1209), (697, 1336), (697, 1477), (770, 1209), (770, 1336), (852, 1477), (941, 1336))
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)
# relative strength of the harmonics, seconds of attack and of decay
TIMBRES = {
    "organ": ((1.0, 0.5, 0.3, 0.2, 0.1), 0.05, 9.0),
    "plucked": ((1.0, 0.6, 0.4, 0.3, 0.2, 0.1), 0.005, 0.4),
    "flute": ((1.0, 0.15, 0.05), 0.08, 3.0),
    "reed": ((1.0, 0.1, 0.7, 0.1, 0.5, 0.1, 0.3), 0.03, 2.0),
    "strings": ((1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2), 0.25, 6.0),
}


def telephone(sound: Samples) -> Samples:
    """Through 8 kHz and G.711 μ-law, and back."""
    import soxr

    narrow = np.clip(soxr.resample(sound, RATE_HZ, RATE_HZ // 2), -1.0, 1.0)
    law = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coded = np.round(law * 127.0) / 127.0
    back = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return np.asarray(soxr.resample(back.astype(np.float32), RATE_HZ // 2, RATE_HZ), dtype=np.float32)


def wordless(seconds: float, *, seed: int = 0) -> Iterator[tuple[str, Samples]]:
    """Silence, a line with hum and clicks, ringback, DTMF, and hold music in each timbre."""
    size = round(seconds * RATE_HZ)
    time_s = np.arange(size) / RATE_HZ
    random = np.random.default_rng(7 + seed)
    hum = 0.004 * np.sin(2 * np.pi * 50 * time_s) + 0.003 * random.normal(size=size)
    hum[random.integers(0, size, size // (2 * RATE_HZ))] += 0.5
    yield "silence", np.zeros(size, dtype=np.float32)
    yield "line noise", telephone(hum.astype(np.float32))
    ringing = (time_s % 5.0 < 1.0) * 0.2 * np.sin(2 * np.pi * 450 * time_s)
    yield "ringback", telephone(ringing.astype(np.float32))
    yield "dtmf", telephone(_dialled(time_s, random))
    for name in TIMBRES:
        yield f"music, {name}", telephone(_music(name, time_s, random))


def _dialled(time_s: NDArray[np.float64], random: np.random.Generator) -> Samples:
    step = (time_s / 0.25).astype(int)
    keys = np.array(_KEYS)[random.integers(0, len(_KEYS), step[-1] + 1)]
    low, high = keys[step].T
    sounding = time_s % 0.25 < 0.12
    both = np.sin(2 * np.pi * low * time_s) + np.sin(2 * np.pi * high * time_s)
    return np.asarray(0.15 * sounding * both, dtype=np.float32)


def _music(timbre: str, time_s: NDArray[np.float64], random: np.random.Generator) -> Samples:
    """Chords of two seconds, and over them a melody of notes of a quarter to a whole second with a little vibrato."""
    made = np.zeros(time_s.size)
    for bar in range(int(time_s[-1] // 2.0) + 1):
        for tone in _CHORDS[bar % len(_CHORDS)]:
            _add_note(made, timbre, 48 + tone, bar * 2.0, 2.0, 0.05)
    at_s = 0.0
    while at_s < time_s[-1]:
        length_s = float(random.choice([0.25, 0.5, 0.5, 1.0]))
        if random.random() < 0.85:
            _add_note(made, timbre, 60 + int(random.choice(_SCALE)), at_s, length_s, 0.12)
        at_s += length_s
    return made.astype(np.float32)


def _add_note(
    made: NDArray[np.float64], timbre: str, pitch: int, at_s: float, length_s: float, level: float
) -> None:
    harmonics, attack_s, decay_s = TIMBRES[timbre]
    first = round(at_s * RATE_HZ)
    time_s = np.arange(min(round(length_s * RATE_HZ), made.size - first)) / RATE_HZ
    phase = 2 * np.pi * 440.0 * 2 ** ((pitch - 69) / 12) * (time_s + 4e-5 * np.sin(2 * np.pi * 5.5 * time_s))
    shape = np.minimum(time_s / attack_s, 1.0) * np.exp(-time_s / decay_s)
    shape *= np.minimum((length_s - time_s) / 0.02, 1.0)
    tones = sum(share * np.sin(order * phase) for order, share in enumerate(harmonics, start=1))
    made[first : first + time_s.size] += level * shape * tones


def babble(voices: Sequence[Samples], seconds: float, *, seed: int) -> Samples:
    """All voices at once, each over and over from somewhere on, within 3 dB of each other."""
    random = np.random.default_rng(seed)
    size = round(seconds * RATE_HZ)
    mixed = np.zeros(size)
    for voice in voices:
        level = 10 ** (random.uniform(-3, 3) / 20) / np.sqrt(np.square(voice, dtype=np.float64).mean())
        turned = np.roll(voice, -int(random.integers(voice.size)))
        mixed += level * np.tile(turned, size // voice.size + 1)[:size]
    mixed *= 0.1 / np.sqrt(np.square(mixed).mean())
    return telephone(np.clip(mixed, -1.0, 1.0).astype(np.float32))
