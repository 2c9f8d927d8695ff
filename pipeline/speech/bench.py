"""Speed of the speech engine as a ratio measured in one run, and its error rates where the truth is known.

The comparison is faster-whisper as most people call it: its defaults (beam 5, no activity detection),
the same model, the same precision and threads, on each channel, in the same process and right after
ours for every recording, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import csv
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.intervals import Timeline
from pipeline.speech.error_rate import ErrorRate, error_rate
from pipeline.speech.listen import listen_words
from pipeline.speech.normalise import join_words, simplified
from pipeline.speech.protocol import Recogniser, Samples
from pipeline.speech.transcribe import RawTranscript, SpeechSettings

Reader = Callable[[Path], tuple[Sequence[Samples], Sequence[Timeline]]]
_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One recording: how long it lasts and what each stage took, all in seconds.

    ``errors`` and ``baseline_errors`` are None where no transcript lies beside the sound,
    ``baseline_s`` where nothing was compared.
    """

    file: str
    duration_s: float
    channels: int
    speech_s: float
    language: str
    read_s: float
    transcribe_s: float
    baseline_s: float | None = None
    errors: ErrorRate | None = None
    baseline_errors: ErrorRate | None = None


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All recordings of one run. Time ratios are seconds of work a second of call, whatever its channels."""

    rows: tuple[BenchRow, ...]
    peak_memory_mb: float
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length of all calls."""
        return sum(row.duration_s for row in self.rows)

    @property
    def ratio(self) -> float:
        """Our work ÷ length of the calls."""
        return sum(row.read_s + row.transcribe_s for row in self.rows) / self.duration_s

    @property
    def baseline_ratio(self) -> float | None:
        """The other engine's work ÷ length of the calls."""
        taken = [row.baseline_s for row in self.rows if row.baseline_s is not None]
        return sum(taken) / self.duration_s if taken else None

    @property
    def transcription_share(self) -> float:
        """Share of our time that transcription took."""
        taken = sum(row.transcribe_s for row in self.rows)
        return taken / (taken + sum(row.read_s for row in self.rows))

    def error_rates(self) -> dict[str, tuple[ErrorRate, ErrorRate | None]]:
        """Error rates a language: ours and the other engine's."""
        rates: dict[str, tuple[ErrorRate, ErrorRate | None]] = {}
        nothing = ErrorRate(0, 0, 0, 0)
        for row in self.rows:
            if row.errors is None:
                continue
            ours, theirs = rates.get(row.language, (nothing, None))
            if row.baseline_errors is not None:
                theirs = (theirs or nothing) + row.baseline_errors
            rates[row.language] = (ours + row.errors, theirs)
        return rates

    def lines(self) -> Iterator[str]:
        """The report as text, a line at a time."""
        for row in self.rows:
            compared = (
                f"  against {row.baseline_s / row.duration_s:.3f}" if row.baseline_s is not None else ""
            )
            yield (
                f"{row.file}: {row.duration_s:.0f} s, {row.channels} channel(s), "
                f"{row.speech_s:.0f} s of speech, "
                f"{row.language}, ratio {(row.read_s + row.transcribe_s) / row.duration_s:.3f}{compared}"
            )
        yield f"calls: {len(self.rows)}, {self.duration_s:.0f} s"
        share = f"transcription {self.transcription_share:.0%} of it"
        yield f"ratio: {self.ratio:.4f} of the calls' length, {share}"
        if self.baseline_ratio is not None:
            times = f"{self.baseline_ratio / self.ratio:.1f} times ours"
            yield f"faster-whisper's defaults: {self.baseline_ratio:.4f}, {times}"
        for language, (ours, theirs) in sorted(self.error_rates().items()):
            unit = "CER" if language == "zh" else "WER"
            compared = f" against {theirs.rate:.3f}" if theirs else ""
            yield f"{unit} {language}: {ours.rate:.3f}{compared} over {ours.reference_length} units"
        yield f"peak memory: {self.peak_memory_mb:.0f} MB"


def bench(
    paths: Sequence[Path],
    *,
    read: Reader,
    recogniser: Recogniser,
    against: Literal["faster-whisper"] | None = None,
    settings: SpeechSettings | None = None,
) -> BenchReport:
    """Transcribe each recording, and compare.

    Parameters
    ----------
    paths
        Recordings. A ``.txt`` of the same name, or a ``transcripts.tsv`` (file, text) in the folder,
        holds the truth.
    read
        Decodes a recording to channels at 16 kHz and finds their speech; its time counts.
    against
        Engine to compare with; needs a recogniser with a ``model`` of faster-whisper.
    """
    recogniser.transcribe([_silence()], language="en")  # loads the model: no call pays for it
    rows = tuple(_row(path, read, recogniser, against, settings) for path in paths)
    # peak memory is the process's, in kilobytes on Linux and bytes on macOS
    unit = 1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return BenchReport(rows, peak, dict(recogniser.describe()))


def _row(
    path: Path, read: Reader, recogniser: Recogniser, against: str | None, settings: SpeechSettings | None
) -> BenchRow:
    started = time.perf_counter()
    channels, activity = read(path)
    was_read = time.perf_counter()
    raw = listen_words(channels, activity, recogniser=recogniser, settings=settings)
    was_heard = time.perf_counter()
    truth = _truth(path)
    baseline_s, baseline = _baseline(channels, recogniser) if against else (None, None)
    return BenchRow(
        file=path.name,
        duration_s=max(len(channel) for channel in channels) / _RATE_HZ,
        channels=len(channels),
        speech_s=sum(line.duration_s for line in activity),
        language=raw.language,
        read_s=was_read - started,
        transcribe_s=was_heard - was_read,
        baseline_s=baseline_s,
        errors=_errors(truth, _text(raw), raw.language),
        baseline_errors=_errors(truth, baseline, raw.language),
    )


def _baseline(channels: Sequence[Samples], recogniser: Recogniser) -> tuple[float, str]:
    model = getattr(recogniser, "model", None)
    if model is None:
        raise ValueError("only a recogniser on faster-whisper can be compared with faster-whisper")
    started = time.perf_counter()
    said = [segment.text for channel in channels for segment in model.transcribe(channel)[0]]
    return time.perf_counter() - started, " ".join(said)


def _errors(truth: str | None, said: str | None, language: str) -> ErrorRate | None:
    if truth is None or said is None:
        return None
    return error_rate(simplified(truth), simplified(said), language=language)


def _text(raw: RawTranscript) -> str:
    return " ".join(join_words([word.text for word in channel.words]) for channel in raw.channels)


def _truth(path: Path) -> str | None:
    beside = path.with_suffix(".txt")
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    table = path.with_name("transcripts.tsv")
    if not table.is_file():
        return None
    with table.open(encoding="utf-8", newline="") as file:
        return next((row[1] for row in csv.reader(file, delimiter="\t") if row and row[0] == path.name), None)


def _silence() -> Samples:
    import numpy as np

    return np.zeros(_RATE_HZ, dtype=np.float32)
