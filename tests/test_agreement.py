"""Krippendorff's alpha against his own worked examples, and what must hold of it always."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.agreement import alpha

# "Computing Krippendorff's Alpha-Reliability" (2011), C: four observers, twelve units, values missing
FOUR = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip
# the same paper, A: two observers, ten units, yes or no; B: two observers, twelve units, five names
TWO_A = list(zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True))
TWO_B = list(zip("aabbdcccedda", "babbbccceddd", strict=True))


def test_two_observers_and_two_values():
    assert alpha(TWO_A) == pytest.approx(0.095, abs=5e-4)
    # by hand: 4 units differ, so 8 of 20 pairs; 14 noes and 6 yeses: 1 - 19 * 8 / (2 * 14 * 6)
    assert alpha(TWO_A) == float(1 - Fraction(19 * 8, 2 * 14 * 6))


def test_two_observers_and_five_names():
    assert alpha(TWO_B) == pytest.approx(0.692, abs=5e-4)


def test_four_observers_with_values_missing():
    assert alpha(FOUR) == pytest.approx(0.743, abs=5e-4)
    assert alpha(FOUR, level="ordinal", order=[1, 2, 3, 4, 5]) == pytest.approx(0.815, abs=5e-4)


def test_the_worked_sum_of_the_nominal_example():
    # its coincidence matrix: 40 values that can be paired, so many of each, so many of them paired with their like
    counts = [9, 13, 10, 5, 3]
    diagonal = Fraction(7) + 10 + 8 + 4 + 3
    expected = sum(count * (count - 1) for count in counts)
    assert alpha(FOUR) == float((39 * diagonal - expected) / (40 * 39 - expected))


@pytest.mark.parametrize("units", [[], [["a"]], [["a", "a"], ["a", "a", "a"]], [["a"], ["b"]]])
def test_where_nothing_varies_it_cannot_be_had(units):
    assert alpha(units) is None


VALUES = st.sampled_from(["fail", "partial", "pass"])
UNITS = st.lists(st.lists(VALUES, max_size=5), max_size=8)
ORDER = ["fail", "partial", "pass"]


@given(UNITS, st.randoms())
def test_it_never_passes_one_and_order_counts_for_nothing(units, shuffler):
    other = [shuffler.sample(unit, len(unit)) for unit in units]
    shuffler.shuffle(other)
    for level in ("nominal", "ordinal"):
        value = alpha(units, level=level, order=ORDER)
        assert value == alpha(other, level=level, order=ORDER)
        assert value is None or value <= 1


@given(st.lists(st.tuples(VALUES, st.integers(2, 4)), min_size=1, max_size=6))
def test_full_agreement_is_one_or_nothing_varied(units):
    value = alpha([[verdict] * count for verdict, count in units])
    assert value == (1.0 if len({verdict for verdict, _ in units}) > 1 else None)


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=4), max_size=8))
def test_two_values_are_as_far_apart_by_name_as_by_rank(units):
    assert alpha(units) == alpha(units, level="ordinal", order="ab")


def test_a_near_miss_is_less_than_a_far_one():
    near = [["fail", "partial"], ["pass", "pass"], ["fail", "fail"]]
    far = [["fail", "pass"], ["pass", "pass"], ["fail", "fail"]]
    assert (alpha(near, level="ordinal", order=ORDER) or 0) > (alpha(far, level="ordinal", order=ORDER) or 0)
