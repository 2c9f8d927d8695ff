"""Sound files that are made to break the decoder, or to take its time: each is refused in words or read to its end."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from factories import make_result

from pipeline.audio import decode
from pipeline.audio.comments import MOST_COMMENTS, comments_of
from pipeline.audio.decode import load
from pipeline.audio.frames import native_frames
from pipeline.audio.probe import open_stream
from pipeline.errors import RecordingError
from pipeline.intake import take_in
from pipeline.reports.audio_copy import write_copy
from pipeline.reports.originals import keep_original

RATE = 8_000


def encoded(
    path: Path, codec: str, form: str, *, seconds: int = 3, layout: str = "stereo", rate: int = RATE
) -> Path:
    count = 2 if layout == "stereo" else 1
    tone = (np.sin(np.arange(rate * seconds) * 0.3) * 6_000).astype("<i2")
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)  # type: ignore[call-overload]
        frame = av.AudioFrame.from_ndarray(np.repeat(tone[:, None], count, 1).reshape(1, -1), "s16", layout)
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def refused(path: Path) -> RecordingError:
    with pytest.raises(RecordingError) as told:
        load(path)
    assert "Errno" not in str(told.value)
    return told.value


@pytest.mark.parametrize("bits", [0, 0xFFFF])
def test_a_form_that_nobody_decodes(tmp_path: Path, bits: int) -> None:
    head = struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", 64_000) + bytes(64_000)
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert refused(path).code == "not_audio"


def commented(path: Path, count: int, *, vendor: int = 0) -> Path:
    """A FLAC file whose only comments all have one name."""
    raw = encoded(path, "flac", "flac").read_bytes()
    end, last = 4, False
    while not last:
        last, length = bool(raw[end] & 0x80), int.from_bytes(raw[end + 1 : end + 4], "big")
        end += 4 + length
    info = b"\0" + raw[5 : 8 + int.from_bytes(raw[5:8], "big")]
    block = struct.pack("<I", vendor) + bytes(vendor) + struct.pack("<I", count) + (b"\3\0\0\0A=<" * count)
    path.write_bytes(b"fLaC" + info + b"\x84" + len(block).to_bytes(3, "big") + block + raw[end:])
    return path


def test_comments_without_end_are_refused_at_once(tmp_path: Path) -> None:
    path, began = commented(tmp_path / "a.flac", 1_500_000), time.process_time()
    assert refused(path).code == "damaged"
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("count", "vendor", "most"),
    [(3, 5, 3), (MOST_COMMENTS, 0, MOST_COMMENTS), (1, 70_000, MOST_COMMENTS + 1)],
)
def test_comments_are_counted(tmp_path: Path, count: int, vendor: int, most: int) -> None:
    with commented(tmp_path / "a.flac", count, vendor=vendor).open("rb") as file:
        assert comments_of(file) == most
    if most <= MOST_COMMENTS:
        assert load(tmp_path / "a.flac")[0].duration_s == 3.0


def test_comments_of_an_ogg_file(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.ogg", "libopus", "ogg", rate=48_000)
    raw = path.read_bytes()
    with path.open("rb") as file:
        assert 0 < comments_of(file) < 10
    place = raw.index(b"OpusTags") + 8
    count = place + 4 + int.from_bytes(raw[place : place + 4], "little")
    path.write_bytes(raw[:count] + b"\xff\xff\xff\0" + raw[count + 4 :])
    assert refused(path).code == "damaged"


def test_days_by_the_header_are_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    raw = bytearray(encoded(tmp_path / "a.flac", "flac", "flac").read_bytes())
    raw[21] |= 0x0F
    raw[22:26] = b"\xff" * 4
    (tmp_path / "a.flac").write_bytes(raw)
    assert refused(tmp_path / "a.flac").code == "too_long"


def test_two_recordings_in_one_file_are_read_whole_or_refused(tmp_path: Path) -> None:
    both = [
        encoded(tmp_path / f"{each}.ogg", "libopus", "ogg", layout=each, rate=48_000)
        for each in ("stereo", "mono")
    ]
    path = tmp_path / "both.ogg"
    path.write_bytes(b"".join(each.read_bytes() for each in both))
    told = refused(path)
    assert told.code == "truncated" and "after 3.0 seconds" in str(told)
    path.write_bytes(both[0].read_bytes() * 2)
    assert load(path)[0].duration_s == pytest.approx(6.0, abs=0.1)


def test_a_copy_has_the_seconds_of_the_analysis_when_the_layout_changes(tmp_path: Path) -> None:
    """Else the tone over what is masked would lie elsewhere, or there would be no report at all."""
    one = encoded(tmp_path / "one.aac", "aac", "adts", layout="mono").read_bytes()
    other = encoded(tmp_path / "other.aac", "aac", "adts", rate=16_000).read_bytes()
    (tmp_path / "both.aac").write_bytes(one + other)
    heard = load(tmp_path / "both.aac")[0]
    copied = load(write_copy(tmp_path / "both.aac", tmp_path / "copy.flac"))[0]
    assert heard.duration_s == pytest.approx(6.1, abs=0.2)
    assert copied.duration_s == pytest.approx(heard.duration_s, abs=0.15)


@pytest.mark.parametrize("behind", [bytes(5_000), b"TAG" + bytes(125), bytes(range(256)) * 12])
@pytest.mark.parametrize("form", ["ogg", "mp3", "adts", "flac"])
def test_what_lies_behind_the_sound_costs_nothing(tmp_path: Path, form: str, behind: bytes) -> None:
    codec = {"ogg": "libopus", "mp3": "mp3", "adts": "aac", "flac": "flac"}[form]
    path = encoded(tmp_path / "a.bin", codec, form, rate=48_000)
    path.write_bytes(path.read_bytes() + behind)
    assert load(path)[0].duration_s == pytest.approx(3.0, abs=0.15)


def test_a_recording_that_was_exchanged_meanwhile_is_not_copied(tmp_path: Path) -> None:
    """The spans to be masked are those of the one that was heard."""
    path = encoded(tmp_path / "a.flac", "flac", "flac")
    heard = load(path)[0]
    assert write_copy(path, tmp_path / "copy.flac", must_be=heard.sha256).is_file()
    other = encoded(tmp_path / "other.flac", "flac", "flac", seconds=2)
    path.unlink()
    path.symlink_to(other)
    with pytest.raises(RecordingError, match="has changed"):
        write_copy(path, tmp_path / "new.flac", must_be=heard.sha256)
    assert not (tmp_path / "new.flac").exists()
    result = make_result("a")
    result = replace(result, recording=replace(heard, path=path))
    with pytest.raises(RecordingError, match="has changed"):
        keep_original(result, result.transcript, tmp_path / "out", keep="both")
    assert [each.suffix for each in (tmp_path / "out" / "originals").iterdir()] == [".json"]


def _rf64(sound: bytes, length: int, *, count: int = 0) -> bytes:
    """Sound whose length stands in 64 bits, as recorders of long calls write it."""
    body = b"WAVEds64" + struct.pack("<IQQQI", 28, len(sound) + 72, length, count, 0)
    body += b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return b"RF64" + b"\xff" * 4 + body + b"data" + b"\xff" * 4 + sound


@pytest.mark.parametrize(("written", "whole"), [(4, True), (9, False), (1, False), (1 << 40, False)])
def test_a_length_of_64_bits_is_held_against_the_file(tmp_path: Path, written: int, whole: bool) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(_rf64(bytes(RATE * 2 * 4), written * RATE * 2))
    if whole:
        assert load(path)[0].duration_s == 4.0
    else:
        assert refused(path).code == "truncated"


CHUNKED = {"wav": "pcm_s16le", "w64": "pcm_s16le", "aiff": "pcm_s16be", "caf": "pcm_s16be"}


@pytest.mark.parametrize("form", CHUNKED)
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_chunks_are_cut_off_or_whole(tmp_path: Path, form: str, kept: float) -> None:
    path = encoded(tmp_path / "a", CHUNKED[form], form)
    raw = path.read_bytes()
    assert load(path)[0].duration_s == 3.0
    path.write_bytes(raw[: int(len(raw) * kept)])
    assert refused(path).code == "truncated"


@pytest.mark.parametrize(("form", "codec"), [*CHUNKED.items(), ("mp4", "aac")])
def test_a_second_recording_behind_the_first_is_not_lost_unsaid(
    tmp_path: Path, form: str, codec: str
) -> None:
    first, second = (encoded(tmp_path / str(each), codec, form, seconds=each, rate=16_000) for each in (3, 1))
    first.write_bytes(first.read_bytes() + second.read_bytes())
    assert refused(first).code == "truncated"


def test_a_header_that_leads_before_the_file_is_refused_in_words(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.caf", "pcm_s16be", "caf")
    path.write_bytes(path.read_bytes()[:4096] + b"\0" * 4 + b"\xff" * 8 + bytes(4096))
    refused(path)
    path.write_bytes(encoded(path, "pcm_s16be", "caf").read_bytes() * 2)
    refused(path)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_heard_is_what_the_digest_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    """Else words of one recording would be kept under another, and the tone would lie over other seconds."""
    path = encoded(tmp_path / "a.flac", "flac", "flac")
    other = encoded(tmp_path / "b.flac", "flac", "flac", seconds=5)
    heard = load(path)[0]

    def meanwhile(*given: Any) -> Any:
        if at_once:
            other.replace(path)
        else:
            path.write_bytes(other.read_bytes())
        yield from native_frames(*given)

    monkeypatch.setattr(decode, "native_frames", meanwhile)
    if at_once:
        assert load(path)[0].sha256 == heard.sha256
    else:
        with pytest.raises(RecordingError, match="changed while it was read"):
            load(path)


def test_a_recording_that_grows_is_no_short_call(tmp_path: Path) -> None:
    """Of open length, it would pass for whole at any moment."""
    path = tmp_path / "live.wav"
    raw = encoded(path, "pcm_s16le", "wav").read_bytes()
    at = raw.index(b"data") + 4
    path.write_bytes(raw[:at] + b"\xff" * 4 + raw[at + 4 :])
    assert load(path)[0].duration_s == 3.0
    with (
        pytest.raises(RecordingError, match="changed while it was read"),
        open_stream(path, name="live.wav"),
        path.open("ab") as more,
    ):
        more.write(bytes(RATE))


@pytest.mark.parametrize("form", ["wav", "w64", "aiff", "caf"])
def test_gigabytes_of_nothing_behind_the_sound_are_not_looked_through(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = "pcm_s16be" if form == "aiff" else "pcm_s16le"
    path = encoded(tmp_path / f"x.{form}", codec, form)
    with path.open("r+b") as file:
        file.truncate(8 << 30)  # a hole: it takes no room on the disk
    monkeypatch.setattr(av, "open", lambda *_, **__: pytest.fail("the decoder was asked"))
    assert refused(path).code == "truncated"


def test_a_hole_of_terabytes_is_not_read(tmp_path: Path) -> None:
    path = encoded(tmp_path / "x.mp3", "mp3", "mp3")
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    told = refused(path)
    assert told.code == "too_long" and "x.mp3 is larger than 8 GiB" in str(told)
    assert [file for file, _record in take_in([path]).calls] == [path]


@pytest.mark.parametrize("form", ["wav", "aiff", "caf"])
def test_what_lies_behind_whole_sound_is_not_told_as_seconds_that_lack(tmp_path: Path, form: str) -> None:
    path = encoded(tmp_path / f"a.{form}", CHUNKED[form], form)
    path.write_bytes(path.read_bytes() + bytes(range(1, 200)) * 300)
    told = refused(path)
    assert told.code == "truncated"
    assert "3.0 seconds" in str(told) and "lie behind" in str(told)
    assert "only" not in str(told) and "cut off" not in str(told)


def _referring(kind: bytes, where: str) -> bytes:
    """A QuickTime file whose sound lies, by its data reference, in another file or at an address."""

    def box(name: bytes, *parts: bytes) -> bytes:
        return struct.pack(">I4s", 8 + sum(map(len, parts)), name) + b"".join(parts)

    def full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
        return box(name, struct.pack(">I", flags), *parts)

    told, count = where.encode(), RATE
    padded = told + bytes(len(told) % 2)
    alias = bytes(6) + struct.pack(">H", 2) + bytes(2) + b"\x01v" + bytes(26 + 4) + b"H+" + bytes(6)
    alias += (
        bytes([min(63, len(told))])
        + told[:63].ljust(63, b"\0")
        + bytes(16)
        + struct.pack(">HH", 1, 1)
        + bytes(16)
    )
    alias += b"".join(struct.pack(">HH", tag, len(told)) + padded for tag in (2, 18)) + b"\xff\xff\0\0"
    refers = full(kind, told + b"\0" if kind == b"url " else alias)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = full(
        b"mvhd",
        struct.pack(">IIIIIH", 0, 0, RATE, count, 0x10000, 256),
        bytes(10),
        matrix,
        bytes(24),
        b"\0\0\0\2",
    )
    track = full(
        b"tkhd",
        struct.pack(">IIIII", 0, 0, 1, 0, count),
        bytes(8),
        bytes(4),
        b"\1\0\0\0",
        matrix,
        bytes(8),
        flags=7,
    )
    media = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, RATE, count, 0, 0)) + full(
        b"hdlr", b"mhlrsoun", bytes(13)
    )
    entry = box(b"sowt", bytes(6), b"\0\1", bytes(8), struct.pack(">HHHHI", 1, 16, 0, 0, RATE << 16))
    table = full(b"stsd", b"\0\0\0\1", entry) + full(b"stts", struct.pack(">III", 1, count, 1))
    table += full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)) + full(b"stsz", struct.pack(">II", 2, count))
    table += full(b"stco", struct.pack(">II", 1, 44))
    inner = full(b"smhd", bytes(4)) + box(b"dinf", full(b"dref", b"\0\0\0\1", refers)) + box(b"stbl", table)
    moov = box(b"moov", head, box(b"trak", track, box(b"mdia", media, box(b"minf", inner))))
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + moov + box(b"mdat", bytes(64))


def test_no_reference_leads_to_the_sound_of_another_file(tmp_path: Path) -> None:
    other = encoded(tmp_path / "other.wav", "pcm_s16le", "wav", layout="mono", rate=RATE)
    path = tmp_path / "a.mp4"
    path.write_bytes(_referring(b"alis", str(other)))
    with av.open(str(path), options={"enable_drefs": "1"}) as followed:
        assert sum(frame.samples for frame in followed.decode(audio=0)) == RATE, (
            "the reference does lead there"
        )
    refused(path)


@pytest.mark.parametrize("kind", [b"alis", b"url "])
def test_no_reference_opens_an_address(tmp_path: Path, kind: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.wav"
        (tmp_path / "a.mp4").write_bytes(_referring(kind, url))
        refused(tmp_path / "a.mp4")
        with pytest.raises(TimeoutError):
            server.accept()
