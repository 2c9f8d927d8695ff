"""Refusals, and the noes that are none."""

from __future__ import annotations

import pytest

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.refusal import find
from pipeline.types import Transcript, Turn


def _conversation(*turns: tuple[str, str]) -> Conversation:
    said = tuple(Turn(speaker, text, None, None, 1.0) for speaker, text in turns)  # type: ignore[arg-type]  # literals
    return Conversation.of(Transcript("zh", said))


@pytest.mark.parametrize(
    "text", ["不客气", "没问题", "不需要预约吗？", "我考虑一下", "no problem", "I'm good, how are you?"]
)
def test_other_noes(text: str) -> None:
    found = find(_conversation(("customer", text)), ())
    assert [one for one in found if one.confidence >= 0.6] == []  # alone, 不客气 is a doubt


def test_the_agent_refuses_nothing() -> None:
    assert find(_conversation(("agent", "您不需要的话没关系。")), ()) == []


def test_the_last_word_is_final() -> None:
    first, last = find(
        _conversation(
            ("customer", "我不需要这个。"),
            ("agent", "您先听我说完。"),
            ("customer", "我真的没兴趣。"),
            ("agent", "好的，再见。"),
        ),
        (),
    )
    assert (first.detail["final"], last.detail["final"]) == (False, True)


def test_soft_refusals_say_so() -> None:
    (found,) = find(_conversation(("customer", "以后再说吧。"), ("agent", "好的")), ())
    assert found.detail["soft"] is True


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("我们有原味的和辣的两种。", "不喜欢的是辣的，其他的都可以来点"),
        ("有早班课和晚班课。", "不考虑早班的，想报晚班的"),
        ("师傅下午给您送过去。", "不用我自己抬上楼吧"),
        ("谢谢您帮忙填问卷。", "哎，甭谢，都是小事"),
        ("We have the course in French and in German.", "Not keen on German but I'd like the French one"),
        ("There's a window seat or an aisle.", "I don't need the window, I'll take the aisle"),
        ("Just bring your passport on the day.", "We will do that, good evening"),
    ],
)
def test_one_part_thanks_or_a_task_turned_down_refuses_nothing(offer: str, said: str) -> None:
    found = find(_conversation(("agent", offer), ("customer", said)), ())
    assert [one for one in found if one.confidence >= 0.6] == []


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("您家孩子要不要报个游泳班？", "没有没有，我刚毕业"),
        ("您需要办一张加油卡吗？", "不用不用，我没车"),
        ("We do a yearly service for sixty pounds.", "Nope we're sorted, my uncle does it"),
        ("We could put you on our premium plan.", "Honestly wouldn't use it"),
        ("We sell loans at five percent.", "Not interested in loans, I'd like you to hang up"),
        ("我们有理财和保险。", "不感兴趣的是你们这一整套"),
    ],
)
def test_bare_noes_to_an_offer_refuse(offer: str, said: str) -> None:
    assert find(_conversation(("agent", offer), ("customer", said)), ())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("打扰到您了吧？", "没有没有"),
        ("没吵到您休息吧？", "没事没事"),
        ("Is now a bad time to talk?", "Nah I'm fine"),
        ("Am I interrupting your lunch?", "No, you're all right"),
    ],
)
def test_the_same_noes_to_another_question_refuse_nothing(asked: str, said: str) -> None:
    found = find(_conversation(("agent", asked), ("customer", said)), ())
    assert [one for one in found if one.confidence >= 0.6] == []
