"""Many voices at once are told from one by how little their level falls, and go only where the recogniser doubts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from speech_fakes import window

from pipeline.intervals import Span, Timeline
from pipeline.speech import guard
from pipeline.speech.babble import level_range_db
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
