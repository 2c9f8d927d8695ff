"""Digits in any spelling: 138, 一三八, 幺三八, one three eight, double five, 三个八."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.analysis.text import UNSEEN
from pipeline.privacy.rules import either, form, pattern, rules
from pipeline.privacy.streams import APART, JOINED

LONGEST_GAP = 40
MOST_TOKENS = 64
"""Digits or groups of a run: two whole numbers told in one breath have fewer, and what is read over and over costs no more."""
_FULL = str.maketrans("０１２３４５６７８９", "0123456789")
APOSTROPHE = "['’‘‛`´ʼ′＇]"
"""In groups of digits as some write them: 139'1074'2286."""


@dataclass(frozen=True, slots=True)
class Token:
    """Digits spoken or written in one go, and where they stand."""

    start: int
    end: int
    digits: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Digits with nothing but pauses, fillers and separators between them."""

    tokens: tuple[Token, ...]
    extension: bool = False

    @property
    def digits(self) -> str:
        """All digits in a row."""
        return "".join(token.digits for token in self.tokens)

    @property
    def start(self) -> int:
        """Where the first digit stands."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Where the last digit ends."""
        return self.tokens[-1].end

    @property
    def spoken(self) -> bool:
        """Whether most of it is in words."""
        return sum(token.spoken for token in self.tokens) * 2 > len(self.tokens)


def _starts() -> str:
    """Letters that may begin something of note; all others are passed over in one go."""
    digits = rules()["digits"]
    words = (*digits["strict"], *digits["loose"], *rules()["fillers"], *rules()["extension"])
    return re.escape(
        "".join(
            sorted(
                {word[0] for word in words} | set("星礼周第万统唯零几数十百千万亿俩叉埃０１２３４５６７８９")
            )
        )
    )


@cache
def _scanner() -> str:
    digits = rules()["digits"]
    strict, loose = "".join(digits["strict"]), "".join(digits["loose"])
    han = f"[{strict}0-9０-９]"
    times = rf"[两俩二三四五六]个(?:{han})(?![十百千万个月年块元人])"
    first = rf"(?<![一-龥])[{digits['loose_first']}](?={han}{{2}})"
    words, tens = "|".join(digits["words"]), "|".join(digits["tens"])
    ones = "one|two|three|four|five|six|seven|eight|nine"
    word = rf"(?:(?:{tens})(?:[\s-]+(?:{ones}))?|{words})"
    # a remark between two parts of a dictation, where the sides aren't known and all is one stream
    asides = rf"(?!{form('asides.not').pattern}){form('asides.form').pattern}"
    quantity = r"[零一二两三四五六七八九几数\d.]*[十百千万亿](?:分之)?[零一二两三四五六七八九十百千万亿点\d]*"
    return "|".join((
        rf"(?P<skip>{APART})",
        rf"(?P<aside>\n(?![^\n]*(?:[{strict}\d]|\b{word}\b))(?:{asides})(?=\n))",
        r"(?P<date>(?<!\d)(?<!\d[-\s.])(?:19|20)\d\d\s?[-/.年]\s?(?:0?[1-9]|1[0-2])\s?[-/.月]\s?(?:0?[1-9]|[12]\d|3[01])(?!\d)日?|(?<!\d)\d{1,2}/\d{1,2}/(?:19|20)?\d\d(?!\d)|(?<![\d/])(?:0[1-9]|1[0-2])/\d\d(?![\d/])|(?<!\d)\d{1,2}[:：]\d\d(?:[:：]\d\d)?(?!\d))",
        r"(?P<money>[$£€¥￥]\s?\d[\d,]*(?:\.\d+)?|(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,]|[-\s]\d)(?:\.\d+)?|(?<![\d.\-])(?<!\d\s)\d{1,6}\.\d{1,2}(?![\d.]|[\s-]\d))",
        rf"(?P<decimal>(?<![{strict}\d])[{strict}]{{1,2}}点[{strict}]{{2,6}}(?![{strict}\d点]))",
        rf"(?P<idiom>(?<![{strict}0-9])(?:{digits['idioms']}))",
        rf"(?P<quantity>{quantity})",
        rf"(?P<sum>{form('digits.sum').pattern})",
        rf"(?P<times>{times})",
        r"(?P<hundred>(?<!\d)\d[\s-]+hundred(?![a-z]))",
        rf"(?P<han>(?!{times})(?:{han}|{first})(?:(?!{times}){han}|[{loose}]+(?={han}))*)",
        rf"(?P<repeat>\b(?:{'|'.join(digits['repeats'])})[\s-]+(?:{words}|\d)(?![a-z]))",
        rf"(?P<word>(?<![a-z]){word}(?:[\s-]+hundred(?![a-z]))?(?![a-z']))",
        rf"(?P<loose>(?<![a-z])(?:{'|'.join(digits['loose_words'])})(?![a-z']))",
        r"(?P<x>(?<![a-z])x(?![a-z])|叉|埃克斯)",
        rf"(?P<ext>{either(rules()['extension'], whole=True)}(?:号)?(?:是)?)",
        rf"(?P<filler>{either(rules()['fillers'], whole=True)}|"
        rf"(?:[^\S\f]|[,，.。．、;；:：()（）\-－‐-―−_/|·…!！?？~+*]|(?<={han}){APOSTROPHE}(?={han})|{UNSEEN})+)",
        rf"(?P<other>[a-z']+|[^\W\d_a-z{_starts()}]+|.)",
    ))  # fmt: skip


@lru_cache(maxsize=128)
def runs_of(text: str) -> tuple[Run, ...]:
    """All runs of digits in a text, quantities, dates and prices left out."""
    runs: list[Run] = []
    open_: list[Token] = []
    extension = False

    def close() -> None:
        nonlocal extension
        while open_ and _begins_a_sentence(open_, text):
            open_.pop()
        if open_:
            runs.append(Run(tuple(open_), extension))
        open_.clear()
        extension = False

    for match in pattern(_scanner()).finditer(text):
        kind = match.lastgroup or "other"
        if open_ and match.start() - open_[-1].end > LONGEST_GAP:
            close()
        if kind in ("filler", "aside"):
            continue
        token = _token(kind, match.group(), match.start(), text, open_)
        if token is not None:
            open_.append(token)
            if len(open_) == MOST_TOKENS:
                close()
        elif kind == "ext" and sum(len(t.digits) for t in open_) >= 7:
            extension = True
        elif kind != "ext" or open_:
            close()
    close()
    return tuple(runs)


def _begins_a_sentence(tokens: list[Token], text: str) -> bool:
    """Whether the last digits of a run open the next turn's sentence: "four one five" - "Three nights, please"."""
    last = tokens[-1]
    if len(tokens) < 2 or len(last.digits) > 2 or JOINED not in text[tokens[-2].end : last.start]:
        return False
    following = pattern(r"[^\S\n]?[a-z一-龥]").match(text, last.end)
    return bool(following) and not pattern(rf"[^\S\n]?{either(rules()['fillers'], whole=True)}").match(
        text, last.end
    )


def _token(kind: str, text: str, start: int, whole: str, open_: list[Token]) -> Token | None:
    end = start + len(text)
    length = sum(len(token.digits) for token in open_)
    if kind == "x":
        return Token(start, end, "X", True) if length == 17 else None
    digits = _value(kind, text)
    if digits is None:
        return None
    if kind == "loose":
        # "for" and "to" are digits only in the midst of a dictation
        nearby = whole[end : end + 12]
        follows = pattern(_scanner()).match(nearby.lstrip())
        if length < 3 or follows is None or follows.lastgroup not in ("word", "han", "repeat"):
            return None
        if not open_ or whole[open_[-1].end : start].strip():
            return None
    if _counts(digits, whole, end, dictated=length >= 7):
        return None
    if kind == "word" and len(digits) == 4 and digits.endswith("00") and length < 3:
        return None  # "eleven hundred" is a sum where nothing is dictated
    return Token(start, end, digits, kind != "han" or not text[0].isdigit() or not text.isascii())


def _counts(digits: str, whole: str, end: int, *, dictated: bool) -> bool:
    """Whether a unit follows, so that the digits are a quantity."""
    units = rules()["units"]
    if len(digits) > 6:
        return False
    if pattern(rf"[^\S\n]?(?:{units['any']})").match(whole, end):
        return not (dictated and len(digits) >= 3)
    return (
        len(digits) <= 2
        and not dictated
        and bool(pattern(rf"[^\S\n]?(?:{units['short']})").match(whole, end))
    )


def _value(kind: str, text: str) -> str | None:
    digits = rules()["digits"]
    if kind == "han":
        table = {**digits["strict"], **digits["loose"]}
        return "".join(table.get(c, c) for c in text.translate(_FULL))
    if kind == "times":
        count = {"俩": 2, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}[text[0]]
        return (_value("han", text[2:]) or "") * count
    if kind == "loose":
        return str(digits["loose_words"][text.lower()])
    parts = text.lower().replace("-", " ").split()
    if kind == "repeat":
        return (digits["words"].get(parts[1]) or parts[1]) * int(digits["repeats"][parts[0]])
    if kind == "hundred":
        return parts[0] + "00"
    if kind == "word":
        hundred = parts[-1] == "hundred"
        return _word(parts[:-1] if hundred else parts) + ("00" if hundred else "")
    return None


def _word(parts: list[str]) -> str:
    digits = rules()["digits"]
    if parts[0] in digits["tens"]:
        return str(digits["tens"][parts[0]]) + (str(digits["words"][parts[1]]) if len(parts) > 1 else "0")
    return str(digits["words"][parts[0]])
