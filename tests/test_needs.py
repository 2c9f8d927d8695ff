"""Needs questions of the agent and the customer's talk before the first pitch."""

from __future__ import annotations

import pytest
from dialogue_sets import call, given

from pipeline.analysis import acts, needs


def asked(conversation):
    return [(f.turn, f.detail["open"], f.detail["answered"]) for f in needs.find(conversation, ())]


def test_open_and_answered():
    assert asked(call("A 您目前用的是什么系统？", "C 用的Excel。")) == [(0, True, True)]
    told = call("A 您好，我是泰安的小周。", "C 你好。", "A 您之前买过保险吗？", "C 没有。")
    assert asked(told) == [(2, False, True)]
    assert asked(call("A What do you use today?", "C Not interested.", language="en")) == [(0, True, False)]


def test_answer_after_saying_it_again_counts():
    told = call("A 您血压平时高不高？", "C 没听清。", "A 血压，平时高吗？", "C 一百四吧。")
    assert asked(told)[0] == (0, False, True)


@pytest.mark.parametrize(
    "line",
    [
        "A 您现在方便说话吗？",
        "A 请问是王先生吗？",
        "A 您看可以吗？",
        "A 要不今天就定下来？",
        "A 您还有其他问题吗？",
        "C 你们主要做什么的？",
    ],
)
def test_questions_that_serve_the_call(line):
    assert asked(call(line, "C 嗯。")) == []


def test_measures():
    conversation = call(
        "A 您好。", "C 你好。", "A 您孩子几年级了？", "C 四年级。", "A 我们有专项班。", seconds=5.0
    )
    found = [*needs.find(conversation, ()), *given(conversation, (4, "pitch"))]
    measures = {m.name: m for m in needs.measure(conversation, found)}
    assert measures["needs_questions"].value == 1
    assert measures["customer_talk_before_pitch_s"].value == pytest.approx(10.0)


def test_nobodys_questions_are_not_counted():
    unsure = call("U 您孩子几年级了？", "U 四年级。", seconds=2.0)
    told = needs.measure(unsure, needs.find(unsure, ()))[0]
    assert (told.value, told.reason.code) == (None, "sides_unsure")


def test_talk_before_pitch_says_why_there_is_none():
    def reason(conversation, found):
        return needs.measure(conversation, found)[1].reason.code

    assert reason(call("A 您好。", "C 好。"), []) == "untimed"
    assert reason(call("A 您好。", "C 好。", seconds=2.0), []) == "no_pitch"
    unsure = call("U 您好。", "U 好。", seconds=2.0)
    assert reason(unsure, given(unsure, (0, "pitch"))) == "sides_unsure"


def test_an_offer_of_help_asks_only_at_the_head_of_a_call():
    told = call(
        "A Broadband sales, how can I help you?", "C I'd like to order the business line.", language="en"
    )
    assert asked(told) == [(0, True, True)]
    late = call(*("A It works.", "C I see.") * 3, "A 请问还有什么可以帮您？", "C 没有了。")
    assert asked(late) == []


def test_a_likely_question_is_a_doubt_where_no_other_is_heard(monkeypatch):
    told = call("A 请问去年是哪家给您拍的呢？", "C 镇上一个照相馆，今年不干了。")
    unsure = {0: acts.Guess(0.2, 0.5)}
    monkeypatch.setattr(needs, "likely", lambda *_: None)
    monkeypatch.setattr(acts, "guesses", lambda *_: unsure)
    found = needs.find(told, ())
    assert [(f.turn, f.detail["open"], f.detail["answered"]) for f in found] == [(0, True, True)]
    assert found[0].confidence < 0.6
    unsure[0] = acts.Guess(0.05, 0.5)
    assert needs.find(told, ()) == []


def test_a_question_put_as_a_statement_asks_once_the_purpose_is_told():
    said = ("A I'd love to hear what you feed the calves.", "C Silage mostly, and hay when it snows.")
    told = call(*said, language="en")
    purpose = told.finding("purpose", told.sentences[0], 0, 20, strength=1.0)
    assert [one.confidence < 0.6 for one in needs.find(told, [purpose])] == [True]
    later = call("A I'm calling about your herd.", "C Yes?", *said, language="en")
    purpose = later.finding("purpose", later.sentences[0], 0, 20, strength=1.0)
    assert [(one.turn, one.confidence >= 0.6) for one in needs.find(later, [purpose])] == [(2, True)]


@pytest.mark.parametrize(
    "line",
    [
        "A 您周几比较方便？",
        "A 我们一共给您联系过几次？",
        "A Could you give me a couple of minutes?",
        "A What day would work better for you?",
        "A How many times have you been phoned by us?",
    ],
)
def test_asking_for_time_or_about_our_own_calls_is_no_need(line):
    language = "en" if line.isascii() else "zh"
    assert asked(call(line, "C Thursday." if language == "en" else "C 周四。", language=language)) == []


@pytest.mark.parametrize(
    "line", ["A Is this an awkward moment?", "A Would a different time be better for you?"]
)
def test_asking_for_leave_is_no_need(line):
    assert needs.find(call("A Hello, it's Ray from Oak.", "C Yes?", line, "C No, go on."), ()) == []


def test_a_need_asked_beside_a_time_counts():
    told = call("A 您哪天有空，家里现在用的是什么锅炉？", "C 周六，用的老式的。")
    assert [turn for turn, *_ in asked(told)] == [0]
