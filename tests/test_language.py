"""Which language a call is in, from summed probabilities."""

from __future__ import annotations

import pytest

from models.whisper_settings import choose_language

ACCEPTED = ("zh", "en")


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ({"zh": 0.9, "en": 0.05}, "zh"),
        ({"en": 0.8, "zh": 0.1}, "en"),
        ({"ja": 0.95, "zh": 0.03}, "ja"),
        ({"ko": 0.45, "zh": 0.3, "en": 0.1}, "zh"),  # unsure of another: ours is likelier
        ({"ja": 0.55, "zh": 0.4}, "zh"),  # ours nearly as likely: no verdict against it
        ({"es": 0.7, "en": 0.1}, "es"),
        ({}, "und"),
    ],
)
def test_the_language_is_the_likeliest_and_another_only_where_it_is_sure(
    probabilities: dict[str, float], expected: str
) -> None:
    language, confidence = choose_language(probabilities, ACCEPTED)
    assert language == expected
    assert 0.0 <= confidence <= 1.0


def test_a_doubtful_choice_has_less_confidence_than_a_clear_one() -> None:
    clear = choose_language({"zh": 0.95, "en": 0.01}, ACCEPTED)[1]
    doubtful = choose_language({"zh": 0.3, "en": 0.25, "ko": 0.4}, ACCEPTED)[1]
    assert clear > 0.95 > 0.7 > doubtful


@pytest.mark.parametrize(("seconds", "expected"), [(5.0, "en"), (30.0, "ms")])
def test_a_few_seconds_are_not_believed_to_be_another_language(seconds: float, expected: str) -> None:
    assert choose_language({"ms": 0.65, "en": 0.2, "zh": 0.03}, ACCEPTED, seconds=seconds)[0] == expected
