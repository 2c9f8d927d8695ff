# ruff: noqa: T201, E402 - a script that talks to whoever runs it, and finds the checkout first
"""Prints how well names are heard, without and with the profile's names as hints: ``python tests/measure_names.py``.

Of the sample calls' two-channel recordings: names of the profile that were said, that came out letter by letter, that came
out by their sound (a Mandarin name's toneless syllables), and that came out more often than they were said. Where read
speech lies beside the checkout, and on a noisy line, nobody says any: whatever comes out there was put in by the hints.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import numpy as np
from clip_pools import DATA, SAMPLES

from pipeline.analysis.phonetic import places_of, sound_of
from pipeline.audio import Channels, listen, load
from pipeline.bench_sounds import telephone, wordless
from pipeline.process import names_of
from pipeline.profile import load_profile
from pipeline.speech import default_recogniser
from pipeline.speech.normalise import is_han, join_words
from pipeline.speech.protocol import Samples
from pipeline.speech.transcribe import transcribe


def hear(channels: Channels, hints: Sequence[str]) -> list[str]:
    """The text of each channel."""
    heard = listen(channels)
    sounds = [heard.channels.view(each) for each in range(channels.count)]
    raw = transcribe(
        sounds, [side.speech for side in heard.sides], recogniser=default_recogniser(None), hints=hints
    )
    return [join_words([word.text for word in channel.words]) for channel in raw.channels]


def counted(names: Sequence[str], text: str, *, by_sound: bool = False) -> Counter[str]:
    """How often each name stands in a text; the longest first, and what it covers is not counted again."""
    found: Counter[str] = Counter()
    left = text.casefold()
    for name in sorted(names, key=len, reverse=True):
        wanted = name.casefold()
        alike = by_sound and all(map(is_han, name))
        places = places_of(sound_of(wanted), sound_of(left)) if alike else places_of(wanted, left)
        for at in reversed(places):
            left = left[:at] + "\n" * len(wanted) + left[at + len(wanted) :]
        found[name] += len(places)
    return found


def said(only: str) -> Iterator[tuple[Channels, list[str]]]:
    """Two-channel sample calls with the text of each channel."""
    for path in sorted((SAMPLES / "expected").glob(f"{only}*.json")):
        expected = json.loads(path.read_text("utf-8"))
        _, channels = load(next(SAMPLES.glob(f"{path.stem}.*")))
        if channels.count == 2:
            turns = expected["transcript"]["turns"]
            sides = [expected["roles"].get(str(each)) for each in range(2)]
            yield (
                channels,
                ["".join(t["text"] + "\n" for t in turns if t["speaker"] == side) for side in sides],
            )


def nameless(seconds: float) -> Iterator[tuple[str, Samples]]:
    """Sound in which nobody says a name."""
    for language in ("zh", "en"):
        files = sorted((DATA / f"speech_{language}").glob("[!a]*.wav"))[:20]
        if files:
            yield f"read {language}", telephone(np.concatenate([load(path)[1].samples(0) for path in files]))
    yield from (each for each in wordless(seconds) if each[0] in ("line noise", "music, reed"))


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="Calls whose name begins so.")
    asked.add_argument("--seconds", type=float, default=60.0, help="Of each sound without speech.")
    told = asked.parse_args()
    names = names_of(load_profile(SAMPLES / "profile.yaml"))
    for name, hints in (("no hints", ()), ("hints", names)):
        totals = Counter[str]()
        for channels, texts in said(told.only):
            for truth, text in zip(texts, hear(channels, hints), strict=True):
                wanted, exact, alike = (
                    counted(names, truth),
                    counted(names, text),
                    counted(names, text, by_sound=True),
                )
                totals += Counter(
                    said=wanted.total(), exact=(wanted & exact).total(), by_sound=(wanted & alike).total(),
                    invented=(exact - wanted).total(), invented_by_sound=(alike - wanted).total(),
                )  # fmt: skip
        print(f"{name:9} sample calls: " + ", ".join(f"{key} {totals[key]}" for key in totals), flush=True)
        for kind, sound in nameless(told.seconds):
            text = "".join(hear(Channels.of(sound), hints))
            print(
                f"{name:9} {kind}: {counted(names, text).total()} names, {len(text)} characters", flush=True
            )


if __name__ == "__main__":
    main()
