"""What lies in a file before any sound is decoded: is it sound at all, whole, in a form that is accepted."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.audio.comments import MOST_COMMENTS, comments_of
from pipeline.audio.integrity import ends_before_the_file, missing_bytes, other_kind
from pipeline.endings import MOST_BYTES, TOO_BIG
from pipeline.errors import RecordingError, why

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

ACCEPTED = "WAV (PCM, float, mu-law, A-law, GSM), MP3, FLAC, Ogg/Opus, M4A or WebM"
_FORMATS = "wav,w64,aiff,au,caf,mp3,flac,ogg,mov,matroska,amr,aac"
_HASH_BYTES = 1 << 20
MOST_AMISS = 64 << 20
"""Bytes that lack, or lie behind the sound as no sound, up to which it is decoded to say how many seconds are there: the decoder
looks through what lies behind a few bytes at a time (our default)."""
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 2_000, 768_000
"""Below, a file of some kilobytes would unpack to hours at 16 kHz; no recorder writes beyond."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The one sound stream of an open file, as its header describes it."""

    container: InputContainer
    audio: AudioStream
    codec: str
    channels: int
    rate_hz: int
    promised_s: float | None
    """Length by the header where the format writes one; None where it could only be estimated."""
    lacking_bytes: int
    """What the container promises beyond the end of the file, or what lies behind the sound and it doesn't tell of."""
    lies_behind: bool
    """Which of the two ``lacking_bytes`` are."""
    file: BinaryIO
    """What is decoded; another file may take its name meanwhile."""

    def digest(self) -> str:
        """SHA-256 of the file's content; to be asked once all is decoded."""
        self.file.seek(0)
        return _digest(self.file)

    @property
    def share_there(self) -> float:
        """Share of the sound that is there, where its bytes lie at a constant rate (WAV); else 1."""
        size = self.container.size if self.container.format.name == "wav" else 0
        return size / (size + self.lacking_bytes) if size > 0 else 1.0


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with _readable(path) as file:
        return _digest(file)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(_HASH_BYTES):
        digest.update(block)
    return digest.hexdigest()


class _Sought:
    """A file as the decoder reads it: a header that leads to before the file's beginning is the decoder's to judge."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.name = file.name
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (ValueError, OverflowError):
            return -1
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return -1


@contextmanager
def open_stream(path: Path, *, name: str, must_be: str | None = None) -> Iterator[Stream]:
    """Open a sound file and check all that its headers tell; with ``must_be`` also that its content has this digest.

    Raises
    ------
    RecordingError
        ``missing, unreadable, empty, truncated, not_audio`` or ``too_many_channels``; ``unreadable`` at the end of the block
        where the file was written to meanwhile.
    """
    import av

    with _readable(path) as file:
        stamp = _stamp(file)
        if must_be is not None and _digest(file) != must_be:
            raise RecordingError(f"{name} has changed since it was heard", code="unreadable")
        file.seek(0)
        head = file.read(16)
        if not head:
            raise RecordingError(f"{name} is empty (0 bytes)", code="empty")
        if comments_of(file) > MOST_COMMENTS:
            raise RecordingError(
                f"{name} holds more than {MOST_COMMENTS:,} comments, the most that is accepted",
                code="damaged",
            )
        lacking = missing_bytes(file)
        if lacking is not None and lacking > MOST_AMISS:
            raise RecordingError(
                f"{name} is cut off: {lacking:,} bytes lack, or lie behind the sound and are none; copy the recording again",
                code="truncated",
            )
        lies_behind = lacking is not None and ends_before_the_file(file)
        file.seek(0)
        try:
            # A file object and two white lists: no name is taken for a URL, no playlist opens other files.
            container = av.open(
                _Sought(file),
                mode="r",
                options={"format_whitelist": _FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"},
                metadata_errors="replace",
            )
        except (av.FFmpegError, ValueError) as error:
            raise _unopened(name, lacking, head) from error
        with container:
            yield _stream(container, name, file, lacking=lacking or 0, lies_behind=lies_behind)
        if _stamp(file) != stamp:
            raise RecordingError(
                f"{name} changed while it was read; it is read once it is whole", code="unreadable"
            )


def _stamp(file: BinaryIO) -> tuple[int, int]:
    """Changes when the file is written to, not when it is moved or linked."""
    told = os.fstat(file.fileno())
    return told.st_size, told.st_mtime_ns


def _unopened(name: str, lacking: int | None, head: bytes) -> RecordingError:
    if lacking is not None:
        return _cut_before_index(name)
    other = other_kind(head)
    if other is not None:
        return RecordingError(
            f"{name} is of a kind that is not accepted: {other}; accepted are {ACCEPTED}", code="not_audio"
        )
    return RecordingError(f"{name} is not a sound file; accepted are {ACCEPTED}", code="not_audio")


def _cut_before_index(name: str) -> RecordingError:
    return RecordingError(
        f"{name} is cut off before its index, so nothing of it can be read; copy the recording again",
        code="truncated",
    )


def _stream(
    container: InputContainer, name: str, file: BinaryIO, *, lacking: int, lies_behind: bool
) -> Stream:
    streams = container.streams.audio
    if lacking and not any(stream.codec_context and stream.codec_context.sample_rate for stream in streams):
        raise _cut_before_index(name)
    if not streams:
        raise RecordingError(
            f"{name} holds no sound, only other streams; accepted are {ACCEPTED}", code="not_audio"
        )
    if any(stream.codec_context is None for stream in streams):
        raise RecordingError(
            f"{name} is in a form that nobody decodes; accepted are {ACCEPTED}", code="not_audio"
        )
    audio = streams[0]
    channels, rate_hz = audio.codec_context.channels, audio.codec_context.sample_rate
    if len(streams) > 1 or channels > 2:
        total = sum(stream.codec_context.channels for stream in streams)
        raise RecordingError(
            f"{name} has {total} channels in {len(streams)} sound streams; accepted are 1 or 2 channels in one",
            code="too_many_channels",
        )
    if not channels or not rate_hz:
        raise RecordingError(f"{name} says neither its sampling rate nor its channels", code="unreadable")
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise RecordingError(
            f"{name} says {rate_hz} samples a second; accepted are {LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,}",
            code="unreadable",
        )
    promised_s = _promised_s(container, audio)
    codec = audio.codec_context.codec.canonical_name
    return Stream(container, audio, codec, channels, rate_hz, promised_s, lacking, lies_behind, file)


def _promised_s(container: InputContainer, audio: AudioStream) -> float | None:
    formats = set(container.format.name.split(","))
    if formats & {"mp3", "aac", "amr", "ogg"}:
        return None  # estimated from the bit rate, or from the last page that is there: no promise
    if audio.codec_context.codec.canonical_name.startswith("adpcm"):
        return None  # the bit rate counts the blocks' heads as sound; whether bytes lack, the chunks say
    if audio.duration is not None and audio.time_base is not None:
        return float(audio.duration * audio.time_base)
    return container.duration / 1_000_000 if container.duration else None


@contextmanager
def _readable(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise RecordingError(f"{path.name} is not there: {path}", code="missing") from error
    except OSError as error:
        raise RecordingError(f"{path.name} can't be read: {why(error)}", code="unreadable") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise RecordingError(f"{path.name} {TOO_BIG}", code="too_long")
        yield file
