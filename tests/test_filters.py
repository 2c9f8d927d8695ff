"""Filters over a stream against scipy.signal, and that a worker does without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import lfilter, sosfilt
from sounds import noise

from pipeline.audio.filters import StreamFilter
from pipeline.audio.loudness import _weighting

_CALL = Path(__file__).resolve().parents[1] / "sample_audio" / "zh-11.flac"
_SIZES = (
    [320_000, 320_000, 60_000],
    [333, 1, 5, 63, 64, 65, 4_096, 4_097, 262_144, 9_000],
    [40],
    [40, 0, 40],
)
_WITHOUT_DC = ((1.0, -1.0), (1.0, -0.995))


def _filtered(by: StreamFilter, sound: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    parts = np.split(sound[: sum(sizes)], np.cumsum(sizes)[:-1])
    return np.concatenate([by(part) for part in parts])


@pytest.mark.parametrize("sizes", _SIZES)
def test_the_same_as_scipy_over_blocks_of_any_length(sizes: list[int]) -> None:
    sound = noise(44, dbfs=-20)
    sections = np.array([[*given, *returned] for given, returned in _weighting(16_000)])
    expected = sosfilt(sections / sections[:, 3:4], sound[: sum(sizes)])
    found = _filtered(StreamFilter(_weighting(16_000)), sound, sizes)
    assert found == pytest.approx(expected, abs=1e-12)
    single = _filtered(StreamFilter(_weighting(16_000), dtype=np.float32), sound, sizes)
    assert single.dtype == np.float32
    assert single == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("sizes", _SIZES[:3])
def test_what_went_in_before_the_first_block_is_taken_as_constant(sizes: list[int]) -> None:
    sound = noise(44, dbfs=-20) + 0.3
    begun = StreamFilter((_WITHOUT_DC,), before=float(sound[0]))
    expected, _ = lfilter(*_WITHOUT_DC, sound[: sum(sizes)], zi=[-sound[0]])
    assert _filtered(begun, sound, sizes) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_the_weighting_is_that_of_pyloudnorm(rate_hz: int) -> None:
    meter = pyloudnorm.Meter(rate_hz)
    for stage, (given, returned) in zip(meter._filters.values(), _weighting(rate_hz), strict=True):
        assert np.array(given) / returned[0] == pytest.approx(stage.b * stage.passband_gain, rel=1e-12)
        assert np.array(returned) / returned[0] == pytest.approx(stage.a, rel=1e-12)


_HEAVY = """
import sys
from pathlib import Path
import numpy as np
from pipeline.audio.decode import Channels, load
from pipeline.audio.measure import listen
listen(load(Path(sys.argv[1]))[1])
print([name for name in ("scipy.signal", "scipy.stats", "librosa", "numba", "pyloudnorm") if name in sys.modules])
"""


@pytest.mark.models
def test_hearing_a_call_loads_no_more_than_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HEAVY, str(_CALL)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"  # 119 MB a worker
