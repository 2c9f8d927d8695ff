"""A copy of a call's sound that any browser plays and seeks in, from the file system too.

FLAC of 13 bits, as many as G.711 holds: every browser plays it since 2017 (Safari learnt Ogg only lately, free Chromium builds
lack AAC), it is an eighth of MP3's work, and a copy made from a copy to hide more of it loses nothing. Two sides of a
telephone call take about 12 kB a second (docs/decisions/0025-copies-in-flac.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.audio.frames import native_frames
from pipeline.audio.probe import Stream, open_stream
from pipeline.call_names import shown_name
from pipeline.errors import RecordingError
from pipeline.intervals import Span, Timeline
from pipeline.reports.files import atomic_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIX = ".flac"
FORMER_SUFFIX = ".mp3"
"""Of copies made before: one that lies beside a new one goes, since it may still say what is masked now."""
_FORMAT = 3
_STEP = 8.0 / 32_768
"""The lowest three of 16 bits stay empty, which FLAC doesn't store: noise 83 dB under full scale, under that of any line."""


@dataclass(frozen=True, slots=True)
class CopySettings:
    """How the copy is made: at the lowest of ``rates_hz`` that the source does not pass, else at the last.

    ``crossfeed`` is how much of the other side is heard in either ear: the sides stay apart by ear
    without one of
    them sounding in one ear alone. ``margin_s`` widens each masked span, since word times are a little
    unsure.
    """

    rates_hz: tuple[int, ...] = (8_000, 16_000)
    crossfeed: float = 0.35
    tone_hz: float = 1_000.0
    tone_level: float = 0.08
    margin_s: float = 0.15


BLENDED = CopySettings(crossfeed=0.0)
"""For a copy made from a copy, whose sides are heard in either ear already."""


def write_copy(
    source: Path, target: Path, *, mask: Iterable[Span] = (), settings: CopySettings | None = None,
    sha256: str | None = None, must_be: str | None = None,
) -> Path:  # fmt: skip
    """Write a browser-playable copy of a recording, masked spans replaced by a tone on both sides.

    Parameters
    ----------
    source
        Any recording that PyAV decodes; one or two channels.
    target
        Where it goes; the suffix becomes ``.flac``. Written beside and moved, so never half there.
    mask
        Spans in seconds of the source that nobody may hear.
    sha256
        Digest of the source where it is known: a copy that lies there already, of the same sound with the same spans
        masked, is left as it is.

    must_be
        Digest of the recording whose ``mask`` it is: another one, put in its place meanwhile, is not copied.

    Raises
    ------
    RecordingError
        Where no sound can be decoded, or it is another than ``must_be``. A stream that breaks off is copied as far as it goes.
    OSError
        The copy can't be written, as on a full disk: that is no fault of the recording, and another run may do better.
    """
    import av

    settings = settings or CopySettings()
    hidden = Timeline(span.pad(settings.margin_s) for span in mask)
    target = target.with_suffix(SUFFIX)
    made_from = _made_from(sha256, hidden, settings) if sha256 else ""
    if made_from and _mark_of(target) == made_from:
        return target
    refused: OSError | None = None
    with atomic_path(target) as beside:
        try:
            with open_stream(source, name=shown_name(source.name, None), must_be=must_be) as stream:
                _encode(stream, beside, hidden, settings, made_from)
        except OSError as error:
            refused = OSError(error.errno, error.strerror, target.name)
        except (av.error.FFmpegError, IndexError, ValueError) as error:
            raise RecordingError(
                f"{shown_name(source.name, None)}: no playable copy could be made ({error})", code="damaged"
            ) from error
        if refused:  # out here, so that PyAV's error is not even its context: Dask takes that along, and can't unpickle it
            raise refused
    return target


def _made_from(sha256: str, hidden: Timeline, settings: CopySettings) -> str:
    """Names all that a copy depends on; it stands in the copy as its comment."""
    spans = [(round(span.start_s, 3), round(span.end_s, 3)) for span in hidden]
    return hashlib.sha256(f"{_FORMAT} {sha256} {spans} {settings}".encode()).hexdigest()


def _mark_of(target: Path) -> str:
    import av

    try:
        with av.open(str(target)) as container:
            return str(container.metadata.get("comment", ""))
    except (av.error.FFmpegError, OSError):
        return ""  # none there, or none that can be used: it is written anew


def _encode(stream: Stream, beside: Path, hidden: Timeline, settings: CopySettings, made_from: str) -> None:
    import av

    layout: Literal["mono", "stereo"] = "stereo" if stream.channels > 1 else "mono"
    rate_hz = next((rate for rate in settings.rates_hz if stream.rate_hz <= rate), settings.rates_hz[-1])
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
    with av.open(str(beside), "w", format="flac") as out:
        if made_from:
            out.metadata["comment"] = made_from
        encoder: Any = out.add_stream("flac", rate=rate_hz)
        encoder.layout, encoder.format = layout, "s16"
        at = 0
        for samples in _gathered(_decoded(stream, resampler, layout, rate_hz), rate_hz):
            shaped = _shaped(samples, at, hidden, rate_hz, settings)
            frame = av.AudioFrame.from_ndarray(shaped, format="s16", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, at
            at += samples.shape[1]
            out.mux(encoder.encode(frame))
        if at == 0:
            raise IndexError("no sound in it")
        out.mux(encoder.encode(None))


def _decoded(stream: Stream, resampler: Any, layout: str, wanted_hz: int) -> Iterator[NDArray[np.float32]]:
    """Samples ``(channels, n)`` in order, second for second those of the analysis."""
    import av

    for blocks in native_frames(stream):
        for rate_hz, samples in blocks or ():
            if rate_hz == wanted_hz:  # to be handed through takes as long as to be decoded
                yield samples
                continue
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate = rate_hz
            for ready in resampler.resample(frame):
                yield ready.to_ndarray()
    for ready in resampler.resample(None):
        yield ready.to_ndarray()


def _gathered(blocks: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """The same sound in blocks of ``size`` samples and more: a packet's few samples cost more to hand on than to encode."""
    import numpy as np

    waiting: list[NDArray[np.float32]] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += block.shape[1]
        if held >= size:
            yield np.concatenate(waiting, axis=1)
            waiting, held = [], 0
    if waiting:
        yield np.concatenate(waiting, axis=1)


def _shaped(
    samples: NDArray[np.float32], at: int, hidden: Timeline, rate: int, settings: CopySettings
) -> NDArray[np.int16]:
    """A block as it is heard: sides crossfed, hidden spans a tone; ``(1, n × channels)``, sample by sample."""
    import numpy as np

    shaped: NDArray[np.floating] = samples.astype(np.float32, copy=True)
    if len(shaped) == 2:
        shaped = (shaped + settings.crossfeed * shaped[::-1]) / (1 + settings.crossfeed)
    for span in hidden.crop(Span(at / rate, (at + shaped.shape[1]) / rate)):
        first = max(0, round(span.start_s * rate) - at)
        last = min(shaped.shape[1], round(span.end_s * rate) - at)
        clock = np.arange(at + first, at + last, dtype=np.float64) / rate
        shaped[:, first:last] = settings.tone_level * np.sin(2 * np.pi * settings.tone_hz * clock)
    steps = np.clip(np.rint(shaped / _STEP), -4_096, 4_095).astype(np.int16) * 8
    return np.ascontiguousarray(steps.T, dtype=np.int16).reshape(1, -1)
