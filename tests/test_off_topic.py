"""Straying into chat."""

from __future__ import annotations

import pytest
from dialogue_sets import call, dialogues, given

from pipeline.analysis import off_topic
from pipeline.analysis.detect import find_all

CHAT = (
    "A 您好，我是华信传媒的小李，想跟您聊一下电梯广告的价格。",
    "C 你说吧，听你口音像四川的？",
    "A 对对，我老家就是成都的，您也是四川人啊？",
    "C 我绵阳的，咱俩是老乡啊。",
    "A 哈哈太巧了，那您爱吃火锅吧？",
    "C 那肯定的，我们那儿的火锅比这边好吃多了。",
    "A 那说回咱们广告，一个点位一个月一百二。",
    "C 行，合同怎么签？",
)


def test_a_long_chat_with_its_share():
    conversation = call(*CHAT, seconds=5.0)
    found = off_topic.find(conversation, ())
    assert [(f.turn, f.start_s, f.end_s, f.detail["turns"]) for f in found] == [(1, 5.0, 30.0, [1, 5])]
    assert off_topic.measure(conversation, found)[0].value == pytest.approx(5 / 8)


def test_a_short_chat_is_none():
    conversation = call(*CHAT, seconds=3.0)
    assert off_topic.find(conversation, ()) == []
    assert off_topic.measure(conversation, ())[0].value == 0.0


def test_the_calls_own_subject_is_no_chat():
    lines = (
        "A 您好，我们火锅店招商加盟，好吃不贵。",
        "C 火锅现在太多了吧。",
        "A 我们的火锅特别好吃，天天排队。",
        "C 我也爱吃火锅。",
        "A 火锅底料都是老师傅炒的。",
        "C 确实好吃。",
    )
    conversation = call(*lines, seconds=10.0)
    assert off_topic.find(conversation, given(conversation, (0, "pitch"))) == []


def test_one_side_talking_alone_is_no_exchange():
    conversation = call("C 今天天气真热。", "C 昨晚球赛看了吗？", "C 我老家更热。", seconds=10.0)
    assert off_topic.find(conversation, ()) == []


def test_untimed_is_not_measurable_but_listed():
    conversation = call(*CHAT[:1], *CHAT[1:6] * 2, *CHAT[6:])
    found = off_topic.find(conversation, ())
    assert found and found[0].confidence < 0.7 and found[0].start_s is None
    assert off_topic.measure(conversation, found)[0].reason.code == "untimed"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_ordinary_calls_do_not_stray(language):
    for dialogue in dialogues(language):
        conversation = call(*dialogue["turns"], language=language, seconds=10.0)
        strayed = [f for f in find_all(conversation) if f.kind == "off_topic"]
        assert strayed == [], dialogue["id"]
