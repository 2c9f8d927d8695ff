"""What a night is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.nightly.shared import Shared
from pipeline.settings import Keep, Language

if TYPE_CHECKING:
    from pipeline.speech import Recogniser


@dataclass(frozen=True, slots=True)
class NightSettings:
    """Options of one nightly run.

    Attributes
    ----------
    inbox
        A folder, or one on shared storage (`pipeline.nightly.shared.place_of`).
    night
        The ledger's date; None is the run's start in the profile's zone.
    shortest_s
        Recordings under this are excluded as ``too_short``.
    time_limit_s
        What one call may take before its process is ended.
    io_delays_s, store_delays_s
        Waits before each new try where an error of reading, or of the store, may heal.
    retry_failed
        Whether recordings whose failure doesn't heal by itself are tried again too.
    make_recogniser
        Another speech engine, for tests and measurements.
    keep
        What the store keeps of sound and words.
    """

    inbox: Path | Shared
    night: date | None = None
    profile: Path | None = None
    standard: str = "telesales-cn"
    language: Language = "auto"
    shortest_s: float = 0.5
    settle_s: float = 1.5
    time_limit_s: float = 1800.0
    io_delays_s: tuple[float, ...] = (1.0, 5.0, 20.0)
    store_delays_s: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    retry_failed: bool = False
    make_recogniser: Callable[[], Recogniser] | None = None
    keep: Keep = "masked"
