"""How loud a channel is, 10 ms by 10 ms, and by which levels speech is told from the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Samples
from pipeline.intervals import Timeline

FRAME_S = 0.01
_FRAMES_HEARD = 10


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """How speech is told from the rest; our defaults, measured on telephone sound at 8 kHz."""

    threshold: float = 0.3
    release: float = 0.2
    min_silence_s: float = 0.15
    min_speech_s: float = 0.12
    pad_s: float = 0.02
    edge_reach_s: float = 0.25
    longest_closure_s: float = 0.2
    edge_over_noise_db: float = 8.0
    edge_under_peak_db: float = 28.0
    silent_dbfs: float = -68.0
    target_dbfs: float = -26.0
    faint_probability: float = 0.05
    faint_over_noise_db: float = 15.0
    faint_under_peak_db: float = 20.0
    faint_reach_s: float = 0.3
    faint_least_s: float = 0.08
    max_gain_db: float = 30.0
    dither_dbfs: float = -58.0


DEFAULTS = ActivitySettings()


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a channel before its speech is.

    Attributes
    ----------
    levels
        Its :func:`frame_levels`.
    without
        Stretches that are known to be no speech, such as tones.
    tonal
        Stretches that hold one pitch, too short to be surely a tone: speech only where the network hears it.
    """

    levels: NDArray[np.float32]
    without: Timeline = field(default_factory=Timeline)
    tonal: Timeline = field(default_factory=Timeline)

    @property
    def heard(self) -> NDArray[np.float32]:
        """Its levels, those of no speech as silence."""
        return _without(self.levels, self.without) if self.without else self.levels


def frame_levels(blocks: Iterable[Samples], rate_hz: int) -> NDArray[np.float32]:
    """Level of each 10 ms in dBFS, without its DC; shape ``(ceil(seconds × 100),)``, digital silence is -120."""
    step = round(FRAME_S * rate_hz)
    levels: list[NDArray[np.float32]] = []
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = joined.size // step * step
        levels.append(_levels(joined[:whole].reshape(-1, step)))
        rest = joined[whole:]
    if rest.size:
        levels.append(_levels(rest.reshape(1, -1)))
    return np.concatenate(levels) if levels else np.zeros(0, dtype=np.float32)


def loudest_level(levels: NDArray[np.float32]) -> float:
    """The level in dBFS that a tenth of a second in all reaches; -120 where there is less sound than that."""
    return (
        float(np.partition(levels, -_FRAMES_HEARD)[-_FRAMES_HEARD])
        if levels.size >= _FRAMES_HEARD
        else -120.0
    )


def _without(levels: NDArray[np.float32], spans: Timeline) -> NDArray[np.float32]:
    left = levels.copy()
    for span in spans:
        left[int(span.start_s / FRAME_S) : int(span.end_s / FRAME_S) + 1] = -120.0
    return left


def _levels(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(20 * np.log10(np.maximum(frames.std(axis=1), 1e-6)), dtype=np.float32)
