"""What a run is asked to do, apart from what the company is (profile) and what it demands (standard)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Language = Literal["auto", "zh", "en"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one run, the same for each call in it.

    Attributes
    ----------
    language
        Language of the calls; ``auto`` finds it per call.
    standard
        Id of a shipped standard, or a path.
    profile
        Path of the company's profile; None where there is none.
    threads
        Threads a worker may use.
    """

    language: Language = "auto"
    standard: str = "telesales-cn"
    profile: Path | None = None
    threads: int = 1
