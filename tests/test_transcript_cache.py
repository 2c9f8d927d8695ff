"""The transcript cache: keyed by all that matters, atomic, and honest about damage."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from speech_fakes import FakeRecogniser, heard, window, words

from pipeline.intervals import Span, Timeline
from pipeline.speech import SpeechSettings, cache, listen_words
from pipeline.speech.transcribe import ChannelWords, RawTranscript
from pipeline.types import Dropped, Word

AUDIO = "0" * 64
SPEECH = [Timeline([Span(0.0, 1.0)])]
RAW = RawTranscript(
    "zh",
    0.98,
    (ChannelWords((Word("您好，", 0.1, 0.5, 0.9),), (Dropped(0.6, 0.9, "鸡鸡", "noise"),)),),
    {"engine": "x"},
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    return tmp_path


def key(**changed: object) -> str:
    given: dict[str, object] = {
        "recogniser": {"model_sha256": "a"},
        "settings": SpeechSettings(),
        "hints": (),
    }
    return cache.transcript_key("0" * 64, SPEECH, **{**given, **changed})  # type: ignore[arg-type]  # a test's shorthand


def test_what_is_stored_comes_back_and_says_where_it_came_from() -> None:
    cache.store(key(), AUDIO, RAW)
    found = cache.load(key(), AUDIO)
    assert found is not None
    assert found.from_cache
    assert (found.language, found.channels, found.recogniser) == (RAW.language, RAW.channels, RAW.recogniser)


def test_nothing_stored_is_nothing_found() -> None:
    assert cache.load(key(), AUDIO) is None


def test_the_key_changes_with_all_that_changes_the_words() -> None:
    keys = {
        key(),
        key(recogniser={"model_sha256": "b"}),
        key(settings=SpeechSettings(language="en")),
        key(hints=("华信",)),
        cache.transcript_key(
            "1" * 64, SPEECH, recogniser={"model_sha256": "a"}, settings=SpeechSettings(), hints=()
        ),
    }
    assert len(keys) == 5


@pytest.mark.parametrize("content", ["", "{", '{"key": "another"}', '{"transcript": 3}', "[]"])
def test_a_damaged_entry_is_told_and_made_again(
    content: str, own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.store(key(), AUDIO, RAW)
    (entry,) = own_cache.rglob("*.json")
    entry.write_text(content, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert cache.load(key(), AUDIO) is None
    assert "transcribing again" in caplog.text


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "spans",
    [
        [(NAN, 0.5)], [(0.1, NAN)], [(0.1, INF)], [(-1.0, 0.5)], [(0.5, 0.1)], [(1.2, 1.5), (0.1, 0.5)], [(0.1, 9.5)],
        [(None, None)],
    ],
)  # fmt: skip
def test_words_at_no_time_of_the_recording_are_told_and_heard_anew(
    spans: list[tuple[float, float]], caplog: pytest.LogCaptureFixture
) -> None:
    said = tuple(Word("您好", start_s, end_s, 0.9) for start_s, end_s in spans)
    cache.store(key(), AUDIO, RawTranscript("zh", 0.98, (ChannelWords(said),), {}))
    with caplog.at_level(logging.WARNING):
        assert cache.load(key(), AUDIO, channels=1, duration_s=2.0) is None
    assert "transcribing again" in caplog.text
    fake = FakeRecogniser(deque([heard(window(words(("您好", 0.0, 1.0))))]))
    audio = [np.zeros(16_000 * 2, dtype=np.float32)]
    described = cache.transcript_key(
        AUDIO, SPEECH, recogniser=fake.describe(), settings=SpeechSettings(), hints=()
    )
    cache.store(described, AUDIO, RawTranscript("zh", 0.98, (ChannelWords(said),), {}))
    made = listen_words(audio, SPEECH, recogniser=fake, audio_sha256=AUDIO, duration_s=2.0)
    assert not made.from_cache and len(fake.asked) == 1
    assert listen_words(audio, SPEECH, recogniser=fake, audio_sha256=AUDIO, duration_s=2.0).from_cache


@pytest.mark.parametrize(
    "channel",
    [
        ChannelWords((Word("您好", 0.1, 0.5, NAN),)),
        ChannelWords((Word("您好", 0.1, 0.5, 1.5),)),
        ChannelWords((), (Dropped(0.5, 30.0, "鸡鸡", "noise"),)),
        ChannelWords((), (), (Span(1.0, 30.0),)),
    ],
)
def test_other_figures_that_cannot_be_are_not_believed(channel: ChannelWords) -> None:
    cache.store(key(), AUDIO, RawTranscript("zh", 0.98, (channel,), {}))
    assert cache.load(key(), AUDIO, channels=1, duration_s=2.0) is None


def test_words_of_another_number_of_channels_are_not_believed() -> None:
    cache.store(key(), AUDIO, RAW)
    assert cache.load(key(), AUDIO, channels=2, duration_s=2.0) is None
    assert cache.load(key(), AUDIO, channels=1, duration_s=0.85) is not None, "times are rounded"


def test_an_entry_of_an_older_version_is_taken_over(own_cache: Path) -> None:
    cache.store(key(), AUDIO, RAW)
    (entry,) = own_cache.rglob("*.json")
    older = own_cache / "transcripts" / key()[:2] / f"{key()}.json"
    older.parent.mkdir(exist_ok=True)
    entry.replace(older)
    assert cache.load(key(), AUDIO) is not None
    assert not older.exists()
    assert entry.exists()


def test_entries_are_their_owner_s_and_encrypted_where_there_is_a_key(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store(key(), AUDIO, RAW)
    (entry,) = own_cache.rglob("*.json")
    assert entry.stat().st_mode & 0o077 == 0
    assert "您好".encode() in entry.read_bytes()
    monkeypatch.setenv("CALLGAUGE_KEY", "A" * 43 + "=")
    assert cache.load(key(), AUDIO) is not None
    cache.store(key(), AUDIO, RAW)
    assert "您好".encode() not in entry.read_bytes()
    assert cache.load(key(), AUDIO) is not None
    monkeypatch.delenv("CALLGAUGE_KEY")
    assert cache.load(key(), AUDIO) is None


def test_the_second_hearing_of_a_recording_asks_no_recogniser() -> None:
    fake = FakeRecogniser(deque([heard(window(words(("您好", 0.0, 1.0))))]))
    audio = [np.zeros(16_000 * 2, dtype=np.float32)]
    first = listen_words(audio, SPEECH, recogniser=fake, audio_sha256="a" * 64)
    second = listen_words(audio, SPEECH, recogniser=fake, audio_sha256="a" * 64)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.channels == second.channels
    assert len(fake.asked) == 1


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(
    own_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (own_cache / "transcripts").write_text("a file where the folder should be", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        cache.store(key(), AUDIO, RAW)
    assert "can't be written" in caplog.text
