"""Polite formulas of the agent."""

from __future__ import annotations

import pytest
import yaml
from dialogue_sets import HELDOUT, call, sentences

from pipeline.analysis import courtesy
from pipeline.analysis.rules import load_rules
from pipeline.analysis.text import fold


def said(*lines, language="zh"):
    return {(f.turn, f.detail["kind"]) for f in courtesy.find(call(*lines, language=language), ())}


def test_kinds():
    assert said("A 您好，请问是王女士吗？", "C 你好。", "A 谢谢您的时间，祝您生活愉快，再见。") == {
        (0, "greeting"),
        (0, "please"),
        (2, "thanks"),
        (2, "closing"),
    }
    assert (0, "apology") in said("A Sorry to bother you, Mr. Gray.", language="en")


def test_each_kind_once_a_turn():
    assert len(courtesy.find(call("A 谢谢，谢谢，非常感谢。"), ())) == 1


@pytest.mark.parametrize("line", ["A 这个价格很好。", "C 谢谢，再见。"])
def test_none(line):
    assert said(line) == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out(language):
    data = yaml.safe_load((HELDOUT / f"manners.{language}.yaml").read_text(encoding="utf-8"))
    pairs = [text.split("|") for text in data["courtesy"]]
    count = sentences("courtesy", language, [text for _, text in pairs], data["courtesy_not"])
    assert count.f1 >= 0.9, f"{count} missed {count.missed} false {count.false}"
    rules = load_rules("courtesy", language)
    right = sum(kind in {m.detail["kind"] for m in rules.match(fold(text))} for kind, text in pairs)
    assert right >= 0.9 * len(pairs)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我也是为您好。", "zh"),
        ("您都考虑一个礼拜了，抽您好几管血。", "zh"),
        ("The hi-fi is included, the bye-laws say so.", "en"),
    ],
)
def test_courteous_words_inside_other_words_are_none(text: str, language: str) -> None:
    assert said(f"A {text}", language=language) == set()


def test_thanks_leave_the_farewell_its_words():
    assert said("A Thanks for your time, goodbye.", language="en") == {(0, "thanks"), (0, "closing")}
    assert said("A Have a good evening.", language="en") == {(0, "closing")}
    assert said("A Morning, is that Mrs Ojo?", language="en") == {(0, "greeting")}


@pytest.mark.parametrize("line", ["A 石经理早，我是小刘。", "A 葛姐早啊，方便吗？"])
def test_a_title_and_good_morning_greet(line):
    assert (0, "greeting") in said(line)


def test_early_is_no_greeting():
    assert (0, "greeting") not in said("A 石经理早就来过了。")


@pytest.mark.parametrize(
    "line",
    ["Have a smooth landing.", "Thanks, have a lovely long weekend away.", "Noon on Friday, chat then.", "See you both there.",
     "Safe home now."],
)  # fmt: skip
def test_wishes_for_what_lies_ahead_close(line):
    assert (0, "closing") in said(f"A {line}", language="en")


@pytest.mark.parametrize(
    "line", ["You have a good broker there.", "Do you have a safe garage?", "I speak then sign."]
)  # fmt: skip
def test_what_somebody_has_wishes_nothing(line):
    assert (0, "closing") not in said(f"A {line}", language="en")
