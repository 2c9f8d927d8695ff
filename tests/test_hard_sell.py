"""Hard sell on sentences that no rule was written from, and what is none."""

from __future__ import annotations

import pytest

from pipeline.analysis import hard_sell
from pipeline.analysis.acts import Guess
from pipeline.analysis.bounds import whole
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.hard_sell import find, measure
from pipeline.analysis.plain_talk import is_plain
from pipeline.types import Finding, Transcript, Turn


def _found(*turns: tuple[str, str], language: str = "zh") -> list[Finding]:
    said = tuple(Turn(speaker, text, None, None, 1.0) for speaker, text in turns)  # type: ignore[arg-type]  # literals
    return find(Conversation.of(Transcript(language, said)), ())


@pytest.mark.parametrize(
    "text",
    [
        "不用今天定，您回去跟家人商量。",
        "有的公司会跟您说今天是最后一天，我们没有这个说法。",
        "我们今天营业到六点。",
        "投资有风险，收益我们没法保证。",
        "优惠活动到月底结束，您可以慢慢考虑。",
    ],
)
def test_denials_reports_and_facts_are_none(text: str) -> None:
    assert _found(("agent", text)) == []


def test_the_next_breath_may_take_it_back() -> None:
    assert _found(("agent", "优惠只到今天。没关系，您慢慢考虑。")) == []
    assert _found(("agent", "优惠只到今天。您赶紧定下来吧。"))


def test_only_the_agent_pushes() -> None:
    text = "是不是今天不定就没有优惠了？"
    assert _found(("customer", text)) == []
    assert len(_found(("agent", "今天不定就没有这个优惠了。"), ("customer", "哦"))) == 1


def test_worst_of_a_sentence_speaks_for_it() -> None:
    (found,) = _found(("agent", "名额只剩两个了，您不买就是对家人不负责。"))
    assert found.detail["kind"] in ("threat_or_guilt", "scarcity")
    assert found.detail["severity"] == "severe"


def test_count_leaves_pitches_after_refusals_out() -> None:
    conversation = Conversation.of(
        Transcript("en", (Turn("agent", "It's today or never.", None, None, 1.0),))
    )
    found = find(conversation, ())
    again = Finding("pitch_after_refusal", 0, "agent", None, None, "x", 0.9)
    (count,) = measure(conversation, [*found, again])
    assert (count.name, count.value) == ("hard_sell_count", 1)


def test_nobodys_pushes_are_not_counted() -> None:
    conversation = Conversation.of(
        Transcript("en", (Turn("unknown", "It's today or never.", None, None, 1.0),))
    )
    (count,) = measure(conversation, find(conversation, ()))
    assert (count.value, count.reason.code) == (None, "sides_unsure")


def test_mixed_speech() -> None:
    assert len(_found(("agent", "这个VIP名额就剩最后两个了，您赶紧定吧。"))) == 1
    assert len(_found(("agent", "This is your last chance, sign up right now."), language="zh")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "水电师傅后天上午就能上门，检测也不要钱。",
        "您的健身卡下个月到期，我来问问您要不要续。",
        "这款烤箱六百八，比老款大一圈，送一套烤盘。",
    ],
)
def test_plain_talk_is_none(text: str) -> None:
    assert [f for f in _found(("agent", text)) if f.confidence >= 0.6] == []


def test_only_a_sure_severe_push_vetoes() -> None:
    def graded(confidence: float, share: float) -> str:  # of a finding that is severe by its likelier value
        detail = {"severity": "severe", "severity_share": share, "kind_share": 0.9}
        finding = Finding("hard_sell", 0, "agent", None, None, "", confidence, detail)
        by_itself = Guess(0.9, 0.3, {"severity": "severe"})
        return str(hard_sell._graded(finding, by_itself).detail["severity"])

    assert graded(0.95, 0.8) == "severe"
    assert graded(0.66, 0.8) == "mild"
    assert graded(0.55, 0.8) == "severe"
    assert graded(0.95, 0.6) == "mild"


@pytest.mark.parametrize(
    ("own", "kind_share", "ruled", "vetoes"),
    [
        (Guess(0.9, 0.3, {"severity": "severe"}, {"severity": 0.9}), 0.9, False, True),
        (Guess(0.9, 0.3, {"severity": "severe"}, {"severity": 0.9}), 0.5, False, False),
        (Guess(0.9, 0.3, {"severity": "severe"}, {"severity": 0.6}), 0.9, False, False),
        (Guess(0.5, 0.3, {"severity": "severe"}, {"severity": 0.9}), 0.9, False, False),
        (Guess(0.5, 0.3, {"severity": "severe"}, {"severity": 0.6}), 0.5, True, True),
    ],
)
def test_a_veto_demands_much_or_a_rule(own: Guess, kind_share: float, ruled: bool, vetoes: bool) -> None:
    """Else how severe it is is a doubt, under the gate, so that a person decides."""
    detail = {"severity": "severe", "severity_share": 0.85, "kind_share": kind_share}
    finding = Finding("hard_sell", 0, "agent", None, None, "", 0.95, detail)
    graded = hard_sell._graded(finding, own, ruled=ruled).detail
    assert graded["severity"] == "severe"
    assert (graded["share"]["severity"] >= 0.6) is vetoes


@pytest.mark.parametrize(
    ("language", "text", "kind", "sure"),
    [
        ("en", "Parts are guaranteed for five years.", "guarantee", False),
        ("en", "It costs you nothing but a minute.", "other", False),
        ("en", "I guarantee you'll double your money.", "guarantee", True),
        ("en", "The ten-year guarantee ends tonight.", "urgency", True),
        ("zh", "厂家质保三年。", "guarantee", False),
        ("en", "The payment page is totally secure, your bank sends the code.", "guarantee", False),
        ("en", "Your savings are totally secure with us, you can't lose.", "guarantee", True),
        ("zh", "扣款走的是银行系统，绝对安全的。", "guarantee", False),
        ("zh", "这款产品绝对安全。", "guarantee", True),
        (
            "en",
            "Fumes can kill, so turn it off and open a window, whoever fits the new one.",
            "threat_or_guilt",
            False,
        ),
        ("en", "Without our cover your kids will starve.", "threat_or_guilt", True),
        ("zh", "燃气漏了会死人的，先关阀门打抢修电话。", "threat_or_guilt", False),
        ("en", "The trainer's fully booked, there's only Sunday morning free.", "scarcity", False),
        ("en", "There are only two seats left.", "scarcity", True),
        ("zh", "教练这周约满了，只有周日上午能约。", "scarcity", False),
        ("zh", "只剩两个名额了。", "scarcity", True),
        ("en", "Our gym closes at nine tonight, tomorrow's fine as well.", "urgency", False),
        ("zh", "校区今天七点关门，明天再来一样。", "urgency", False),
        ("en", "I'll repeat the postcode to you to make sure it's right.", "forced_decision", False),
        ("zh", "我保证您稳赚不赔。", "guarantee", True),
    ],
)
def test_a_guarantee_told_as_a_fact_is_a_doubt(language: str, text: str, kind: str, sure: bool) -> None:
    conversation = Conversation.of(Transcript(language, (Turn("agent", text, None, None, 1.0),)))
    finding = Finding("hard_sell", 0, "agent", None, None, text, 0.95, {"kind": kind, "layer": "pattern"})
    assert is_plain(conversation, conversation.sentences[0], finding, ()) is not sure


@pytest.mark.parametrize(
    ("text", "said", "quoted"),
    [
        (
            "别人家孩子都会了，就您家不会，落单了。",
            "别人家孩子都会了，就您家不",
            "别人家孩子都会了，就您家不会",
        ),
        ("名额就剩几个了，[姓名]女士您定吧。", "就剩几个了，[姓", "就剩几个了，[姓名]"),
        ("您今天买不买给句话。", "今天买不", "今天买不买"),
        ("只要99.5元，今天定。", "只要99", "只要99.5"),
        ("Only two places left, [name], decide.", "two places left, [na", "two places left, [name]"),
        ("It's [name]'s last chance today.", "[name", "[name]'s"),
        ("Don't think, sign up tonight.", "sign up to", "sign up tonight"),
        ("名额就剩两个，您定吧。", "就剩两个", "就剩两个"),
        ("Sign up now, [name].", "Sign up now", "Sign up now"),
        (
            "I'll text you before the school run, bye.",
            "I'll text you before the",
            "I'll text you before the school run",
        ),
        (
            "We'll phone you first thing on Monday.",
            "phone you first thing",
            "phone you first thing on Monday",
        ),
        ("您这脑袋有毛病吧，真是。", "您这脑袋有", "您这脑袋有毛病吧"),
        ("我们在一个很长很长很长的地方。", "我们在", "我们在"),
    ],
)
def test_a_quote_ends_with_a_word_and_holds_a_mask_whole(text: str, said: str, quoted: str) -> None:
    at = text.index(said)
    start, end = whole(text, at, at + len(said))
    assert text[start:end] == quoted


@pytest.mark.parametrize(
    ("language", "text", "cut"), [("zh", "您家不会落单", "您家不"), ("en", "sign up tonight", "sign up to")]
)
def test_findings_quote_whole_words(language: str, text: str, cut: str) -> None:
    call = Conversation.of(Transcript(language, (Turn("agent", text, None, None, 1.0),)))
    quote = call.finding("hard_sell", call.sentences[0], 0, len(cut)).quote or ""
    assert quote.startswith(cut) and len(quote) > len(cut)
    assert (
        call.finding("company", call.sentences[0], 0, len(cut)).quote == cut
    )  # a slot ends where it was read to end


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Which of our fitters told you it's your last chance?", False),
        ("He shouldn't have said there were only two places left.", False),
        ("My manager told me there are only two places left.", True),
        ("有没有师傅跟您讲过今天不签就没名额了？", False),
        ("店员不该跟您说明天就涨价。", False),
        ("经理说了，今天不签就没名额了。", True),
    ],
)
def test_a_push_asked_about_or_taken_back_is_a_doubt(text: str, sure: bool) -> None:
    language = "en" if text.isascii() else "zh"
    found = _found(("agent", text), ("customer", "OK"), language=language)
    assert any(one.confidence >= 0.6 for one in found) is sure


def test_help_in_a_hurry_is_no_sure_push() -> None:
    """As it was recognised: the words before it are garbled."""
    found = _found(
        ("customer", "我家里断网三天了，我要投诉你们。"),
        ("agent", "让泥酒等了查到了，我现在就安排师傅，今天下午4点前上门。"),
        ("customer", "那就三天的钱怎么算。"),
        language="zh",
    )
    assert [one.confidence < 0.6 for one in found] == [True]
