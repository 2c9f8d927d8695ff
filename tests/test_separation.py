"""Two voices out of one channel: drawn voices with known truth, and what makes a call unsure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.diarization import Voices, _window_starts, features
from pipeline.intervals import Span, Timeline
from pipeline.speech.separation import NOTHING, Separation, divide, judge, separate
from pipeline.speech.voices import UNKNOWN, Likeness, group
from pipeline.types import Word

FRAME_S = 0.02
FRAMES = 500
Turns = Sequence[tuple[int, float, float]]


def draw(turns: Turns, *, alike: float = 0.3, people: int = 2, noise: float = 0.15, seed: int = 0) -> Voices:
    """Voices as the networks would hear these turns (person, start, end), slots in another order in each window."""
    chance = np.random.default_rng(seed)
    common = chance.standard_normal(192)
    faces = np.stack([alike * common + chance.standard_normal(192) * (1 - alike) for _ in range(people)])
    end_s = max(end for _, _, end in turns)
    starts = _window_starts(end_s, 2.5)
    active = np.zeros((len(starts), FRAMES, 3), dtype=np.float32)
    for window, start_s in enumerate(starts):
        slots = chance.permutation(3)
        for person, begin, end in turns:
            first, last = (int(np.clip(round((at - start_s) / FRAME_S), 0, FRAMES)) for at in (begin, end))
            active[window, first:last, slots[person % 3]] = 1.0
    pieces, prints = [], []
    for person, begin, end in sorted(turns, key=lambda turn: turn[1]):
        for cut in np.arange(begin, end - 0.4, 1.5):
            face = faces[person] + chance.standard_normal(192) * noise
            pieces.append((cut, min(cut + 1.5, end)))
            prints.append(face / np.linalg.norm(face))
    return Voices(
        np.array(starts), FRAME_S, 0.0, active, np.array(pieces), np.array(prints, dtype=np.float32)
    )


def alternating(count: int, length_s: float = 3.0, people: int = 2) -> list[tuple[int, float, float]]:
    """Turns by one after the other with half a second between."""
    return [(n % people, n * (length_s + 0.5), n * (length_s + 0.5) + length_s) for n in range(count)]


def speech_of(turns: Turns) -> Timeline:
    return Timeline(Span(begin, end) for _, begin, end in turns)


def side_of(turns: Turns, person: int) -> Timeline:
    return Timeline(Span(begin, end) for who, begin, end in turns if who == person)


def wrong_s(separation: Separation, turns: Turns) -> float:
    """Seconds that are given to the wrong person or to nobody, under the better naming."""
    ways = []
    for order in ((0, 1), (1, 0)):
        truth = [side_of(turns, person) for person in order]
        ways.append(sum((truth[n] - separation.sides[n]).duration_s for n in (0, 1)))
    return min(ways)


def test_two_voices_are_put_together_over_all_windows() -> None:
    turns = alternating(12)
    found = separate(draw(turns), speech_of(turns))
    assert found.confidence == 1.0
    assert found.doubt == ""
    assert wrong_s(found, turns) < 0.3


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**16), count=st.integers(8, 20), length_s=st.floats(1.6, 6.0))
def test_whatever_the_order_of_slots_the_voices_come_out(seed: int, count: int, length_s: float) -> None:
    turns = alternating(count, length_s)
    found = separate(draw(turns, seed=seed), speech_of(turns))
    assert wrong_s(found, turns) < 0.02 * count * length_s + 0.3


def test_both_at_once_is_overlap_and_held_to_the_speech_activity() -> None:
    turns = [*alternating(10), (1, 36.0, 39.0), (0, 38.0, 42.0)]
    found = separate(draw(turns), speech_of(turns))
    overlap = found.sides[0] & found.sides[1]
    assert overlap.duration_s == pytest.approx(1.0, abs=0.1)
    silent = speech_of(turns) - Timeline([Span(38.0, 42.0)])
    held = separate(draw(turns), silent)
    assert not (held.sides[0] | held.sides[1]) - silent


def test_one_person_is_not_two() -> None:
    turns = [(0, begin, end) for _, begin, end in alternating(10)]
    found = separate(draw(turns), speech_of(turns))
    assert found.confidence < 0.8
    assert found.doubt


def test_one_person_cut_in_two_by_the_segmentation_is_not_sure() -> None:
    voices = draw(alternating(12), alike=1.0, noise=0.5)
    found = separate(voices, speech_of(alternating(12)))
    assert found.confidence < 0.8
    assert found.doubt in ("other_opinion", "alike", "third_voice")


def test_a_third_voice_makes_unsure() -> None:
    turns = alternating(15, people=3)
    found = separate(draw(turns, people=3), speech_of(turns))
    assert found.confidence < 0.8


def test_a_side_that_hardly_speaks_makes_unsure() -> None:
    turns = [*((0, begin, end) for _, begin, end in alternating(10)), (1, 36.0, 37.2), (0, 38.0, 44.0)]
    found = separate(draw(turns), speech_of(turns))
    assert found.confidence < 0.8


def test_nothing_heard_is_nothing_sure() -> None:
    silent = Voices(
        np.zeros(1),
        FRAME_S,
        0.0,
        np.zeros((1, FRAMES, 3), np.float32),
        np.zeros((0, 2)),
        np.zeros((0, 192), np.float32),
    )
    assert separate(silent, Timeline()) == NOTHING
    assert (group(silent) == UNKNOWN).all()


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"disagree": 0.09}, "other_opinion"),
        ({"margin": 0.04}, "alike"),
        ({"odd": 0.2}, "third_voice"),
        ({"split": 0.7}, "third_voice"),
        ({"lesser_s": 2.0}, "little_speech"),
    ],
)
def test_each_bound_makes_unsure_and_is_named(change: dict[str, float], doubt: str) -> None:
    clear = {"between": 0.6, "disagree": 0.0, "margin": 0.3, "odd": 0.0, "split": 0.9, "lesser_s": 20.0}
    confidence, told = judge(Likeness(**{**clear, **change}))
    assert confidence < 0.8
    assert told == doubt


def test_words_go_to_who_speaks_alone_and_in_overlap_to_who_spoke_last() -> None:
    separation = Separation((Timeline([Span(0, 4)]), Timeline([Span(3, 6), Span(9, 9.4)])), 1.0)
    words = [
        Word("我们", 1.0, 2.0, 0.9), Word("这个", 3.2, 3.8, 0.9), Word("不", 4.5, 5.0, 0.9),
        Word("要", 6.1, 6.3, 0.9), Word("嗯", 9.0, 9.3, 0.9),
    ]  # fmt: skip
    first, second = divide(words, separation)
    assert [word.text for word in first] == ["我们", "这个"]
    assert [word.text for word in second] == ["不", "要", "嗯"]


def test_windows_cover_a_recording_of_any_length() -> None:
    assert _window_starts(3.0, 2.5) == [0.0]
    assert _window_starts(10.0, 2.5) == [0.0]
    assert _window_starts(13.0, 2.5) == [0.0, 2.5, 3.0]
    assert _window_starts(15.0, 2.5) == [0.0, 2.5, 5.0]


def test_a_tone_lies_in_its_mel_band_and_loudness_does_not_matter() -> None:
    time = np.arange(16_000) / 16_000
    sound = (0.1 * np.sin(2 * np.pi * 1000 * time) + 0.001 * np.sin(2 * np.pi * 3000 * time)).astype(
        np.float32
    )
    found = features(sound)
    assert found.shape == (98, 80)
    assert np.abs(found.mean(axis=0)).max() < 1e-3
    louder = features(4 * sound)
    assert np.abs(louder - found).max() < 0.05
