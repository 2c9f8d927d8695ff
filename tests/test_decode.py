"""Recordings in every accepted form, and each way in which one can be unusable."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE_HZ, noise, silence, speech, tone, write_sound

from pipeline.audio.decode import Channels, DecodeLimits, decode, load, open_recording
from pipeline.audio.integrity import container_of, missing_bytes
from pipeline.errors import RecordingError
from pipeline.intervals import Span

FORMS = [
    ("pcm16.wav", "pcm_s16le", 8000, "pcm_s16le"),
    ("pcm24.wav", "pcm_s24le", 44100, "pcm_s24le"),
    ("float.wav", "pcm_f32le", 48000, "pcm_f32le"),
    ("mulaw.wav", "pcm_mulaw", 8000, "pcm_mulaw"),
    ("alaw.wav", "pcm_alaw", 8000, "pcm_alaw"),
    ("sound.mp3", "libmp3lame", 16000, "mp3"),
    ("sound.flac", "flac", 22000, "flac"),
    ("sound.opus", "libopus", 48000, "opus"),
    ("sound.ogg", "libopus", 48000, "opus"),
    ("sound.m4a", "aac", 44100, "aac"),
    ("sound.webm", "libopus", 48000, "opus"),
]
SECONDS = 6.0


def _written(path: Path, codec: str, rate_hz: int, *, sides: int = 2, seconds: float = SECONDS) -> Path:
    import av

    try:
        av.codec.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        pytest.skip(f"PyAV can't encode {codec} here")
    sounds = (speech(seconds, dbfs=-20), tone(seconds, 300, dbfs=-30))[:sides]
    return write_sound(path, *sounds, codec=codec, rate_hz=rate_hz)


@pytest.mark.parametrize(("name", "codec", "rate_hz", "said"), FORMS)
def test_every_form_gives_the_same_sound(
    tmp_path: Path, name: str, codec: str, rate_hz: int, said: str
) -> None:
    path = _written(tmp_path / name, codec, rate_hz)
    recording, channels = load(path)
    assert (recording.codec, recording.sample_rate_hz, recording.channels) == (said, rate_hz, channels.count)
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.duration_s == pytest.approx(SECONDS, abs=0.15)
    assert channels.duration_s == pytest.approx(recording.duration_s, abs=0.001)
    levels = [20 * np.log10(channels.samples(n).std()) for n in range(channels.count)]
    assert levels == pytest.approx([-20.0, -30.0][: channels.count], abs=1.0)


@pytest.mark.parametrize(("name", "codec", "rate_hz", "said"), FORMS)
@pytest.mark.parametrize("kept", [0.4, 0.97])
def test_cut_off_is_told_from_short(
    tmp_path: Path, name: str, codec: str, rate_hz: int, said: str, kept: float
) -> None:
    path = _written(tmp_path / name, codec, rate_hz, sides=1)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(RecordingError, match="cut off") as caught:
        decode(path)
    assert caught.value.code == "truncated"


def test_gsm_in_wav(tmp_path: Path) -> None:
    """No encoder for it ships with PyAV, so the container is made by hand: 25 blocks of 320 samples."""
    fmt = struct.pack("<HHIIHHHH", 49, 1, 8000, 1625, 65, 0, 2, 320)
    body = b"".join(
        name + struct.pack("<I", len(part)) + part
        for name, part in ((b"fmt ", fmt), (b"data", bytes(65 * 25)))
    )
    path = tmp_path / "gsm.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    recording = open_recording(path)
    assert (recording.codec, recording.duration_s, recording.channels) == ("gsm_ms", 1.0, 1)
    path.write_bytes(path.read_bytes()[:-650])
    with pytest.raises(RecordingError, match="only 0.6 of"):
        open_recording(path)


def test_the_message_says_how_much_can_be_read(tmp_path: Path) -> None:
    path = _written(tmp_path / "call.wav", "pcm_s16le", 8000)
    data = path.read_bytes()
    path.write_bytes(data[: 44 + 3 * 8000 * 4])
    with pytest.raises(RecordingError, match=r"^call.wav is cut off: only 3\.\d of 6.0 seconds"):
        open_recording(path)


def test_a_recording_of_open_length_is_whole(tmp_path: Path) -> None:
    """Recorders that stream write no length; that is no cut."""
    path = _written(tmp_path / "live.wav", "pcm_s16le", 8000)
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = data[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert open_recording(path).duration_s == pytest.approx(SECONDS)


def test_mp3_without_a_length_header_is_whole(tmp_path: Path) -> None:
    path = _written(tmp_path / "plain.mp3", "libmp3lame", 16000, sides=1)
    data = path.read_bytes()
    first = next(
        at for at in range(len(data)) if container_of(data[at : at + 4]) == "mp3" and data[at] == 0xFF
    )
    following = next(
        at for at in range(first + 20, len(data)) if data[at : at + 2] == data[first : first + 2]
    )
    assert b"Info" in data[first:following] or b"Xing" in data[first:following]
    path.write_bytes(data[following:])
    assert open_recording(path).duration_s == pytest.approx(SECONDS, abs=0.2)
    path.write_bytes(data[following : len(data) // 2 + 5])
    with pytest.raises(RecordingError, match="cut off"):
        open_recording(path)


def test_mp3_with_tags_at_either_end_is_whole(tmp_path: Path) -> None:
    path = _written(tmp_path / "tagged.mp3", "libmp3lame", 16000, sides=1)
    path.write_bytes(path.read_bytes() + b"TAG".ljust(128, b"\0"))
    assert open_recording(path).duration_s == pytest.approx(SECONDS, abs=0.2)


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("empty.wav", b"", "empty", "empty.wav is empty"),
        ("notes.wav", "这不是录音。\n".encode() * 50, "not_audio", "not a sound file; accepted are WAV"),
        ("notes.mp3", b"To whom it may concern\n" * 50, "not_audio", "not a sound file"),
        ("list.mp3", b"#EXTM3U\n#EXTINF:1,x\nfile:///etc/hostname\n", "not_audio", "not a sound file"),
        ("page.wav", b"<html><body>404</body></html>", "not_audio", "not a sound file"),
    ],
)
def test_what_is_no_sound_is_named(
    tmp_path: Path, name: str, content: bytes, code: str, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as caught:
        open_recording(path)
    assert caught.value.code == code


def test_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="not there") as missing:
        open_recording(tmp_path / "gone.wav")
    with pytest.raises(RecordingError, match="can't be read") as folder:
        open_recording(tmp_path)
    assert (missing.value.code, folder.value.code) == ("missing", "unreadable")


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    path = _written(tmp_path / "header.wav", "pcm_s16le", 8000)
    data = bytearray(path.read_bytes()[: path.read_bytes().index(b"data") + 8])
    data[-4:] = b"\0\0\0\0"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="0 samples") as caught:
        load(path)
    assert caught.value.code == "empty"


def test_more_than_two_channels(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "quad.wav", *[tone(1, 300)] * 4)
    with pytest.raises(RecordingError, match="4 channels.*accepted are 1 or 2") as caught:
        load(path)
    assert caught.value.code == "too_many_channels"


def test_pictures_without_sound(tmp_path: Path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        for _ in range(5):
            output.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24"))
            )
        output.mux(stream.encode(None))
    with pytest.raises(RecordingError, match="holds no sound") as caught:
        load(path)
    assert caught.value.code == "not_audio"


def test_the_limit_of_length(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "long.flac", silence(90), codec="flac")
    assert path.stat().st_size < 100_000
    with pytest.raises(RecordingError, match="longer than") as caught:
        load(path, limits=DecodeLimits(longest_s=60))
    assert caught.value.code == "too_long"


def test_blocks_are_the_whole_and_spans_its_parts() -> None:
    sound = speech(3.3)
    channels = Channels.of(sound)
    whole = channels.samples(0)
    assert whole.dtype == np.float32
    assert whole == pytest.approx(sound, abs=2e-5)
    assert np.array_equal(np.concatenate(list(channels.blocks(0, block_s=0.7))), whole)
    assert np.array_equal(channels.samples(0, Span(1.0, 2.0)), whole[RATE_HZ : 2 * RATE_HZ])
    assert channels.samples(0, Span(3.0, 9.0)).size == whole.size - 3 * RATE_HZ


def test_long_channels_lie_in_a_file_and_sound_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_sound(tmp_path / "call.wav", speech(3.0), tone(3.0, 300), rate_hz=8000)
    held = decode(path)
    monkeypatch.setattr("pipeline.audio.pcm.HELD_SAMPLES", RATE_HZ)
    filed = decode(path)
    assert [type(pcm).__name__ for pcm in filed.pcm] == ["FilePcm", "FilePcm"]
    for each in (filed, filed.mixed()):
        other = held if each is filed else held.mixed()
        for channel in range(each.count):
            assert np.array_equal(each.samples(channel), other.samples(channel))
            view = each.view(channel)
            assert np.array_equal(view[RATE_HZ : 2 * RATE_HZ], other.samples(channel, Span(1.0, 2.0)))
            assert view[2 * RATE_HZ :].size == len(view) - 2 * RATE_HZ


def test_resampling_keeps_time(tmp_path: Path) -> None:
    click = np.zeros(8 * RATE_HZ)
    click[5 * RATE_HZ : 5 * RATE_HZ + 80] = 0.5
    channels = decode(write_sound(tmp_path / "click.wav", click, rate_hz=44100))
    assert np.abs(channels.samples(0)).argmax() / RATE_HZ == pytest.approx(5.0, abs=0.01)


def test_a_cut_page_lacks_bytes() -> None:
    page = b"OggS" + bytes(22) + bytes([2, 255, 10]) + bytes(265)
    assert missing_bytes(io.BytesIO(page)) is None
    assert missing_bytes(io.BytesIO(page[:-7])) == 7


@pytest.mark.parametrize(
    ("length", "lacks"), [(0x7FFFF000, False), (0xFFFFFF01, False), (8_000, True), (32_000, False)]
)
def test_a_header_that_says_too_little_is_told(tmp_path: Path, length: int, lacks: bool) -> None:
    path = write_sound(tmp_path / "call.wav", noise(2.0, dbfs=-20), rate_hz=8000)
    data = bytearray(path.read_bytes())
    at = data.find(b"data") + 4
    assert int.from_bytes(data[at : at + 4], "little") == 32_000
    data[at : at + 4] = length.to_bytes(4, "little")
    path.write_bytes(bytes(data) + b"LIST" + (4).to_bytes(4, "little") + b"INFO")
    if lacks:
        with pytest.raises(RecordingError, match="lie behind"):
            decode(path)
    else:
        assert decode(path).duration_s == pytest.approx(2.0, abs=0.01)


def test_dual_mono_with_crossed_wires_keeps_its_sound() -> None:
    sound = speech(2.0).astype(np.float32)
    mixed = Channels.of(sound, -0.5 * sound).mixed()
    assert mixed.samples(0).std() == pytest.approx(0.75 * sound.std(), rel=0.01)
