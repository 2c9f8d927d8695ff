"""Borders between words go to where the sound dips, or to where they are expected when it doesn't."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.speech.onsets import OnsetSettings, sharpen
from pipeline.types import Word

RATE = 16_000


def sound(*spans: tuple[float, float], length_s: float = 3.0) -> np.ndarray:
    """A loud tone in each span over faint noise."""
    time_s = np.arange(round(length_s * RATE)) / RATE
    made = np.random.default_rng(1).normal(0.0, 1e-3, time_s.size)
    for start, end in spans:
        made += 0.2 * np.sin(2 * np.pi * 220 * time_s) * ((time_s >= start) & (time_s < end))
    return made.astype(np.float32)


@pytest.mark.parametrize(("text", "early_s"), [("books", 0.25), ("宽带", 0.12)])
def test_a_border_told_too_early_goes_to_the_dip(text: str, early_s: float) -> None:
    words = [Word("我们", 0.5, 1.05 - early_s, 0.9), Word(text, 1.05 - early_s, 1.7, 0.9)]
    first, second = sharpen(words, sound((0.5, 1.0), (1.05, 1.7)), OnsetSettings())
    assert second.start_s == pytest.approx(1.05, abs=0.03)
    assert first.end_s == pytest.approx(1.0, abs=0.03)
    assert (first.start_s, second.end_s) == (0.5, 1.7)


def test_without_a_dip_the_border_is_the_expected_place() -> None:
    settings = OnsetSettings(late_en_s=0.2)
    words = [Word("all", 0.5, 1.0, 0.9), Word("right", 1.0, 1.7, 0.9)]
    _, second = sharpen(words, sound((0.4, 1.8)), settings)
    assert second.start_s == pytest.approx(1.2, abs=0.01)


def test_words_apart_keep_their_times() -> None:
    words = [Word("all", 0.5, 1.0, 0.9), Word("right", 1.4, 1.7, 0.9)]
    assert sharpen(words, sound((0.5, 1.0), (1.4, 1.7)), OnsetSettings()) == words


def test_short_words_stay_in_order_and_keep_some_length() -> None:
    words = [Word(text, 0.5 + 0.1 * n, 0.6 + 0.1 * n, 0.9) for n, text in enumerate("您好请问")]
    made = sharpen(words, sound((0.4, 1.0)), OnsetSettings())
    starts = [word.start_s or 0.0 for word in made]
    assert starts == sorted(starts)
    assert all((word.end_s or 0.0) - (word.start_s or 0.0) >= 0.03 for word in made)


def test_nothing_is_nothing() -> None:
    assert sharpen([], sound(), OnsetSettings()) == []


@pytest.mark.parametrize(("length_s", "late_s"), [(0.4, 0.2), (0.6, 0.3), (2.0, 0.4)])
def test_who_speaks_slowly_is_heard_earlier(length_s: float, late_s: float) -> None:
    words = [Word("slow", at * length_s, (at + 1) * length_s, 0.9) for at in range(12)]
    after = sharpen(words, sound((0.0, 12 * length_s), length_s=12 * length_s), OnsetSettings())
    assert [word.start_s for word in after[1:11]] == pytest.approx(
        [at * length_s + late_s for at in range(1, 11)], abs=0.03
    )
