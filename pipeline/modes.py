"""Whether others can read what is its owner's alone: a shared disk may keep no file modes. It is told once a disk."""

from __future__ import annotations

import logging
import stat
from multiprocessing import parent_process
from pathlib import Path

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_told: set[int] = set()
_told_secrets: set[Path] = set()


def is_open(path: Path, *, mode: int = 0o600) -> bool:
    """Whether more than ``mode`` lets the group or others have a file or folder; False where that can't be told."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS & ~mode)
    except OSError:
        return False


def tell_secret_open(path: Path) -> None:
    """Warn, once a command, where a file that holds a secret is open to others."""
    if parent_process() is None and path not in _told_secrets and is_open(path):
        _told_secrets.add(path)
        _log.warning("%s: holds a secret and can be read by others than its owner; chmod 600", path)


def tell_if_open(
    path: Path, *, mode: int = 0o600, mend: str = "choose another disk, or restrict the share"
) -> None:
    """Warn, once a disk and command, where a file or folder is open to others that should not be."""
    if parent_process() is not None or not is_open(path, mode=mode):
        return
    disk = path.stat().st_dev
    if disk not in _told:
        _told.add(disk)
        _log.warning("%s: can be read by others than its owner; %s", path, mend)
