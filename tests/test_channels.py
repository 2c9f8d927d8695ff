"""What two channels are to each other."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import Array, noise, placed, silence, speech, telephone

from pipeline.audio import Channels, listen
from pipeline.audio.measure import Heard

AGENT = [(1.0, 4.0, 1), (9.0, 5.0, 2), (18.0, 6.0, 3)]
CUSTOMER = [(5.5, 3.0, 4), (14.5, 3.0, 5), (25.0, 4.0, 6)]


def _side(turns: list[tuple[float, float, int]], *, pitch_hz: float, dbfs: float = -20.0) -> Array:
    pieces = [
        (start, speech(length, dbfs=dbfs, pitch_hz=pitch_hz, seed=seed)) for start, length, seed in turns
    ]
    return placed(30, *pieces)


def _pair() -> tuple[Array, Array]:
    return _side(AGENT, pitch_hz=120), _side(CUSTOMER, pitch_hz=210)


def _codes(heard: Heard) -> set[tuple[str, int | None]]:
    return {(note.code, note.channel) for note in heard.notes}


def test_two_sides() -> None:
    agent, customer = _pair()
    heard = listen(Channels.of(telephone(agent), telephone(customer, seed=2)))
    assert heard.layout == "two_sides"
    assert not heard.notes
    assert [round(side.speech.support(0.7).duration_s) for side in heard.sides] == [15, 10]


@pytest.mark.parametrize(
    ("gain", "offset", "noise_dbfs"),
    [(1.0, 0.0, None), (0.4, 0.0, None), (-1.0, 0.05, None), (1.0, 0.0, -55.0)],
)
def test_the_same_twice_is_mono(gain: float, offset: float, noise_dbfs: float | None) -> None:
    agent, customer = _pair()
    mixed = telephone(agent + customer)
    again = mixed * gain + offset + (noise(30, dbfs=noise_dbfs, seed=9) if noise_dbfs else 0.0)
    heard = listen(Channels.of(mixed, again))
    assert (heard.layout, len(heard.sides), heard.channels.count) == ("dual_mono", 1, 1)
    assert ("dual_mono", None) in _codes(heard)
    assert set(heard.label({0: "agent", 1: "customer"}).sides) == {"unknown"}


def test_strong_crosstalk_is_not_dual_mono() -> None:
    agent, customer = _pair()
    heard = listen(Channels.of(agent + 0.25 * customer, customer + 0.25 * agent))
    assert heard.layout == "two_sides"


def test_one_channel() -> None:
    heard = listen(Channels.of(telephone(sum(_pair()))))
    assert heard.layout == "mono"
    assert set(heard.label(None).sides) == {"unknown"}


@pytest.mark.parametrize(
    ("dead", "recorded"),
    [(silence(30), False), (noise(30, dbfs=-50), True), (np.full(480_000, 0.1), False)],
    ids=["zero", "noise", "dc"],
)
def test_one_dead_side(dead: Array, recorded: bool) -> None:
    agent, _ = _pair()
    heard = listen(Channels.of(telephone(agent), dead))
    assert heard.layout == "two_sides"
    assert _codes(heard) == {("dead_side", 1)} | (set() if recorded else {("unrecorded_side", 1)})
    assert heard.sides[0].speech.support(0.7).duration_s == pytest.approx(15, abs=0.5)
    assert not heard.sides[1].speech
    labelled = heard.label({0: "customer", 1: "agent"})
    assert labelled.notes[0] == "dead_side:agent"
    assert labelled.unrecorded == (frozenset() if recorded else {"agent"})


def test_nobody_speaks() -> None:
    for sides in ([silence(5)], [silence(5), silence(5)], [noise(5, dbfs=-45), noise(5, dbfs=-45, seed=3)]):
        heard = listen(Channels.of(*sides))
        assert ("no_speech", None) in _codes(heard)
        assert all(side.loudness_lufs is None for side in heard.sides)


@pytest.mark.parametrize(("gain_db", "delay_s"), [(-15.0, 0.0), (-22.0, 0.18), (-30.0, 0.02)])
def test_a_leak_is_no_speech(gain_db: float, delay_s: float) -> None:
    agent, customer = _pair()
    shifted = np.concatenate([silence(delay_s), agent])[: agent.size]
    leaked = telephone(customer + shifted * 10 ** (gain_db / 20), noise_dbfs=-60, seed=5)
    heard = listen(Channels.of(telephone(agent), leaked))
    assert ("crosstalk", 1) in _codes(heard)
    turns = [(turn.start_s, turn.end_s) for turn in heard.sides[1].speech.support(0.7)]
    assert len(turns) == len(CUSTOMER)
    for found, (start, length, _) in zip(turns, CUSTOMER, strict=True):
        assert found == pytest.approx((start, start + length), abs=0.3)


def test_speech_over_a_leak_stays() -> None:
    agent, customer = _pair()
    customer = customer + placed(30, (20.0, speech(2.0, dbfs=-20, pitch_hz=210, seed=5)))
    heard = listen(Channels.of(agent, customer + 0.05 * agent))
    overlap = heard.sides[0].speech & heard.sides[1].speech
    assert overlap.duration_s == pytest.approx(2.0, abs=0.4)


def test_labels() -> None:
    agent, customer = _pair()
    heard = listen(Channels.of(customer, agent))
    sound = heard.label({0: "customer", 1: "agent"})
    assert sound.sides["agent"].speech == heard.sides[1].speech
    unsure = heard.label(None)
    assert set(unsure.sides) == {"unknown"}
    assert unsure.sides["unknown"].loudness_lufs is None
    assert unsure.sides["unknown"].speech == heard.sides[0].speech | heard.sides[1].speech
    assert "sides_unsure" in unsure.notes
