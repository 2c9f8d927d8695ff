"""Turns by activity, text by script, confidence by duration."""

from __future__ import annotations

import pytest

from pipeline.intervals import Span, Timeline
from pipeline.speech.turns import merge_sides, turns_of, weighted_confidence
from pipeline.types import Word


def test_a_turn_takes_its_bounds_from_speech_and_spans_short_pauses() -> None:
    speech = Timeline([Span(1.0, 2.0), Span(2.6, 3.0), Span(4.0, 5.0)])
    words = [Word("您好，", 1.2, 1.9, 0.8), Word("请问", 2.6, 2.9, 1.0), Word("喂", 4.1, 4.4, 0.5)]
    first, second = turns_of(words, speech, speaker="agent", language="zh")
    assert (first.text, first.start_s, first.end_s) == ("您好，请问", 1.0, 3.0)
    assert (second.text, second.start_s, second.end_s) == ("喂", 4.0, 5.0)


def test_a_pause_of_exactly_the_gap_ends_a_turn() -> None:
    speech = Timeline([Span(0.0, 1.0), Span(1.7, 2.0)])
    words = [Word("a", 0.0, 1.0, 1.0), Word("b", 1.7, 2.0, 1.0)]
    assert len(turns_of(words, speech, speaker="agent", language="en")) == 2


def test_speech_without_words_gives_no_turn() -> None:
    assert turns_of([], Timeline([Span(0, 1)]), speaker="agent", language="zh") == []


def test_a_backchannel_inside_the_other_sides_speech_is_a_turn_of_its_own() -> None:
    agent = turns_of([Word("我们的产品", 0, 9, 1.0)], Timeline([Span(0, 9)]), speaker="agent", language="zh")
    customer = turns_of(
        [Word("嗯", 4, 4.3, 0.6)], Timeline([Span(4, 4.3)]), speaker="customer", language="zh"
    )
    assert [turn.speaker for turn in merge_sides([agent, customer])] == ["agent", "customer"]
    assert merge_sides([agent, customer])[1].text == "嗯"


def test_text_of_a_turn_is_its_words_joined_by_script() -> None:
    words = [Word("我们做", 0, 1, 1), Word("CPM", 1, 2, 1), Word("ads,", 2, 3, 1), Word("好吗？", 3, 4, 1)]
    (turn,) = turns_of(words, Timeline([Span(0, 4)]), speaker="agent", language="zh")
    assert turn.text == "我们做CPM ads,好吗？"
    assert turn.language == "zh"


def test_confidence_is_weighted_by_duration() -> None:
    assert weighted_confidence([Word("a", 0, 3, 1.0), Word("b", 3, 4, 0.2)]) == pytest.approx(0.8)


def test_a_word_goes_to_the_nearest_stretch_the_earlier_of_two() -> None:
    speech = Timeline([Span(1.0, 2.0), Span(4.0, 5.0), Span(6.0, 6.5), Span(9.0, 9.0)])
    for tenth in range(-10, 120):
        middle = tenth / 10
        distances = [max(span.start_s - middle, middle - span.end_s, 0.0) for span in speech]
        near = speech.spans[distances.index(min(distances))]
        (turn,) = turns_of([Word("a", middle, middle, 1.0)], speech, speaker="agent", language="en")
        assert (turn.start_s, turn.end_s) == (near.start_s, near.end_s)
