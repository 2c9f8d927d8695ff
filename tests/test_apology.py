from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.analysis import apology
from pipeline.analysis.conversation import Conversation
from pipeline.types import Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"


def said(language: str, *turns: tuple[Speaker, str]) -> Conversation:
    return Conversation.of(
        Transcript(language, tuple(Turn(who, text, None, None, 1.0) for who, text in turns))
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heldout(language: str) -> None:
    data = yaml.safe_load((HELDOUT / f"apology.{language}.yaml").read_text(encoding="utf-8"))
    right = [
        entry["for"] in {f.detail["for"] for f in apology.find(said(language, ("agent", entry["text"])))}
        for entry in data["hits"]
    ]
    false = [text for text in data["misses"] if apology.find(said(language, ("agent", text)))]
    assert sum(right) / len(right) >= 0.9
    assert len(false) <= 1


def test_the_first_turn_of_the_agent_is_told_from_later_ones() -> None:
    conversation = said("zh", ("customer", "喂"), ("agent", "抱歉让您久等了"), ("agent", "不好意思"))
    assert [(f.detail["for"], f.detail["first_turn"]) for f in apology.find(conversation)] == [
        ("wait", True), ("other", False),
    ]  # fmt: skip


def test_the_customers_apology_is_none() -> None:
    assert apology.find(said("en", ("customer", "Sorry to keep you waiting."))) == []


@pytest.mark.parametrize(
    ("language", "text", "purpose"),
    [
        ("en", "Thank you for holding, Bell and Co.", "acknowledged"),
        ("en", "Thanks for waiting, so sorry about the delay.", "wait"),
        ("zh", "您好，让您久等了，花店。", "acknowledged"),
        ("zh", "感谢您耐心等候，请讲。", "acknowledged"),
        ("zh", "让您久等了，实在抱歉。", "wait"),
    ],
)
def test_thanks_for_the_wait_are_no_apology(language: str, text: str, purpose: str) -> None:
    found = apology.find(said(language, ("customer", "喂"), ("agent", text)))
    assert purpose in {one.detail["for"] for one in found}
    assert (purpose == "wait") is any(one.detail["for"] in ("wait", "other") for one in found)
