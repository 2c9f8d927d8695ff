"""Clipping at the channel's own ceiling, in any split of the sound into blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import RATE_HZ, placed, silence, speech, tone, write_sound

from pipeline.audio.clipping import ClippingMeter
from pipeline.audio.decode import Channels, decode


def _ratio(sound: np.ndarray, *, block: int = 10_000) -> float:
    meter = ClippingMeter(RATE_HZ)
    for start in range(0, len(sound), block):
        meter.add(sound[start : start + block].astype(np.float32))
    return meter.result().ratio


def test_only_runs_of_three_count() -> None:
    sound = np.zeros(1000)
    sound[100:102] = 1.0
    assert _ratio(sound) == 0.0
    sound[300:305] = 1.0
    sound[400:403] = -1.0
    assert _ratio(sound) == pytest.approx(8 / 1000)


@given(
    st.integers(1, 40),
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 0.99, 1.0, -1.0]), st.integers(1, 9)), min_size=1),
)
def test_blocks_do_not_matter(block: int, runs: list[tuple[float, int]]) -> None:
    sound = np.concatenate([np.full(length, value) for value, length in runs])
    assert _ratio(sound, block=block) == pytest.approx(_ratio(sound, block=len(sound)))


def test_loud_but_whole_is_not_clipped() -> None:
    assert _ratio(tone(2, 300, dbfs=-3.1) * 1.0) == 0.0
    assert _ratio(np.full(1000, 0.9)) == 0.0


def test_telephone_ceiling(tmp_path: Path) -> None:
    """G.711's largest value is 0.98 of full scale: overdriven speech clips there."""
    driven = np.clip(speech(5, dbfs=-20) * 12, -1, 1)
    for codec, low in (("pcm_s16le", 0.005), ("pcm_mulaw", 0.005), ("pcm_alaw", 0.005)):
        path = write_sound(tmp_path / f"{codec}.wav", driven, speech(5, dbfs=-20), codec=codec, rate_hz=8000)
        clipped, clean = decode(path).clipping
        assert clipped.ratio > low
        assert clean.ratio == 0.0


def test_where_it_clips() -> None:
    driven = np.clip(speech(1, dbfs=-20) * 30, -1, 1)
    clipping = Channels.of(placed(10, (0.0, speech(10, dbfs=-30)), (4.0, driven))).clipping[0]
    assert all(span.start_s >= 3.9 and span.end_s <= 5.1 for span in clipping.spans)


def test_silence_has_none() -> None:
    assert Channels.of(silence(1)).clipping[0].ratio == 0.0
