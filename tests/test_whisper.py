"""Whisper itself, on real speech: slow, marked ``models``; the recordings lie beside the checkout."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clip_pools import sample_calls
from scipy.signal import resample_poly

from pipeline.intervals import Span, Timeline
from pipeline.speech import RawTranscript, SpeechSettings, default_recogniser, listen_words
from pipeline.speech.error_rate import corpus_error_rate, error_rate, units
from pipeline.speech.normalise import join_words

if TYPE_CHECKING:
    from pipeline.speech.protocol import Samples

DATA = Path(os.environ.get("CALLGAUGE_DATA", Path(__file__).parents[2] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no recordings at ../shared/data or CALLGAUGE_DATA")


def read(path: Path) -> Samples:
    from faster_whisper.audio import decode_audio

    return np.asarray(decode_audio(str(path)), dtype=np.float32)


def hear(samples: Samples, *, language: str | None = None) -> RawTranscript:
    speech = Timeline([Span(0.0, len(samples) / 16_000)])
    return listen_words(
        [samples], [speech], recogniser=default_recogniser(), settings=SpeechSettings(language=language)
    )


def text_of(raw: RawTranscript) -> str:
    return join_words([word.text for channel in raw.channels for word in channel.words])


def test_error_rate_counts_each_kind() -> None:
    found = error_rate("今天天气很好", "今天天汽好吗", language="zh")
    assert (found.substitutions + found.insertions + found.deletions, found.reference_length) == (3, 6)
    assert units("CPM是30元", language="zh") == ["cpm", "是", "30", "元"]


def test_a_corpus_weighs_by_length() -> None:
    pairs = [("a b c d e f g h i", "a b c d e f g h i"), ("x", "y")]
    assert corpus_error_rate(pairs, language="en").rate == pytest.approx(0.1)


@pytest.mark.models
@needs_data
@pytest.mark.parametrize(("language", "most"), [("zh", 0.15), ("en", 0.30)])
def test_read_speech_is_heard_as_well_as_the_model_can(language: str, most: float) -> None:
    folder = DATA / f"speech_{language}"
    with (folder / "transcripts.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if not row[0].startswith("azure")][:12]
    pairs = [(text, text_of(hear(read(folder / name), language=language))) for name, text in rows]
    assert corpus_error_rate(pairs, language=language).rate < most


@pytest.mark.models
@needs_data
@pytest.mark.parametrize(
    ("name", "language"),
    [("zh_wealth_opening_8k.wav", "zh"), ("zh_parttime_8k.wav", "zh"), ("en_sales_one_side.wav", "en")],
)
def test_the_language_of_a_call_is_found(name: str, language: str) -> None:
    raw = hear(read(DATA / "calls" / name)[: 16_000 * 15])
    assert raw.language == language
    assert raw.language_confidence > 0.9


@pytest.mark.models
@needs_data
def test_mandarin_comes_simplified_with_punctuation_and_words_in_order_inside_the_recording() -> None:
    samples = read(DATA / "calls" / "zh_wealth_opening_8k.wav")
    raw = hear(samples)
    text = text_of(raw)
    assert "非常感谢" in text
    assert "，" in text
    starts = [word.start_s or 0.0 for word in raw.channels[0].words]
    assert starts == sorted(starts)
    assert all((word.end_s or 0.0) <= len(samples) / 16_000 for word in raw.channels[0].words)


@pytest.mark.models
def test_a_side_that_changes_its_language_is_heard_in_both() -> None:
    """Mandarin and English in turn on one channel, so that windows hold both."""
    mandarin, english = sample_calls("zh").content[3:7], sample_calls("en").content[3:7]
    clips = [clip for pair in zip(mandarin, english, strict=True) for clip in pair]
    gap = np.zeros(4000)
    line = resample_poly(np.concatenate([part for clip in clips for part in (gap, clip.sound)]), 2, 1)
    text = text_of(hear(line.astype(np.float32)))
    for language, said in (("zh", mandarin), ("en", english)):
        wanted = [unit for clip in said for unit in units(clip.text, language=language)]
        found = Counter(units(text, language=language))
        missed = Counter(wanted) - found
        assert missed.total() < 0.25 * len(wanted), (language, text)


@pytest.mark.models
@pytest.mark.parametrize("sound", ["silence", "noise", "ringback", "tones", "chords"])
@pytest.mark.parametrize("language", ["zh", "en", None])
def test_no_words_even_where_activity_detection_was_fooled(sound: str, language: str | None) -> None:
    made = make_sound(sound, seconds=30)
    raw = hear(made, language=language)
    assert text_of(raw) == "", raw.channels[0].dropped


def make_sound(kind: str, *, seconds: int) -> Samples:
    time_s = np.arange(seconds * 16_000) / 16_000
    if kind == "silence":
        made = np.zeros_like(time_s)
    elif kind == "noise":
        made = np.random.default_rng(3).normal(0.0, 0.02, time_s.size)
    elif kind == "ringback":
        made = 0.2 * np.sin(2 * np.pi * 450 * time_s) * (time_s % 5 < 1)
    elif kind == "tones":
        made = (
            0.1
            * (np.sin(2 * np.pi * 770 * time_s) + np.sin(2 * np.pi * 1336 * time_s))
            * (time_s % 0.5 < 0.2)
        )
    else:
        decay = np.exp(-4 * (time_s % 0.5))
        made = 0.1 * decay * sum(np.sin(2 * np.pi * hz * time_s) for hz in (262, 330, 392))
    return made.astype(np.float32)
