"""Telephone numbers as clerks write them: found in every form, and in nothing that only holds their digits."""

from __future__ import annotations

import pytest

from pipeline.store.phones import Phone, holds, phone_of, phones_in

FOUND = [
    ("mobile 13700001111 2 calls so far", "13700001111"), ("13700002222 2026-05-16 call back", "13700002222"),
    ("2026-05-16 13700002222", "13700002222"), ("tel 13700003333 (1) ok", "137 0000 3333"), ("1 13700003333", "13700003333"),
    ("手机13812345678。", "13812345678"), ("tel13812345678", "13812345678"), ("（138）1234-5678", "13812345678"),
    ("008613812345678", "13812345678"), ("86 13812345678", "13812345678"), ("13812345678", "+86 138-1234-5678"),
    ("1 3 8 1 2 3 4 5 6 7 8", "13812345678"), ("13700001111/13700002222", "13700002222"),
    ("+15551234567", "5551234567"), ("+15551234567", "0015551234567"), ("1-555-123-4567", "+15551234567"),
    ("(555) 123-4567 x", "+1 555 123 4567"), ("010-88886666", "010 88886666"), ("+86 10 8888 6666", "010-88886666"),
    ("+44 20 7123 4567", "020 7123 4567"), ("020 7123 4567", "+442071234567"), ("+44 (0)20 7123 4567", "02071234567"),
]  # fmt: skip
NOT_FOUND = [
    ("138-1234-5678", "3812345678"), ("138-1234-5678", "1381234567"), ("138 1234 5678", "12345678"),
    ("C13812345678", "13812345678"), ("ORDER_13812345678", "13812345678"), ("113812345678", "13812345678"),
    ("+44 13812345678", "13812345678"), ("+33 20 7123 4567", "+442071234567"), ("+155 51234567", "51234567"),
    ("021-88886666", "010-88886666"), ("010-88886666", "88886666"), ("212-555-0123", "5550123"),
    ("1380001111 2 calls", "13800011112"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), FOUND)
def test_a_number_is_found(text: str, number: str) -> None:
    phone = phone_of(number)
    assert phone is not None
    assert holds(text, phone)


@pytest.mark.parametrize(("text", "number"), NOT_FOUND)
def test_digits_of_something_else_are_not_it(text: str, number: str) -> None:
    phone = phone_of(number)
    assert phone is not None
    assert not holds(text, phone)


@pytest.mark.parametrize("text", ["", "1001", "123456", "1" * 18, "C13812345678", "+1", "00", "1٣٤٥٦٧٨٩x"])
def test_what_is_no_number(text: str) -> None:
    assert phone_of(text) is None


def test_all_numbers_of_a_text() -> None:
    found = set(phones_in("tel 13700003333 (1) ok 2026-05-16, +44 20 7123 4567 or (555) 123-4567"))
    assert found == {Phone("86", "13700003333"), Phone("44", "2071234567"), Phone(None, "5551234567")}
    assert set(phones_in("nothing on 2026-05-16, order 1234")) == set()
