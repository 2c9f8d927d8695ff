"""How well words are heard, beside faster-whisper's beam 5 on the same channels, plain and through a telephone line.

A development tool::

    python -m pipeline.speech_bench accuracy ../shared/data/speech_zh ../shared/data/speech_en sample_audio

A folder holds its truth as ``transcripts.tsv`` (file, text) or as ``expected/<call_id>.json`` (the form of
``sample_audio``), where each side of a call is a clip of its own. Both engines get the same samples, the same model and
precision, find the language by themselves, and are compared after the same normalising (simplified characters, no
punctuation, no case). Clips of 20 s and more are told apart: the long read texts here are loosely transcribed.
"""

from __future__ import annotations

import csv
import functools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from models import registry
from models.whisper_load import from_environment, resolve
from pipeline.audio import Channels, listen, load
from pipeline.speech import default_recogniser
from pipeline.speech.error_rate import ErrorRate, error_rate
from pipeline.speech.normalise import is_han, simplified
from pipeline.speech.transcribe import SpeechSettings, transcribe

Samples = NDArray[np.float32]
RATE_HZ = 16_000
LONG_S = 20.0
_MU = 255.0
_NOTHING = ErrorRate(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Clip:
    """One channel with its truth; ``group`` names the row of the table that it counts in."""

    name: str
    samples: Samples
    truth: str
    language: str
    group: str


@dataclass(frozen=True, slots=True)
class Row:
    """A group heard by one engine: its errors and the processor's seconds a second of sound."""

    errors: ErrorRate = _NOTHING
    cpu_s: float = 0.0
    sound_s: float = 0.0


Engine = Callable[[Samples, str | None], str]


@click.group()
def main() -> None:
    """Measure recognition."""


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--known-language", is_flag=True, help="Tell both engines the language.")
@click.option("--alone", is_flag=True, help="Leave faster-whisper out.")
def accuracy(folders: tuple[Path, ...], known_language: bool, alone: bool) -> None:
    """Print error rates a group, plain and through G.711 at 8 kHz: ours, then faster-whisper's beam 5."""
    engines: dict[str, Engine] = {"ours": ours} if alone else {"ours": ours, "faster-whisper": theirs}
    found: dict[tuple[str, str, str], Row] = {}
    for folder in folders:
        for clip in clips_of(folder):
            for line, sound in (("plain", clip.samples), ("telephone", telephone(clip.samples))):
                for name, engine in engines.items():
                    key = (clip.group, line, name)
                    language = clip.language if known_language else None
                    found[key] = _heard(found.get(key, Row()), clip, sound, engine, language)
    for (group, line, name), row in sorted(found.items()):
        unit = "CER" if group.startswith("zh") else "WER"
        click.echo(
            f"{group:10} {line:9} {name:14} {unit} {row.errors.rate:.4f} "
            f"({row.errors.errors} of {row.errors.reference_length})  {row.cpu_s / row.sound_s:.4f} of the length"
        )


def _heard(before: Row, clip: Clip, sound: Samples, engine: Engine, language: str | None) -> Row:
    began = time.process_time()
    text = engine(sound, language)
    errors = error_rate(simplified(clip.truth), simplified(text), language=clip.language)
    return Row(
        before.errors + errors,
        before.cpu_s + time.process_time() - began,
        before.sound_s + len(sound) / RATE_HZ,
    )


def ours(sound: Samples, language: str | None) -> str:
    """What Callgauge hears in one channel."""
    heard = listen(Channels.of(sound))
    channels = [heard.channels.samples(0)]
    raw = transcribe(
        channels, [heard.sides[0].speech], recogniser=default_recogniser(None),
        settings=SpeechSettings(language=language),
    )  # fmt: skip
    return " ".join(word.text for word in raw.channels[0].words)


@functools.cache
def plain_model() -> object:
    """faster-whisper with our model and precision, once a process."""
    from faster_whisper import WhisperModel

    settings = from_environment()
    device, compute_type = resolve(settings.device, settings.compute_type, gpus=0)
    return WhisperModel(str(registry.whisper_path(settings.model)), device=device, compute_type=compute_type)


def theirs(sound: Samples, language: str | None) -> str:
    """What faster-whisper's defaults (beam 5) hear in it."""
    segments, _ = plain_model().transcribe(sound, language=language)  # type: ignore[attr-defined]
    return "".join(segment.text for segment in segments)


def clips_of(folder: Path) -> Iterator[Clip]:
    """All channels of a folder whose words are known."""
    table = folder / "transcripts.tsv"
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file, delimiter="\t"):
                if (folder / row[0]).is_file():
                    samples = load(folder / row[0])[1].samples(0)
                    kind = "long" if len(samples) >= LONG_S * RATE_HZ else "read"
                    language = "zh" if any(map(is_han, row[1])) else "en"
                    yield Clip(row[0], samples, row[1], language, f"{language} {kind}")
    for path in sorted((folder / "expected").glob("*.json")):
        yield from _sides(folder, json.loads(path.read_text(encoding="utf-8")))


def _sides(folder: Path, expected: dict) -> Iterator[Clip]:
    sound = next(folder.glob(f"{expected['call_id']}.*"))
    _, channels = load(sound)
    if channels.count < 2:
        return
    for channel, speaker in expected["roles"].items():
        said = [turn["text"] for turn in expected["transcript"]["turns"] if turn["speaker"] == speaker]
        if said:
            yield Clip(
                f"{sound.name} {speaker}", channels.samples(int(channel)), " ".join(said),
                expected["language"], f"{expected['language']} calls",
            )  # fmt: skip


def telephone(sound: Samples) -> Samples:
    """Through 8 kHz and G.711 μ-law, and back."""
    import soxr

    narrow = np.clip(soxr.resample(sound, RATE_HZ, RATE_HZ // 2), -1.0, 1.0)
    law = np.sign(narrow) * np.log1p(_MU * np.abs(narrow)) / np.log1p(_MU)
    coded = np.round(law * 127.0) / 127.0
    back = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(_MU)) / _MU
    return np.asarray(soxr.resample(back.astype(np.float32), RATE_HZ // 2, RATE_HZ), dtype=np.float32)


if __name__ == "__main__":
    main()
