"""Sound as 16-bit integers: in memory where it is short, in an unnamed temporary file where it is long.

An hour of one channel takes 115 MB. A worker that holds the models has no room for three hours of two channels; read by
stretches from a file they cost it nothing, and the system keeps what it has room for. The file has no name, so it is gone
with the process however that ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import RecordingError

FULL_SCALE = 32_767.0
HELD_SAMPLES = 30 * 60 * 16_000
"""Channels of up to half an hour stay in memory."""
_LOUDEST = 1000.0
"""Times full scale. Files of floats go over 1 where somebody turned them up, and never so far."""
_BYTES = 2
_COMPARED_AT_ONCE = 1 << 20


class Pcm(Protocol):
    """One channel that is read by stretches: an int16 array, or :class:`FilePcm`."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]: ...


class FilePcm:
    """One channel in a temporary file, read stretch by stretch."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice, /) -> NDArray[np.int16]:
        start, stop, step = part.indices(self._size)
        if step != 1:
            raise ValueError("a stretch of samples without steps is read")
        raw = os.pread(self._file.fileno(), max(0, stop - start) * _BYTES, start * _BYTES)
        return np.frombuffer(raw, dtype=np.int16)


class PcmWriter:
    """Takes blocks of int16 and gives the whole as one :class:`Pcm`."""

    def __init__(self) -> None:
        self._held: list[NDArray[np.int16]] = []
        self._size = 0
        self._file: BinaryIO | None = None

    def add(self, pcm: NDArray[np.int16]) -> None:
        """Append a block."""
        self._held.append(pcm)
        self._size += pcm.size
        if self._file is None and self._size > HELD_SAMPLES:
            self._file = tempfile.TemporaryFile(prefix="callgauge-")  # noqa: SIM115 - lives as long as the channel
        if self._file is not None:
            self._file.writelines(block.tobytes() for block in self._held)
            self._held.clear()

    def close(self) -> Pcm:
        """All that was added."""
        if self._file is None:
            return np.concatenate(self._held) if self._held else np.zeros(0, dtype=np.int16)
        self._file.flush()
        return FilePcm(self._file, self._size)


def to_pcm(samples: NDArray[np.floating]) -> NDArray[np.int16]:
    """Float samples (full scale ±1) as 16-bit integers; what is no number becomes silence."""
    scaled = np.nan_to_num(np.asarray(samples, dtype=np.float32)) * np.float32(FULL_SCALE)
    pcm: NDArray[np.int16] = np.clip(np.rint(scaled), -FULL_SCALE, FULL_SCALE).astype(np.int16)
    return pcm


def to_float(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    """16-bit integers as float32 in [-1, 1]."""
    samples: NDArray[np.float32] = pcm.astype(np.float32)
    samples /= np.float32(FULL_SCALE)
    return samples


def joined(blocks: Sequence[NDArray[np.float32]], name: str) -> NDArray[np.float32]:
    """Blocks as one. A file of floats may hold what is no sound; where it does, nothing of it can be measured.

    Raises
    ------
    RecordingError
        ``damaged``, with how many samples are no sound.
    """
    whole = np.concatenate(blocks, axis=1)
    if not np.abs(whole).max(initial=0.0) <= _LOUDEST:  # so that it is true of not-a-number too
        wrong = np.count_nonzero(~(np.abs(whole) <= _LOUDEST))
        raise RecordingError(
            f"{name} is damaged: {wrong} samples in {whole.shape[1]} are no sound (not a number, or over "
            f"{_LOUDEST:g} times full scale); export the recording again",
            code="damaged",
        )
    return whole


def sign_of(first: Pcm, other: Pcm) -> int:
    """-1 where a channel swings against the first (its wires are crossed), else 1."""
    product = 0.0
    for start in range(0, len(first), _COMPARED_AT_ONCE):
        part = slice(start, start + _COMPARED_AT_ONCE)
        product += float(np.asarray(first[part], np.float64) @ np.asarray(other[part], np.float64))
    return -1 if product < 0 else 1
