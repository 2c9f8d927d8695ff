"""Files whose contents follow one another, read as if they were one."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def chained(paths: Sequence[Path]) -> io.BufferedReader:
    """Open files as the one that they make together; for reading, from any place."""
    return io.BufferedReader(_Chained(paths))


class _Chained(io.RawIOBase):
    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [path.open("rb") for path in paths]
        sizes = [path.stat().st_size for path in paths]
        self._ends = list(itertools.accumulate(sizes))
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._ends[-1] if self._ends else 0}[
            whence
        ]
        self._at = max(0, begin + offset)
        return self._at

    def readinto(self, into: Any) -> int:
        for file, end, begin in zip(self._files, self._ends, [0, *self._ends], strict=False):
            if self._at < end:
                file.seek(self._at - begin)
                found = file.readinto(memoryview(into)[: end - self._at])
                self._at += found
                return found
        return 0

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()
