"""How well words are heard, beside faster-whisper's beam 5 on the same channels, plain and through a telephone line.

A development tool::

    python -m pipeline.speech_bench accuracy ../shared/data/speech_zh ../shared/data/speech_en sample_audio
    python -m pipeline.speech_bench invented --voices ../shared/data/speech_en --voices ../shared/data/speech_zh

``invented`` prints how many words are heard in sounds without any, and in many voices at once. For ``accuracy`` a folder
holds its truth as ``transcripts.tsv`` (file, text) or as ``expected/<call_id>.json`` (the form of ``sample_audio``), where
each side of a call is a clip of its own. Both engines get the same samples, the same model and precision, find the language
by themselves, and are compared after the same normalising (simplified characters, no punctuation, no case). Clips of 20 s
and more are told apart: the long read texts here are loosely transcribed. The last lines tell how far the two
differ over all clips.
"""

from __future__ import annotations

import csv
import functools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from models import registry
from models.whisper_load import from_environment, resolve
from pipeline import bench_sounds
from pipeline.audio import Channels, listen, load
from pipeline.speech import default_recogniser
from pipeline.speech.error_rate import ErrorRate, error_rate, paired_difference
from pipeline.speech.normalise import is_han, simplified
from pipeline.speech.transcribe import SpeechSettings, transcribe

Samples = NDArray[np.float32]
RATE_HZ = 16_000
LONG_S = 20.0
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

    def __add__(self, other: Row) -> Row:
        return Row(self.errors + other.errors, self.cpu_s + other.cpu_s, self.sound_s + other.sound_s)


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
    clips: dict[tuple[str, str, str], ErrorRate] = {}
    for folder in folders:  # each folder's rows as soon as they are known: the whole takes a while
        found: dict[tuple[str, str, str], Row] = {}
        for number, clip in enumerate(clips_of(folder)):
            for line, sound in (("plain", clip.samples), ("telephone", bench_sounds.telephone(clip.samples))):
                for name, engine in engines.items():
                    key = (clip.group, line, name)
                    language = clip.language if known_language else None
                    heard = _heard(clip, sound, engine, language)
                    found[key] = found.get(key, Row()) + heard
                    clips[f"{clip.language} {line}", f"{folder} {number}", name] = heard.errors
        for (group, line, name), row in sorted(found.items()):
            unit = "CER" if group.startswith("zh") else "WER"
            click.echo(
                f"{group:10} {line:9} {name:14} {unit} {row.errors.rate:.4f} "
                f"({row.errors.errors} of {row.errors.reference_length})  "
                f"{row.cpu_s / row.sound_s:.4f} of the length"
            )
    for line in sorted({key[0] for key in clips} if not alone else ()):
        pairs = [
            (mine, clips[line, clip, "faster-whisper"])
            for (at, clip, name), mine in clips.items()
            if at == line and name == "ours"
        ]
        click.echo(f"{line:20} {_compared(pairs)}")


def _compared(pairs: Sequence[tuple[ErrorRate, ErrorRate]]) -> str:
    difference, low, high = paired_difference(pairs)
    mine, other = (sum((pair[side] for pair in pairs), _NOTHING) for side in (0, 1))
    return (
        f"{mine.errors} errors beside {other.errors} in {mine.reference_length} ({len(pairs)} clips): "
        f"{difference:+.4f}, 95 % from {low:+.4f} to {high:+.4f}"
    )


@main.command()
@click.option("--minutes", type=float, default=10.0, show_default=True, help="Length of each sound.")
@click.option(
    "--voices", multiple=True, type=click.Path(exists=True, path_type=Path), help="Folder of speech to mix."
)
@click.option("--only", help="Sounds whose name holds this.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one makes other sounds.")
def invented(minutes: float, voices: tuple[Path, ...], only: str | None, seed: int) -> None:
    """Print how many words are heard where nobody says any, and what was taken out."""
    for name, sound in _wordless(minutes * 60.0, voices, only or "", seed):
        heard = listen(Channels.of(sound))
        speech = heard.sides[0].speech
        raw = transcribe([heard.channels.view(0)], [speech], recogniser=default_recogniser(None))
        found = raw.channels[0] if raw.channels else None
        words, dropped = (found.words, found.dropped) if found else ((), ())
        rules = ", ".join(sorted({item.rule for item in dropped}))
        click.echo(
            f"{name:28} {speech.duration_s:5.0f} s taken for speech, {len(words)} words"
            f"{' (dropped by ' + rules + ')' if rules else ''}"
            f"{': ' + ' '.join(word.text for word in words)[:80] if words else ''}"
        )


def _wordless(
    seconds: float, folders: tuple[Path, ...], only: str, seed: int
) -> Iterator[tuple[str, Samples]]:
    if any(name in only or only in name for name in ("silence", "line noise", "ringback", "dtmf", "music")):
        yield from (each for each in bench_sounds.wordless(seconds, seed=seed) if only in each[0])
    for folder in folders:
        files = sorted(folder.glob("*.wav"))
        for count in (6, 8):
            name = f"{count} voices, {folder.name}"
            if only not in name or len(files) < count:
                continue
            step = len(files) // count
            chosen = files[seed % step :: step][:count]
            sounds = [load(path)[1].samples(0) for path in chosen]
            yield name, bench_sounds.babble(sounds, seconds, seed=count + seed)


def _heard(clip: Clip, sound: Samples, engine: Engine, language: str | None) -> Row:
    began = time.process_time()
    text = engine(sound, language)
    errors = error_rate(simplified(clip.truth), simplified(text), language=clip.language)
    return Row(errors, time.process_time() - began, len(sound) / RATE_HZ)


def ours(sound: Samples, language: str | None) -> str:
    """What Callgauge hears in one channel."""
    heard = listen(Channels.of(sound))
    channels = [heard.channels.view(0)]
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


if __name__ == "__main__":
    main()
