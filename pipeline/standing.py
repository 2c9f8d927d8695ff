"""What stands apart in a folder by what it is on the disk: links that lead out or nowhere, pipes, hidden files, archives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from stat import S_ISDIR, S_ISREG

from pipeline.endings import Apart, apart, is_companion, is_hidden, is_recording, may_be_companion
from pipeline.errors import why as why_not

CLOSED = (
    "文件夹无法读取，其中的录音均未处理",
    "is a folder that can't be read ({why}), and no call in it is taken in; give this user the right to list and enter it",
)
"""What is said of a folder that may not be read, in Mandarin and English."""
ROOT = "./"
"""The name by which a folder that is looked through is closed itself."""
_SYSTEM = frozenset({"lost+found", "System Volume Information", "$RECYCLE.BIN"})
"""Folders that a disk's root holds for itself alone."""


def open_folders(root: Path, closed: dict[str, str]) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Each folder from ``root`` on that can be listed and entered, with its folders and files, as `os.walk` gives them.

    ``closed`` takes in the others by their name from the root (``mon/``), each with what is to be told of it: what lies in
    them can't be known. Hidden ones, of which nothing would be taken in, are none of them.
    """

    def note(error: OSError) -> None:
        note_closed(closed, Path(os.fsdecode(error.filename)).relative_to(root), error)

    for folder, inner, names in os.walk(root, onerror=note):
        try:
            Path(folder, "..").stat()  # who may list and not enter it can't look at any file
            if longest := max((*inner, *names), key=lambda name: len(os.fsencode(name)), default=None):
                _can_be_named(Path(folder, longest))  # nor may who has no room left for its name
        except OSError as error:
            error.filename = folder
            note(error)
            inner.clear()
            continue
        yield Path(folder), inner, names


def _can_be_named(path: Path) -> None:
    """Raises OSError where a path is longer than the system takes; what has gone meanwhile is another matter."""
    with suppress(FileNotFoundError):
        path.lstat()


def note_closed(closed: dict[str, str], inner: PurePath, error: Exception) -> None:
    """Take in a folder that can't be listed, by its path from the root, unless nothing of it would be missed."""
    if not (isinstance(error, FileNotFoundError) or is_hidden(inner) or str(inner) in _SYSTEM):
        closed[f"{inner.as_posix()}/"] = CLOSED[1].format(why=why_not(error))


def standing_apart(path: Path, root: Path) -> Apart | None:
    """Why something under a folder may hold calls and isn't taken in; None for a recording, and for what holds none.

    A link counts by where it leads: one to a folder outside, or to what can't be reached, may hide any number of calls,
    whatever it is called. What lies within the folder is found under its own name.
    """
    name = path.relative_to(root)
    why = apart(name)
    mode = _mode(path)
    if path.is_symlink():
        if mode is None:  # editors leave hidden ones behind that never led anywhere
            return None if is_hidden(name) and why is None else "link_outside"
        if (S_ISDIR(mode) or (why is None and is_recording(name))) and not leads_in(path, root):
            return "link_outside"
    if mode is None or S_ISDIR(mode) or (why is None and not is_recording(name)):
        return None
    if _is_special(mode):
        return "no_plain_file"
    return why if why and not is_companion_file(path) else None


def _mode(path: Path) -> int | None:
    """What a path leads to is; None where that isn't there, or may not be looked at."""
    try:
        return path.stat().st_mode
    except OSError:
        return None


def _is_special(mode: int) -> bool:
    return not (S_ISREG(mode) or S_ISDIR(mode))


def leads_in(file: Path, folder: Path) -> bool:
    """Whether a path stays in its folder, all links followed."""
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle; Python before 3.13 raises the latter
        return False


def is_companion_file(file: Path) -> bool:
    """Whether a file is what macOS keeps beside another: no recording, whatever its name."""
    if not may_be_companion(file):
        return False
    try:
        with file.open("rb") as stream:
            return is_companion(stream.read(4))
    except OSError:
        return False
