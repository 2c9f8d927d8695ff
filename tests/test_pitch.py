"""Pitches, repeated ones, and those after a refusal."""

from __future__ import annotations

from dataclasses import replace

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


def test_a_pitch_after_a_refusal_is_no_surer_than_the_refusal() -> None:
    said = (
        ("agent", OFFER),
        ("customer", "我不需要。"),
        ("agent", "但是我们这款一年只要三百块，您再考虑一下。"),
    )
    conversation = Conversation.of(Transcript("zh", tuple(Turn(s, t, None, None, 1.0) for s, t in said)))  # type: ignore[arg-type]  # literals
    sure = refusal.find(conversation, ())
    doubtful = [replace(finding, confidence=0.4) for finding in sure]
    assert [f.kind for f in pitch.find(conversation, sure)] == ["pitch", "pitch_after_refusal"]
    _first, again, after = pitch.find(conversation, doubtful)
    assert (again.kind, again.turn, after.kind, after.turn) == ("pitch", 2, "pitch_after_refusal", 2)
    assert after.confidence == 0.4 < again.confidence


def test_what_is_not_wanted_specifies() -> None:
    asks = ("agent", "您预算大概多少，想要什么样的？")
    for told in ("六十万左右，二楼的我不要。", "三千以内，盗抢的不要。"):
        assert _kinds(asks, ("customer", told), ("agent", OFFER)) == ["pitch"]


def test_nothing_offered_is_refused() -> None:
    assert _kinds(("customer", "我不需要。"), ("agent", OFFER)) == ["pitch"]


def test_a_price_asked_for_after_the_pitch_is_an_answer() -> None:
    assert _kinds(("agent", OFFER), ("customer", "一年多少钱？"), ("agent", "一年三百块。")) == ["pitch"]
    asked = ("customer", "How much is it a month?")
    assert _kinds(("agent", EN_OFFER), asked, ("agent", "It's thirty dollars a month.")) == ["pitch"]


def test_a_gift_that_binds_to_nothing() -> None:
    no = ("customer", "我们商量过了，先不报了。")
    gift = ("agent", "其实自己带效果也不错，我把那份单子免费发您，不报班也没关系。")
    assert _kinds(("agent", OFFER), no, gift) == ["pitch"]


def _settled(*confidences: float) -> list[float]:
    said = tuple(Turn("agent", f"第{number}句。", None, None, 1.0) for number, _ in enumerate(confidences))
    conversation = Conversation.of(Transcript("zh", said))
    pitches = [
        Finding("pitch", turn, "agent", None, None, "", confidence, {})
        for turn, confidence in enumerate(confidences)
    ]
    return [one.confidence for one in pitch._settled(conversation, pitches)]


def test_the_likeliest_of_doubtful_pitches_counts() -> None:
    assert _settled(0.31, 0.52, 0.4) == [0.31, pitch.ONLY, 0.4]


def test_beside_a_sure_pitch_an_unlikely_one_is_none() -> None:
    assert _settled(0.31, 0.9, 0.55) == [0.9, 0.55]
    assert _settled() == []


def test_an_offer_within_the_greeting_is_a_pitch() -> None:
    rest = (("customer", "嗯。"), ("agent", "您家现在用哪家的？"), ("customer", "别家的。"))
    sold = "您好，我是绿源净水的小范，给您打电话是因为我们的净水机比桶装水便宜，一年能省下一千多。"
    assert [(f.turn, f.kind) for f in _found(("agent", sold), *rest)] == [(0, "pitch")]
    told = "您好，我是绿源净水的小范，给您打电话是想跟您约一下换滤芯的时间。"
    assert _found(("agent", told), *rest) == []
    rest = (("customer", "Yes?"), ("agent", "What do you use now?"), ("customer", "Bottles."))
    sold = "Hello, Bea from Clearwell, I'm ringing because our filter costs less than bottled water."
    assert [(f.turn, f.kind) for f in _found(("agent", sold), *rest)] == [(0, "pitch")]
    told = "Hello, Bea from Clearwell, I'm ringing about the filter you bought for forty pounds."
    assert _found(("agent", told), *rest) == []
