"""Clips for :mod:`overlap_calls`: the sample calls' own turns, real read speech beside the checkout, or spoken texts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from overlap_calls import RATE_HZ, Array, Clip, Pool

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_audio"
DATA = Path(os.environ.get("CALLGAUGE_DATA", ROOT.parent / "shared" / "data"))
NODS = {"zh": "嗯", "en": "uh-huh"}
_UNDER_PEAK_DB = 30.0
_REFERENCE = 10 ** (-23 / 20)


def frames_db(sound: Array) -> Array:
    """Level of each 10 ms."""
    frames = sound[: sound.size // 80 * 80].reshape(-1, 80)
    return np.asarray(10 * np.log10((frames**2).mean(axis=1) + 1e-12))


def trimmed(sound: Array) -> Array:
    """From the first to the last 10 ms that lie within 30 dB of the loudest, levelled."""
    levels = frames_db(sound)
    active = np.flatnonzero(levels > levels.max() - _UNDER_PEAK_DB)
    kept = sound[active[0] * 80 : (active[-1] + 1) * 80]
    return np.asarray(kept / np.sqrt((kept**2).mean()) * _REFERENCE)


def without_breath(sound: Array) -> Array:
    """Read speech from its first voice on: a breath before it, 15 dB and more under the voice, is none of it."""
    levels = frames_db(sound)
    voiced = (levels > np.percentile(levels, 95) - 15.0).astype(float)
    steady = np.flatnonzero(np.convolve(voiced, np.ones(6), mode="valid") >= 5)
    if not steady.size:
        return sound
    first, last = max(0, int(steady[0]) - 5), min(levels.size, int(steady[-1]) + 6 + 8)
    return np.asarray(sound[first * 80 : last * 80])


def utterances(sound: Array, *, pause_s: float = 0.35) -> list[Array]:
    """Read speech cut at its pauses."""
    levels = frames_db(sound)
    active = np.flatnonzero(levels > np.percentile(levels, 95) - _UNDER_PEAK_DB)
    runs = np.split(active, np.flatnonzero(np.diff(active) > pause_s * 100) + 1)
    return [trimmed(without_breath(sound[run[0] * 80 : (run[-1] + 1) * 80])) for run in runs if run.size > 20]


def read_8k(path: Path) -> Array:
    """A sound file's first channel at 8 kHz."""
    from pipeline.audio import load

    _, channels = load(path, file=path.name)
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(channels.samples(0).astype(np.float64), 1, 2))


def read_speech(language: str) -> Pool:
    """Real voices reading; their backchannels are short pieces, whose words the test gives."""
    clips: list[Clip] = []
    for path in sorted((DATA / f"speech_{language}").glob("*.wav")):
        voice = path.stem[:5]
        clips += [
            Clip(sound, "内容" * 8 if language == "zh" else "some words of content here", voice)
            for sound in utterances(read_8k(path))
        ]
    content = tuple(clip for clip in clips if 1.6 <= clip.seconds <= 7.0)
    short = tuple(Clip(c.sound, NODS[language], c.voice) for c in clips if 0.2 <= c.seconds <= 0.7)
    if len(short) < 4:
        short = tuple(
            Clip(trimmed(c.sound[: round(0.45 * RATE_HZ)]), NODS[language], c.voice) for c in content
        )
    return Pool(language, content, short)


def spoken_texts(folder: Path, language: str) -> Pool:
    """What ``sample_audio/make/overlap_clips.py`` wrote."""
    listed = json.loads((folder / f"{language}.json").read_text("utf-8"))
    with np.load(folder / f"{language}.npz") as arrays:
        clips = {key: Clip(trimmed(arrays[key].astype(np.float64)), **listed[key]) for key in listed}
    content = tuple(clip for key, clip in clips.items() if key.startswith("c") and clip.seconds >= 1.6)
    return Pool(language, content, tuple(clip for key, clip in clips.items() if key.startswith("b")))


def sample_calls(language: str) -> Pool:
    """Turns of the sample calls, cut where the generator laid them; its backchannels as well."""
    from pipeline.analysis.backchannels import is_backchannel

    content, nods = [], []
    for path in sorted((SAMPLES / "expected").glob(f"{language}-??.json")):
        expected = json.loads(path.read_text("utf-8"))
        if not expected["roles"]:
            continue
        channel = {role: int(number) for number, role in expected["roles"].items()}
        sides = _both(SAMPLES / f"{path.stem}.flac")
        for turn in expected["transcript"]["turns"]:
            sound = sides[channel[turn["speaker"]]]
            piece = sound[round(turn["start_s"] * RATE_HZ) : round(turn["end_s"] * RATE_HZ)]
            clip = Clip(trimmed(piece), turn["text"], f"{path.stem}-{turn['speaker']}")
            if is_backchannel(turn["text"]) and clip.seconds < 1.0:
                nods.append(clip)
            elif 1.6 <= clip.seconds <= 9.0:
                content.append(clip)
    return Pool(language, tuple(content), tuple(nods))


def _both(path: Path) -> tuple[Array, Array]:
    from scipy.signal import resample_poly

    from pipeline.audio import load

    _, channels = load(path, file=path.name)
    first, second = (np.asarray(resample_poly(channels.samples(n).astype(np.float64), 1, 2)) for n in (0, 1))
    return first, second
