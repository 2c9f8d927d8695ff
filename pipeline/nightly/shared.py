"""An inbox on shared storage, by URL: any protocol of fsspec whose package is installed.

A path, or a ``file://`` URL, is a folder that every machine mounts. Anything else is listed and read through fsspec:
call lists and the profile are fetched for planning, a recording by the worker that hears it, with its transcript
(`pipeline.nightly.fetched`).
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec

from pipeline.beside_names import folded_path, stem_of, transcripts_for
from pipeline.call_names import kept_name
from pipeline.endings import Apart, apart, is_companion, is_hidden, is_recording, may_be_companion
from pipeline.errors import ConfigError
from pipeline.errors import why as why_not
from pipeline.intake import CALL_LISTS, PROFILE
from pipeline.nightly.inbox import FRESH_S, PARTIAL, Known, Seen, Stamp
from pipeline.standing import CLOSED, note_closed

_SMALL = frozenset({*CALL_LISTS, PROFILE})
_PLAIN = frozenset({"name", "size", "type"})
"""What every listing tells; with no more than that a changed file can't be told from the old one."""
_ACCEPTED = "a folder, file:///folder, or the URL of a protocol whose fsspec package is installed, such as s3://bucket/folder"


def place_of(text: str | Path) -> Path | Shared:
    """A folder of this machine, or one on shared storage.

    Raises
    ------
    ConfigError
        The protocol is unknown, or its package is not installed.
    """
    if "://" not in str(text):
        return Path(text)
    url = urlsplit(str(text))
    if url.scheme in ("file", "local"):
        if url.netloc not in ("", "localhost"):
            raise ConfigError(
                [f"INBOX: {url.scheme}:// → {url.netloc} is another machine; accepted: {_ACCEPTED}"]
            )
        return Path(unquote(url.path))
    shared = Shared(str(text).rstrip("/"))
    shared.storage()
    return shared


@dataclass(frozen=True, slots=True)
class Shared:
    """A folder by URL. It pickles; whoever uses it opens the storage anew."""

    url: str

    def __str__(self) -> str:
        return self.url

    def storage(self) -> tuple[Any, str]:
        """The storage and the folder's path in it. Raises ConfigError."""
        protocol = self.url.split("://", 1)[0]
        try:
            opened: tuple[Any, str] = fsspec.core.url_to_fs(self.url)
        except ImportError as error:
            raise ConfigError([f"INBOX: {protocol}:// → {error}; accepted: {_ACCEPTED}"]) from error
        except ValueError as error:
            raise ConfigError(
                [f"INBOX: {protocol}:// → is not a known protocol; accepted: {_ACCEPTED}"]
            ) from error
        return opened

    def at(self, file: str) -> str:
        """The URL of a file in it."""
        return f"{self.url}/{file}"


def exists(place: Path | Shared) -> bool:
    """Whether the folder is there. A storage that can't be reached raises OSError."""
    if isinstance(place, Path):
        return place.is_dir()
    storage, root = place.storage()
    return bool(storage.isdir(root))


@contextmanager
def lists_of(place: Path | Shared, unread: dict[str, str] | None = None) -> Iterator[Path]:
    """A folder with the call lists and profiles as they lie in the inbox: the inbox itself, or copies of them.

    ``unread`` takes in those that can't be fetched, by name, each with why; without it the first one's error is raised.
    """
    if isinstance(place, Path):
        yield place
        return
    storage, root = place.storage()
    with tempfile.TemporaryDirectory(prefix="callgauge-") as folder:
        for file in _listed(place, {}):
            name = PurePosixPath(file)
            if name.name in _SMALL and ".." not in name.parts and not is_hidden(name):
                target = Path(folder, *name.parts)
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    storage.get_file(f"{root}/{file}", str(target))
                except Exception as error:  # each storage's package has its own
                    if unread is None:
                        raise
                    with suppress(OSError):
                        target.unlink(missing_ok=True)  # half a list is none
                    unread[file] = why_not(error)
        yield Path(folder)


def told_unread(unread: Mapping[str, str], profile: Path | None) -> list[str]:
    """What is to be told of call lists that can't be fetched, as of those of a folder that can't be read.

    Raises
    ------
    ConfigError
        The inbox's own profile is one of them, and no other is named.
    """
    told = {file: f"{kept_name(file)}: file → can't be read: {why}" for file, why in unread.items()}
    if profile is None and PROFILE in told:
        raise ConfigError([told[PROFILE]])
    return [line for file, line in told.items() if PurePosixPath(file).name != PROFILE]


def look_at(
    place: Shared, *, known: Known, settle_s: float, transcripts: list[str] | None = None
) -> list[Seen]:
    """All recordings in it, by name, as `pipeline.nightly.inbox.look` tells them of a folder.

    A file that was changed lately and looks otherwise at a second look is ``being_written``. ``transcripts`` takes in the
    names of delivered ones.

    Raises
    ------
    ConfigError
        It may not be listed itself.
    """
    storage, root = place.storage()
    closed: dict[str, str] = {}
    first = _listed(place, closed)
    stamps = {file: _stamp(told) for file, told in first.items()}
    writing: set[str] = set()
    fresh = [file for file, told in first.items() if _is_fresh(told)]
    if fresh:
        time.sleep(settle_s)
        storage.invalidate_cache()
        now = _listed(place, {})
        writing = {file for file in fresh if file not in now or _stamp(now[file]) != stamps[file]}
    words = _transcripts(first)
    if transcripts is not None:
        transcripts += (kept_name(file) for some in words.values() for file in some)
    found = [Seen(kept_name(name), place.at(name), "unreadable", told=told) for name, told in closed.items()]
    for file in sorted(first):
        name = PurePosixPath(file)
        unfinished = name.suffix.lower() in PARTIAL and is_recording(name.with_suffix(""))
        if (why := apart(name)) is not None:
            if not _is_companion(storage, f"{root}/{file}"):
                found.append(Seen(kept_name(file), place.at(file), why))
        elif (why := _no_file(storage, f"{root}/{file}", first[file])) is not None:
            found.append(Seen(kept_name(file), place.at(file), why))
        elif is_hidden(name):
            continue
        elif unfinished and (whole := name.with_suffix("").as_posix()) not in first:
            found.append(Seen(kept_name(whole), place.at(file), "being_written"))
        elif is_recording(name):
            beside = transcripts_for(file, words.get(folded_path(file.rpartition(".")[0]), ()), first)
            seen = Seen(
                kept_name(file), place.at(file), "being_written" if file in writing else "ready", stamps[file],
                beside=tuple(place.at(each) for each in beside),
            )  # fmt: skip
            found.append(_read(storage, f"{root}/{file}", seen, first[file], known))
    return sorted(found, key=lambda each: each.file)


def _transcripts(files: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Delivered transcripts by folder and stem of their recordings."""
    found: dict[tuple[str, str], list[str]] = {}
    for file in files:
        if (stem := stem_of(file)) is not None and not is_hidden(PurePosixPath(file)):
            found.setdefault(folded_path(stem), []).append(file)
    return found


def _listed(place: Shared, closed: dict[str, str]) -> dict[str, Mapping[str, Any]]:
    """Files under a folder by their name from it; ``closed`` takes in folders that can't be listed, as `open_folders` does.

    A folder that bears a transcript's name is one of them: its call must fail.
    Folder by folder: fsspec's own walk passes over what it may not list and says nothing of it.
    """
    storage, root = place.storage()
    start = root.rstrip("/") + "/"
    found: dict[str, Mapping[str, Any]] = {}
    folders = [root]
    while folders:
        folder = folders.pop()
        inner = PurePosixPath(folder.removeprefix(start) if folder != root else "")
        try:
            told = storage.ls(folder, detail=True)
        except Exception as error:  # each storage's package has its own
            if folder == root and isinstance(error, PermissionError):
                raise ConfigError([f"{place}: INBOX → {CLOSED[1].format(why=why_not(error))}"]) from error
            if folder == root and not isinstance(error, FileNotFoundError):
                raise  # the storage is away, for all of it
            note_closed(closed, inner, error)
            continue
        for info in told:
            path = info["name"].rstrip("/")
            is_folder = info["type"] == "directory"
            if not path.startswith(start) or (is_folder and path == folder):
                continue
            if is_folder:
                folders.append(path)
            if not is_folder or stem_of(path) is not None:
                found[path.removeprefix(start)] = info
    return dict(sorted(found.items()))


def _no_file(storage: Any, path: str, told: Mapping[str, Any]) -> Apart | None:
    """What a storage with links and pipes tells of them: a link to a folder isn't entered, a pipe isn't read."""
    if told.get("type") not in ("link", "other"):
        return None
    if told.get("type") == "link" or told.get("islink"):
        return "link_outside" if storage.isdir(path) or not storage.exists(path) else None
    return "no_plain_file" if is_recording(PurePosixPath(path)) else None


def _is_companion(storage: Any, path: str) -> bool:
    if not may_be_companion(PurePosixPath(path)):
        return False
    try:
        with storage.open(path, "rb") as stream:
            return is_companion(stream.read(4))
    except OSError:
        return False


def _stamp(told: Mapping[str, Any]) -> Stamp:
    """Size, time of change, and a digest of all that the storage tells: an entity tag, a version."""
    changed = _changed(told)
    rest = repr(sorted((key, str(value)) for key, value in told.items()))
    mark = int.from_bytes(hashlib.sha256(rest.encode()).digest()[:7], "big")
    return Stamp(int(told.get("size") or 0), int(changed * 1e9) if changed else 0, mark)


def _changed(told: Mapping[str, Any]) -> float | None:
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = told.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value).timestamp()
            except ValueError:
                continue
    return None


def _is_fresh(told: Mapping[str, Any]) -> bool:
    changed = _changed(told)
    return changed is not None and time.time() - changed < FRESH_S


def _read(storage: Any, path: str, seen: Seen, told: Mapping[str, Any], known: Known) -> Seen:
    if seen.state != "ready" or seen.stamp is None:
        return seen
    sha256 = known(seen.file, seen.stamp) if set(told) - _PLAIN else None
    if sha256 is None:
        try:
            with storage.open(path, "rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except Exception:  # each storage's package has its own
            return replace(seen, state="unreadable")
    return replace(seen, sha256=sha256)
