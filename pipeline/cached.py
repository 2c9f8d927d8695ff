"""What is kept of a recording between runs: one JSON file an entry, its owner's alone, and how it is forgotten.

An entry lies under the per-user cache, written beside its place and renamed into it, under a name that begins with the
recording's digest so that all of a recording can be forgotten. It tells what somebody said, so where the store is
encrypted (`pipeline.sealing`) it is too. One that can't be read is told to the log and made again.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from models import registry
from pipeline.sealing import SealError, keys_from, seal, unseal

Made = TypeVar("Made")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of entry.

    Attributes
    ----------
    folder
        Where it lies under the cache.
    anew
        What is done where an entry can't be read, for the log.
    """

    folder: str
    anew: str

    @property
    def root(self) -> Path:
        """The folder of all its entries."""
        return registry.cache_dir() / self.folder

    def path(self, key: str, audio_sha256: str) -> Path:
        """Where the entry of a recording with this key lies."""
        return self.root / audio_sha256[:2] / f"{audio_sha256}-{key[:32]}.json"

    def load(self, key: str, audio_sha256: str, make: Callable[[Mapping[str, Any]], Made]) -> Made | None:
        """What ``make`` reads out of an entry; None where there is none or it can't be read (said in the log)."""
        path = self.path(key, audio_sha256)
        try:
            content = path.read_bytes()
            raw = plain_json(unseal(content, keys_from(), key) if content[:1] != b"{" else content)
            if raw["key"] != key:
                raise ValueError("the entry belongs to another key")
            return make(raw)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, SealError) as error:
            _log.warning("cache: %s can't be read (%s), %s", path, error, self.anew)
            return None

    def store(self, key: str, audio_sha256: str, content: Mapping[str, Any]) -> None:
        """Keep an entry. A cache that can't be written is told to the log: it costs time, not the result."""
        path, keys = self.path(key, audio_sha256), keys_from()
        # a delivered text may hold half a surrogate; JSON is read back so too
        written = json.dumps({"key": key, **content}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".", suffix=".json", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(seal(written, keys, key) if keys.newest is not None else written)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)  # half an entry is somebody's words all the same
                raise
        except OSError as error:
            _log.warning("cache: %s can't be written (%s)", path, error)


TRANSCRIPTS = Shelf("transcripts", "transcribing again")
FINDINGS = Shelf("findings", "analysing again")
SHELVES = (TRANSCRIPTS, FINDINGS)


def plain_json(text: str | bytes) -> Any:
    """A text's JSON. Raises ValueError where it is none or holds NaN or an infinite number."""
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def forget(audio_sha256: str) -> int:
    """Take away all that is known of a recording's words; returns how many entries went.

    Entries of versions that didn't name the recording can't be told apart: they all go, which costs time only.
    """
    gone = 0
    for shelf in SHELVES:
        named = shelf.root.glob(f"{audio_sha256[:2]}/{audio_sha256}-*.json")
        nameless = (path for path in shelf.root.glob("*/*.json") if "-" not in path.name)
        for path in [*named, *nameless]:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def prune(days: int, *, now: datetime, dry_run: bool = False) -> int:
    """Take away entries older than so many days; returns how many there are."""
    before = (now - timedelta(days=days)).timestamp()
    old = [path for shelf in SHELVES for path in shelf.root.glob("*/*.json") if path.stat().st_mtime < before]
    for path in () if dry_run else old:
        path.unlink(missing_ok=True)
    return len(old)
