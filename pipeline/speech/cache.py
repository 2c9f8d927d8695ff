"""Transcripts kept between runs, keyed by what they depend on: sound, activity, model digest and options.

How an entry is kept, sealed and forgotten is told in :mod:`pipeline.cached`; what is said is unmasked there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pipeline.cached import TRANSCRIPTS, forget, prune
from pipeline.intervals import Span, Timeline, hold_times
from pipeline.speech.transcribe import ChannelWords, RawTranscript, SpeechSettings
from pipeline.types import Dropped, Word

__all__ = ["forget", "load", "prune", "store", "transcript_key"]

# raised whenever the way from sound to words changes in a manner that no option shows
_FORMAT = 6
_log = logging.getLogger(__name__)


def transcript_key(
    audio_sha256: str,
    activity: Sequence[Timeline],
    *,
    recogniser: Mapping[str, Any],
    settings: SpeechSettings,
    hints: Sequence[str],
) -> str:
    """Key of a transcript: a SHA-256 over everything that its words depend on."""
    depends = {
        "format": _FORMAT,
        "audio": audio_sha256,
        "activity": [[[round(span.start_s, 3), round(span.end_s, 3)] for span in line] for line in activity],
        "recogniser": dict(recogniser),
        "settings": asdict(settings),
        "hints": list(hints),
    }
    return hashlib.sha256(json.dumps(depends, sort_keys=True, default=str).encode()).hexdigest()


def load(
    key: str, audio_sha256: str, *, channels: int | None = None, duration_s: float | None = None
) -> RawTranscript | None:
    """The transcript stored under a key; None where there is none or it can't be read (said in the log).

    Parameters
    ----------
    channels, duration_s
        What the recording is known to have: an entry of other channels, or with words outside of it, can't be read.
    """
    _take_over(key, TRANSCRIPTS.path(key, audio_sha256))

    def make(raw: Mapping[str, Any]) -> RawTranscript:
        made = _from_json(raw["transcript"])
        _hold(made, channels, duration_s)
        return made

    return TRANSCRIPTS.load(key, audio_sha256, make)


def store(key: str, audio_sha256: str, transcript: RawTranscript) -> None:
    """Keep a transcript. A cache that can't be written is told to the log: it costs time, not the result."""
    TRANSCRIPTS.store(key, audio_sha256, {"transcript": asdict(transcript)})


def _take_over(key: str, path: Path) -> None:
    """Give an entry of an older version, which didn't name its recording, the name that it has now."""
    older = TRANSCRIPTS.root / key[:2] / f"{key}.json"
    try:
        if not path.exists() and older.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            older.replace(path)
    except OSError as error:
        _log.warning("cache: %s can't be taken over (%s)", older, error)


def _hold(made: RawTranscript, channels: int | None, duration_s: float | None) -> None:
    if channels is not None and len(made.channels) != channels:
        raise ValueError(f"{len(made.channels)} channel(s), the recording has {channels}")
    for channel in made.channels:
        for spans in (channel.words, channel.dropped, channel.unheard):
            hold_times(((one.start_s, one.end_s) for one in spans), end_s=duration_s)
        for word in channel.words:
            if not isinstance(word.text, str) or word.start_s is None or not 0 <= word.confidence <= 1:
                raise ValueError("a word is text with its time and a confidence from 0 to 1")


def _from_json(raw: Mapping[str, Any]) -> RawTranscript:
    channels = tuple(
        ChannelWords(
            tuple(Word(**word) for word in channel["words"]),
            tuple(Dropped(**item) for item in channel["dropped"]),
            tuple(Span(**span) for span in channel["unheard"]),
        )
        for channel in raw["channels"]
    )
    return replace(
        RawTranscript(raw["language"], raw["language_confidence"], channels, raw["recogniser"]),
        from_cache=True,
    )
