"""Confusion and rewording, by rule and by dialogue."""

from __future__ import annotations

import pytest
from dialogue_sets import call, score_dialogues

from pipeline.analysis import confusion, needs, questions


def kinds(conversation, prior=()):
    """Findings with their detail, but for how sure it is."""
    found = confusion.find(conversation, prior)
    return [(f.turn, f.kind, {k: v for k, v in f.detail.items() if k != "share"}) for f in found]


def test_meaning_wants_other_words():
    told = call(
        "A 这款有一百块的免赔额。", "C 免赔额是什么意思？", "A 就是说一百块以内您自己出，超出的我们来报。"
    )
    assert kinds(told) == [(1, "confusion", {"restated": True, "kind": "meaning"}), (2, "restatement", {})]


def test_plain_repetition_is_no_rewording():
    told = call("A 我们的CPM很低。", "C CPM是什么意思？", "A CPM就是CPM。", "C 哦。", "A 您今天定吗？")
    assert kinds(told) == [(1, "confusion", {"restated": False, "kind": "meaning"})]


def test_plain_repetition_serves_who_did_not_hear():
    told = call(
        "A Your appointment is on Monday at nine.",
        "C Sorry, I didn't catch that.",
        "A Your appointment is on Monday at nine.",
        language="en",
    )
    assert kinds(told)[0] == (1, "confusion", {"restated": True, "kind": "hearing"})


@pytest.mark.parametrize(
    ("language", "lines", "turn"),
    [
        ("zh", ["A 合同里有个冷静期。", "C 冷静期？没听明白。", "A 就是签完字十五天里您随时可以反悔，钱全退。", "C 嗯嗯。",
                "A 还有个等待期，也就是说头三十天生病不赔。"], 2),
        ("en", ["A Your quote has a wayleave in it.", "C A wayleave? I don't follow.", "A Right, okay.",
                "C No, what does it mean?", "A It means we may run the cable across your neighbour's field."], 4),
    ],
)  # fmt: skip
def test_the_first_rewording_answers_not_what_explains_another_term_later(language, lines, turn):
    found = confusion.find(call(*lines, language=language), ())
    assert [f.turn for f in found if f.kind == "restatement"] == [turn]


def test_rewording_after_the_second_agent_turn_is_too_late():
    told = call(
        "A It has an exclusionary basis.",
        "C What does that mean?",
        "A It is a great plan and the price ends tonight, so let's get you signed up.",
        "C Hm.",
        "A Can I have your card number?",
        "C No.",
        "A In other words, it lists what is not covered.",
        language="en",
    )
    assert kinds(told) == [(1, "confusion", {"restated": False, "kind": "meaning"})]


@pytest.mark.parametrize(
    "line", ["C 我明白了。", "C 你什么意思，看不起人是吧？", "C 再说吧。", "A 我没听清，您再说一遍？"]
)
def test_what_is_no_confusion(line):
    assert kinds(call("A 您好。", line, "A 好的。")) == []


def test_a_term_said_back_is_confusion_only_after_the_agent_used_it():
    assert kinds(call("A 这个是趸交的。", "C 什么趸交？", "A 就是一次付清。"))[0][1] == "confusion"
    assert kinds(call("A 您好。", "C 什么价格？", "A 一千。")) == []


def test_quote_and_time_come_from_the_turn():
    conversation = call("A 有免赔额。", "C 等等，我没听懂。", "A 也就是您先出一百。", seconds=4.0)
    found = confusion.find(conversation, ())[0]
    assert found.quote in conversation.turns[1].text
    assert 4.0 <= found.start_s < found.end_s <= 8.0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out_dialogues(language):
    counts, details = score_dialogues(language, [needs.find, questions.find, confusion.find])
    assert counts["confusion"].f1 >= 0.85, counts["confusion"]
    assert counts["restatement"].f1 >= 0.7, counts["restatement"]
    right = details["confusion.restated"]
    assert right.count("") >= 0.8 * len(right), right


def test_an_echoed_price_is_surprise():
    told = call(
        "A Our inventory system is nineteen hundred a year.",
        "C Nineteen hundred? You're having a laugh.",
        "A It pays for itself.",
        language="en",
    )
    assert kinds(told) == []


@pytest.mark.parametrize(
    "reply",
    [
        ("A 账期嘛，就是账期。",),
        ("A 就是那个ROI和CTR啊。",),
        ("A 嗯。", "C 那多少钱？", "A 一年三百六十块，分三次付就行。"),
    ],
)
def test_the_same_word_other_terms_or_another_answer_reword_nothing(reply):
    told = call("A 我们给您三十天账期。", "C 账期是什么意思？我没听懂。", *reply)
    assert not any(kind == "restatement" for _turn, kind, _detail in kinds(told))


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["A 您好，我们做老房子加装电梯。", "C 加装电梯？怎么收费的？", "A 按楼层，每户两三万。"]),
        ("en", ["A Hello, we fit heat pumps round here.", "C Heat pumps? What sort of sizes do you do?",
                "A From five to sixteen kilowatts."]),
    ],
)  # fmt: skip
def test_a_first_interest_in_the_matter_is_a_question_no_confusion(language, lines):
    told = call(*lines, language=language)
    assert [f for f in confusion.find(told, ()) if f.kind == "confusion"] == []
    assert questions.find(told, ())


def test_a_term_of_the_trade_said_back_is_confusion():
    told = call("A It comes with an escrow account.", "C An escrow account? How does that work?",
                "A Somebody neutral holds the money till you both say yes.", language="en")  # fmt: skip
    assert [f.kind for f in confusion.find(told, ())][:1] == ["confusion"]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["A 这是一只FOF。", "C 我没听懂。", "A FOF就是固收加权益，靠对冲来压回撤。", "C 哦。"]),
        ("en", ["A We'd retarget your visitors.", "C I don't follow.",
                "A That means programmatic with a lookalike audience and a capped CPM.", "C Right."]),
    ],
)  # fmt: skip
def test_more_terms_of_the_trade_are_no_rewording(language, lines):
    found = [f for f in confusion.find(call(*lines, language=language), ()) if f.kind == "confusion"]
    assert [f.detail["restated"] for f in found] == [False]


def test_a_rewording_with_one_new_term_is_for_a_person():
    told = call(
        "A 有一个免赔额。", "C 免赔额？什么意思？", "A 就是头一千块您自己掏，剩下的从现金价值里给您出。"
    )
    found = next(f for f in confusion.find(told, ()) if f.kind == "confusion")
    assert found.detail["restated"] and found.detail["share"]["restated"] < 0.6


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("A 我们有个套餐跟您说一下。", "C 啥套餐？"),
        ("A I'd like to tell you about our new scheme.", "C Oh, what scheme is that?"),
    ],
)
def test_asking_for_the_matter_by_its_general_name_is_no_confusion(agent, said):
    assert (
        confusion.find(
            call(agent, said, "A 是家庭宽带。" if not said.isascii() else "A It's for boilers."), ()
        )
        == []
    )


@pytest.mark.parametrize(
    ("language", "asked", "reply", "restated"),
    [
        ("en", "I don't follow you.", "That is, the WLR line gets a PSTN hunt via the DDI.", False),
        ("zh", "没听懂你说的。", "就是说过完KYP再做SBLC。", False),
        ("zh", "没听懂，什么意思？", "意思就是您充多少就是多少，不另外扣。", True),
    ],
)
def test_initials_reword_nothing_and_an_idiom_is_no_circle(language, asked, reply, restated):
    first, last = ("A 这是净额结算的。", "C 哦。") if language == "zh" else ("A It's a bearer.", "C Right.")
    said = call(first, f"C {asked}", f"A {reply}", last, language=language)
    found = next(one for one in confusion.find(said, ()) if one.kind == "confusion")
    sure = found.detail["restated"] and found.detail["share"]["restated"] >= 0.6
    assert sure is restated


@pytest.mark.parametrize(
    ("language", "said", "kind"),
    [
        ("en", "C You'll want to speak up, duck", "hearing"),
        ("en", "C In plain terms please, I'm only the caretaker", "meaning"),
        ("en", "C Could you put that in ordinary words", "meaning"),
        ("zh", "C 您讲大点声，我这儿机器响", "hearing"),
        ("zh", "C 麻烦讲得直白些", "meaning"),
    ],
)
def test_who_asks_for_a_louder_or_plainer_word_is_confused(language, said, kind):
    found = confusion.find(call("A Hello, Moss Motors here.", said, "A Yes.", language=language), ())
    assert [f.detail["kind"] for f in found if f.kind == "confusion"] == [kind]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "C 那个什么券 我早用掉了"),
        ("zh", "C 就那个什么会员对吧，开过了"),
        ("en", "C Is the class taught in English?"),
        ("en", "C My lad won't speak up at school"),
    ],
)
def test_who_seeks_a_name_or_speaks_of_others_is_not(language, said):
    found = confusion.find(call("A Hello, Moss Motors here.", said, "A Yes.", language=language), ())
    assert [f for f in found if f.kind == "confusion" and f.confidence >= 0.6] == []
