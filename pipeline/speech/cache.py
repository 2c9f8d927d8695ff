"""Transcripts kept between runs, keyed by what they depend on: sound, activity, model digest and options.

One JSON file an entry under the per-user cache, its owner's alone, written beside its place and renamed into it, under a
name that begins with the recording's digest so that all of a recording can be forgotten. What is said is unmasked
there, so where the store is encrypted (`pipeline.sealing`) the entries are too. One that can't be read is told to the
log and made again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models import registry
from pipeline.intervals import Span, Timeline
from pipeline.sealing import SealError, keys_from, seal, unseal
from pipeline.speech.transcribe import ChannelWords, RawTranscript, SpeechSettings
from pipeline.types import Dropped, Word

# raised whenever the way from sound to words changes in a manner that no option shows
_FORMAT = 5
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


def load(key: str, audio_sha256: str) -> RawTranscript | None:
    """The transcript stored under a key; None where there is none or it can't be read (said in the log)."""
    path = _path(key, audio_sha256)
    try:
        _take_over(key, path)
        content = path.read_bytes()
        raw = json.loads(unseal(content, keys_from(), key) if content[:1] != b"{" else content)
        if raw["key"] != key:
            raise ValueError("the entry belongs to another key")
        return _from_json(raw["transcript"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, SealError) as error:
        _log.warning("transcript cache: %s can't be read (%s), transcribing again", path, error)
        return None


def store(key: str, audio_sha256: str, transcript: RawTranscript) -> None:
    """Keep a transcript. A cache that can't be written is told to the log: it costs time, not the result."""
    path, keys = _path(key, audio_sha256), keys_from()
    content = json.dumps({"key": key, "transcript": asdict(transcript)}, ensure_ascii=False).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".json", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(seal(content, keys, key) if keys.newest is not None else content)
        Path(name).replace(path)
    except OSError as error:
        _log.warning("transcript cache: %s can't be written (%s)", path, error)


def forget(audio_sha256: str) -> int:
    """Take away all that is known of a recording's words; returns how many entries went.

    Entries of versions that didn't name the recording can't be told apart: they all go, which costs time only.
    """
    folder = _folder()
    named = folder.glob(f"{audio_sha256[:2]}/{audio_sha256}-*.json")
    nameless = (path for path in folder.glob("*/*.json") if "-" not in path.name)
    gone = 0
    for path in [*named, *nameless]:
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def prune(days: int, *, now: datetime, dry_run: bool = False) -> int:
    """Take away entries older than so many days; returns how many there are."""
    before = (now - timedelta(days=days)).timestamp()
    old = [path for path in _folder().glob("*/*.json") if path.stat().st_mtime < before]
    for path in () if dry_run else old:
        path.unlink(missing_ok=True)
    return len(old)


def _take_over(key: str, path: Path) -> None:
    """Give an entry of an older version, which didn't name its recording, the name that it has now."""
    older = _folder() / key[:2] / f"{key}.json"
    if not path.exists() and older.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        older.replace(path)


def _folder() -> Path:
    return registry.cache_dir() / "transcripts"


def _path(key: str, audio_sha256: str) -> Path:
    return _folder() / audio_sha256[:2] / f"{audio_sha256}-{key[:32]}.json"


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
