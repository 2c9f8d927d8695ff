"""Many voices at once are told from one by how little their level falls, and go only where the recogniser doubts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sounds import noise, speech
from speech_fakes import window

from pipeline.intervals import Span, Timeline
from pipeline.speech import guard
from pipeline.speech.babble import level_range_db, voicing
from pipeline.types import Word

SPEECH = Timeline([Span(0.0, 10.0)])
WORDS = [Word("价格", 0.2, 4.0, 0.8), Word("多少", 4.0, 9.8, 0.8)]


def voices(count: int) -> np.ndarray:
    """Noise that swells and falls in syllables of its own, once for each voice."""
    random = np.random.default_rng(count)
    time_s = np.arange(10 * 16_000) / 16_000
    made = np.zeros(time_s.size)
    for _ in range(count):
        swell = np.clip(
            np.sin(2 * np.pi * (3.7 * random.uniform(0.9, 1.1) * time_s + random.random())), 0.0, 1.0
        )
        made += 0.05 * swell * random.normal(size=time_s.size)
    return (made + 5e-4 * random.normal(size=time_s.size)).astype(np.float32)


def test_one_voice_falls_far_and_eight_do_not() -> None:
    assert level_range_db(voices(1), SPEECH) > 25.0
    assert level_range_db(voices(8), SPEECH) < 15.0


def test_no_sound_has_no_range() -> None:
    assert level_range_db(np.zeros(16_000, np.float32), SPEECH) == math.inf
    assert level_range_db(voices(8), Timeline()) == math.inf


@pytest.mark.parametrize(("count", "mean", "stays"), [(8, -0.5, False), (8, -0.1, True), (1, -0.5, True)])
def test_babble_goes_with_its_rule_on_record_and_a_voice_stays(count: int, mean: float, stays: bool) -> None:
    kept, dropped = guard.examine(
        WORDS, window((), mean=mean), audio=voices(count), speech=SPEECH, language="zh"
    )
    assert bool(kept) is stays
    assert [item.rule for item in dropped] == ([] if stays else ["babble"])


def pitched(count: int) -> np.ndarray:
    """Voices with a pitch of their own, all equally loud."""
    made = [
        speech(10.0, pitch_hz=90.0 + 23.0 * place, seed=10 * count + place)[: 10 * 16_000]
        for place in range(count)
    ]
    return np.sum(made, axis=0).astype(np.float32)


def test_one_voice_keeps_its_pitch_under_noise_and_eight_have_none() -> None:
    loud = noise(10.0, dbfs=-28.0).astype(np.float32)
    alone, many = pitched(1) + loud, pitched(8)
    assert level_range_db(alone, SPEECH) < 15.0
    assert voicing(alone, SPEECH) > 0.8
    assert voicing(many, SPEECH) < 0.7
    assert voicing(np.zeros(16_000, np.float32), SPEECH) == 0.0
    assert voicing(alone, Timeline()) == 0.0


def test_one_voice_under_noise_stays_though_its_level_hardly_falls() -> None:
    sound = pitched(1) + noise(10.0, dbfs=-28.0).astype(np.float32)
    kept, dropped = guard.examine(WORDS, window((), mean=-0.5), audio=sound, speech=SPEECH, language="zh")
    assert (len(kept), dropped) == (2, [])


def test_a_short_word_is_judged_by_what_surrounds_it() -> None:
    word = [Word("好", 4.0, 4.4, 0.8)]
    around = Timeline([Span(0.0, 3.0), Span(4.0, 4.4), Span(5.0, 10.0)])
    for speech_there, stays in ((around, False), (Timeline([Span(4.0, 4.4)]), True)):
        kept, _ = guard.examine(
            word, window((), mean=-0.5), audio=voices(8), speech=speech_there, language="zh"
        )
        assert bool(kept) is stays
