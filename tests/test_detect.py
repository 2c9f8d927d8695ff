"""The registry of detectors."""

from __future__ import annotations

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.detect import detectors, find_all, measure_all
from pipeline.types import Transcript, Turn


def _conversation() -> Conversation:
    said = [
        (
            "agent",
            "您好，我是华信传媒的小李，给您来电是想介绍一下我们的电梯广告。现在投放一周才三千块，您要不要试一周看看效果？",
        ),
        ("customer", "不需要，谢谢。"),
        ("agent", "您先别急着拒绝，今天不定这个价就没有了。"),
    ]
    turns = tuple(Turn(s, t, float(n * 10), n * 10 + 8.0, 1.0) for n, (s, t) in enumerate(said))  # type: ignore[arg-type]  # literals
    return Conversation.of(Transcript("zh", turns))


def test_order_and_names() -> None:
    names = [name for name, _detector in detectors()]
    assert names[:5] == ["opening", "refusal", "pitch", "hard_sell", "absolute_claim"]


def test_findings_come_by_place_and_quote_the_turn() -> None:
    conversation = _conversation()
    found = find_all(conversation)
    kinds = [finding.kind for finding in found]
    assert {"company", "name", "purpose", "pitch", "refusal", "pitch_after_refusal", "hard_sell"} <= set(
        kinds
    )
    assert [f.turn for f in found] == sorted(f.turn for f in found if f.turn is not None)
    for finding in found:
        assert finding.quote in conversation.turns[finding.turn or 0].text  # type: ignore[operator]  # wording only


def test_measures_are_named_once() -> None:
    conversation = _conversation()
    names = [one.name for one in measure_all(conversation, find_all(conversation))]
    assert len(names) == len(set(names))
    assert {"hard_sell_count", "opening_complete_s"} <= set(names)
