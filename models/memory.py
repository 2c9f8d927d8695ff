"""Memory that the C library holds free, handed back."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def give_back_freed_memory(*, over_bytes: int = 0) -> None:
    """Hand back what glibc holds free, where the process holds more than so many bytes.

    Reading the weights leaves twice their size free. Calls differ in the length of their windows, so what one leaves seldom
    fits the next and the process grows; but what is handed back must be fetched again, so not after every call.
    """
    if platform.libc_ver()[0] == "glibc" and _resident_bytes() > over_bytes:
        ctypes.CDLL(None).malloc_trim(0)


def let_go_of(mapped: np.ndarray) -> None:
    """Give back the memory of the parts of a mapped file that were read so far; they are read again where they are needed."""
    backing = getattr(mapped, "_mmap", None)
    if backing is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on every system
        backing.madvise(mmap.MADV_DONTNEED)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
