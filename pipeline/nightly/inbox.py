"""What lies in the inbox: each recording with its digest, what is still being written, what leads out of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.beside_names import stem_of
from pipeline.call_names import kept_name
from pipeline.endings import MOST_BYTES, TOO_BIG, Apart, apart, is_hidden, is_recording
from pipeline.errors import ConfigError
from pipeline.standing import ROOT, open_folders, standing_apart

PARTIAL = (".part", ".partial", ".filepart", ".tmp", ".crdownload", ".download")
"""Endings under which programs write a file before it takes its name."""
FRESH_S = 120.0
"""A file untouched for this long is whole; a younger one is looked at twice."""
SETTLE_S = 1.5
_LATEST_NS = 2**63 - 1
"""Of 2262: a file may say a later time, and no database holds it."""

Ready = Literal["ready", "being_written", "unreadable"] | Apart
Known = Callable[[str, "Stamp"], str | None]
"""Digest of a file that has this name and stamp since it was last read; None where it must be read."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file is touched. The time of the inode's change can't be set back."""

    bytes: int
    mtime_ns: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One recording in the inbox, by its `kept_name`; ``path`` is a URL where that lies on shared storage.

    A folder that may not be read is one ``unreadable`` too, by a name that ends in ``/``; ``told`` says why. ``beside``: URLs
    of the transcripts delivered beside one on shared storage.
    """

    file: str
    path: Path | str
    state: Ready
    stamp: Stamp | None = None
    sha256: str | None = None
    told: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder that may not be read."""
        return self.file.endswith("/")


def look(
    inbox: Path, *, known: Known = lambda _file, _stamp: None, settle_s: float = SETTLE_S,
    transcripts: list[str] | None = None,
) -> list[Seen]:  # fmt: skip
    """All recordings under an inbox, by name, and the folders in it that may not be read.

    A file that changes between two looks, is open for writing in a process that can be seen, or bears the name of an
    unfinished transfer is ``being_written``. Links to folders are not entered. What stands apart, links that lead out
    among it (`pipeline.standing`), is told and not read.

    Parameters
    ----------
    known
        Spares reading files that were not touched since an earlier run.
    settle_s
        Time between the two looks, in seconds.
    transcripts
        Takes in the names of delivered transcripts.

    Raises
    ------
    ConfigError
        The inbox is no folder, or may not be read itself.
    """
    if not inbox.is_dir():
        raise ConfigError([f"{inbox}: INBOX → there is no such folder"])
    root = inbox.resolve()
    first = list(_found(root, [] if transcripts is None else transcripts))
    fresh = [each for each in first if each.stamp and _is_fresh(each.stamp)]
    writing: set[str] = set()
    if fresh:
        open_now = _open_for_writing()
        time.sleep(settle_s)
        writing = {e.file for e in fresh if str(e.path) in open_now or _stamp(Path(e.path)) != e.stamp}
    return sorted((_read(each, each.file in writing, known) for each in first), key=lambda each: each.file)


def _found(root: Path, transcripts: list[str]) -> Iterator[Seen]:
    seen: set[str] = set()
    unfinished: dict[str, Path] = {}
    closed: dict[str, str] = {}
    for folder, subfolders, names in open_folders(root, closed):
        subfolders.sort()
        links = [name for name in subfolders if Path(folder, name).is_symlink()]  # not entered
        for path in (Path(folder, name) for name in sorted([*names, *links])):
            inner = path.relative_to(root)
            file, whole = kept_name(inner.as_posix()), inner.with_suffix("")
            if stem_of(file) is not None and not is_hidden(inner):
                transcripts.append(file)
            if (why := standing_apart(path, root)) is not None:
                yield Seen(file, path, why)
            elif apart(inner) is not None:
                continue  # what belongs to another file
            elif path.suffix.lower() in PARTIAL and is_recording(whole) and not is_hidden(inner):
                unfinished[kept_name(whole.as_posix())] = path
            elif is_recording(path) and not _is_twin(path):
                seen.add(file)
                yield Seen(file, path, "ready", _stamp(path))
    for file, path in unfinished.items():
        if file not in seen:
            yield Seen(file, path, "being_written")
    if ROOT in closed:
        raise ConfigError([f"{root}: INBOX → {closed[ROOT]}"])
    for name, told in closed.items():
        yield Seen(kept_name(name), root / name, "unreadable", told=told)


def _is_twin(path: Path) -> bool:
    """Whether a link of a recording's name leads to what is found under its own name, or to a folder."""
    return path.is_symlink() and (path.is_dir() or is_recording(path.resolve()))


def _stamp(path: Path) -> Stamp | None:
    try:
        told = path.stat()
    except OSError:
        return None
    mtime, ctime = (min(max(each, -_LATEST_NS), _LATEST_NS) for each in (told.st_mtime_ns, told.st_ctime_ns))
    return Stamp(told.st_size, mtime, ctime)


def _is_fresh(stamp: Stamp) -> bool:
    return time.time() - max(stamp.mtime_ns, stamp.ctime_ns) / 1e9 < FRESH_S


def _read(seen: Seen, writing: bool, known: Known) -> Seen:
    path = Path(seen.path)
    if writing:
        return replace(seen, state="being_written")
    if seen.state != "ready":
        return seen
    if seen.stamp is None:
        return replace(seen, state="unreadable")
    if seen.stamp.bytes > MOST_BYTES:
        return replace(seen, state="unreadable", told=f"{Path(seen.file).name} {TOO_BIG}")
    sha256 = known(seen.file, seen.stamp) or digest(path)
    if sha256 is None:
        return replace(seen, state="unreadable")
    if _stamp(path) != seen.stamp:  # it grew while it was read
        return replace(seen, state="being_written")
    return replace(seen, sha256=sha256)


def digest(path: Path) -> str | None:
    """SHA-256 of a file; None where it can't be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _open_for_writing() -> frozenset[str]:
    """Files that processes of this machine, as far as they can be seen, hold open for writing (Linux)."""
    found: set[str] = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = link.readlink()
            if not target.is_absolute() or not is_recording(target):
                continue
            flags = (link.parents[1] / "fdinfo" / link.name).read_text().split("flags:", 1)[1].split()[0]
        except (OSError, IndexError):
            continue  # the process has ended, or is another user's
        if int(flags, 8) & 0o3:
            found.add(str(target))
    return frozenset(found)


def known_from(stamps: Mapping[str, tuple[Stamp, str]]) -> Known:
    """A look-up of digests by name and stamp."""

    def known(file: str, stamp: Stamp) -> str | None:
        kept = stamps.get(file)
        return kept[1] if kept is not None and kept[0] == stamp else None

    return known
