"""Hits cut to what they are of: no verb before an address, no half a title behind a name, no hours behind a number."""

from __future__ import annotations

import re

from pipeline.privacy.digits import runs_of
from pipeline.privacy.lexicon_en import given_names, is_common_word
from pipeline.privacy.lexicon_zh import surname
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import APART, Stream

GIVEN = 16
"""How far before a family name it is looked for the given one."""
NUMBERS = ("phone", "id_number", "bank_card", "code")


def trimmed(stream: Stream, hit: Hit) -> Hit:
    """The hit without what stands at its edges and isn't of it."""
    text = stream.text
    start, end = hit.start, hit.end
    if hit.kind == "address":
        start, end = _address(text, start, end)
    elif hit.kind == "name":
        start, end = _name(text, start, end)
    elif hit.kind in NUMBERS:
        start, end = _number(text, start, end)
    elif hit.kind == "email":
        start, end = _email(text, start, end)
    return Hit(start, end, hit.kind, hit.confidence) if start < end else hit


def _cut(which: str, text: str, start: int, end: int) -> int:
    match = form(f"settled.edges.{which}").match(text[start:end])
    return start + match.end() if match else start


def _address(text: str, start: int, end: int) -> tuple[int, int]:
    said = form("settled.edges.address_said").match(text[start:end])
    start = start + said.end() if said and end - start - said.end() > 1 else start
    start = _cut("address_zh", text, start, end)
    tail = form("settled.edges.address_end").search(text[start:end])
    end = start + tail.start() if tail and tail.start() > 1 else end
    postcode = form("settled.edges.postcode_zh").match(text, end)
    return start, postcode.end() if postcode else end


def _name(text: str, start: int, end: int) -> tuple[int, int]:
    start = _cut("name_zh", text, _cut("thanks", text, start, end), end)
    given = form("settled.edges.given_en").search(text[max(0, start - GIVEN) : start])
    if given and given.group().lower() in given_names():
        start -= len(given.group()) + 1
    if text[start:end] in ("老", "小", "阿"):  # a familiar form of address is of the family name behind it
        family = re.match(surname(sure=False), text[end : end + 2])
        end += family.end() if family else 0
    turns = form("settled.edges.next_turn").search(text, start, end)
    if turns and is_common_word(turns.group("word")):
        return start, turns.start()
    for title in form("settled.edges.title").finditer(text, max(start, end - 2), end + 2):
        if start < title.start() < end:
            return start, title.start()
    tail = form("settled.edges.name_end").search(text[start:end])
    if tail and (tail.group() not in "和与跟" or _goes_on(text, end)):
        return start, start + tail.start()
    return start, end


def _email(text: str, start: int, end: int) -> tuple[int, int]:
    """Without what leads to it, and without what was said far before or behind it."""
    told = form("settled.edges.email_told").search(text, start, end)
    if told and APART in text[start:end]:
        start = max(start, text.rfind(APART, start, told.start()) + 1)
        behind = text.find(APART, told.end(), end)
        end = behind if behind >= 0 else end
    return _cut("email_en", text, _cut("email_zh", text, start, end), end), end


def _goes_on(text: str, end: int) -> bool:
    return bool(form("settled.edges.joined_on").match(text[end : end + 4]))


def _number(text: str, start: int, end: int) -> tuple[int, int]:
    start = _cut("number_zh", text, start, end)
    start = _cut("number_en", text, start, end)
    hours = form("settled.edges.hours").search(text[start:end])
    if hours:
        digits = "".join(run.digits for run in runs_of(text[start : start + hours.start()]))
        if form("plans.telephone").fullmatch(digits):
            return start, start + hours.start()
    return start, end
