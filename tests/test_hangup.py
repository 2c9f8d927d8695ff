"""The tone after the hang-up is heard where it begins; and what only sounds like it."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import Array, placed, ringing, silence, speech, telephone, tone

from pipeline.audio import Channels, listen

BUSY = {
    "cn": ((450,), 0.35), "cn congested": ((450,), 0.7), "us": ((480, 620), 0.5), "us reorder": ((480, 620), 0.25),
    "uk": ((400,), 0.375), "eu": ((425,), 0.5), "eu fast": ((425,), 0.25), "fr": ((440,), 0.5),
}  # fmt: skip


def _ended(*, hz: tuple[float, ...], on_s: float, rung: bool, total_s: float = 24.0) -> Array:
    tones = ringing(total_s - 15.3, hz, [on_s, on_s], dbfs=-20)
    before = [(0.5, ringing(6, [450], [1.0, 4.0]))] if rung else []
    return placed(total_s, *before, (8.0, speech(7.0)), (15.3, tones))


@pytest.mark.parametrize("name", BUSY)
@pytest.mark.parametrize("snr_db", [10, 20, 30])
def test_the_tone_begins_where_the_call_ends(name: str, snr_db: int) -> None:
    hz, on_s = BUSY[name]
    sound = telephone(_ended(hz=hz, on_s=on_s, rung=snr_db != 20), noise_dbfs=-20.0 - snr_db)
    heard = listen(Channels.of(sound)).hung_up
    assert heard is not None
    assert heard.start_s == pytest.approx(15.3, abs=0.05)


def test_on_one_of_two_channels_while_the_other_still_says_goodbye() -> None:
    agent = placed(24, (1.0, speech(5)), (14.0, speech(2.5, seed=3)))
    customer = placed(24, (7.0, speech(6, seed=2)), (15.0, ringing(9, [450], [0.35, 0.35])))
    heard = listen(Channels.of(telephone(agent), telephone(customer))).hung_up
    assert heard is not None
    assert heard.start_s == pytest.approx(15.0, abs=0.05)


_KEYS = np.concatenate(
    [np.concatenate([tone(0.25, *k), silence(0.25)]) for k in [(697, 1209), (941, 1336)] * 6]
)
_TUNE = np.concatenate(
    [np.concatenate([tone(0.3, hz), silence(0.2)]) for hz in (523, 440, 392, 440, 440, 440, 440, 440)]
)


@pytest.mark.parametrize(
    "end",
    [
        speech(9, pitch_hz=220, seed=4), _KEYS, _TUNE, tone(6, 450), ringing(16, [450], [1.0, 4.0]),
        ringing(9, [1000], [0.5, 0.5]), ringing(1.2, [450], [0.35, 0.35]),
        np.concatenate([ringing(6, [450], [0.35, 0.35]), silence(0.5), speech(4, seed=6)]),
    ],
    ids=["voice", "keypad", "tune", "dial", "ringing", "other pitch", "too few", "talk goes on"],
)  # fmt: skip
def test_no_false_end(end: Array) -> None:
    sound = np.concatenate([speech(6), silence(0.6), end])
    assert listen(Channels.of(telephone(sound))).hung_up is None


def test_a_number_that_is_busy_was_never_a_call() -> None:
    assert listen(Channels.of(telephone(ringing(12, [450], [0.35, 0.35])))).hung_up is None
