from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.analysis import endings, outcome, outcome_doubt, outcome_fit
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.detect import find_all
from pipeline.analysis.outcome_model import load
from pipeline.analysis.outcome_talk import talked
from pipeline.profile import Company, Profile
from pipeline.types import CallRecord, Outcome, Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"
PROFILE = Profile(company=Company(name="平和保险"))
SIDES: dict[str, Speaker] = {"a": "agent", "c": "customer", "u": "unknown"}


def said(language: str, *lines: str) -> Conversation:
    turns = tuple(Turn(SIDES[line[0]], line[3:], None, None, 1.0) for line in lines)
    record = CallRecord(file="", call_id="", started_at=datetime(2026, 3, 10, 15, 20))
    return Conversation.of(Transcript(language, turns), record=record, profile=PROFILE)


def decided(language: str, *lines: str) -> Outcome:
    """By the whole chain: the outcome rests on what the other detectors found."""
    conversation = said(language, *lines)
    return outcome.decide(conversation, find_all(conversation))


FLOORS = {
    ("outcomes_last", "zh"): 18,
    ("outcomes_last", "en"): 18,
    ("outcomes_third", "zh"): 31,
    ("outcomes_third", "en"): 29,
}
"""Regression floors: right dialogues as measured, no goals. Both sets were seen in development, but nothing is fitted to
them. Two fell by two when 190 more calls a language were learned from, which brought calls by other hands up by seven, and one
by one with 340 more short ones, which brought calls by other hands from 183 to 188 of 216.
One fell by one with 170 more and another network, which brought those to 194."""


@pytest.mark.parametrize(("name", "language"), FLOORS)
def test_heldout_dialogues_stay_as_measured(name: str, language: str) -> None:
    data = yaml.safe_load((HELDOUT / f"{name}.{language}.yaml").read_text(encoding="utf-8"))
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for group in data:
        for lines in group["dialogues"]:
            total[group["label"]] += 1
            right[group["label"]] += decided(language, *lines).label == group["label"]
    assert set(total) == set(outcome.LABELS)
    counts = {label: f"{right[label]}/{total[label]}" for label in total}
    assert right.total() >= FLOORS[name, language], counts


def test_nobody_answers() -> None:
    assert decided("zh").label == "no_conversation"
    assert decided("zh", "a: 喂您好", "a: 喂").label == "no_conversation"
    assert decided("zh", "a: 您好", "c: 请在嘀声后留言").label == "voicemail"


def test_the_last_word_decides() -> None:
    assert (
        decided(
            "zh",
            "a: 您好",
            "c: 不需要",
            "a: 可以省一半",
            "c: 那听着不错，发资料我看看",
            "a: 好的，我马上发您，再见",
        ).label
        == "interested"
    )
    assert (
        decided("zh", "a: 您好", "c: 听着不错", "a: 一年两万", "c: 太贵了，算了不要了").label
        == "not_interested"
    )


def test_a_bare_yes_takes_its_sense_from_the_proposal() -> None:
    assert decided("zh", "a: 那我明天下午再打给您可以吗", "c: 可以").label == "call_back"
    assert decided("zh", "a: 那我把资料发您邮箱可以吗", "c: 可以").label == "interested"


def test_unknown_sides_still_have_an_outcome() -> None:
    lines = ("u: 您好，这边是平和保险", "u: 我在开会，晚点再打给我吧", "u: 好的那我下午再联系您")
    assert decided("zh", *lines).label == "call_back"


def test_the_follow_up_goes_along() -> None:
    result = decided("zh", "a: 您好", "c: 我在开车，你明天下午三点打给我吧", "a: 好的")
    assert (result.label, result.follow_up_when) == ("call_back", "2026-03-11T15:00")
    assert result.follow_up_text and "明天下午三点" in result.follow_up_text


def test_a_call_asked_for_is_no_interest() -> None:
    lines = (
        "a: 免赔额就是您先出的部分",
        "c: 哦这样啊，那我跟家里人商量一下，你明天上午10点再打给我吧",
        "a: 好的，再见",
    )
    result = decided("zh", "a: 您好，想跟您说一下医疗险", "c: 你说", *lines)
    assert (result.label, result.follow_up_when) == ("call_back", "2026-03-11T10:00")
    assert decided("en", "a: Hi", "c: I need to ask my wife, ring me tomorrow at ten.").label == "call_back"


def test_an_answering_machine_leaves_no_interest_behind() -> None:
    result = decided(
        "en", "c: You've reached Kate, leave a message after the tone.", "a: I'll send you the quote."
    )
    assert result.label == "voicemail"


def test_weights_are_of_the_labelled_calls() -> None:
    """After a change of them: ``python -m pipeline.analysis.outcome_fit``."""
    assert load().digest == outcome_fit.digest()


def test_labelled_calls_by_an_author_never_seen() -> None:
    arrays, given, kernel = outcome_fit.refit()
    held = outcome_fit.between_authors(given, kernel)
    for language, floor in (("zh", 0.76), ("en", 0.76)):
        mine = [at for at in held if given[at].language == language]
        right = sum(outcome.LABELS[int(held[at].argmax())] == given[at].label for at in mine)
        assert len(mine) >= 300 and right / len(mine) >= floor
    shipped = load()
    assert abs(outcome_fit.unpack(arrays).dense - shipped.dense).max() < 1e-3


OFFERED = (
    "a: Good afternoon, this is Anna from Marlow Hall, I'm ringing about your summer do.",
    "a: What have you in mind for it?",
)


@pytest.mark.parametrize(
    "settled", ["We signed up with another firm on Monday.", "We've already paid for one somewhere else."]
)
def test_a_brochure_after_a_purchase_elsewhere_is_no_order(settled: str) -> None:
    lines = (
        *OFFERED,
        f"c: {settled}",
        "a: Fair enough. May I send you our brochure?",
        "c: By post, fine.",
        "a: I will.",
    )
    result = decided("en", *lines)
    assert result.label != "order_placed" or result.confidence < 0.6


def test_what_is_sent_back_is_no_order() -> None:
    result = decided(
        "zh", "a: 您好，想问问您那台机器", "c: 不好用", "a: 那我给您办退款，钱三天退到您卡里", "c: 好的"
    )
    assert result.label != "order_placed"


def test_leave_to_send_something_is_no_sure_interest() -> None:
    lines = (
        "a: 您好，我们有个新套餐，想给您介绍一下",
        "c: 我这会儿没看",
        "a: 就两分钟",
        "c: 你发个资料过来吧",
        "a: 好的",
    )
    result = decided("zh", *lines)
    assert result.label != "interested" or result.confidence < 0.6


def test_a_step_that_only_the_agent_names_is_no_sure_call_back() -> None:
    result = decided("zh", "a: 您好，给您介绍一下保险", "c: 我再想想，再想想", "a: 那我明天上午十点再打给您")
    assert result.label != "call_back" or result.confidence < 0.6


TALKS = {
    "protest": ("zh", "a: 您好，春晓琴行的，想约您家钢琴调律", "c: 等会儿，你讲慢点", "a: 你耳朵塞驴毛了？",
                "c: 你冲谁嚷嚷呢，嘴巴放干净点", "a: 不调拉倒"),
    "protest in English": ("en", "a: Hi, Tunewell Pianos, about your upright.", "c: Speak up, would you?",
                           "a: I said your PIANO, are you thick?", "c: There's no need to be so rude.", "a: Whatever."),
    "told what was asked": ("zh", "a: 喂，您订的轮胎到了，您车牌尾号多少？", "c: 等我看看，三八七", "a: 行了"),
    "told in English": ("en", "a: Good morning, Larch Tyres, how many do you want?", "c: Four.", "a: Right. Goodbye."),
    "agrees": ("en", "a: Good afternoon, Aqua Pools, we've left the cover off.", "c: Right, I wondered about that.",
               "a: Please put it back tonight.", "c: Okay, I'll do it after tea."),
}  # fmt: skip


@pytest.mark.parametrize("name", TALKS)
def test_where_both_talk_there_was_a_conversation(name: str) -> None:
    language, *lines = TALKS[name]
    conversation = said(language, *lines)
    findings = find_all(conversation)
    assert talked(conversation, findings) == "sure"
    result = outcome.decide(conversation, findings)
    assert result.label not in ("no_conversation", "voicemail")


NOBODY = {
    "hello": ("zh", "a: 您好，春晓琴行的", "c: 喂？喂？", "a: 听得到吗？", "c: 没声音啊，喂", "a: 我先挂了"),
    "noise": ("zh", "a: 您好，青山养蜂场", "c: （鸡叫声）", "a: 喂？", "c: 嘟嘟嘟"),
    "signal": ("zh", "a: 喂，老板，送土豆种的", "c: 信号不好，喂？", "a: 喂？", "c: 断断续续……", "a: 那我晚点再打"),
    "hello in English": ("en", "a: Good morning, Tunewell Pianos.", "c: Hello? Hello?", "a: Can you hear me?",
                         "c: There's nobody there.", "a: I'll try later."),
    "tunnel": ("en", "a: Hello, is that Mr Penn?", "c: You're breaking up.", "a: Hello?", "c: In a tunnel, hello?"),
    "machine": ("en", "c: Hi, this is Dave, I can't come to the phone, leave a message after the beep.",
                "a: Hi Dave, it's Ana from Larch Tyres, call me back please."),
}  # fmt: skip


@pytest.mark.parametrize("name", NOBODY)
def test_noise_hellos_the_line_and_machines_are_no_talk(name: str) -> None:
    language, *lines = NOBODY[name]
    conversation = said(language, *lines)
    findings = find_all(conversation)
    assert talked(conversation, findings) == "none"
    result = outcome.decide(conversation, findings)
    assert result.label in ("no_conversation", "voicemail") and result.confidence >= 0.6


def test_where_somebody_may_have_heard_it_no_conversation_is_a_doubt() -> None:
    lines = (
        "a: 您好，我是云岭茶业的",
        "c: 等一下啊，三号桌的菜上了没有",
        "a: 喂？",
        "c: 米饭加两碗",
        "a: 那我先挂了",
    )
    result = decided("zh", *lines)
    assert result.label != "no_conversation" or result.confidence < 0.6


def test_who_is_abused_and_goes_on_talking_is_somebody() -> None:
    conversation = said("zh", "a: 您好，青山养蜂场的", "c: 啊？慢点说", "a: 傻逼，滚一边去", "c: 你再说一遍")
    rude = conversation.finding("rude", next(conversation.in_turn(2)), 0, 2, strength=0.9)
    assert talked(conversation, [rude]) == "sure"
    assert talked(conversation, [replace(rude, confidence=0.55)]) == "maybe"
    assert talked(conversation, [replace(rude, turn=1, speaker="customer")]) == "maybe"


def test_of_unknown_sides_nothing_is_told() -> None:
    assert talked(said("zh", "u: 您好", "u: 你冲谁嚷嚷呢")) == "none"


def test_a_stranger_of_whom_nothing_tells_is_none() -> None:
    """A short call in which somebody else is likeliest, though hardly, ended as the next likeliest says: a doubt."""
    labels, shares = outcome.LABELS, np.full(len(outcome.LABELS), 0.05)
    shares[labels.index("wrong_person")], shares[labels.index("call_back")] = 0.4, 0.3
    short = said("zh", "a: 您好，讲讲体检。", "c: 行，我在开会，晚点打来。", "a: 好的。")
    ending = endings.ending_of(short, load().acts)
    label, sure = outcome_doubt.weighed(short, labels, shares, ending)
    assert (label, sure) == ("call_back", pytest.approx(0.3))
    shares[labels.index("wrong_person")] = 0.6
    assert outcome_doubt.weighed(short, labels, shares, ending)[0] == "wrong_person"


def weighed(conversation: Conversation, shares: dict[str, float]) -> tuple[str, float]:
    """What becomes of these probabilities where both sides surely talk."""
    row = np.array([shares.get(label, 0.01) for label in outcome.LABELS])
    ending = endings.ending_of(conversation, load().acts)
    return outcome_doubt.weighed(conversation, outcome.LABELS, row / row.sum(), ending, "sure")


ORDERING = {"interested": 0.65, "order_placed": 0.3}


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ("a: 这个年卡两千八。", "c: 行，那就给我办一个吧。", "a: 好的，已经给您办好了，周一就能来练。", "c: 好。")),
        ("en", ("a: It's nine hundred for the year.", "c: Go on then, sign me up.", "a: Lovely, that's all booked for you.",
                "c: Ta.")),
    ],
)  # fmt: skip
def test_an_order_that_the_agent_takes_up_is_placed(language: str, lines: tuple[str, ...]) -> None:
    label, sure = weighed(said(language, *lines), ORDERING)
    assert label == "order_placed" and sure >= 0.6


@pytest.mark.parametrize(
    "lines",
    [
        ("a: It's nine hundred for the year.", "c: Go on then, sign me up.", "a: I'd have to ask about a place.", "c: Ta."),
        ("a: It's nine hundred for the year.", "c: It does sound good.", "a: Shall we talk on Monday?", "c: Yes."),
    ],
)  # fmt: skip
def test_without_an_order_or_the_agents_word_it_is_none(lines: tuple[str, ...]) -> None:
    assert weighed(said("en", *lines), ORDERING)[0] == "interested"


def test_who_talks_on_is_not_the_wrong_person_unless_he_says_so() -> None:
    talk = [
        line
        for each in (
            "我家不用的。",
            "我种地的。",
            "前年买过。",
            "儿子管这个。",
            "字太小看不清。",
            "地里忙。",
            "那再说吧。",
        )
        for line in ("a: 您看看我们的化肥。", f"c: {each}")
    ]
    shares = {"wrong_person": 0.6, "not_interested": 0.3}
    label, sure = weighed(said("zh", *talk), shares)
    assert label == "not_interested" and sure >= 0.6
    assert weighed(said("zh", *talk[:4]), shares)[0] == "wrong_person"
    assert weighed(said("zh", *talk, "c: 你打错电话了。"), shares)[0] == "wrong_person"


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ("a: 您好，我是平和保险的小周。", "c: 以后别打给我了。", "a: 抱歉，我这就登记。再见。")),
        ("en", ("a: Hi, it's Bo from Lark Cover.", "c: Please stop calling me.",
                "a: I'm sorry, my manager will ring you tomorrow at three to apologise.")),
    ],
)  # fmt: skip
def test_who_asks_not_to_be_called_is_neither_to_be_called_back_nor_somebody_else(
    language: str, lines: tuple[str, ...]
) -> None:
    found = decided(language, *lines)
    assert found.label in ("not_interested", "undetermined") and found.follow_up_when is None


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ("a: Hello, is that Una?", "c: Who's this?", "a: Fenn Couriers, a parcel.", "c: Coming down.", "a: Ta, bye.")),
        ("zh", ("a: 喂，是老周吗？", "c: 哪位？", "a: 送水的，放门口了啊。", "c: 晓得了。", "a: 谢谢您，再见。")),
    ],
)  # fmt: skip
def test_who_is_thanked_behind_the_last_words_has_talked(language: str, lines: tuple[str, ...]) -> None:
    conversation = said(language, *lines)
    assert talked(conversation) == "sure"
    assert outcome.decide(conversation, find_all(conversation)).label not in ("no_conversation", "voicemail")


def test_a_farewell_into_a_dead_line_is_no_talk() -> None:
    lines = (
        "a: Hello, Fenn Couriers.",
        "c: Two teas, love.",
        "a: Hello? Can you hear me?",
        "c: And a scone.",
        "a: Bye then.",
    )
    assert talked(said("en", *lines)) == "maybe"


def test_a_no_that_turns_down_thanks_alone_is_no_sure_refusal() -> None:
    lines = ("a: 您好，您的快件放驿站了", "c: 好", "a: 太谢谢您了", "c: 不用谢，举手之劳", "a: 再见")
    result = decided("zh", *lines)
    assert result.label != "not_interested" or result.confidence < 0.6


@pytest.mark.parametrize(
    ("language", "told", "wrong"),
    [
        ("zh", "c: 我手机号上个月换了，你们系统里是旧的吧。", False),
        ("zh", "c: 这个号码我刚换的，你找的人我不认识。", True),
        ("en", "c: My number has changed, could you note the new one?", False),
        ("en", "c: I've only just got this number, I don't know him.", True),
    ],
)
def test_who_has_another_number_is_still_himself(language: str, told: str, wrong: bool) -> None:
    lines = ("a: 您好，讲讲体检。", told) if language == "zh" else ("a: Hello, about your check-up.", told)
    label = weighed(said(language, *lines), {"wrong_person": 0.6, "interested": 0.3})[0]
    assert (label == "wrong_person") is wrong
