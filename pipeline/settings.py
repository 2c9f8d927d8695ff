"""What a run is asked to do, apart from what the company is (profile) and what it demands (standard)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from models.whisper_settings import WhisperSettings

Language = Literal["auto", "zh", "en"]
Keep = Literal["masked", "original", "both"]
"""What is kept of sound and words: with personal data covered, as they are, or either beside the other."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one run, the same for each call in it.

    Attributes
    ----------
    language
        Language of the calls; ``auto`` finds it per call.
    whisper
        How Whisper runs; None takes the measured defaults.
    bias_names
        Whether the profile's names are put to the recogniser as hints. Off: with Whisper base they help the spelling
        but put names where none was said, and names are matched by sound anyway.
    transcript_cache
        Whether transcripts are kept and read; off for a benchmark.
    """

    language: Language = "auto"
    whisper: WhisperSettings | None = None
    bias_names: bool = False
    transcript_cache: bool = True
