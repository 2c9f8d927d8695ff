"""Telephone, identity and card numbers, and codes: what a run of digits is.

Sources: GB 11643 (identity numbers and their check digit), ISO/IEC 7812 (cards, Luhn), the Chinese, North
American and British numbering plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.cues import cue_at
from pipeline.privacy.digits import Run, Token, runs_of
from pipeline.privacy.lettered import find_lettered
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
MOST_TOKENS = 40
"""More pieces than any number is told in."""
PUBLIC_DIGITS = 8
"""From here on a hotline is told from the numbers it stands beside."""
ANSWERS = {"code": (3, 8), "id_number": (3, 18), "bank_card": (4, 19), "phone": (3, 15)}
"""How many digits an answer to a question for each kind has at least and at most."""


def find_numbers(stream: Stream) -> list[Hit]:
    """All numbers of a person in one side's speech."""
    hits: list[Hit] = []
    for run in runs_of(stream.text):
        cue, near = cue_at(stream, run)
        found = list(_in_run(run, cue, near, stream))
        if found and pattern(rules()["corrected"]).search(stream.text, run.start, run.end):
            found = [Hit(run.start, found[-1].end, found[-1].kind)]
        hits.extend(found or _answer(run, cue, stream))
    return [_with_keys(hit, stream.text) for hit in (*hits, *find_lettered(stream))]


def is_hotline(stream: Stream, hit: Hit) -> bool:
    """Whether a hit lies in a whole hotline that nobody calls his own: 0330 555 0174, 四零零八零零幺九幺五."""
    for run in runs_of(stream.text):
        if run.start <= hit.start and hit.end <= run.end and len(run.digits) >= PUBLIC_DIGITS:
            return _public(run, stream) and not pattern(rules()["own"]).search(stream.before(run.start))
    return False


def tails(stream: Stream) -> Iterator[Hit]:
    """The last four figures of a card or a telephone, told as such."""
    for match in form("tail").finditer(stream.text):
        said = match.lastgroup or "own"
        kind = "phone" if form("tail_of_phone").search(match.group()) else "bank_card"
        yield Hit(match.start(said), match.end(said), kind, 0.9)


def _answer(run: Run, cue: str | None, stream: Stream) -> Iterator[Hit]:
    """Digits that are nothing by themselves, but what the other side has just asked for."""
    if cue in ("other", "other_far") or _public(run, stream):
        return
    index, _ = stream.turn_at(run.start)
    asked = asked_for(stream.turns, index)
    if re.fullmatch(r"(?:19|20)\d\d", run.digits) and form("year").search(stream.before(run.start)):
        return
    for kind, (least, most) in ANSWERS.items():
        if kind in asked and least <= len(run.digits) <= most:
            yield Hit(run.start, run.end, kind, 0.8)
            return


def _with_keys(hit: Hit, text: str) -> Hit:
    """A code with the keys around it: star 4417 hash."""
    if hit.kind != "code":
        return hit
    begin = form("code_begin").search(text, max(0, hit.start - 12), hit.start)
    end = form("code_end").match(text, hit.end)
    return Hit(
        begin.start("key") if begin else hit.start, end.end() if end else hit.end, hit.kind, hit.confidence
    )


def _in_run(run: Run, cue: str | None, near: str, stream: Stream) -> Iterator[Hit]:
    written = stream.text[run.start : run.end]
    said_as_own = cue == "phone" and len(run.digits) >= 10 and pattern(rules()["own"]).search(near)
    secret = cue in ("code", "id_number", "bank_card")
    if _public(run, stream) and not said_as_own and not secret:
        return
    kind = _said_twice(run, cue) or _kind(run.digits, run, cue, near, written)
    if kind is None and len(run.tokens) > 1:
        yield from _parts(run, cue, stream)
    elif kind is not None:
        lead = form("plans.lead").search(stream.text, 0, run.start)
        start = lead.start() if lead and lead.group().strip() else run.start
        yield Hit(start, run.end, kind)


def _parts(run: Run, cue: str | None, stream: Stream) -> Iterator[Hit]:
    """A run may hold a number twice, or a number and something else: the longest parts that are one."""
    first = 0
    while first < len(run.tokens):
        for last in range(min(len(run.tokens), first + MOST_TOKENS), first, -1):
            part = Run(run.tokens[first:last], run.extension)
            if _public(part, stream) and len(part.digits) >= PUBLIC_DIGITS:
                first = last - 1
                break
            kind = _strong(part.digits, stream.text[part.start : part.end], cue, spoken=part.spoken)
            if kind is not None:
                rest = sum(len(token.digits) for token in run.tokens[last:])
                unsure = kind == "bank_card" and not luhn(part.digits) and rest < PUBLIC_DIGITS
                yield Hit(part.start, run.end if unsure else part.end, kind)
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
    if form("plans.mobile").fullmatch(digits):
        return "phone"
    return "id_number" if form("plans.id18").fullmatch(digits) else None


def _kind(digits: str, run: Run, cue: str | None, near: str, written: str) -> str | None:
    if not form("plans.mobile_or_id").fullmatch(digits) and cue != "phone":
        told = _by_cue(digits, run, cue, near)
        if told is not None:
            return told
    found = _strong(digits, written, cue, spoken=run.spoken) or _by_cue(digits, run, cue, near)
    return found or ("phone" if cue not in ("other", "other_far") and _one_by_one(run) else None)


def _public(run: Run, stream: Stream) -> bool:
    """Hotlines and emergency numbers of the language spoken; 18001234567 is a hotline or a mobile by it."""
    language = "zh" if pattern("[一-龥]").search(stream.text) else "en"
    extension = r"\d{1,6}" if run.extension else ""
    return bool(pattern(f"(?:{rules()['public'][language]}){extension}").fullmatch(run.digits))


def _strong(digits: str, written: str, cue: str | None, *, spoken: bool) -> str | None:
    """What the digits are by their own form."""
    if form("plans.id18").fullmatch(digits) and (identity_holds(digits) or cue != "other"):
        return "id_number"
    if _is_card(digits) and (cue != "other" or luhn(digits)):
        return "bank_card"
    if cue == "other":
        return None
    if form("plans.mobile").fullmatch(digits):
        return "phone"
    if form("plans.id15").fullmatch(digits) and cue != "other_far" and cue != "bank_card":
        return "id_number"
    if cue == "other_far":
        return None  # an order was spoken of, and the form alone isn't sure enough
    if form("extension_sign").search(written) and _telephone(digits, written, spoken=spoken):
        return "phone"
    if spoken and 14 <= len(digits) <= 19 and not re.match("0[1-9]", digits):
        return "bank_card"
    return "phone" if _telephone(digits, written, spoken=spoken) else None


def _is_card(digits: str) -> bool:
    """Whether this is a whole card's number: by its check digit, or one of UnionPay's."""
    whole = 13 <= len(digits) <= 19 and form("plans.card").fullmatch(digits)
    return bool(whole) and (luhn(digits) or digits.startswith("62"))


def _one_by_one(run: Run) -> bool:
    """Whether seven digits or more are told one by one, as nobody tells anything but a number."""
    single = sum(token.end - token.start > len(token.digits) * 9 or _teen(token) for token in run.tokens)
    apart = all(len(token.digits) == 1 for token in run.tokens)
    return (run.spoken or apart) and 7 <= len(run.digits) <= 13 and single == 0


def _teen(token: Token) -> bool:
    return token.spoken and len(token.digits) == 2 and token.end - token.start >= 3


def _telephone(digits: str, written: str, *, spoken: bool) -> bool:
    """Whether this is a telephone number other than a mainland mobile one; an extension may follow."""
    if form("plans.telephone").fullmatch(digits):
        return True
    extension = form("extension_sign").search(written)
    if extension and form("plans.extended").fullmatch(digits):
        return True
    if written.startswith("+") or (
        re.search(r"[\s-]|[^\d]", written) and form("plans.abroad").fullmatch(digits)
    ):
        return 8 <= len(digits) <= 15
    return bool(form("plans.seven").fullmatch(written))


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
    if 2 <= length <= 6 and form("extension_before").search(near):
        return "phone"
    if cue is None and 3 <= length <= 6 and form("ends_before").search(near):
        return "phone"
    if cue == "phone" and 3 <= length <= 6 and pattern(rules()["phone_part"]).search(near):
        return "phone"
    if cue == "email" and 5 <= length <= 12:
        return "email"
    return None


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
