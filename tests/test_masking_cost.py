"""Masking's cost grows with the length of a text, not with its square: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from pipeline.privacy.digits import MOST_TOKENS, runs_of
from pipeline.privacy.masking import mask_text
from pipeline.privacy.ruled import merged
from pipeline.privacy.rules import Hit


def calls_in(work: Callable[[], object]) -> int:
    """How many Python functions a piece of work calls."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("en", "one "), ("en", "1 "), ("en", "x"), ("en", "a-"), ("en", "mr smith "), ("zh", "一三八 "), ("zh", "我姓王"),
        ("zh", "南京路一号"),
    ],
)  # fmt: skip
def test_twice_the_text_is_about_twice_the_work(language: str, unit: str) -> None:
    text = unit * (3_000 // len(unit))
    mask_text(text, language=language)  # patterns are compiled once
    once, twice = (
        calls_in(lambda said=said: mask_text(said, language=language)) for said in (text, text * 2)
    )  # type: ignore[misc]
    assert twice < 3.2 * once


def test_digits_without_end_are_runs_of_bounded_length() -> None:
    runs = runs_of("five " * 500)
    assert max(len(run.tokens) for run in runs) <= MOST_TOKENS
    assert sum(len(run.digits) for run in runs) == 500


def test_what_is_found_first_names_the_kind_and_grows() -> None:
    found = [Hit(4, 9, "phone", 0.5), Hit(20, 24, "name"), Hit(8, 21, "code", 0.9)]
    assert merged(found) == [Hit(4, 24, "name", 0.95)]
    assert merged([Hit(5, 6, "name"), Hit(1, 3, "code")]) == [Hit(1, 3, "code"), Hit(5, 6, "name")]
