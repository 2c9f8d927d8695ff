"""Where a result comes from: enough to make the same result again, or to say why it can't be."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from pipeline import __version__
from pipeline.speech import RawTranscript
from pipeline.standards import Standard
from pipeline.standards.library import dump_standard
from pipeline.types import Recording


def heard_by(recording: Recording, raw: RawTranscript) -> dict[str, Any]:
    """The sound and the speech engine with its options."""
    return {
        "audio_sha256": recording.sha256,
        "recogniser": dict(raw.recogniser),
        "transcript_from_cache": raw.from_cache,
    }


def judged_by(standard: Standard) -> dict[str, Any]:
    """The code, the standard and the lexicons."""
    return {
        "code_version": __version__,
        "standard": standard.id,
        "standard_version": standard.version,
        "standard_sha256": _standard_digest(standard),
        "lexicons_sha256": dict(lexicon_digests()),
    }


_newest: tuple[Standard | None, str] = (None, "")


def _standard_digest(standard: Standard) -> str:
    """The newest is kept: writing a standard out takes longer than judging a call, and hashing it nearly as long."""
    global _newest  # one entry, replaced whole; by identity, since a frozen model's own hash goes through all of it
    if _newest[0] is not standard:
        _newest = (standard, hashlib.sha256(dump_standard(standard).encode()).hexdigest())
    return _newest[1]


@functools.cache
def lexicon_digests() -> tuple[tuple[str, str], ...]:
    """One digest a language over all of its files, by name."""
    root = resources.files("pipeline.lexicons")
    languages = sorted(folder.name for folder in root.iterdir() if folder.is_dir() and len(folder.name) == 2)
    return tuple((language, _digest(root / language)) for language in languages)


def _digest(folder: Traversable) -> str:
    total = hashlib.sha256()
    for item in _files(folder):
        total.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    return total.hexdigest()


def _files(folder: Traversable) -> Iterator[Traversable]:
    return iter(sorted((item for item in folder.iterdir() if item.is_file()), key=lambda item: item.name))
