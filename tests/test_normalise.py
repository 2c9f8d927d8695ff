"""Simplified, readable, and never longer or shorter than what was heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.speech.normalise import join_words, plain, script_language, simplified, tidy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("請問您貴姓,我們是華信傳媒.", "请问您贵姓，我们是华信传媒。"),
        ("乾隆", "乾隆"),
        ("價格是3.5萬,漲了10%", "价格是3.5万，涨了10%"),
        ("下午三點嗎?", "下午三点吗？"),
        ("ＣＰＭ是多少", "CPM是多少"),
        ("10:30可以", "10:30可以"),
    ],
)
def test_mandarin_is_tidied(text: str, expected: str) -> None:
    assert tidy(text, language="zh") == expected


def test_english_punctuation_stays() -> None:
    assert tidy("Okay, 3.5 percent?", language="en") == "Okay, 3.5 percent?"


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=40))
def test_no_text_changes_its_length(text: str) -> None:
    assert len(tidy(text, language="zh")) == len(text)
    assert len(simplified(text)) == len(text)
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["您好，", "我们", "做", "CPM", "投放"], "您好，我们做CPM投放"),
        (["buy", "CPM", "ads."], "buy CPM ads."),
        (["好", "OK", "thanks", "再见"], "好OK thanks再见"),
        ([], ""),
    ],
)
def test_words_are_joined_as_they_are_written(words: list[str], text: str) -> None:
    assert join_words(words) == text


def test_language_of_a_turn_is_that_of_most_of_it() -> None:
    assert script_language("我们的CPM很低", default="en") == "zh"
    assert script_language("okay 好", default="zh") == "zh"
    assert script_language("okay sure", default="zh") == "en"
    assert script_language("300", default="zh") == "zh"
