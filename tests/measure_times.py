# ruff: noqa: T201, E402 - a script that talks to whoever runs it, and finds the checkout first
"""Prints how late or early words are told to begin: ``python tests/measure_times.py --voices package/voices``.

Words spoken one by one by the sample calls' synthetic voices (``sample_audio/README.md`` tells how to get them), laid behind
each other with 10 to 60 ms between them and here and there a pause, through a telephone line. Where each begins is known;
a word counts where it came out. ``before a pause`` and ``after a pause`` are those beside one of 0.3 s and more.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
sys.path.append(str(Path(__file__).resolve().parents[1] / "sample_audio" / "make"))

import numpy as np
import soxr
from clip_pools import frames_db
from rapidfuzz.distance import Levenshtein
from voices import SYNTHESIS_RATE_HZ, speak

from pipeline.audio import Channels, listen
from pipeline.bench_sounds import telephone
from pipeline.speech import default_recogniser
from pipeline.speech.error_rate import units
from pipeline.speech.protocol import Samples
from pipeline.speech.transcribe import transcribe
from pipeline.types import Word

RATE_HZ = 16_000
PAUSE_S = 0.3
VOICES = {
    "en": ("af_bella", "am_michael", "bf_emma", "bm_george"),
    "zh": ("zf_xiaobei", "zf_xiaoni", "zm_yunjian", "zm_yunyang"),
}
SENTENCES = {
    "en": """Tomorrow morning the driver will bring seven boxes to your garden.
        Please open every window before you start painting the kitchen.
        My brother bought another bicycle because the old one was stolen.
        Nobody answered when the doctor called about the appointment yesterday.
        Could somebody explain why this invoice is higher than before?
        We usually travel by train whenever the weather is terrible.""",
    "zh": """明天 早上 司机 会 送 七个 箱子 到 花园。
        请你 先 打开 窗户 然后 再 打扫 厨房。
        昨天 医生 打电话 问 你 为什么 没有 去 医院。
        我们 下个星期 坐 火车 去 上海 旅游。
        这个 月 的 电费 比 上个月 贵 很多。
        他 弟弟 买了 一辆 新的 自行车。""",
}


def trimmed(sound: Samples) -> Samples:
    """From the first to the last 10 ms that lie within 30 dB of the loudest."""
    levels = frames_db(soxr.resample(sound.astype(np.float64), RATE_HZ, RATE_HZ // 2))
    loud = np.flatnonzero(levels > levels.max() - 30.0)
    return sound[loud[0] * 160 : (loud[-1] + 1) * 160]


def laid(
    words: Sequence[str], sounds: Sequence[Samples], rng: random.Random
) -> tuple[Samples, list[float], list[float]]:
    """The words' sounds behind each other; where each begins, and how long it is silent before each and after the last."""
    parts, starts, gaps, at = [], [], [], 0.0
    for place, sound in enumerate(sounds):
        sentence_ends = place > 0 and words[place - 1][-1] in ".?。？"
        pause = sentence_ends or rng.random() < 0.15
        gaps.append(rng.choice([0.3, 0.5, 0.8, 1.2, 2.5]) if pause or not place else rng.uniform(0.01, 0.06))
        at += gaps[-1]
        starts.append(at)
        parts += [np.zeros(round(gaps[-1] * RATE_HZ), dtype=np.float32), sound]
        at += len(sound) / RATE_HZ
    gaps.append(1.0)
    line = np.concatenate([*parts, np.zeros(RATE_HZ, dtype=np.float32)])
    noise = np.random.default_rng(rng.randrange(9999)).normal(0.0, 1e-3, line.size)
    return telephone((line + noise).astype(np.float32)), starts, gaps


def onsets(words: Sequence[Word], language: str) -> list[tuple[str, float | None]]:
    """Each unit that came out, with its beginning where it begins a word."""
    found: list[tuple[str, float | None]] = []
    for word in words:
        parts = units(word.text, language=language)
        found += [(part, None if place else word.start_s) for place, part in enumerate(parts)]
    return found


def measure(
    language: str, voice: str, seed: int, folder: Path, cache: Path
) -> list[tuple[float, bool, bool]]:
    """How much later than it was said each word is told to begin, and whether a pause is after, and before it."""
    rng = random.Random(f"{voice} {seed}")
    sentences = [line.split() for line in SENTENCES[language].splitlines()]
    rng.shuffle(sentences)
    words = [word for sentence in sentences for word in sentence]
    sounds = [
        trimmed(soxr.resample(speak(word, voice=voice, rate=1.0, voices=folder, cache_dir=cache), SYNTHESIS_RATE_HZ, RATE_HZ))
        for word in words
    ]  # fmt: skip
    sound, starts, gaps = laid(words, [each * (0.1 / np.sqrt((each**2).mean())) for each in sounds], rng)
    heard = listen(Channels.of(sound))
    raw = transcribe([heard.channels.view(0)], [heard.sides[0].speech], recogniser=default_recogniser(None))
    found = onsets(raw.channels[0].words, language)
    wanted = [
        (part, place if not k else None)
        for place, word in enumerate(words)
        for k, part in enumerate(units(word, language=language))
    ]
    errors = []
    for block in Levenshtein.opcodes([unit for unit, _ in wanted], [unit for unit, _ in found]):
        if block.tag != "equal":
            continue
        for k in range(block.src_end - block.src_start):
            place, start_s = wanted[block.src_start + k][1], found[block.dest_start + k][1]
            if place is not None and start_s is not None:
                errors.append((start_s - starts[place], gaps[place + 1] >= PAUSE_S, gaps[place] >= PAUSE_S))
    return errors


def line(name: str, errors: Sequence[float]) -> str:
    """One row."""
    if not errors:
        return f"{name:34} nothing came out"
    sizes = np.abs(errors)
    late = f"{np.median(sizes) * 1000:4.0f} ms median, {np.percentile(sizes, 95) * 1000:4.0f} 95th percentile"
    return f"{name:34} {len(sizes):3} words: {late}, {(sizes > 0.2).sum()} over 200 ms"


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--voices", type=Path, required=True, help="Folder of the voices' style vectors.")
    asked.add_argument("--cache", type=Path, default=Path("sample_audio/make/.cache"))
    asked.add_argument("--seeds", type=int, default=2, help="Arrangements a voice.")
    told = asked.parse_args()
    for language, voices in VOICES.items():
        every: list[tuple[float, bool, bool]] = []
        for voice in voices:
            own = [
                each
                for seed in range(told.seeds)
                for each in measure(language, voice, seed, told.voices, told.cache)
            ]
            print(line(f"{language} {voice}", [each[0] for each in own]), flush=True)
            every += own
        print(line(f"{language}, all", [each[0] for each in every]))
        print(line(f"{language}, before a pause", [each[0] for each in every if each[1]]))
        print(line(f"{language}, after a pause", [each[0] for each in every if each[2]]), flush=True)


if __name__ == "__main__":
    main()
