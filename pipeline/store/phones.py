"""Telephone numbers as clerks write them: whether a text holds a given one, and which ones it holds.

Separators count only between a number's own digits, so what stands beside it (a date, a count) changes nothing. A number
inside a word, an id or a longer number is not found. National and international forms are the same number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LEAST, MOST = 7, 15
_SEP = r"[\s().\-\u2010-\u2015\u00b7]{0,3}"
_MOBILE = r"1[3-9]\d{9}"
_TWO = frozenset(
    f"{code}"
    for codes in (range(30, 35), range(43, 50), range(51, 59), range(60, 67), range(90, 96))
    for code in (*codes, 20, 27, 36, 39, 40, 41, 81, 82, 84, 86, 98)
)
"""Country codes of two digits; of one are 1 and 7, all others have three."""
_LABEL = "tel|telephone|mobile|mob|phone|cell|fax|call|ph"
_BEFORE = rf"(?:(?<![A-Za-z0-9_+])|(?<![A-Za-z0-9_])(?:{_LABEL}))"
_AFTER = r"(?![A-Za-z0-9_])"
_OTHER_COUNTRY = re.compile(rf"(?:\+|(?<!\d)00){_SEP}[1-9]\d{{0,2}}{_SEP}$")
_FULLER = re.compile(
    rf"(?<!\d)(?:1[3-9]\d{_SEP}\d{{4}}{_SEP}\d{{4}}|0\d{{2,3}}{_SEP}\d{{7,8}}"
    r"|\(?[2-9]\d{2}\)?[\s.\-]{0,2}\d{3}[\s.\-]?\d{4})(?!\d)"
)
"""Numbers with their area: a shorter one inside such a number is not that number."""
_ABROAD = re.compile(rf"(?<![\w+])(?:\+|00)[1-9](?:{_SEP}\d){{6,14}}(?!\d)")
_DIGITS = re.compile(rf"(?<![A-Za-z0-9_])\d{{{LEAST},{MOST}}}(?![A-Za-z0-9_])")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number: its country's code where that is known, and the digits within the country, without a leading 0."""

    country: str | None
    national: str

    @property
    def forms(self) -> tuple[str, ...]:
        """As digits, each way in which it may be dialled."""
        country = self.country
        abroad = (f"{country}{self.national}", f"00{country}{self.national}") if country else ()
        return (self.national, f"0{self.national}", *abroad)

    @property
    def dialled(self) -> str:
        """The number with all that is known of it."""
        return f"+{self.country}{self.national}" if self.country else self.national

    def is_same(self, other: Phone) -> bool:
        """Whether both are one number; a country that is not told may be any."""
        return self.national == other.national and (
            self.country == other.country or None in (self.country, other.country)
        )


def phone_of(text: str) -> Phone | None:
    """The number that a text is; None where it is none of 7 to 15 digits.

    Examples
    --------
    >>> phone_of("+86 138-1234-5678") == phone_of("13812345678"), phone_of("020 7123 4567")
    (True, Phone(country=None, national='2071234567'))
    >>> phone_of("1001") is None
    True
    """
    plain = _plain(text).strip()
    digits = re.sub(r"\D", "", plain)
    if not re.fullmatch(rf"\+?\(?\d(?:{_SEP}\d)*\)?", plain) or not LEAST <= len(digits) <= MOST + 2:
        return None
    if plain.startswith("+") or digits.startswith("00"):
        return _abroad(re.sub(r"\(0\)", "", plain))
    if re.match(r"1[\s().-]+\d{3}[\s().-]+\d{3}", plain) and len(digits) == 11:
        return Phone("1", digits[1:])
    if re.fullmatch(rf"(?:86)?{_MOBILE}", digits):
        return Phone("86", digits[-11:])
    return Phone(None, digits.removeprefix("0"))


def _abroad(plain: str) -> Phone | None:
    digits = re.sub(r"\D", "", plain).removeprefix("" if plain.startswith("+") else "00")
    size = 1 if digits[:1] in ("1", "7") else 2 if digits[:2] in _TWO else 3
    national = digits[size:].removeprefix("0") if digits[:size] != "39" else digits[size:]
    return Phone(digits[:size], national) if len(national) >= 4 else None


def holds(text: str, phone: Phone) -> bool:
    """Whether a text holds a number, in whatever form."""
    text = _plain(text)
    fuller = [found.span() for found in _FULLER.finditer(text)]
    return any(_is_it(found, phone, text, fuller) for found in _pattern(phone).finditer(text))


def _pattern(phone: Phone) -> re.Pattern[str]:
    national = _SEP.join(phone.national)
    country = phone.country
    bare = r"|1[\s().\-]{1,3}" if country == "1" else rf"|{country}{_SEP}" if country else ""
    code = country or r"[1-9]\d{0,2}"
    before = rf"(?:(?:\+|00){_SEP}{code}{_SEP}(?:\(?0\)?{_SEP})?{bare}|0|\(0)?"
    return re.compile(rf"{_BEFORE}(?P<all>{before}(?P<own>{national})){_AFTER}", re.IGNORECASE)


def _is_it(found: re.Match[str], phone: Phone, text: str, fuller: list[tuple[int, int]]) -> bool:
    groups = [len(group) for group in re.findall(r"\d+", found["own"])]
    if min(groups) == 1 and max(groups) > 1:
        return False  # a lone digit beside a shorter number is a count, not its end
    start, end = found.span("all")
    if _OTHER_COUNTRY.search(text[:start]):
        return False
    told = phone_of(found["all"].replace("(", "").replace(")", " "))
    if told is None or not told.is_same(phone):
        return False
    own = re.sub(r"\D", "", found["all"])
    return not any(
        first <= start and end <= last and len(re.sub(r"\D", "", text[first:last])) > len(own)
        for first, last in fuller
    )


def phones_in(text: str) -> Iterator[Phone]:
    """Every telephone number in a text, as far as its form tells that it is one, and every long run of digits."""
    text = _plain(text)
    whole = phone_of(text)
    if whole is not None:
        yield whole
    for pattern in (_ABROAD, _FULLER, _DIGITS):
        for found in pattern.finditer(text):
            phone = phone_of(found.group())
            if phone is not None:
                yield phone


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
