"""Ringing of many networks, counted exactly; and what only sounds like it."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import Array, placed, ringing, silence, speech, telephone, tone

from pipeline.audio import Channels, listen, tones
from pipeline.audio.levels import frame_levels
from pipeline.audio.rings import Cadence, cadences, rings_in
from pipeline.audio.tones import Tone
from pipeline.intervals import Span, Timeline

CADENCES = {cadence.name: cadence for cadence in cadences()}


def _count(sound: Array, *, noise_dbfs: float = -62.0) -> int:
    return len(listen(Channels.of(telephone(sound, noise_dbfs=noise_dbfs))).rings)


def _call(cadence: Cadence, count: int, *, start_s: float = 0.0) -> Array:
    """Rings, then an answer in the pause after the last one."""
    before = start_s + count * sum(cadence.on_off_s) - 0.4 * cadence.off_s
    return np.concatenate([ringing(before, cadence.hz, cadence.on_off_s, start_s=start_s), speech(3.0)])


@pytest.mark.parametrize("name", CADENCES)
@pytest.mark.parametrize("count", [1, 4])
def test_whole_rings(name: str, count: int) -> None:
    assert _count(_call(CADENCES[name], count, start_s=0.8)) == count


@pytest.mark.parametrize("name", ["cn", "us", "uk", "eu"])
def test_rings_in_noise(name: str) -> None:
    assert _count(_call(CADENCES[name], 3), noise_dbfs=-30.0) == 3


@pytest.mark.parametrize("name", CADENCES)
def test_cut_by_the_start_and_by_the_answer(name: str) -> None:
    cadence = CADENCES[name]
    half_s = cadence.on_s[0] / 2
    before_s = 3 * sum(cadence.on_off_s)
    sound = np.concatenate([ringing(before_s, cadence.hz, cadence.on_off_s, start_s=-half_s), speech(3.0)])
    assert _count(sound) == 4


def test_spans_are_the_rings() -> None:
    rings = listen(Channels.of(telephone(_call(CADENCES["cn"], 3, start_s=1.0)))).rings
    assert [(ring.start_s, ring.end_s) for ring in rings] == [
        pytest.approx((at, at + 1.0), abs=0.04) for at in (1.0, 6.0, 11.0)
    ]


def _music() -> Array:
    rng = np.random.default_rng(3)
    parts = []
    for _ in range(40):
        length, hz = rng.choice([0.25, 0.5, 1.0]), rng.choice([262, 330, 392, 440, 523])
        note = tone(length, hz) + tone(length, 2 * hz, dbfs=-30) + tone(length, 3 * hz, dbfs=-34)
        parts.append(note * np.exp(-np.arange(note.size) / 8000))
    return np.concatenate(parts)


@pytest.mark.parametrize(
    "sound",
    [
        ringing(9, [450], [0.35, 0.35]),
        ringing(9, [425], [0.5, 0.5]),
        ringing(9, [480, 620], [0.5, 0.5]),
        tone(6, 450),
        np.concatenate(
            [np.concatenate([tone(0.1, *pair), silence(0.1)]) for pair in [(697, 1209), (941, 1336)] * 6]
        ),
        _music(),
        speech(20, pitch_hz=220, seed=4),
        ringing(20, [1000], [1.0, 4.0]),
        ringing(20, [450], [1.0, 1.0]),
    ],
    ids=["busy cn", "busy eu", "busy us", "dial", "dtmf", "music", "voice", "other pitch", "other step"],
)
def test_what_is_no_ringing(sound: Array) -> None:
    assert _count(np.concatenate([sound, speech(3.0, seed=9)])) == 0


def test_a_beep_after_speech_is_no_ring() -> None:
    assert _count(np.concatenate([speech(5), silence(0.4), tone(1.0, 450), silence(3)])) == 0


def test_ringing_on_one_of_two_channels() -> None:
    agent = placed(25, (16.0, speech(4)))
    customer = placed(25, (0.0, ringing(13, [450], [1.0, 4.0])), (21.0, speech(3, seed=2)))
    heard = listen(Channels.of(telephone(agent), telephone(customer)))
    assert len(heard.rings) == 3
    assert heard.sides[1].speech.extent is not None
    assert heard.sides[1].speech.extent.start_s == pytest.approx(21.0, abs=0.1)


def test_a_transfer_in_mid_call_is_no_pickup() -> None:
    agent = placed(40, (1.0, speech(4)), (8.0, speech(3)))
    customer = placed(40, (5.5, speech(2, seed=2)), (15.0, ringing(14, [450], [1.0, 4.0])), (32.0, speech(3)))
    assert not listen(Channels.of(telephone(agent), telephone(customer))).rings


def test_after_an_announcement_whole_rings_count() -> None:
    tones = [Tone(Span(at, at + 1.0), (450.0,)) for at in (10.0, 15.0)]
    announcement = Timeline([Span(2, 8)])
    assert len(rings_in(tones, speech=[announcement, Timeline([Span(18, 20)])])) == 2
    assert not rings_in(tones[:1], speech=[announcement, Timeline([Span(18, 20)])])
    assert not rings_in(tones, speech=[announcement, Timeline([Span(4, 6)])])


@pytest.mark.parametrize(
    ("hz", "on_off_s"), [(400, (1.0, 3.0)), (400, (1.0, 4.0)), (425, (1.5, 3.5)), (425, (1.25, 3.75))]
)
def test_an_unknown_rhythm_is_counted_where_it_is_steady(hz: float, on_off_s: tuple[float, float]) -> None:
    cadence = Cadence("elsewhere", (hz,), on_off_s)
    assert _count(_call(cadence, 5, start_s=0.8)) == 5
    assert _count(_call(cadence, 3, start_s=0.8)) == 3


def _rings(*starts_s: float, on_s: float = 1.0, hz: float = 450.0) -> list[Tone]:
    return [Tone(Span(at, at + on_s), (hz,)) for at in starts_s]


def test_one_ring_only_where_no_other_tone_of_its_pitch_is_heard() -> None:
    answered = [Timeline([Span(40, 42)]), Timeline([Span(43, 44)])]
    assert len(rings_in(_rings(1.0), speech=answered)) == 1
    assert not rings_in(_rings(1.0, 8.7), speech=answered)
    assert not rings_in(_rings(1.0, 8.7, 12.1), speech=answered)
    assert len(rings_in(_rings(1.0, 60.0), speech=answered)) == 1


def test_a_note_of_hold_music_is_no_ring() -> None:
    notes = [
        Tone(Span(at, at + 0.7), (hz, 2 * hz))
        for at, hz in ((1.0, 523.0), (2.5, 330.0), (8.0, 294.0), (9.0, 392.0))
    ]
    tones = sorted([*notes, *_rings(5.0)], key=lambda tone: tone.span.start_s)
    assert not rings_in(tones, speech=[Timeline([Span(40, 42)])])
    assert len(rings_in([notes[0], *_rings(5.0)], speech=[Timeline([Span(40, 42)])])) == 1


def test_two_tones_alike_in_no_known_rhythm_are_not_counted() -> None:
    assert not rings_in(_rings(1.0, 4.9, on_s=1.4), speech=[Timeline([Span(20, 22)])])


def test_a_ring_lost_on_the_line_is_no_end() -> None:
    answered = [Timeline([Span(40, 42)])]
    assert len(rings_in(_rings(1, 6, 16, 21, 26), speech=answered)) == 5
    assert not rings_in(_rings(1, 6, 22, 27, 32), speech=answered)


@pytest.mark.parametrize("early", [0, 2])
def test_inbound_only_what_rings_before_the_agent_speaks_counts(early: int) -> None:
    at = 5.0 * early + 0.4
    agent = placed(at + 40, (at, speech(4)), (at + 34, speech(3)))
    rung = [(0.4, ringing(5.0 * early, [450], [1.0, 4.0]))] if early else []
    later = ringing(20, [450], [1.0, 4.0])
    customer = placed(at + 40, *rung, (at + 6, later), (at + 30, speech(3, seed=2)))
    heard = listen(Channels.of(telephone(agent), telephone(customer)))
    roles = {0: "agent", 1: "customer"}
    assert len(heard.label(roles, inbound=True).rings) == early
    assert len(heard.label(None, inbound=True).rings) == 0


def test_short_bursts_alike_are_no_speech() -> None:
    busy = ringing(20, [440, 480], [0.4, 0.2, 0.4, 3.0])
    heard = listen(Channels.of(telephone(np.concatenate([busy, speech(3.0)]))))
    assert heard.sides[0].speech.extent is not None
    assert heard.sides[0].speech.extent.start_s == pytest.approx(20.0, abs=0.15)


@pytest.mark.parametrize("block_s", [0.13, 0.5, 20.0])
def test_only_frames_that_a_tone_may_hold_are_looked_at(
    block_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = [(0.3 + n, tone(0.14 + n / 50, 300.0 + 90 * n)) for n in range(9)]
    sound = telephone(placed(14, *pieces, (10.0, speech(3.0, seed=4))))
    channels = Channels.of(sound)
    levels = frame_levels(channels.blocks(0), channels.rate_hz)
    lines, looked_at = tones._lines, 0

    def counted(rows: Array, rate_hz: int) -> tuple[Array, ...]:
        nonlocal looked_at
        looked_at += len(rows)
        return lines(rows, rate_hz)

    def heard() -> list[Tone]:
        return tones.steady_tones(channels.blocks(0, block_s=block_s), channels.rate_hz, levels)

    monkeypatch.setattr(tones, "_lines", counted)
    some, first_looked_at = heard(), looked_at
    analysed = tones._analysed
    monkeypatch.setattr(tones, "_analysed", lambda rows, rate_hz, _least: analysed(rows, rate_hz, 1))
    assert some == heard()
    assert len(some) > 4
    assert first_looked_at < 0.8 * (looked_at - first_looked_at) or block_s < 1
