"""Writing of report files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.modes import tell_if_open


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
    os.close(handle)
    try:
        if mode != 0o600:
            Path(name).chmod(mode)
        yield Path(name)
        Path(name).replace(path)
        tell_if_open(path, mode=mode)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_left_over(folder: Path, stem: str) -> None:
    """Take away what a process that was killed left of files of this name, whatever their ending."""
    for path in folder.glob(f"{_beginning(stem)}*") if folder.is_dir() else ():
        path.unlink(missing_ok=True)


def _beginning(stem: str) -> str:
    """What a file's name begins with until it is whole; a digest, as a long name leaves no room for more."""
    return f".{hashlib.sha256(stem.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}-"
