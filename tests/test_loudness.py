"""Loudness against known gains, and against pyloudnorm where it can measure the whole at once."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from sounds import RATE_HZ, noise, placed, silence, speech, telephone, tone

from pipeline.audio import Channels, listen
from pipeline.audio.loudness import gated_loudness, mean_loudness, momentary_curve, speech_loudness
from pipeline.intervals import Span, Timeline


def test_the_calibration_tone_of_the_recommendation() -> None:
    """A 997 Hz sine at full scale on one channel reads -3.01 LKFS (ITU-R BS.1770-4, annex 1)."""
    channels = Channels.of(tone(10, 997, dbfs=-3.02))
    whole = Timeline([Span(0, 10)])
    assert speech_loudness(channels, 0, whole) == pytest.approx(-3.02, abs=0.1)


def test_agrees_with_pyloudnorm_over_pieces() -> None:
    sound = np.concatenate([speech(200, dbfs=-20), speech(150, dbfs=-32, seed=2)])
    channels = Channels.of(sound)
    whole = Timeline([Span(0, 350)])
    truth = pyloudnorm.Meter(RATE_HZ).integrated_loudness(channels.samples(0).astype(np.float64))
    assert speech_loudness(channels, 0, whole) == pytest.approx(truth, abs=0.05)


@pytest.mark.parametrize("gain_db", [-14.0, -6.0, 0.0, 9.0])
@pytest.mark.parametrize("customer_s", [3.0, 30.0])
def test_the_difference_of_both_sides_is_their_gain(gain_db: float, customer_s: float) -> None:
    agent = placed(60, (2.0, speech(20, dbfs=-26, seed=1)), (40.0, speech(8, dbfs=-26, seed=2)))
    customer = placed(60, (24.0, speech(min(15.0, customer_s), dbfs=-26 + gain_db, seed=3)))
    heard = listen(Channels.of(telephone(agent, noise_dbfs=-65), telephone(customer, noise_dbfs=-60)))
    first, second = (side.loudness_lufs for side in heard.sides)
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(gain_db, abs=1.0)


def test_too_little_speech_has_no_loudness() -> None:
    channels = Channels.of(speech(2))
    assert speech_loudness(channels, 0, Timeline([Span(0, 0.3)])) is None
    assert speech_loudness(channels, 0, Timeline()) is None
    assert speech_loudness(Channels.of(silence(3)), 0, Timeline([Span(0, 3)])) is None


def test_the_gate_leaves_pauses_out() -> None:
    power = 10 ** ((-20 + 0.691) / 10)
    assert gated_loudness(np.array([power] * 50)) == pytest.approx(-20)
    assert gated_loudness(np.array([power] * 50 + [power / 1000] * 500)) == pytest.approx(-20)
    assert gated_loudness(np.array([1e-9])) is None


def test_the_curve_stands_where_the_sound_stands() -> None:
    sound = placed(10, (4.0, tone(2.0, 997, dbfs=-20)))
    channels = Channels.of(sound)
    curve = momentary_curve(channels.blocks(0, block_s=0.33), RATE_HZ)
    assert len(curve) == 100
    assert curve == momentary_curve(channels.blocks(0), RATE_HZ)
    assert curve[20] is None
    assert curve[50] == pytest.approx(-20.0, abs=0.15)
    assert curve[40] is not None
    assert curve[40] == pytest.approx(curve[59], abs=0.5)
    assert mean_loudness(curve, [Span(4, 6)]) == pytest.approx(-20.0, abs=0.7)
    assert mean_loudness(curve, [Span(0, 2)]) is None


def test_noise_is_weighted() -> None:
    """K-weighting lifts what lies above 1.5 kHz by four decibels."""
    channels = Channels.of(tone(5, 3000, dbfs=-20), tone(5, 400, dbfs=-20), noise(5, dbfs=-90))
    curve = [momentary_curve(channels.blocks(n), RATE_HZ)[25] for n in range(3)]
    assert curve[0] is not None
    assert curve[1] is not None
    assert curve[0] - curve[1] == pytest.approx(3.9, abs=0.5)
    assert curve[2] is None
