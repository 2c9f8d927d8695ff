"""What a recording's sound says is measured once, and decoded again only where somebody asks for the sound."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sounds import placed, speech, write_sound

from pipeline.audio import known
from pipeline.audio.known import LateChannels, hear_sound
from pipeline.errors import RecordingError
from pipeline.intervals import Span
from pipeline.reports.audio_copy import write_copy


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def a_call(folder: Path, *, pitch_hz: float = 140.0) -> Path:
    sides = placed(6.0, (0.5, speech(2.0, pitch_hz=pitch_hz))), placed(6.0, (3.0, speech(2.0, seed=4)))
    return write_sound(folder / "call.wav", *sides, rate_hz=8000)


def hear(path: Path) -> tuple:
    stages: list[str] = []
    recording, heard = hear_sound(path, file="call.wav", cached=True, lap=stages.append)
    return recording, heard, stages


def test_the_second_time_says_the_same_and_decodes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_call(tmp_path)
    recording, heard, stages = hear(path)
    assert stages == ["decode", "activity"]
    with monkeypatch.context() as patch:
        patch.setattr(known, "load", lambda *_, **__: pytest.fail("decoded again"))
        again, same, stages = hear(path)
    assert stages == ["decode"]
    assert again == recording
    assert (same.duration_s, same.layout, same.rings, same.notes) == (
        heard.duration_s, heard.layout, heard.rings, heard.notes,
    )  # fmt: skip
    for side, other in zip(same.sides, heard.sides, strict=True):
        assert (side.speech.spans, side.loudness_lufs, side.curve_lufs, side.clipping) == (
            other.speech.spans, other.loudness_lufs, other.curve_lufs, other.clipping,
        )  # fmt: skip
    assert heard.sides[0].speech.duration_s > 1.0
    assert isinstance(same.channels, LateChannels)
    assert np.array_equal(same.channels.samples(1), heard.channels.samples(1))
    assert np.array_equal(same.channels.view(0)[8000:24000], heard.channels.view(0)[8000:24000])


def test_other_sound_other_code_and_damage_are_measured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = a_call(tmp_path)
    hear(path)
    a_call(tmp_path, pitch_hz=180.0)
    assert hear(path)[2] == ["decode", "activity"]
    monkeypatch.setattr(known, "_code_digest", lambda: "newer")
    assert hear(path)[2] == ["decode", "activity"]
    for entry in (tmp_path / "cache" / "sound").rglob("*.json"):
        entry.write_text('{"recording": {}}', encoding="utf-8")
    assert hear(path)[2] == ["decode", "activity"]
    assert "measuring again" in caplog.text


@pytest.mark.parametrize("speech", [[[0.2, 900.0]], [[float("nan"), 1.0]], [[-5.0, 1.0]]])
def test_speech_outside_of_the_recording_is_measured_anew(tmp_path: Path, speech: list[list[float]]) -> None:
    path = a_call(tmp_path)
    hear(path)
    (entry,) = (tmp_path / "cache" / "sound").rglob("*.json")
    kept = json.loads(entry.read_text(encoding="utf-8"))
    kept["sides"][0]["speech"] = speech
    entry.write_text(json.dumps(kept), encoding="utf-8")
    assert hear(path)[2] == ["decode", "activity"]
    assert hear(path)[2] == ["decode"]


def test_a_file_exchanged_in_between_is_refused(tmp_path: Path) -> None:
    path = a_call(tmp_path)
    hear(path)
    _, heard, _ = hear(path)
    a_call(tmp_path, pitch_hz=180.0)
    with pytest.raises(RecordingError, match="changed while it was read"):
        heard.channels.samples(0)


def test_a_copy_of_the_same_sound_with_the_same_masks_is_left_alone(tmp_path: Path) -> None:
    path = a_call(tmp_path)
    hidden = [Span(1.0, 2.0)]
    copy = write_copy(path, tmp_path / "copy.flac", mask=hidden, sha256="a" * 64)
    before = copy.stat().st_mtime_ns
    assert write_copy(path, copy, mask=hidden, sha256="a" * 64).stat().st_mtime_ns == before
    masked = copy.read_bytes()
    assert write_copy(path, copy, sha256="a" * 64).read_bytes() != masked
    before = copy.stat().st_mtime_ns
    assert write_copy(path, copy, sha256="b" * 64).stat().st_mtime_ns != before
    copy.write_bytes(b"damaged")
    assert write_copy(path, copy, sha256="b" * 64).stat().st_size > 1_000
