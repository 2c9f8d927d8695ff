"""Sound files in, channels out: 16 kHz, one array a side, whatever the codec and rate were.

A recording of three hours must fit beside the models, so channels are held as 16-bit integers (their noise lies at
-98 dBFS, far under the -70 LUFS gate), long ones in a file, and handed out as float32 in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.clipping import Clipping, ClippingMeter
from pipeline.audio.frames import native_frames
from pipeline.audio.pcm import Pcm, PcmWriter, joined, sign_of, to_float, to_pcm
from pipeline.audio.probe import Stream, open_stream
from pipeline.errors import RecordingError
from pipeline.intervals import Span
from pipeline.types import Recording

Samples = NDArray[np.float32]

RATE_HZ = 16_000
_TOLERANCE_S = 0.2
"""Encoder delay, padding and rounded headers stay under this; a real cut seldom does."""
_BLOCK_S = 20.0
_MIXED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one recording may cost. Sound files can unpack to a thousand times their size."""

    longest_s: float = 6 * 3600.0
    damaged_packets: float = 0.01
    """Share of packets that may fail to decode before the recording counts as unreadable."""


@dataclass(frozen=True, slots=True, eq=False)
class ChannelView:
    """One channel that is cut like an array, ``view[first:last]``, and made float32 only where it is cut."""

    pcm: Pcm

    def __len__(self) -> int:
        return len(self.pcm)

    def __getitem__(self, part: slice, /) -> Samples:
        return to_float(self.pcm[part])


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """One or two channels of a recording at one rate.

    Attributes
    ----------
    pcm
        int16 of equal length per channel.
    rate_hz
        Their rate, 16,000 unless asked otherwise.
    clipping
        Per channel, measured at the native rate before resampling.
    native_rate_hz
        The rate in the file.
    """

    pcm: tuple[Pcm, ...]
    rate_hz: int = RATE_HZ
    clipping: tuple[Clipping, ...] = ()
    native_rate_hz: int = RATE_HZ

    @classmethod
    def of(cls, *sides: Sequence[float] | NDArray[np.floating], rate_hz: int = RATE_HZ) -> Channels:
        """Channels from float arrays (full scale ±1), clipping measured; for sound that is not in a file."""
        arrays = [np.asarray(side, dtype=np.float32) for side in sides]
        meters = [ClippingMeter(rate_hz) for _ in arrays]
        for meter, array in zip(meters, arrays, strict=True):
            meter.add(array)
        pcm = tuple(to_pcm(array) for array in arrays)
        return cls(pcm, rate_hz, tuple(meter.result() for meter in meters), rate_hz)

    @property
    def count(self) -> int:
        """Number of channels, 1 or 2."""
        return len(self.pcm)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.pcm[0]) / self.rate_hz

    def samples(self, channel: int, span: Span | None = None) -> Samples:
        """A copy of one channel, or of a stretch of it, as float32 in [-1, 1], shape ``(n,)``."""
        if span is None:
            return to_float(self.pcm[channel][:])
        first, last = (max(0, round(time_s * self.rate_hz)) for time_s in (span.start_s, span.end_s))
        return to_float(self.pcm[channel][first:last])

    def view(self, channel: int) -> ChannelView:
        """One channel to be cut from, without a copy of the whole."""
        return ChannelView(self.pcm[channel])

    def blocks(self, channel: int, *, block_s: float = _BLOCK_S) -> Iterator[Samples]:
        """One channel in consecutive pieces of ``block_s`` seconds (the last is shorter), as float32."""
        step = max(1, round(block_s * self.rate_hz))
        for start in range(0, len(self.pcm[channel]), step):
            yield to_float(self.pcm[channel][start : start + step])

    def mixed(self) -> Channels:
        """All channels averaged into one, for dual mono; one that is the others turned upside down is turned back."""
        if self.count == 1:
            return self
        mean = PcmWriter()
        signs = [1, *(sign_of(self.pcm[0], other) for other in self.pcm[1:])]
        for start in range(0, len(self.pcm[0]), _MIXED_AT_ONCE):
            part = slice(start, start + _MIXED_AT_ONCE)
            summed = sum(
                np.asarray(pcm[part], np.int32) * sign for pcm, sign in zip(self.pcm, signs, strict=True)
            )
            mean.add(np.asarray(summed // self.count, dtype=np.int16))
        loudest = max(self.clipping, key=lambda clipping: clipping.ratio, default=Clipping())
        return Channels((mean.close(),), self.rate_hz, (loudest,), self.native_rate_hz)


def open_recording(path: Path, *, file: str | None = None, limits: DecodeLimits | None = None) -> Recording:
    """What a recording is, its length counted in decoded samples rather than believed from the header.

    Raises :class:`~pipeline.errors.RecordingError` as :func:`load` does.
    """
    name = file or path.name
    with open_stream(path, name=name) as stream:
        samples, native_hz = 0, stream.rate_hz
        for native_hz, block in _native_blocks(stream, name, limits or DecodeLimits()):  # noqa: B007 - the last one's rate is told
            samples += block.shape[1]
        return _recording(path, name, stream, samples, native_hz)


def decode(path: Path, *, rate_hz: int = RATE_HZ, limits: DecodeLimits | None = None) -> Channels:
    """The sound of a recording; see :func:`load`."""
    return load(path, rate_hz=rate_hz, limits=limits)[1]


def load(
    path: Path, *, file: str | None = None, rate_hz: int = RATE_HZ, limits: DecodeLimits | None = None
) -> tuple[Recording, Channels]:
    """Read a recording once: what it is, and its sound.

    Parameters
    ----------
    path
        A file in one of the accepted forms (the message of ``not_audio`` lists them), 1 or 2 channels, any rate.
    file
        The name shown to people; the file's own when left out.
    rate_hz
        The rate wanted, in Hz. Resampling is soxr's, high quality, as a stream.
    limits
        What one recording may cost.

    Raises
    ------
    RecordingError
        ``missing, unreadable, damaged, empty, truncated, not_audio, too_many_channels`` or ``too_long``.
    """
    name = file or path.name
    sides: list[_Side] = []
    with open_stream(path, name=name) as stream:
        native_hz = stream.rate_hz
        for native_hz, block in _native_blocks(stream, name, limits or DecodeLimits()):
            sides = sides or [_Side(native_hz, rate_hz) for _ in block]
            for side, samples in zip(sides, block, strict=True):
                side.add(samples)
        recording = _recording(path, name, stream, sides[0].seen, native_hz)
    clipping = tuple(side.meter.result() for side in sides)
    return recording, Channels(tuple(side.close() for side in sides), rate_hz, clipping, native_hz)


def _recording(path: Path, name: str, stream: Stream, samples: int, native_hz: int) -> Recording:
    return Recording(
        path=path,
        file=name,
        sha256=stream.digest(),
        duration_s=samples / native_hz,
        channels=stream.channels,
        sample_rate_hz=native_hz,
        codec=stream.codec,
    )


class _Side:
    """One channel on its way from the native rate to 16-bit integers at the wanted one."""

    def __init__(self, native_hz: int, rate_hz: int) -> None:
        import soxr

        self.meter = ClippingMeter(native_hz)
        self.seen = 0
        stream = soxr.ResampleStream(native_hz, rate_hz, 1, dtype="float32")
        self._resampler = None if native_hz == rate_hz else stream
        self._written = PcmWriter()

    def add(self, samples: Samples) -> None:
        self.meter.add(samples)
        self.seen += samples.size
        self._written.add(to_pcm(self._resampler.resample_chunk(samples) if self._resampler else samples))

    def close(self) -> Pcm:
        if self._resampler:
            self._written.add(to_pcm(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)))
        return self._written.close()


def _native_blocks(stream: Stream, name: str, limits: DecodeLimits) -> Iterator[tuple[int, Samples]]:
    """Rate and finite samples ``(channels, n)`` in blocks of some seconds, then the check that nothing lacks."""
    samples, native_hz, failed, packets = 0, stream.rate_hz, 0, 0
    pending: list[Samples] = []
    waiting = 0
    if (stream.promised_s or 0.0) > limits.longest_s and not stream.lacking_bytes:
        raise _too_long(name, limits)
    breaks: list[str] = []
    for frames in native_frames(stream, breaks):
        packets += 1
        failed += frames is None
        for rate, block in frames or ():
            native_hz = rate
            pending.append(block)
            waiting += block.shape[1]
            samples += block.shape[1]
        if samples > limits.longest_s * native_hz:
            raise _too_long(name, limits)
        if waiting >= _BLOCK_S * native_hz:
            yield native_hz, joined(pending, name)
            pending, waiting = [], 0
    if pending:
        yield native_hz, joined(pending, name)
    _check_whole(stream, name, samples / native_hz)
    if breaks and stream.promised_s is None:
        raise RecordingError(
            f"{name} changes its form after {samples / native_hz:.1f} seconds, and the rest can't be read; "
            "accepted is one recording a file",
            code="truncated",
        )
    if failed > max(1, limits.damaged_packets * packets):
        raise RecordingError(
            f"{name} is damaged: {failed} of its {packets} packets can't be decoded", code="unreadable"
        )


def _too_long(name: str, limits: DecodeLimits) -> RecordingError:
    return RecordingError(
        f"{name} is longer than {limits.longest_s / 3600:g} hours, the limit for one recording",
        code="too_long",
    )


def _check_whole(stream: Stream, name: str, decoded_s: float) -> None:
    if stream.lies_behind:  # how long it is if it is sound, nothing tells
        raise RecordingError(
            f"{name} says {decoded_s:.1f} seconds, and {stream.lacking_bytes:,} bytes lie behind them that it doesn't tell of; "
            "copy the recording again, one in a file",
            code="truncated",
        )
    whole_s = max(stream.promised_s or 0.0, decoded_s / stream.share_there)
    if stream.lacking_bytes or whole_s - decoded_s > _TOLERANCE_S:
        of = f" of {whole_s:.1f}" if whole_s - decoded_s > _TOLERANCE_S else ""
        raise RecordingError(
            f"{name} is cut off: only {decoded_s:.1f}{of} seconds can be read; copy the recording again, one in a file",
            code="truncated",
        )
    if decoded_s == 0:
        raise RecordingError(f"{name} holds no sound (0 samples)", code="empty")
