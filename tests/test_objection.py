"""Objections, their kind, and how they are met."""

from __future__ import annotations

import pytest
from dialogue_sets import call, score_dialogues

from pipeline.analysis import confusion, needs, objection, questions


def met(conversation, prior=()):
    return [(f.turn, f.detail["kind"], f.detail["handling"]) for f in objection.find(conversation, prior)]


@pytest.mark.parametrize(
    ("said", "reply", "kind", "handling"),
    [
        ("C 太贵了。", "A 可以分期的，平均一天才两块钱。", "price", "benefit"),
        ("C 太贵了。", "A 哦好吧，打扰了。", "price", "passive"),
        ("C 太贵了。", "A 您先登记一下，名额不多了。", "price", "ignored"),
        ("C 我在开会。", "A 好的，我下午三点再打给您。", "no_time", "benefit"),
        ("C 我在开会。", "A 就耽误您一分钟，名额今天就没了，您听我说完。", "no_time", "ignored"),
        (
            "C 我们已经有供应商了。",
            "A 不冲突的，我们比他们便宜两成，您可以先拿一小部分对比一下。",
            "existing_supplier",
            "benefit",
        ),
        ("C 你们是不是骗子？", "A 您可以在官网查到我们的营业执照。", "distrust", "benefit"),
        (
            "C 我要跟老婆商量一下。",
            "A 应该的，您可以带她一起来店里试一节课，不收钱，她问什么我们老师当面讲。",
            "other",
            "benefit",
        ),
    ],
)
def test_kind_and_handling(said, reply, kind, handling):
    assert met(call("A 我们有一款产品。", said, reply)) == [(1, kind, handling)]


@pytest.mark.parametrize(
    "line",
    ["C 不需要。", "C 没兴趣，谢谢。", "C 好的。", "C 多少钱？", "C 我没听懂。", "A 您觉得太贵了是吧。"],
)
def test_what_is_no_objection(line):
    assert met(call("A 您好。", line, "A 嗯。")) == []


@pytest.mark.parametrize(
    "line", ["C 两千八不贵，别处要三千多呢。", "C 才两千八，真便宜。", "C That's not expensive at all."]
)
def test_praise_of_the_price_is_no_objection(line):
    assert met(call("A 一年两千八。", line, "A 嗯。")) == []


@pytest.mark.parametrize(
    "line", ["C 上回有个人说包赚，全是骗人的。", "C The last fella told me it was safe, and it was a scam."]
)
def test_a_grievance_about_somebody_else_is_a_doubt(line):
    assert all(f.confidence < 0.6 for f in objection.find(call("A 您好。", line, "A 嗯。"), ()))


def test_a_call_back_that_is_fixed_meets_a_lack_of_time():
    told = call(
        "A We have an offer.",
        "C I can't talk right now, I'm driving.",
        "A Of course, Wednesday about ten then.",
    )
    assert {handling for _turn, kind, handling in met(told) if kind == "no_time"} == {"benefit"}


def test_an_answer_to_a_question_is_no_objection():
    told = call("A 目前走的是哪家快递？", "C 一直跟顺丰合作，好几年了。", "A 挺好的。")
    assert met(told) == []


def test_objecting_again_means_the_first_was_not_met():
    told = call(
        "A 您办吗？",
        "C 我们有合作的供应商了，暂时不换。",
        "A 二十块很便宜的，登记一下？",
        "C 我说了我们有供应商了，合同没到期。",
        "A 合同到期我们再联系您。",
    )
    first, again = met(told)
    assert first == (1, "existing_supplier", "ignored")
    assert again[:2] == (3, "existing_supplier")


def test_a_yes_with_a_later_look_is_no_resistance():
    assert met(call("A 资料发您了。", "C 好的，我再看看。", "A 谢谢。")) == []


def test_nobody_left_to_answer():
    opening = ("A 您好，华信传媒的。", "C 什么事？", "A 电梯广告一年三万八，您看可以吗？")
    assert met(call(*opening, "C 太贵了，我们没这个预算。")) == [(3, "price", "passive")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out_dialogues(language):
    detectors = [needs.find, questions.find, confusion.find, objection.find]
    counts, details = score_dialogues(language, detectors)
    assert counts["objection"].f1 >= 0.8, counts["objection"]
    for key in ("objection.kind", "objection.handling"):
        assert details[key].count("") >= 0.75 * len(details[key]), [text for text in details[key] if text]


@pytest.mark.parametrize(
    ("said", "reply", "handling", "certain"),
    [
        ("C I'd have to run it past my husband first.", "A Of course, ask him. I'll post the leaflet.", "benefit", True),
        ("C I'd have to run it past my husband first.", "A That's fine, no rush.", "passive", False),
        ("C I'd have to run it past my husband first.", "A Don't ask him, sign today, it'll be gone.", "ignored", True),
        ("C 我得问问我儿子再说。", "A 好的，您先问问他，我把条款发您微信。", "benefit", True),
        ("C 我得问问我儿子再说。", "A 没事，不着急。", "passive", False),
        ("C 我得问问我儿子再说。", "A 这还问什么呀，您自己定就行，名额今天就没了。", "ignored", True),
    ],
)  # fmt: skip
def test_a_postponement_is_met_by_time_and_a_next_step(said, reply, handling, certain):
    (found,) = objection.find(
        call("A We have a plan." if said.isascii() else "A 我们有一款保险。", said, reply), ()
    )
    assert found.detail["kind"] == "other" and found.detail["handling"] == handling
    assert (found.detail["share"]["handling"] >= 0.6) is certain


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("A Ours is a small grey one.", "C But my wife wants a bigger one."),
        ("A 这款是两门的。", "C 可我先生更想要四门的。"),
    ],
)
def test_what_somebody_would_like_better_is_no_sure_objection(before, said):
    found = objection.find(
        call(before, said, "A Then let me show you another." if said.isascii() else "A 那我给您看另一款。"),
        (),
    )
    assert all(one.confidence < 0.6 or one.detail["kind"] != "other" for one in found)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("A Who does your cleaning now?", "C A firm from town, and they're far too dear."),
        ("A 您目前的物业怎么样？", "C 收费太高了，我信不过他们。"),
    ],
)
def test_a_grievance_that_was_asked_for_is_no_objection_before_anything_is_offered(asked, said):
    zh = not said.isascii()
    after = "A 您希望怎么改？" if zh else "A What would you like to be different?"
    pitch = (
        "A 我们一个月只要八十块，包两次保洁。"
        if zh
        else "A Our plan is only eighty pounds a month with two visits."
    )
    assert all(one.confidence < 0.6 for one in objection.find(call(asked, said, after), ()))
    offered = objection.find(call(pitch, said, after), ())
    assert any(one.confidence >= 0.6 for one in offered), "after an offer it is one"


@pytest.mark.parametrize(
    ("said", "replies"),
    [
        (
            "C 我再看看，回头再聊吧。",
            ("A 好的，您先忙。您看哪天方便？", "C 周四。", "A 好，周四我再打给您。"),
        ),
        ("C 我得和我妹妹说一声。", ("A 不着急，我发份说明给您。",)),
    ],
)
def test_a_day_asked_for_is_a_next_step(said, replies):
    (found,) = objection.find(call("A 我们有一款净水器。", said, *replies), ())
    assert found.detail["handling"] == "benefit"


@pytest.mark.parametrize(
    ("language", "lines", "met"),
    [
        ("en", ("A Our planters are cast in one piece.", "C That's more than we'd pay.",
                "A I see, and how many do you lose to frost each winter?", "C Four or five.",
                "A These don't crack in frost, so you'd save those five every year."), True),
        ("en", ("A Our planters are cast in one piece.", "C That's more than we'd pay.",
                "A I see, and how many do you lose to frost each winter?", "C Four or five.",
                "A Okay, well, all the best then."), False),
        ("zh", ("A 我们是做会计代账的。", "C 我们已经有代账的了。", "A 这样啊，那他们多久跟您对一次账呢？", "C 一年一次吧。",
                "A 我们每个月都跟您对，报表您手机上随时能看，漏报了我们赔。"), True),
        ("zh", ("A 我们是做会计代账的。", "C 我们已经有代账的了。", "A 这样啊，那他们多久跟您对一次账呢？", "C 一年一次吧。",
                "A 好的，那不打扰您了。"), False),
    ],
)  # fmt: skip
def test_behind_a_question_back_the_second_turn_counts(language, lines, met):
    """The standard gives the agent two turns: who first asks back has not given in."""
    found = objection.find(call(*lines, language=language), ())
    assert [f.detail["handling"] == "benefit" for f in found if f.turn == 1] == [met]


@pytest.mark.parametrize(
    ("language", "offer", "said"),
    [
        ("zh", "A 我们可以给您家换一整套门窗。", "C 换一套估计不便宜吧"),
        ("zh", "A 我们这个陪练是一对一的。", "C 陪练的机构都死贵"),
        ("en", "A We could resurface the whole drive.", "C That'd set us back a fair bit"),
        ("en", "A The course is ten evenings.", "C It seems rather dear"),
    ],
)
def test_a_guess_at_a_high_price_objects_to_it(language, offer, said):
    (found,) = objection.find(call(offer, said, "A 可以分期。", language=language), ())
    assert found.detail["kind"] == "price" and found.confidence >= 0.6


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "C 那能省不少钱吧"),
        ("en", "C That must save a fortune"),
        ("en", "C Well, that would save us a packet"),
    ],
)
def test_a_guess_at_a_saving_objects_to_nothing(language, said):
    found = objection.find(call("A We fit panels.", said, "A Yes.", language=language), ())
    assert all(f.confidence < 0.6 for f in found)


@pytest.mark.parametrize(
    "lines",
    [
        ("A Who does your cleaning now?", "C A firm from town.", "A Uh-huh.", "C They're far too dear."),
        ("A 您目前的物业怎么样？", "C 换过一家。", "A 嗯嗯。", "C 收费太高了，我信不过他们。"),
    ],
)
def test_an_answer_goes_on_over_a_nod(lines):
    rest = "A What would you change?" if lines[0].isascii() else "A 您希望怎么改？"
    assert all(one.confidence < 0.6 for one in objection.find(call(*lines, rest), ()))
