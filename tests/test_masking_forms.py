"""Numbers in every form people tell them, and what stays: tests/spoken.py makes them, seed by seed."""

from __future__ import annotations

import random

import pytest
from factories import make_transcript
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import KINDS, left, plain, talks

from pipeline.privacy.masking import mask, mask_text

SEEDS = st.integers(0, 10_000_000)


@pytest.mark.parametrize("sides", [True, False], ids=["sides", "no_sides"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_told_in_any_form_are_masked(kind, sides):
    talked = [talks(random.Random(f"{kind} {seed}"), kind) for seed in range(60)]
    missed = [(talk, rest) for talk in talked if (rest := left(kind, talk, sides=sides))]
    assert len(missed) / len(talked) <= 0.03, missed


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from(["zh", "en"]), st.sampled_from(["agent", "customer", "unknown"]))
def test_prices_dates_and_order_numbers_stay(seed, language, side):
    said = plain(random.Random(seed), language)
    masked, _ = mask(make_transcript((side, said), language=language))
    assert masked.turns[0].text == said


def test_letters_told_for_noughts_are_no_house():
    said = "The tracking number is eight four seven, eight O, four six five six, eight eight four."
    masked, _ = mask(make_transcript(("customer", said), language="en"))
    assert masked.turns[0].text == said


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from(["mobile_zh", "identity_zh", "card_zh"]))
def test_numbers_known_by_their_form_are_masked_without_a_word_about_them(seed, kind):
    talk = talks(random.Random(seed), kind)
    assert not left(kind, talk, sides=True), talk


ODD_DIGITS = {
    "wide": str.maketrans("0123456789", "０１２３４５６７８９"),
    "bold": {ord("0") + n: chr(0x1D7CE + n) for n in range(10)},
    "circled": str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨"),
    "arabic": {ord("0") + n: chr(0x660 + n) for n in range(10)},
}


@pytest.mark.parametrize("digits", ODD_DIGITS.values(), ids=ODD_DIGITS)
@pytest.mark.parametrize(
    "language, said", [("zh", "有事打{}就行"), ("en", "try me on {} after six")], ids=["zh", "en"]
)
def test_digits_of_any_script_are_masked(digits, language, said):
    number = {"zh": "15926640831", "en": "07911123760"}[language].translate(digits)
    assert mask_text(said.format(number), language=language) == said.format(
        {"zh": "[电话]", "en": "[phone]"}[language]
    )


@pytest.mark.parametrize(
    "between", ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u2011", "−", "．", "|"], ids=ascii
)
def test_signs_that_nobody_sees_and_odd_dashes_part_no_number(between):
    number = between.join(("159", "2664", "0831"))
    assert mask_text(f"有事打{number}就行") == "有事打[电话]就行"
