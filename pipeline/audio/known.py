"""A recording's sound measured once: what was found is kept by the digest of the file.

Rescoring under another standard then neither decodes a call nor looks for speech in it; where a transcript lacks after all,
the sound is decoded at that moment. What was measured by other code is never taken: its digest is part of the key.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from pipeline.audio.decode import Channels, ChannelView, Samples, load
from pipeline.audio.measure import Heard, Note, listen
from pipeline.audio.pcm import Pcm
from pipeline.audio.probe import digest_of
from pipeline.cached import plain_json
from pipeline.errors import RecordingError
from pipeline.intervals import Span, Timeline, hold_times
from pipeline.types import Recording, Side

_log = logging.getLogger(__name__)
_LEFT_OUT = ("path", "file")


def hear_sound(path: Path, *, file: str, cached: bool, lap: Callable[[str], None]) -> tuple[Recording, Heard]:
    """What a recording is and what its sound says, from the cache where it is known.

    Parameters
    ----------
    file
        The name shown to people.
    lap
        Told ``decode`` and ``activity`` as each ends.

    Raises
    ------
    RecordingError
        As :func:`pipeline.audio.decode.load` does.
    """
    if cached and path.is_file():
        known = known_sound(digest_of(path), path, file=file)
        if known is not None:
            lap("decode")
            return known
    recording, channels = load(path, file=file)
    lap("decode")
    heard = listen(channels)
    lap("activity")
    if cached:
        _store(_path(recording.sha256), recording, heard)
    return recording, heard


def known_sound(sha256: str, path: Path, *, file: str) -> tuple[Recording, Heard] | None:
    """What is known of a recording's sound by its digest, the file itself unread; None where nothing is."""
    return _load(_path(sha256), path, file)


class LateChannels:
    """The channels of a recording that is decoded only when somebody asks for its sound."""

    def __init__(self, recording: Recording, count: int) -> None:
        self._recording = recording
        self.count = count

    def samples(self, channel: int, span: Span | None = None) -> Samples:
        """As :meth:`Channels.samples`."""
        return self.decoded.samples(channel, span)

    def view(self, channel: int) -> ChannelView:
        """As :meth:`Channels.view`; nothing is decoded until it is cut."""
        return ChannelView(_LatePcm(self, channel))

    @functools.cached_property
    def decoded(self) -> Channels:
        """The sound itself; dual mono as the one channel that it is."""
        recording, channels = load(self._recording.path, file=self._recording.file)
        if recording.sha256 != self._recording.sha256:
            raise RecordingError(f"{recording.file} changed while it was read", code="unreadable")
        return channels.mixed() if self.count < channels.count else channels


class _LatePcm:
    def __init__(self, channels: LateChannels, channel: int) -> None:
        self._channels = channels
        self._channel = channel

    @property
    def _pcm(self) -> Pcm:
        return self._channels.decoded.pcm[self._channel]

    def __len__(self) -> int:
        return len(self._pcm)

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]:
        return self._pcm[part]


def _path(sha256: str) -> Path:
    key = hashlib.sha256(f"{sha256} {_code_digest()}".encode()).hexdigest()
    return registry.cache_dir() / "sound" / key[:2] / f"{key}.json"


@functools.cache
def _code_digest() -> str:
    """Of all that measures sound: our code, and the release that the speech detector comes with."""
    here = Path(__file__).parent
    detector = sorted((here.parents[1] / "models").glob("vad*.py"))
    files = [*sorted(here.glob("*.py")), *sorted(here.glob("*.yaml")), *detector]
    digest = hashlib.sha256(metadata.version("faster-whisper").encode())
    for each in files:
        digest.update(each.read_bytes())
    return digest.hexdigest()


def _load(entry: Path, path: Path, file: str) -> tuple[Recording, Heard] | None:
    try:
        raw = plain_json(entry.read_bytes())
        recording = Recording(path=path, file=file, **raw["recording"])
        sides = tuple(_side(side) for side in raw["sides"])
        for spans in (*(side.speech.spans for side in sides), _spans(raw["rings"])):
            hold_times(((span.start_s, span.end_s) for span in spans), end_s=raw["duration_s"])
        return recording, Heard(
            duration_s=raw["duration_s"],
            layout=raw["layout"],
            sides=sides,
            channels=LateChannels(recording, len(sides)),
            rings=_spans(raw["rings"]),
            notes=tuple(Note(**note) for note in raw["notes"]),
            rings_before=tuple(_spans(rings) for rings in raw["rings_before"]),
            hung_up=next(iter(_spans(raw["hung_up"])), None),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("sound cache: %s can't be read (%s), measuring again", entry, error)
        return None


def _side(raw: Mapping[str, Any]) -> Side:
    return Side(
        speech=Timeline(_spans(raw["speech"])),
        loudness_lufs=raw["loudness_lufs"],
        clipped_ratio=raw["clipped_ratio"],
        clipping=_spans(raw["clipping"]),
        curve_lufs=tuple(raw["curve_lufs"]),
    )


def _spans(raw: list[list[float]]) -> tuple[Span, ...]:
    return tuple(Span(start_s, end_s) for start_s, end_s in raw)


def _pairs(spans: Timeline | tuple[Span, ...]) -> list[list[float]]:
    return [[span.start_s, span.end_s] for span in spans]


def _store(entry: Path, recording: Recording, heard: Heard) -> None:
    """Keep what was measured. A cache that can't be written costs time, not the result; the log says so."""
    known = {
        "recording": {name: value for name, value in asdict(recording).items() if name not in _LEFT_OUT},
        "duration_s": heard.duration_s,
        "layout": heard.layout,
        "sides": [
            {
                "speech": _pairs(side.speech), "loudness_lufs": side.loudness_lufs,
                "clipped_ratio": side.clipped_ratio, "clipping": _pairs(side.clipping),
                "curve_lufs": side.curve_lufs,
            }
            for side in heard.sides
        ],
        "rings": _pairs(heard.rings),
        "rings_before": [_pairs(rings) for rings in heard.rings_before],
        "hung_up": _pairs((heard.hung_up,) if heard.hung_up else ()),
        "notes": [asdict(note) for note in heard.notes],
    }  # fmt: skip
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".json", dir=entry.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            json.dump(known, written)
        Path(name).replace(entry)
    except OSError as error:
        _log.warning("sound cache: %s can't be written (%s)", entry, error)
