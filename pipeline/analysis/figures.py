"""Figures with a unit as people say or write them: 一千九百九十九元, 1999块, 3.5%, forty nine dollars."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.lexicons import load_yaml

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = r"(?:\d+(?:,\d{3})*(?:\.\d+)?[万亿千百]?|[零〇一二两三四五六七八九十百千万亿点]+)"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, at characters ``[start, end)``."""

    value: float
    unit: str
    start: int
    end: int


def figures(folded: str, language: str) -> Iterator[Figure]:
    """Every figure with a known unit in a folded sentence.

    Examples
    --------
    >>> [(f.value, f.unit) for f in figures("每月一千九百九十九元", "zh")]
    [(1999.0, 'money')]
    """
    number = parse_han if language == "zh" else parse_english
    for unit, pattern in _patterns("zh" if language == "zh" else "en"):
        for hit in pattern.finditer(folded):
            value = number(hit.group("number"))
            if value is not None:
                yield Figure(value, unit, hit.start(), hit.end())


@functools.cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = _units(language)
    number = _HAN_NUMBER if language == "zh" else _english_number()
    gap, edge = ("", "") if language == "zh" else (r"\s*", r"(?!\w)")
    made = []
    for unit, words in data["units"].items():
        after = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        either = f"(?<![\\w.])(?P<number>{number}){gap}(?:{after}){edge}" if language == "en" else (
            f"(?P<number>{number})\\s?(?:多|来)?\\s?(?:{after})"
        )  # fmt: skip
        made.append((unit, re.compile(either)))
        if unit in data["prefix"]:
            made.append((unit, re.compile(f"(?:{data['prefix'][unit]})\\s?(?P<number>{number})")))
    return tuple(made)


@functools.cache
def _units(language: str) -> dict[str, Any]:
    path = resources.files("pipeline.lexicons") / language / "_units.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _english_number() -> str:
    """A pattern for digits, with or without k, or a run of number words."""
    spoken = [*_units("en")["numbers"], *_units("en")["scales"], "and", "point"]
    word = "(?:" + "|".join(sorted(spoken, key=len, reverse=True)) + ")"
    return rf"(?:\d+(?:,\d{{3}})*(?:\.\d+)?(?:\s?k(?!\w))?|{word}(?:[\s-]+{word})*)"


def is_amount(folded: str) -> bool:
    """Whether an English text is nothing but figures: "eighty-nine ninety-nine"; one word alone may be a name.

    Examples
    --------
    >>> is_amount("eighty-nine ninety-nine"), is_amount("seven pound fifty"), is_amount("three")
    (True, True, False)
    """
    return bool(_amount().fullmatch(folded)) and bool(re.search(r"[\s-]", folded))


@functools.cache
def _amount() -> re.Pattern[str]:
    number, money = _english_number(), r"(?:pounds?|quid|dollars?|bucks?|euros?|pence|cents?)"
    return re.compile(rf"(?:a )?{number}(?:[\s-]{number})*(?:[\s-]{money}(?:[\s-](?:and )?{number})?)?")


def parse_han(text: str) -> float | None:
    """The value of a number in Han or Arabic digits, or None.

    Examples
    --------
    >>> parse_han("三千八"), parse_han("1.2万"), parse_han("三点五")
    (3800.0, 12000.0, 3.5)
    """
    plain = re.fullmatch(r"(\d+(?:\.\d+)?)([万亿千百]?)", text.replace(",", ""))
    if plain:
        scale = {"": 1, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}[plain.group(2)]
        return round(float(plain.group(1)) * scale, 6)
    whole, dot, part = text.partition("点")
    if dot and (not part or any(char not in _HAN_DIGITS for char in part)):
        return None
    value = _han_whole(whole)
    if value is None or not dot:
        return value
    return value + sum(_HAN_DIGITS[char] / 10 ** (place + 1) for place, char in enumerate(part))


def _han_whole(text: str) -> float | None:
    if not text:
        return None
    if len(text) > 1 and all(char in _HAN_DIGITS for char in text):
        return float("".join(str(_HAN_DIGITS[char]) for char in text))
    total, section, digit, scale = 0, 0, 0, 1
    for char in text:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
            scale = 1 if char in "零〇" else scale
        elif char in _HAN_UNITS:
            section += (digit or 1) * _HAN_UNITS[char]
            digit, scale = 0, _HAN_UNITS[char] // 10
        elif char in "万亿":
            base = 10_000 if char == "万" else 100_000_000
            total += (section + digit) * base
            section, digit, scale = 0, 0, base // 10
        else:
            return None
    return float(total + section + digit * (scale if scale > 1 else 1))


def parse_english(text: str) -> float | None:
    """The value of a number in English words or digits, or None.

    Examples
    --------
    >>> parse_english("nineteen hundred and ninety nine"), parse_english("12.5"), parse_english("2k")
    (1999.0, 12.5, 2000.0)
    """
    plain = re.fullmatch(r"(\d+(?:\.\d+)?)\s?(k?)", text.replace(",", ""))
    if plain:
        return float(plain.group(1)) * (1000 if plain.group(2) else 1)
    numbers, scales = _units("en")["numbers"], _units("en")["scales"]
    whole, _, part = text.partition("point")
    total, current, seen = 0.0, 0.0, False
    for word in re.findall(r"[a-z]+", whole):
        if word in numbers:
            current, seen = current + numbers[word], True
        elif word in scales and scales[word] < 1000:
            current, seen = max(current, 1) * scales[word], True
        elif word in scales:
            total, current, seen = total + max(current, 1) * scales[word], 0.0, True
    if not seen:
        return None
    digits = [str(numbers[word]) for word in re.findall(r"[a-z]+", part) if word in numbers]
    return float(f"{int(total + current)}.{''.join(digits)}") if digits else total + current
