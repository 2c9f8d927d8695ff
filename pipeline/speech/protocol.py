"""What the pipeline asks of a speech recogniser: one method, and a description for the record.

Another engine fits by offering these two; nothing in the pipeline knows Whisper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.diarization import Read, Voices
from models.recognition import Heard, HeardWindow, HeardWord

__all__ = ["Heard", "HeardWindow", "HeardWord", "Recogniser", "Samples", "Sound", "VoiceModel"]

Samples = NDArray[np.float32]


class Sound(Protocol):
    """One channel, mono float32 at 16 kHz, of which stretches are cut: an array, or a view of a long recording."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Samples: ...


class Recogniser(Protocol):
    """Hears words in windows of speech."""

    def transcribe(
        self, windows: Sequence[Samples], *, language: str | None = None, hints: Sequence[str] = ()
    ) -> Heard:
        """Words of each window (float32, 16 kHz, at most 30 s); ``language`` None finds it over all."""
        ...

    def describe(self) -> Mapping[str, str | int | float | None]:
        """Model digest and every option that changes the words; part of the cache key and the provenance."""
        ...


class VoiceModel(Protocol):
    """Hears the voices of a mono recording."""

    def hear(self, read: Read, duration_s: float) -> Voices:
        """Voices of a recording; ``read`` gives mono float32 at 16 kHz from a second to a second."""
        ...

    def describe(self) -> Mapping[str, str | int | float | None]:
        """Version and every option that changes what is heard; part of the cache key and the provenance."""
        ...
