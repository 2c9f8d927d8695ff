# ruff: noqa: T201, E402 - a script that talks to whoever runs it, and finds the checkout first
"""Prints what is heard of calls that change their language: ``python tests/measure_languages.py [--calls N] [--seed S]``.

One channel through a telephone line, a Mandarin and an English voice in turn; of each sentence the share of its units that
came out where it was said, and what came out there in the other language. Sentences are the sample calls' and, where it lies
beside the checkout, short read speech of real voices. ``never`` is the control: calls in one language.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import numpy as np
from clip_pools import DATA, read_8k, sample_calls, trimmed
from overlap_calls import RATE_HZ, Clip
from scipy.signal import resample_poly

from pipeline.audio import Channels, listen
from pipeline.bench_sounds import telephone
from pipeline.speech import default_recogniser
from pipeline.speech.error_rate import error_rate, units
from pipeline.speech.normalise import is_han
from pipeline.speech.transcribe import transcribe
from pipeline.types import Word

SENTENCES = 10
LOST = 0.4
EDGE_S = 0.3
LANGUAGES = ("zh", "en")


@dataclass
class Score:
    """Of one kind of call: units said and come out, sentences lost, units in the language that was not spoken."""

    said: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)

    def line(self, name: str) -> str:
        """Its row of the table."""
        parts = [
            f"{code} {self.heard[code] / max(1, self.said[code]):.2f} of {self.said[code]:4} units, "
            f"{self.lost[code]:2} of {self.sentences[code]:3} sentences lost, {self.strange[code]:2} of the other"
            for code in LANGUAGES
        ]
        return f"{name:18} " + "; ".join(parts)


def read_sentences(language: str) -> tuple[Clip, ...]:
    """Short read speech of real voices with its text."""
    folder = DATA / f"speech_{language}"
    if not folder.is_dir():
        return ()
    with (folder / "transcripts.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if (folder / row[0]).is_file()]
    clips = (Clip(trimmed(read_8k(folder / name)), text, name[:5]) for name, text in rows)
    return tuple(clip for clip in clips if 1.6 <= clip.seconds <= 9.0)


def order(rng: random.Random, pools: dict[str, Sequence[Clip]], every: int) -> Iterator[tuple[str, Clip]]:
    """Sentences of one call, whose language changes after ``every``; 0: never."""
    said = {code: rng.sample(list(pool), min(len(pool), SENTENCES)) for code, pool in pools.items()}
    code = rng.choice(LANGUAGES)
    for place in range(SENTENCES):
        if every and place and place % every == 0:
            code = LANGUAGES[1 - LANGUAGES.index(code)]
        if said[code]:
            yield code, said[code].pop()


def measure(
    score: Score, rng: random.Random, pools: dict[str, Sequence[Clip]], every: int, show: bool
) -> None:
    """Lay one call, hear it, count."""
    parts, spans, at = [np.zeros(RATE_HZ // 2)], [], 0.5
    for code, clip in order(rng, pools, every):
        pause_s = rng.choice([0.25, 0.4, 0.6, 0.9, 1.5])
        spans.append((code, clip.text, at, at + clip.seconds))
        parts += [clip.sound, np.zeros(round(pause_s * RATE_HZ))]
        at += clip.seconds + len(parts[-1]) / RATE_HZ
    wide = resample_poly(np.concatenate(parts), 2, 1)
    line = telephone(
        (wide + np.random.default_rng(rng.randrange(9999)).normal(0, 1e-3, wide.size)).astype(np.float32)
    )
    heard = listen(Channels.of(line))
    raw = transcribe([heard.channels.view(0)], [heard.sides[0].speech], recogniser=default_recogniser(None))
    words = raw.channels[0].words if raw.channels else ()
    for code, text, start_s, end_s in spans:
        there = " ".join(w.text for w in words if start_s - EDGE_S <= middle(w) <= end_s + EDGE_S)
        count(score, code, text, there, show)


def middle(word: Word) -> float:
    """Where a word lies."""
    return ((word.start_s or 0.0) + (word.end_s or 0.0)) / 2


def count(score: Score, code: str, text: str, there: str, show: bool) -> None:
    """Add one sentence."""
    wanted, found = units(text, language=code), units(there, language=code)
    errors = error_rate(text, there, language=code)
    share = max(0, len(wanted) - errors.substitutions - errors.deletions)
    score.said[code] += len(wanted)
    score.heard[code] += share
    score.sentences[code] += 1
    score.lost[code] += share < LOST * len(wanted)
    score.strange[code] += sum(
        any(map(is_han, unit)) != (code == "zh") and not unit.isdigit() for unit in found
    )
    if show and share < LOST * len(wanted):
        print(f"   lost {code}: {text}\n      -> {there}")


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calls", type=int, default=4)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--show", action="store_true", help="Print the sentences that were lost.")
    told = asked.parse_args()
    kinds: dict[str, dict[str, Sequence[Clip]]] = {
        "samples": {code: sample_calls(code).content for code in LANGUAGES},
        "read": {code: read_sentences(code) for code in LANGUAGES},
    }
    for name, pools in kinds.items():
        if not all(pools.values()):
            continue
        for every in (1, 3, 5, 0):
            score = Score()
            for call in range(told.calls):
                measure(score, random.Random(f"{name} {every} {call} {told.seed}"), pools, every, told.show)
            print(score.line(f"{name}, {f'every {every}' if every else 'never'}"), flush=True)


if __name__ == "__main__":
    main()
