"""Two-channel calls whose every on- and offset is known: who overlaps whom, for how long, and what the standard calls it.

Clips come from any pool (``tests/clip_pools.py``); truth is reckoned here from where they were laid, by STANDARD.md's
words and by none of the pipeline's code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, resample_poly

RATE_HZ = 8_000
Array = NDArray[np.float64]
SPEAKING_S, OVERLAP_S, GOES_ON_S, YIELDS_S, TURN_GAP_S = 1.0, 0.5, 1.0, 1.5, 0.7
NEAR_S = 0.1
EVENTS = (
    "hand_over", "brush", "cut_off", "cut_off", "talk_over", "talk_over", "talk_inside", "backchannel", "backchannel",
    "backchannels", "false_start", "gives_up", "both_start", "nod_then_content",
)  # fmt: skip
HARD_EVENTS = (
    "cut_off", "talk_over", "talk_inside", "backchannel", "backchannels", "completion", "completion", "cough", "laugh",
    "breath", "short_turn", "nod_then_content",
)  # fmt: skip
"""With what is no word at all, who ends the other's sentence for him, and whose own turn was too short to be cut."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance at 8 kHz, from its first to its last sound."""

    sound: Array
    text: str
    voice: str

    @property
    def seconds(self) -> float:
        return self.sound.size / RATE_HZ


@dataclass(frozen=True, slots=True)
class Pool:
    """What can be said: content of at least 1.6 s, and what merely listens."""

    language: str
    content: tuple[Clip, ...]
    backchannels: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One clip laid into a call."""

    side: int
    start_s: float
    clip: Clip
    backchannel: bool = False

    @property
    def end_s(self) -> float:
        return self.start_s + self.clip.seconds


@dataclass(frozen=True, slots=True)
class Truth:
    """One true interruption; ``near`` where a bound of the definition lies within 0.1 s."""

    side: int
    start_s: float
    end_s: float
    kind: Literal["cut_off", "talk_over"]
    near: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What the telephone does to a call."""

    levels_lufs: tuple[float, float] = (-21.0, -23.0)
    noise_dbfs: float = -58.0
    law: Literal["mu", "a"] = "mu"
    crosstalk_db: float | None = None
    crosstalk_s: float = 0.01
    agc: bool = False
    room: bool = False
    babble_db: float | None = None
    """Six voices behind the second side, so far over (under) its own level."""


@dataclass(frozen=True, slots=True)
class OverlapCall:
    """A call, what was laid where, what the standard calls an interruption, and which events were laid."""

    name: str
    language: str
    said: tuple[Said, ...]
    truth: tuple[Truth, ...]
    near_misses: tuple[tuple[int, float], ...]
    events: tuple[str, ...]
    sides: tuple[Array, Array]
    duration_s: float
    line: Line = field(default_factory=Line)


def make_call(
    name: str, pool: Pool, *, seed: int, line: Line, events: int = 14, kinds: Sequence[str] = EVENTS
) -> OverlapCall:
    """A call of ``events`` overlaps and hand-overs between two voices."""
    rng = np.random.default_rng(seed)
    voices = _two_voices(pool, rng)
    order = [kinds[i % len(kinds)] for i in rng.permutation(max(events, len(kinds)))[:events]]
    said: list[Said] = []
    at = 0.8
    for event in order:
        first = int(rng.integers(2))
        laid = _event(event, pool, voices, first, at, rng)
        said += laid
        at = max(one.end_s for one in laid) + float(rng.uniform(0.9, 1.6))
    said.sort(key=lambda one: one.start_s)
    truth, misses = _judged(said)
    behind = None if line.babble_db is None else babble(pool, at, rng)
    sides = _rendered(said, at, line, rng, behind)
    return OverlapCall(name, pool.language, tuple(said), truth, misses, tuple(order), sides, at, line)


def _two_voices(pool: Pool, rng: np.random.Generator) -> tuple[str, str]:
    names = sorted({clip.voice for clip in pool.content})
    if len(names) == 1:
        return names[0], names[0]
    one, two = rng.choice(len(names), 2, replace=False)
    return names[one], names[two]


def _pick(
    pool: Pool, voice: str, rng: np.random.Generator, *, least_s: float = 1.6, nod: bool = False
) -> Clip:
    clips = pool.backchannels if nod else pool.content
    own = [c for c in clips if c.voice == voice and (nod or c.seconds >= least_s)]
    fitting = own or [c for c in clips if nod or c.seconds >= least_s]
    return fitting[int(rng.integers(len(fitting)))]


def _cut(clip: Clip, seconds: float) -> Clip:
    """The clip's beginning, ended inside running speech near ``seconds``, so that its true end is audible."""
    frames = clip.sound[: clip.sound.size // 80 * 80].reshape(-1, 80)
    loud = np.sqrt((frames**2).mean(axis=1)) >= 0.25 * np.sqrt((clip.sound**2).mean())
    running = np.flatnonzero(np.convolve(loud, np.ones(25), mode="full")[: loud.size] >= 23) + 1
    fitting = running[(running <= round(seconds * 100)) & loud[running - 1]]
    size = 80 * int(fitting[-1] if fitting.size else round(seconds * 100))
    sound = clip.sound[:size].copy()
    sound[-40:] *= np.linspace(1, 0, 40)
    kept = max(1, round(len(clip.text) * size / clip.sound.size))
    return replace(clip, sound=sound, text=clip.text[:kept])


def _event(
    event: str, pool: Pool, voices: tuple[str, str], first: int, at: float, rng: np.random.Generator
) -> list[Said]:
    """One meeting of both sides: ``first`` speaks, the other comes in."""
    second = 1 - first
    base = _pick(pool, voices[first], rng, least_s=3.0)
    other = _pick(pool, voices[second], rng, least_s=1.9)
    length = base.seconds
    held = Said(first, at, base)
    if event == "hand_over":
        return [held, Said(second, at + length + rng.uniform(0.1, 0.8), other)]
    if event == "brush":
        return [held, Said(second, at + length - rng.uniform(0.08, 0.48), other)]
    if event == "cut_off":
        overlap = rng.uniform(0.5, 1.5)
        base = _cut(base, max(1.2 + overlap, rng.uniform(0.5, 1.0) * length))
        return [Said(first, at, base), Said(second, at + base.seconds - overlap, other)]
    if event == "talk_over":
        overlap = float(np.clip(rng.uniform(1.5, 3.0), 0, min(length - 1.1, other.seconds - 0.2)))
        return [held, Said(second, at + length - overlap, other)]
    if event == "talk_inside":
        long = _pick(pool, voices[first], rng, least_s=4.5)
        other = _cut(other, rng.uniform(1.5, min(3.0, long.seconds - 1.5)))
        return [
            Said(first, at, long),
            Said(second, at + rng.uniform(1.0, long.seconds - other.seconds - 0.2), other),
        ]
    if event in ("backchannel", "backchannels"):
        return [held, *_nods(event, pool, voices[second], second, at, length, rng)]
    if event == "false_start":
        return [held, Said(second, at + rng.uniform(1.1, length - 1.2), _cut(other, rng.uniform(0.35, 0.95)))]
    if event == "gives_up":
        return [held, Said(second, at + rng.uniform(1.0, length - 1.6), _cut(other, rng.uniform(1.0, 1.45)))]
    if event == "both_start":
        return [held, Said(second, at + rng.uniform(0.1, 0.95), other)]
    if event == "completion":
        end = _cut(other, rng.uniform(0.6, 0.85))
        return [held, Said(second, at + length - rng.uniform(0.2, max(0.3, min(0.8, end.seconds))), end)]
    if event == "short_turn":
        short = _cut(base, rng.uniform(0.5, 0.85))
        return [
            Said(first, at, short),
            Said(second, at + rng.uniform(0.15, max(0.2, short.seconds - 0.15)), other),
        ]
    if event in WORDLESS:
        sound = Clip(WORDLESS[event](rng), "", "")
        return [held, Said(second, at + rng.uniform(1.1, length - 1.2), sound, True)]
    nod = _pick(pool, voices[second], rng, nod=True)
    start = at + rng.uniform(1.1, 1.6)
    resumed = start + nod.seconds + rng.uniform(0.35, 0.6)
    if resumed - at < 1.1 or at + length - resumed < 0.6:
        return [held, Said(second, at + length - min(1.2, length - 1.1), other)]
    return [held, Said(second, start, nod, True), Said(second, resumed, other)]


def _shaped(sound: Array, low_hz: float, high_hz: float) -> Array:
    from scipy.signal import butter, sosfilt

    band = sosfilt(butter(2, (low_hz, high_hz), "band", fs=RATE_HZ, output="sos"), sound)
    return np.asarray(band / np.sqrt((band**2).mean()) * 10 ** (-23 / 20))


def _cough(rng: np.random.Generator) -> Array:
    bursts = []
    for _ in range(int(rng.integers(1, 4))):
        size = round(rng.uniform(0.12, 0.3) * RATE_HZ)
        bursts += [
            rng.normal(size=size) * np.exp(-np.arange(size) / (0.06 * RATE_HZ)),
            np.zeros(round(0.12 * RATE_HZ)),
        ]
    return _shaped(np.concatenate(bursts[:-1]), 400, 3000)


def _breath(rng: np.random.Generator) -> Array:
    size = round(rng.uniform(0.5, 1.4) * RATE_HZ)
    return _shaped(rng.normal(size=size) * np.hanning(size), 500, 3500)


def _laugh(rng: np.random.Generator) -> Array:
    """Ha ha ha: five voiced puffs a second."""
    parts = []
    for number in range(int(rng.integers(3, 8))):
        time_s = np.arange(round(0.09 * RATE_HZ)) / RATE_HZ
        pulses = np.diff(np.floor(time_s * 230 * 0.97**number), prepend=0) > 0
        voiced = lfilter([1], [1, -1.6, 0.81], pulses * 1.0) * np.hanning(time_s.size)
        puff = rng.normal(size=round(0.1 * RATE_HZ)) * np.hanning(round(0.1 * RATE_HZ)) * 0.3
        parts += [puff, voiced / max(1e-6, np.abs(voiced).max())]
    return _shaped(np.concatenate(parts), 300, 3000)


WORDLESS = {"cough": _cough, "breath": _breath, "laugh": _laugh}


def babble(pool: Pool, seconds: float, rng: np.random.Generator, *, voices: int = 6) -> Array:
    """So many of the pool's voices at once, without a pause."""
    whole = np.zeros(round(seconds * RATE_HZ) + RATE_HZ)
    for _ in range(voices):
        at = -int(rng.integers(2 * RATE_HZ))
        while at < whole.size:
            sound = pool.content[int(rng.integers(len(pool.content)))].sound
            piece = sound[max(0, -at) : whole.size - at]
            whole[max(0, at) : max(0, at) + piece.size] += piece
            at += sound.size
    return whole


def _nods(
    event: str, pool: Pool, voice: str, side: int, at: float, length: float, rng: np.random.Generator
) -> list[Said]:
    """One backchannel, or two or three close together, inside the other's speech."""
    begin = at + rng.uniform(1.0, max(1.05, length - 1.2))
    laid: list[Said] = []
    for _ in range(1 if event == "backchannel" else int(rng.integers(2, 4))):
        nod = _pick(pool, voice, rng, nod=True)
        laid.append(Said(side, begin, nod, True))
        begin += nod.seconds + rng.uniform(0.05, 0.5)
    return laid


def turn_bounds(said: Sequence[Said], side: int) -> list[tuple[float, float]]:
    """Start and end of each turn of one side."""
    turns: list[tuple[float, float]] = []
    for one in sorted((one for one in said if one.side == side), key=lambda one: one.start_s):
        if turns and one.start_s - turns[-1][1] < TURN_GAP_S:
            turns[-1] = (turns[-1][0], max(turns[-1][1], one.end_s))
        else:
            turns.append((one.start_s, one.end_s))
    return turns


def _judged(said: Sequence[Said]) -> tuple[tuple[Truth, ...], tuple[tuple[int, float], ...]]:
    """By the definition: each start of content against the other side's turn."""
    found: list[Truth] = []
    misses: list[tuple[int, float]] = []
    for one in said:
        if one.backchannel:
            continue
        end_s = next(end for start, end in turn_bounds(said, one.side) if start <= one.start_s < end)
        for start, end in turn_bounds([s for s in said if not s.backchannel], 1 - one.side):
            if not start < one.start_s < end:
                continue
            bounds = (
                one.start_s - start - SPEAKING_S, min(end, end_s) - one.start_s - OVERLAP_S, end_s - one.start_s - GOES_ON_S,
            )  # fmt: skip
            yielded, gave_up = end - one.start_s <= YIELDS_S, end_s < end
            last = max(end - one.start_s, end_s - one.start_s) - YIELDS_S if gave_up else 1.0
            near = min(abs(value) for value in (*bounds, last)) < NEAR_S or (
                abs(end - end_s) < NEAR_S and yielded
            )
            near = near or _begins_with_a_nod(one.clip.text)
            if min(bounds) >= 0 and (not gave_up if yielded else end_s - one.start_s > YIELDS_S):
                found.append(
                    Truth(one.side, one.start_s, min(end, end_s), "cut_off" if yielded else "talk_over", near)
                )
            elif near or (min(bounds) >= 0 and abs(end_s - one.start_s - YIELDS_S) < NEAR_S):
                misses.append((one.side, one.start_s))
    return tuple(found), tuple(misses)


def _begins_with_a_nod(text: str) -> bool:
    """Where it is a matter of opinion when a turn began: "Of course. I'll send it." """
    from pipeline.analysis.backchannels import is_backchannel

    return is_backchannel(re.split(r"[,.?!，。？！]", text)[0])


def lufs(sound: Array) -> float:
    """Gated loudness (ITU-R BS.1770-4), measured at 16 kHz."""
    import pyloudnorm

    return float(pyloudnorm.Meter(2 * RATE_HZ).integrated_loudness(resample_poly(sound, 2, 1)))


def _rendered(
    said: Sequence[Said], total_s: float, line: Line, rng: np.random.Generator, behind: Array | None = None
) -> tuple[Array, Array]:
    dry = [np.zeros(round(total_s * RATE_HZ) + RATE_HZ) for _ in (0, 1)]
    for one in said:
        first = round(one.start_s * RATE_HZ)
        dry[one.side][first : first + one.clip.sound.size] += one.clip.sound * 10 ** (
            rng.uniform(-1.5, 1.5) / 20
        )
    for side in (0, 1):
        spoken = np.concatenate([_of(dry[side], s) for s in said if s.side == side] or [np.zeros(RATE_HZ)])
        if spoken.any():
            dry[side] *= 10 ** ((line.levels_lufs[side] - lufs(spoken)) / 20)
        dry[side] = _room(dry[side], rng) if line.room else dry[side]
    if behind is not None and line.babble_db is not None:
        dry[1] += behind * 10 ** ((line.levels_lufs[1] + line.babble_db - lufs(behind)) / 20)
    delay = round(line.crosstalk_s * RATE_HZ)
    leak = 0.0 if line.crosstalk_db is None else 10 ** (line.crosstalk_db / 20)
    mixed = [dry[side] + leak * np.roll(dry[1 - side], delay) for side in (0, 1)]
    noisy = [wave + rng.normal(size=wave.size) * 10 ** (line.noise_dbfs / 20) for wave in mixed]
    made = [through_g711(_agc(wave) if line.agc else wave, law=line.law) for wave in noisy]
    return resample_poly(made[0], 2, 1), resample_poly(made[1], 2, 1)


def _of(wave: Array, one: Said) -> Array:
    return wave[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)]


def _room(wave: Array, rng: np.random.Generator) -> Array:
    """A small room's early reflections and a tail of 0.15 s, 15 dB under the voice."""
    tail = rng.normal(size=round(0.15 * RATE_HZ)) * np.exp(
        -np.arange(round(0.15 * RATE_HZ)) / (0.03 * RATE_HZ)
    )
    tail *= 10 ** (-15 / 20) / np.sqrt((tail**2).sum())
    return wave + np.convolve(wave, np.concatenate([[0.0] * 40, tail]))[: wave.size]


def _agc(wave: Array) -> Array:
    """A recorder's automatic gain: up to 12 dB towards one level, in half a second."""
    power = lfilter([1 / (0.5 * RATE_HZ)], [1, -(1 - 1 / (0.5 * RATE_HZ))], wave**2)
    gain = np.clip(10 ** (-22 / 20) / np.sqrt(power + 1e-6), 10 ** (-12 / 20), 10 ** (12 / 20))
    return np.asarray(wave * gain)


def through_g711(wave: Array, *, law: str) -> Array:
    """Coded by G.711's curve (mu or A) in 8 bits and back."""
    wave = np.clip(wave, -1, 1)
    if law == "mu":
        steps = np.round(np.sign(wave) * np.log1p(255 * np.abs(wave)) / np.log(256) * 127) / 127
        return np.asarray(np.sign(steps) * (256 ** np.abs(steps) - 1) / 255)
    size, base = np.abs(wave), 1 + np.log(87.6)
    squeezed = np.where(size < 1 / 87.6, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1e-12))) / base
    steps = np.round(squeezed * 127) / 127
    opened = np.where(steps < 1 / base, steps * base / 87.6, np.exp(np.maximum(steps * base - 1, -50)) / 87.6)
    return np.asarray(np.sign(wave) * opened)
