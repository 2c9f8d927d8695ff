"""Telephone, identity and card numbers, and codes: what a run of digits is.

Sources: GB 11643 (identity numbers and their check digit), ISO/IEC 7812 (cards, Luhn), the Chinese, North
American and British numbering plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.privacy.digits import Run, Token, runs_of
from pipeline.privacy.rules import Hit, pattern, rules
from pipeline.privacy.streams import Stream

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = "1[1-5]|2[123]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|7[1]|8[1-3]"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID18 = rf"(?:{_PROVINCES})\d{{4}}(?:18|19|20)\d\d{_DAY}\d{{3}}[\dX]"
_ID15 = rf"(?:{_PROVINCES})\d{{4}}\d\d{_DAY}\d{{3}}"
_MOBILE = r"(?:(?:00)?86)?0?1[3-9]\d{9}"
_LANDLINE = r"(?:(?:00)?86)?0?(?:10|2\d)[2-8]\d{7}|(?:(?:00)?86)?0[3-9]\d{2}[2-8]\d{6,7}"
_NORTH_AMERICA = r"1?[2-9]\d{2}[2-9]\d{6}"
_BRITAIN = r"(?:(?:00)?44(?:0)?|0)(?:7\d{9}|[123]\d{8,9})"
_CARD = r"(?:62|60|81|4|5[1-5]|2[2-7]|3[47]|6011|65|35|30|36|38|9)\d+"

_ADJACENT = r"[^，。！？,.!?;；\n]{0,24}|[^\n]{0,14}\n[^，。！？,.!?;；\n]{0,6}"
"""Between "order number" and what is surely that number: no other clause, or the other side's answer."""
CUE_CHARS = 45


def find_numbers(stream: Stream) -> list[Hit]:
    """All numbers of a person in one side's speech."""
    hits: list[Hit] = []
    for run in runs_of(stream.text):
        cue, near = _cue(stream, run)
        hits.extend(_in_run(run, cue, near, stream))
    return hits


def _in_run(run: Run, cue: str | None, near: str, stream: Stream) -> Iterator[Hit]:
    written = stream.text[run.start : run.end]
    said_as_own = cue == "phone" and len(run.digits) >= 10 and pattern(rules()["own"]).search(near)
    if _public(run.digits, stream) and not said_as_own:
        return
    kind = _said_twice(run, cue) or _kind(run.digits, run, cue, near, written)
    if kind is None and len(run.tokens) > 1:
        yield from _parts(run, cue, stream)
    elif kind is not None:
        lead = pattern(r"[+(（\s]*$").search(stream.text, 0, run.start)
        start = lead.start() if lead and lead.group().strip() else run.start
        yield Hit(start, run.end, kind)


def _parts(run: Run, cue: str | None, stream: Stream) -> Iterator[Hit]:
    """A run may hold a number twice, or a number and something else: the longest parts that are one."""
    first = 0
    while first < len(run.tokens):
        for last in range(len(run.tokens), first, -1):
            part = Run(run.tokens[first:last], run.extension)
            kind = _strong(part.digits, stream.text[part.start : part.end], cue, spoken=part.spoken)
            if kind is not None:
                yield Hit(part.start, part.end, kind)
                first = last - 1
                break
        first += 1


def _said_twice(run: Run, cue: str | None) -> str | None:
    """What remains where each group is heard twice, said and repeated, since the sides aren't apart."""
    kept: list[Token] = []
    for token in run.tokens:
        if len(token.digits) < 3 or not kept or kept[-1].digits != token.digits:
            kept.append(token)
    digits = "".join(token.digits for token in kept)
    if len(kept) == len(run.tokens) or cue == "other":
        return None
    if pattern(_MOBILE).fullmatch(digits):
        return "phone"
    return "id_number" if pattern(_ID18).fullmatch(digits) else None


def _kind(digits: str, run: Run, cue: str | None, near: str, written: str) -> str | None:
    if not pattern(f"{_MOBILE}|{_ID18}").fullmatch(digits) and cue != "phone":
        told = _by_cue(digits, run, cue, near)
        if told is not None:
            return told
    return _strong(digits, written, cue, spoken=run.spoken) or _by_cue(digits, run, cue, near)


def _public(digits: str, stream: Stream) -> bool:
    """Hotlines and emergency numbers of the language spoken; 18001234567 is a hotline or a mobile by it."""
    language = "zh" if pattern("[一-龥]").search(stream.text) else "en"
    return bool(pattern(rules()["public"][language]).fullmatch(digits))


def _strong(digits: str, written: str, cue: str | None, *, spoken: bool) -> str | None:
    """What the digits are by their own form."""
    if pattern(_ID18).fullmatch(digits) and (identity_holds(digits) or cue != "other"):
        return "id_number"
    if cue == "other":
        return None
    if pattern(_MOBILE).fullmatch(digits):
        return "phone"
    if pattern(_ID15).fullmatch(digits) and cue != "other_far" and cue != "bank_card":
        return "id_number"
    if (
        13 <= len(digits) <= 19
        and pattern(_CARD).fullmatch(digits)
        and (luhn(digits) or digits.startswith("62"))
    ):
        return "bank_card"
    if cue == "other_far":
        return None  # an order was spoken of, and the form alone isn't sure enough
    if spoken and 14 <= len(digits) <= 19:
        return "bank_card"
    return "phone" if _telephone(digits, written, spoken=spoken) else None


def _telephone(digits: str, written: str, *, spoken: bool) -> bool:
    """Whether this is a telephone number other than a mainland mobile one; an extension may follow."""
    for form in (_MOBILE, _LANDLINE, _NORTH_AMERICA, _BRITAIN):
        if pattern(rf"(?:{form})").fullmatch(digits):
            return True
    extension = pattern(r"转|分机|ext|x").search(written)
    if extension and pattern(
        rf"(?:{_MOBILE}|{_LANDLINE}|{_NORTH_AMERICA}|{_BRITAIN}|\d{{7,8}})\d{{1,6}}"
    ).fullmatch(digits):
        return True
    if spoken and 7 <= len(digits) <= 13:
        return True  # nobody tells seven digits one by one of anything but a number
    return bool(pattern(r"\d{3}[-.\s]\d{4}").fullmatch(written))


def _by_cue(digits: str, run: Run, cue: str | None, near: str) -> str | None:
    """What the digits are by what was said about them."""
    length = len(digits)
    part = length >= 4 and pattern(rules()["short_id"]).search(near)
    if cue == "id_number" and (length >= 6 or part):
        return "id_number"
    if cue == "bank_card" and length >= 8:
        return "bank_card"
    if cue == "code" and 3 <= length <= 12:
        return "code"
    if cue == "phone" and (7 <= length <= 20 or (run.extension and length >= 7)):
        return "phone"
    if cue == "email" and 5 <= length <= 12:
        return "email"
    return None


def _cue(stream: Stream, run: Run) -> tuple[str | None, str]:
    """The nearest word that says what the number is: before it, else just after; and what was said before."""
    before = stream.before(run.start)
    found = [match for match in _cues().finditer(before) if len(before) - match.end() <= CUE_CHARS]
    for match in reversed(found):
        if match.lastgroup == "other" and not pattern(_ADJACENT).fullmatch(before, match.end()):
            return "other_far", before
        if match.lastgroup != "generic":
            return match.lastgroup, before
    following = stream.after(run.end, 40)
    after = _cues().search(following)
    # "13800138000，我的订单呢" speaks of something else by then; "88231是订单号" doesn't
    if (
        after
        and after.lastgroup == "other"
        and not pattern(r"[^\W]{0,3}(?:\sis\s(?:the|my|your)\s)?").fullmatch(following, 0, after.start())
    ):
        after = None
    if after and after.lastgroup != "generic":
        return after.lastgroup, before
    return ("phone" if found or after else None), before


@cache
def _cues() -> re.Pattern[str]:
    cues = rules()["cues"]
    order = ("other", "code", "id_number", "bank_card", "email", "phone", "generic")
    return pattern("|".join(f"(?P<{kind}>{cues[kind]})" for kind in order))


def identity_holds(digits: str) -> bool:
    """Whether the check digit of an 18-digit identity number is right (GB 11643, ISO 7064 MOD 11-2).

    Examples
    --------
    >>> identity_holds("11010519491231002X")
    True
    """
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits[:17], strict=True))
    return "10X98765432"[total % 11] == digits[17].upper()


def luhn(digits: str) -> bool:
    """Whether a card number's check digit is right (ISO/IEC 7812-1).

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    if not digits.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
