"""Requests not to be called: told through a slip of recognition, and the words that only look like one."""

from __future__ import annotations

import pytest
from dialogue_sets import call

from pipeline.analysis import refusal, stop_calling


def strengths(said: str, language: str) -> list[float]:
    ahead = "A 您好，我是安信家政的。" if language == "zh" else "A Hello, it's Fay from Tor Cleaning."
    return [f.confidence for f in stop_calling.find(call(ahead, f"C {said}", language=language))]


@pytest.mark.parametrize(
    "said", ["你把我的号码从库里扇掉", "麻烦把我的资料散了", "往后别再给我搭电话", "不要老给我达电话行吗"]
)
def test_a_verb_written_as_one_that_sounds_alike_is_a_doubt(said: str) -> None:
    assert [0 < one < 0.6 for one in strengths(said, "zh")] == [True]


@pytest.mark.parametrize(
    "said", ["我家在山上，电话老断", "我的电话三点以后都通", "字号不要再大了", "信号散了吧", "别大声"]
)
def test_other_words_of_that_sound_are_none(said: str) -> None:
    assert strengths(said, "zh") == []


@pytest.mark.parametrize(
    "said",
    [
        "Get us of whatever sheet of contacts you bought.",
        "Cross my name out off that register of yours.",
        "Drop my number of any system you have.",
    ],
)
def test_a_small_word_misheard_hides_no_request(said: str) -> None:
    assert [one >= 0.6 for one in strengths(said, "en")] == [True]


@pytest.mark.parametrize(
    "said",
    [
        "Stop calling her the nurse, she's the vet.",
        "Quit calling it an extra, it was in the price.",
        "Take me off mute, would you?",
        "Take us off the joint account please.",
        "Get me out of the night shift and into the day one.",
    ],
)
def test_names_and_other_things_than_lists_are_at_most_a_doubt(said: str) -> None:
    assert all(one < 0.6 for one in strengths(said, "en"))


@pytest.mark.parametrize(
    "said",
    [
        "Stop calling us, will you.",
        "Take me off your books today.",
        "Remove my details from all of your files.",
    ],
)
def test_plain_requests_stay_sure(said: str) -> None:
    assert [one >= 0.6 for one in strengths(said, "en")] == [True]


def test_a_name_that_is_stopped_is_no_refusal_either() -> None:
    conversation = call(
        "A Shall I book the loft?", "C Stop calling it a loft, it's a crawl space.", language="en"
    )
    assert refusal.find(conversation, ()) == []
