"""What a run is asked to do, apart from what the company is (profile) and what it demands (standard)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from models.whisper import WhisperSettings

Language = Literal["auto", "zh", "en"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one run, the same for each call in it.

    Attributes
    ----------
    language
        Language of the calls; ``auto`` finds it per call.
    whisper
        How Whisper runs; None takes the measured defaults.
    """

    language: Language = "auto"
    whisper: WhisperSettings | None = None
