"""What is no personal data by its form: answers without a figure, amounts, ages, models, words that are nobody's name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.privacy.asked import asked_for, is_remark
from pipeline.privacy.digits import runs_of
from pipeline.privacy.lexicon_en import is_common_word, is_name
from pipeline.privacy.passwords import find_passwords
from pipeline.privacy.proved import proved
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

NUMBERS = ("phone", "id_number", "bank_card", "code")
NEAR_TURNS = 2
FAR_TURNS = 4
FEWEST_SIGNS = 4
AMOUNT = 7
"""Up to how many digits what was asked for as an amount is one."""


def is_plain(stream: Stream, hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether a hit can be none by its form.

    Parameters
    ----------
    stream, hit
        The hit and where it stands.
    hits
        All of the stream.
    """
    said = stream.text[hit.start : hit.end]
    if _amount(stream, hit, said):
        return True
    if hit.kind == "name":
        return _no_name(stream, hit, said)
    if hit.kind == "address":
        return bool(form("settled.plain.no_place").fullmatch(said.strip())) and not _asked(
            stream, hit, "address"
        )
    if hit.kind == "email" and form("settled.plain.mail_brings").fullmatch(said.strip()):
        return True
    if hit.kind == "email" and not form("settled.plain.mailed").search(said):
        return not _asked(stream, hit, "email")
    return hit.kind in NUMBERS and _no_number(stream, hit, said, hits)


def _asked(stream: Stream, hit: Hit, *kinds: str) -> bool:
    index, _ = stream.turn_at(hit.start)
    return bool(asked_for(stream.turns, index) & set(kinds))


def _no_number(stream: Stream, hit: Hit, said: str, hits: Sequence[Hit]) -> bool:
    """A number kind without a figure or spelled letter, or hardly any, where no question was for one."""
    if any(hit.meets(secret) for secret in find_passwords(stream)):
        return False
    digits = "".join(run.digits for run in runs_of(said))
    index, _ = stream.turn_at(hit.start)
    if form("settled.plain.answer").fullmatch(said.strip()):
        return not form("password.asks_word").search(stream.turns[index - 1].text if index else "")
    if stream.speaker != "customer" and form("settled.plain.served").match(stream.text, hit.end):
        return True
    figures = bool(digits) or bool(re.search(r"\d", said))
    if not figures and not form("settled.plain.letters").search(said):
        return not _asked(stream, hit, *NUMBERS) and not _secret_near(stream, index)
    signs = len(re.findall(r"[A-Za-z](?![a-z])", said)) + len(digits)
    alone = not any(
        other is not hit and other.kind in NUMBERS and _near(stream, other, index) for other in hits
    )
    if signs == 1 and alone and stream.speaker == "agent":
        return True
    if signs < FEWEST_SIGNS and alone and not _asked(stream, hit, *NUMBERS):
        return not _secret_near(stream, index) and not _told_before(stream, hit)
    year = re.fullmatch(r"(?:19|20)\d\d", digits) and hit.kind != "code"
    return bool(year) and alone and not _asked(stream, hit, *NUMBERS) and not _told_before(stream, hit)


def _told_before(stream: Stream, hit: Hit) -> bool:
    """Whether a word just before says that a telephone's, a card's or an identity's number or a code follows."""
    before = stream.before(hit.start, 45)
    return any(pattern(rules()["cues"][kind]).search(before) for kind in ("phone", *NUMBERS)) or bool(
        form("ends_before").search(before) or form("phone_part").search(before)
    )


def _secret_near(stream: Stream, index: int) -> bool:
    near = " ".join(turn.text for turn in stream.turns[max(0, index - FAR_TURNS) : index + 1])
    return bool(form("password.cue").search(near) or pattern(rules()["cues"]["code"]).search(near))


def _near(stream: Stream, other: Hit, index: int) -> bool:
    return abs(stream.turn_at(other.start)[0] - index) <= NEAR_TURNS


def _amount(stream: Stream, hit: Hit, said: str) -> bool:
    """A share, a price, a weight; part of 48,000; what "how old?", "what mileage?", 车型 asked for."""
    if hit.kind == "email":
        return False
    whole = next(
        (match for match in form("settled.plain.thousands").finditer(stream.text, max(0, hit.start - 12), hit.end + 12)
         if match.start() <= hit.start and hit.end <= match.end()),
        None,
    )  # fmt: skip
    if whole and not _asked(stream, hit, *NUMBERS):
        return True
    digits = "".join(run.digits for run in runs_of(said))
    few = hit.kind not in NUMBERS or len(digits) < AMOUNT
    if few and form("settled.plain.amount").match(said) and not form("settled.plain.street").search(said):
        return True
    short = len(digits) <= AMOUNT - 1 and form("settled.plain.figures").fullmatch(said.strip())
    if short and form("settled.plain.unit").match(stream.text, hit.end):
        return True
    index, _ = stream.turn_at(hit.start)
    which = "asks_model" if hit.kind in ("name", "address") and not short else "asks_amount"
    if len(digits) > AMOUNT or asked_for(stream.turns, index) or _told_before(stream, hit):
        return False
    return _asks(which, stream, index)


def _asks(which: str, stream: Stream, index: int) -> bool:
    """Whether the other side's last question was for an amount, an age or a date, or for a model."""
    mine = stream.turns[index].speaker
    for other in range(index - 1, max(-1, index - 1 - FAR_TURNS), -1):
        turn = stream.turns[other]
        if turn.speaker == mine and mine != "unknown":
            return False
        if form(f"settled.plain.{which}").search(turn.text):
            return True
        if not is_remark(turn.text):
            return False
    return False


def _no_name(stream: Stream, hit: Hit, said: str) -> bool:
    """Number words, kin and words that are said often, written small, where nobody was asked for a name."""
    if form("settled.plain.no_name").fullmatch(said.strip()) or form("settled.plain.no_name_zh").fullmatch(
        said
    ):
        return True
    index, offset = stream.turn_at(hit.start)
    heard = stream.turns[index].text[offset : offset + len(said)]
    words = re.findall(r"[A-Za-z'’]+", heard)
    if not words or not heard.isascii() or not heard.islower():
        return False
    if not all(is_common_word(word) and not is_name(word) for word in words):
        return False
    return not _asked(stream, hit, "name") and not proved(stream, hit)
