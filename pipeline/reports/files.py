"""Writing of report files."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.modes import tell_if_open

_HALF = re.compile(r"\.[0-9a-f]{16}-.{8}\.tmp")
"""Begins the name of a file that is being written."""


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Write beside the target and move over it: a reader sees the old file or the new one, never half.

    What is written tells of people, so it is its owner's alone unless ``mode`` says otherwise.
    """
    with atomic_path(path, mode=mode) as beside:
        beside.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)


@contextmanager
def atomic_path(path: Path, *, mode: int = 0o600) -> Iterator[Path]:
    """A path beside the target to write to; moved over it when the block ends well, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=_beginning(path.stem), suffix=f".tmp{path.suffix}"
    )
    try:
        lock_file(handle)  # until it is closed: who writes it is alive
        if mode != 0o600:
            Path(name).chmod(mode)
        yield Path(name)
        Path(name).replace(path)
        tell_if_open(path, mode=mode)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def clear_up(*folders: Path) -> int:
    """Take away what processes that were killed left half-written in some folders; how many files.

    What another process is writing at this moment stays.
    """
    gone = 0
    for path in [each for folder in folders for each in folder.glob(".*") if _HALF.match(each.name)]:
        if path.is_symlink() or not path.is_file():
            continue
        with suppress(FileNotFoundError), path.open("rb") as half:  # it may just have been finished
            if lock_file(half.fileno()):
                path.unlink()
                gone += 1
    return gone


def lock_file(handle: int) -> bool:
    """Hold an open file until it is closed, if nobody else does; a disk that knows no locks holds nothing."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True


def remove_left_over(folder: Path, stem: str) -> None:
    """Take away what a process that was killed left of files of this name, whatever their ending."""
    for path in folder.glob(f"{_beginning(stem)}*") if folder.is_dir() else ():
        path.unlink(missing_ok=True)


def _beginning(stem: str) -> str:
    """What a file's name begins with until it is whole; a digest, as a long name leaves no room for more."""
    return f".{hashlib.sha256(stem.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}-"
