"""Calls read clause by clause, and the doubtful benefits that come of it."""

from __future__ import annotations

import pytest
from dialogue_sets import call, given

from pipeline.analysis import acts, benefit
from pipeline.analysis.clauses import by_clause, likeliest_clauses

PLAIN = {
    "zh": [
        ("A 您好，我们做仓库托管，一个月四千，货从我们这儿发，旺季您那边就不至于手忙脚乱。", "C 哦。"),
        ("A 我们的牙科卡一年三百，孩子补牙的钱就不用家里再掏。", "C 嗯。"),
    ],
    "en": [
        ("A Our boiler cover is nine pounds a month, and if it breaks at night somebody's there by morning.", "C Right."),
        ("A The course is ninety dollars, it's online, and the kids stop dreading Mondays.", "C Right."),
    ],
}  # fmt: skip
BARE = {
    "zh": [
        ("A 您好，我们做仓库托管，一个月四千，在城北，一共三层，去年建的。", "C 哦。"),
        ("A 我们的牙科卡一年三百，卡是蓝色的，全市有十二家门店。", "C 嗯。"),
    ],
    "en": [
        ("A Our boiler cover is nine pounds a month, paid by card, and the term is two years.", "C Right."),
        ("A The course is ninety dollars, it's online, and there are eight lessons of an hour.", "C Right."),
    ],
}


def heard(lines, language, *, pitches=1):
    conversation = call(*lines, language=language)
    return benefit.find(conversation, given(conversation, *([(0, "pitch")] * pitches)))


def cases(of):
    return [(language, lines) for language, each in of.items() for lines in each]


@pytest.mark.parametrize(("language", "lines"), cases(PLAIN))
def test_a_plain_benefit_is_no_sure_failing(language, lines):
    assert len(heard(lines, language)) >= 1


@pytest.mark.parametrize(("language", "lines"), cases(BARE))
def test_features_alone_state_none(language, lines):
    assert heard(lines, language) == []


def test_what_is_only_likely_is_a_doubt_and_fills_no_more_than_lacks():
    lines = (
        "A Hello, our plan is nine pounds a month.",
        "C What do I get?",
        "A The dog gets walked while you're at work.",
        "C Hm.",
        "A Nobody has to stand on a ladder.",
    )
    found = heard(lines, "en")
    assert [f.confidence < 0.6 for f in found] == [True]
    conversation = call(*lines, language="en")
    assert benefit.find(conversation, ()) == []


def test_nothing_once_the_customer_has_asked_not_to_be_called():
    pitch, plain = (
        "A Hello, our plan is nine pounds a month.",
        "A The dog gets walked while you're at work.",
    )
    assert heard((pitch, "C What do I get?", plain), "en")
    assert heard((pitch, "C Please don't call me again, take me off your list.", plain), "en") == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "这款一年1,200块，孩子写字不累；送货上门。"),
        ("en", "It's 1,200 a year, and it lasts; that's all."),
    ],
)
def test_clauses_keep_their_places(language, text):
    conversation = call(f"A {text}", language=language)
    parts = by_clause(conversation).sentences
    assert [p.text[:-1] for p in parts] == [text[p.start : p.start + len(p.text) - 1] for p in parts]
    assert len(parts) == 3
    chance, start, end = likeliest_clauses(conversation, "benefit")[0]
    likely = acts.guesses(by_clause(conversation), "benefit")
    assert chance == max(guess.probability for guess in likely.values())
    assert text[start : end - 1] in {p.text[:-1] for p in parts}
