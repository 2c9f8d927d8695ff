from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.analysis import reference
from pipeline.analysis.conversation import Conversation
from pipeline.types import Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"


def said(text: str, language: str, speaker: Speaker = "agent") -> Conversation:
    return Conversation.of(Transcript(language, (Turn(speaker, text, None, None, 1.0),)))


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("上次我们联系过", "contact"),
        ("是王总介绍我跟您联系的，说您这边也有需要", "referral"),
        ("您是我们的老客户了", "customer"),
    ],
)
def test_what_it_refers_to(text: str, of: str) -> None:
    assert [f.detail["of"] for f in reference.find(said(text, "zh"))] == [of]


def test_only_the_agent_refers() -> None:
    assert reference.find(said("as we discussed last week", "en", "customer")) == []
