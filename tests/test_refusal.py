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
