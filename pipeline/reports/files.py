"""Names and writing of report files."""

from __future__ import annotations

import os
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

_PLAIN = frozenset(string.ascii_letters + string.digits + "._-")
LONGEST_NAME = 200
"""File systems end at 255 bytes; an extension and a temporary suffix must still fit."""


def safe_name(call_id: str) -> str:
    """The file name of a call, without extension: only ``A-Za-z0-9._-`` stay, the rest is percent-encoded.

    A name that starts with a dot has that dot encoded too, so that no name hides or climbs. One that would be
    longer than a file system takes keeps its start and gets eight digits of the whole name's SHA-256.

    Examples
    --------
    >>> safe_name("2024/05 王")
    '2024%2F05%20%E7%8E%8B'
    >>> safe_name("..")
    '%2E.'
    """
    name = "".join(c if c in _PLAIN else _percent(c) for c in call_id)
    if not name or name.startswith("."):
        name = "%2E" + name[1:] if name else "%00"
    if len(name) > LONGEST_NAME:
        digest = sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name[: LONGEST_NAME - 9].rstrip('%')}-{digest}"
    return name


def _percent(character: str) -> str:
    """Lone surrogates, from file names that are no UTF-8, are encoded as well as the rest."""
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write beside the target and move over it: a reader sees the old file or the new one, never half."""
    with atomic_path(path) as beside:
        beside.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path beside the target to write to; moved over it when the block ends well, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=f".tmp{path.suffix}")
    os.close(handle)
    try:
        yield Path(name)
        Path(name).chmod(0o644 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
