"""Pitches, repeated ones, and those after a refusal."""

from __future__ import annotations

from pipeline.analysis import pitch, refusal
from pipeline.analysis.conversation import Conversation
from pipeline.types import Finding, Transcript, Turn

OFFER = "我们现在有一款百万医疗险，一年才三百块，您要不要了解一下？"
EN_OFFER = "We have a new plan that saves you ten dollars a month, would you like to try it?"


def _found(*turns: tuple[str, str]) -> list[Finding]:
    said = tuple(Turn(speaker, text, None, None, 1.0) for speaker, text in turns)  # type: ignore[arg-type]  # literals
    conversation = Conversation.of(Transcript("zh", said))
    return pitch.find(conversation, refusal.find(conversation, ()))


def _kinds(*turns: tuple[str, str]) -> list[str]:
    return [finding.kind for finding in _found(*turns)]


def test_first_and_repeated() -> None:
    found = _found(("agent", OFFER), ("customer", "嗯。"), ("agent", "首月免费，您可以先试试。"))
    assert [(f.kind, f.detail["repeat"]) for f in found] == [("pitch", False), ("pitch", True)]


def test_after_a_refusal() -> None:
    both = ["pitch", "pitch_after_refusal"]
    insists = ("agent", "您先别急着拒绝，现在办还送体检。")
    assert _kinds(("agent", OFFER), ("customer", "我不需要。"), insists) == both
    insists = ("agent", "But it's only ten dollars a month.")
    assert _kinds(("agent", EN_OFFER), ("customer", "No thanks, not interested."), insists) == both


def test_a_farewell_is_no_pitch() -> None:
    assert _kinds(
        ("agent", OFFER), ("customer", "我不需要。"), ("agent", "好的，那不打扰您了，祝您生活愉快。")
    ) == ["pitch"]
    assert _kinds(
        ("agent", EN_OFFER), ("customer", "No thanks."), ("agent", "No problem at all, have a great day.")
    ) == ["pitch"]


def test_a_question_opens_the_door_again() -> None:
    kinds = _kinds(
        ("agent", OFFER),
        ("customer", "不需要。"),
        ("agent", "好的。"),
        ("customer", "哎，那个多少钱？"),
        ("agent", OFFER),
    )
    assert kinds == ["pitch", "pitch"]


def test_insisting_without_refusal_is_none() -> None:
    assert _kinds(("agent", "您听我说完。")) == []


def test_unknown_sides_are_told_by_wording() -> None:
    assert _kinds(("unknown", OFFER), ("unknown", "我不需要。"), ("unknown", OFFER)) == [
        "pitch",
        "pitch_after_refusal",
    ]


def test_each_try_after_a_request_not_to_be_called_counts() -> None:
    for more in ("先生您听我说，这次是流量包的优惠。", "就一分钟。"):
        assert _kinds(("customer", "以后不要再给我打电话。"), ("agent", more)) == ["pitch_after_refusal"]
    assert _kinds(("customer", "以后不要再给我打电话。"), ("agent", "好的，这就给您登记，抱歉打扰。")) == []
