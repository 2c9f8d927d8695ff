"""One voice or many: how far a stretch of speech rises and falls.

One voice pauses within every word, so its levels span 18 dB and more even on a telephone (30 at the median of the recordings
that were measured); six and more at once fill each other's pauses and span 8 to 15.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.intervals import Timeline
from pipeline.speech.protocol import Sound

_RATE_HZ = 16_000
_FRAME = 160
_SILENT_DB = -85.0


def level_range_db(audio: Sound, spans: Timeline) -> float:
    """Distance of the 95th to the 10th percentile of the levels of 10 ms, in dB; infinite where there is no sound."""
    parts = [audio[round(span.start_s * _RATE_HZ) : round(span.end_s * _RATE_HZ)] for span in spans]
    frames = [part[: len(part) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64) for part in parts]
    joined = np.concatenate(frames) if frames else np.zeros((0, _FRAME))
    if not len(joined):
        return math.inf
    low, high = np.percentile(10.0 * np.log10(np.square(joined).mean(axis=1) + 1e-9), [10, 95])
    return float(high - low) if high > _SILENT_DB else math.inf
