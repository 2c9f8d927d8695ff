"""The frames of a sound stream, packet by packet, at one rate and layout whatever changes within it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.probe import Stream

if TYPE_CHECKING:
    from av.audio.resampler import AudioResampler

Samples = NDArray[np.float32]


def native_frames(
    stream: Stream, breaks: list[str] | None = None
) -> Iterator[list[tuple[int, Samples]] | None]:
    """Per packet its frames as float32 at one rate and layout; None where the packet can't be decoded.

    Whoever reads a recording reads it by this, so that a second is the same second to all of them. ``breaks`` takes why the
    container broke off before its end.
    """
    import av

    resampler: AudioResampler | None = None
    format_seen: tuple[object, ...] = ()
    target: tuple[str, int] | None = None
    packets = iter(stream.container.demux(stream.audio))
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:  # the container breaks off; the check for wholeness judges it
            if breaks is not None:
                breaks.append(error.strerror or "")
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            yield None
            continue
        blocks = []
        for frame in frames:
            # Channels or rate may change in mid-stream; all of it is brought to the first frame's.
            target = target or ("mono" if stream.channels == 1 else "stereo", frame.sample_rate)
            seen = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or seen != format_seen:
                resampler, format_seen = av.AudioResampler("fltp", *target), seen
            frame.pts = None
            blocks += [
                (target[1], out.to_ndarray().astype(np.float32, copy=False))
                for out in resampler.resample(frame)
            ]
        yield blocks
