"""Carrying out what was agreed, and insults: neither is hard sell, and neither hides one."""

from __future__ import annotations

import pytest
from dialogue_sets import call

from pipeline.analysis import hard_sell, refusal
from pipeline.analysis.plain_talk import insults_only, is_plain
from pipeline.types import Finding

PUSH = Finding("hard_sell", 0, "agent", None, None, "", 0.9, {"kind": "forced_decision", "layer": "pattern"})


@pytest.mark.parametrize(
    ("customer", "plain"),
    [
        (["那就订两张吧。", "明华路六号。"], True),
        (["好的，可以。"], True),
        (["我想了解一下。", "哦，这样。"], False),
        (["那就订两张吧。", "算了，我不要了。"], False),
        (["好的。", "太贵了。"], False),
    ],
)
def test_carrying_out_an_order_presses_nobody_once_it_is_agreed(customer: list[str], plain: bool) -> None:
    lines = [line for said in customer for line in ("A 您看呢？", f"C {said}")]
    talk = call(*lines, "A 我现在就给您出票。")
    assert is_plain(talk, talk.sentences[-1], PUSH, refusal.find(talk, ())) is plain


@pytest.mark.parametrize(
    ("customer", "plain"),
    [
        (["Go ahead, book it.", "It's twelve Mill Lane."], True),
        (["Yes, that's fine."], True),
        (["What does it cover?"], False),
        (["Go ahead, book it.", "Actually no thanks, I'm not interested."], False),
    ],
)
def test_the_same_in_english(customer: list[str], plain: bool) -> None:
    lines = [line for said in customer for line in ("A What do you think?", f"C {said}")]
    talk = call(*lines, "A I'm booking the surveyor now and you'll get a text.", language="en")
    assert is_plain(talk, talk.sentences[-1], PUSH, refusal.find(talk, ())) is plain


def test_what_presses_besides_is_no_carrying_out() -> None:
    talk = call(
        "A Shall I?",
        "C Okay.",
        "A I'm booking it now before it's gone, read me the card number.",
        language="en",
    )
    assert not is_plain(talk, talk.sentences[-1], PUSH, ())


@pytest.mark.parametrize(
    ("language", "text", "only"),
    [
        ("zh", "你脑子有病吧。", True),
        ("zh", "你脑子有病吧，今天不签明天就没名额了。", False),
        ("en", "You stupid woman, are you deaf?", True),
        ("en", "You're an idiot if you don't sign up tonight, it's gone tomorrow.", False),
        ("en", "The policy starts on Monday.", False),
    ],
)
def test_an_insult_that_sells_nothing_is_for_courtesy(language: str, text: str, only: bool) -> None:
    first, reply = (
        ("A 您再想想。", "C 我听不懂。") if language == "zh" else ("A It's simple.", "C I don't follow.")
    )
    talk = call(first, reply, f"A {text}", language=language)
    assert insults_only(talk, talk.sentences[-1]) is only
    if only:
        assert hard_sell.find(talk, ()) == []
