"""Mandarin by sound."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin.constants import PINYIN_DICT

from pipeline.analysis.phonetic import find_by_sound, likeness, sound_of, syllable

HAN = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("heard", "meant"), [("花心传媒", "华信传媒"), ("平安普会", "平安普惠"), ("莲家", "链家")]
)
def test_homophones_sound_the_same(heard: str, meant: str) -> None:
    assert sound_of(heard) == sound_of(meant)


@pytest.mark.parametrize(("one", "other"), [("张", "赞"), ("林", "凌"), ("十", "四"), ("能", "楞")])
def test_telephone_confusions_are_folded(one: str, other: str) -> None:
    assert syllable(one) == syllable(other)


def test_no_two_syllables_share_a_sound() -> None:
    heard: dict[str, set[str]] = {}
    for code in PINYIN_DICT:
        heard.setdefault(sound_of(chr(code)), set()).add(syllable(chr(code)))
    assert len(heard) > 250
    assert [alike for alike in heard.values() if len(alike) > 1] == []


def test_other_words_sound_otherwise() -> None:
    assert sound_of("平安普惠") != sound_of("中国移动")
    assert likeness("平安普惠", "中国移动") < 0.4


def test_finds_by_sound_with_offsets() -> None:
    assert find_by_sound("别再打了", "你们别在打了好吗") == [2]
    assert find_by_sound("定了", "订了吧") == [], "two characters are too few"


@given(HAN)
def test_sound_is_as_long_as_the_text(text: str) -> None:
    assert len(sound_of(text)) == len(text)
    assert likeness(text, text) == 1.0


@given(HAN, HAN)
def test_likeness_is_symmetric_and_bounded(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, other) == pytest.approx(likeness(other, one))


def test_no_phrases_are_loaded_for_single_characters() -> None:
    asked = "from pipeline.analysis.phonetic import syllable; syllable('中')"
    told = "import sys; print('pypinyin.phrases_dict' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{asked}; {told}"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"
