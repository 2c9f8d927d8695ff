"""Speech activity on sound whose speech is placed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import noise, placed, ringing, silence, speech, telephone, tone

from pipeline.audio.activity import channel_activity, speech_activity, turns_of
from pipeline.audio.decode import Channels
from pipeline.audio.measure import listen
from pipeline.intervals import Span, Timeline

EDGE_S = 0.06


def _heard(sound: np.ndarray) -> list[tuple[float, float]]:
    return [(span.start_s, span.end_s) for span in turns_of(speech_activity(sound.astype(np.float32)))]


@pytest.mark.parametrize("dbfs", [-12.0, -20.0, -35.0, -45.0])
@pytest.mark.parametrize("pitch_hz", [110.0, 210.0])
def test_edges_lie_where_speech_was_placed(dbfs: float, pitch_hz: float) -> None:
    sound = placed(
        14,
        (2.0, speech(3.0, dbfs=dbfs, pitch_hz=pitch_hz, seed=1)),
        (7.5, speech(4.0, dbfs=dbfs, pitch_hz=pitch_hz, seed=2)),
    )
    heard = _heard(telephone(sound, noise_dbfs=dbfs - 30))
    assert len(heard) == 2
    for found, true in zip(heard, [(2.0, 5.0), (7.5, 11.5)], strict=True):
        assert found == pytest.approx(true, abs=EDGE_S)


def test_speech_after_long_digital_silence_is_heard() -> None:
    sound = placed(80, (61.0, speech(2.0, dbfs=-10, seed=3)), (70.0, speech(2.0, dbfs=-10, seed=4)))
    heard = _heard(sound)
    assert [round(start) for start, _ in heard] == [61, 70]


def test_three_words_in_a_long_silence_after_loud_ringing() -> None:
    sound = placed(120, (0.0, ringing(10, [450], [1.0, 4.0], dbfs=-6)), (90.0, speech(1.0, dbfs=-32, seed=3)))
    (side,) = listen(Channels.of(telephone(sound, noise_dbfs=-70))).sides
    (turn,) = turns_of(side.speech)
    assert (turn.start_s, turn.end_s) == pytest.approx((90.0, 91.0), abs=0.15)


def test_a_short_yes_is_heard() -> None:
    sound = placed(6, (3.0, speech(0.3, seed=5)))
    heard = _heard(telephone(sound))
    assert len(heard) == 1
    assert heard[0] == pytest.approx((3.0, 3.3), abs=0.1)


@pytest.mark.parametrize(
    "sound",
    [
        silence(5),
        noise(8, dbfs=-30),
        noise(8, dbfs=-60),
        tone(8, 450),
        tone(8, 440, 480),
        np.concatenate([np.concatenate([tone(0.1, 770, 1336), silence(0.1)])] * 20),
        np.full(80_000, 0.05),
    ],
    ids=["silence", "noise", "faint noise", "tone", "two tones", "dtmf", "dc"],
)
def test_what_is_no_speech(sound: np.ndarray) -> None:
    assert not speech_activity(telephone(sound).astype(np.float32))


def test_an_offset_changes_nothing() -> None:
    sound = placed(8, (2.0, speech(3.0)))
    shifted = Channels.of(sound + 0.2, sound)
    offset, plain = (channel_activity(shifted, n) for n in (0, 1))
    assert offset.extent is not None
    assert plain.extent is not None
    assert (offset.extent.start_s, offset.extent.end_s) == pytest.approx(
        (plain.extent.start_s, plain.extent.end_s), abs=0.03
    )


def test_nothing_lies_outside_the_recording() -> None:
    sound = speech(2.0)
    found = speech_activity(sound.astype(np.float32))
    assert found.extent is not None
    assert found.extent.start_s >= 0.0
    assert found.extent.end_s <= 2.0


def test_turns_close_gaps_under_seven_tenths() -> None:
    spoken = Timeline([Span(0, 1), Span(1.6, 2), Span(2.7, 3)])
    assert turns_of(spoken).spans == (Span(0, 2), Span(2.7, 3))
    assert not speech_activity(np.zeros(0, dtype=np.float32))
