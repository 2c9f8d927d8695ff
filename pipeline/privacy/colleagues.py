"""Who works at the firm, by what either side says of them: "Marek's on a job", "I spoke to Annabel", "your engineer Bryn".

What says that a name is the customer's own or of his people outweighs it, and then nothing is said of it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import form, pattern, rules
from pipeline.privacy.streams import Stream

SAID_BY = {"agent": ("agent", "either"), "customer": ("customer", "either")}
ANSWER_CHARS = 40
"""How far into an answer to "your name?" a name may stand to be the answer."""


def colleagues(streams: Sequence[Stream]) -> frozenset[str]:
    """Names of people who work at the firm, in small letters.

    Parameters
    ----------
    streams
        What each side says.
    """
    found = {name.lower() for stream in streams for name in _told(stream, SAID_BY.get(stream.speaker, ("agent", "customer", "either")))}
    if not found:
        return frozenset()
    theirs = {name.lower() for stream in streams for name in customers(stream)}
    words = {word for name in theirs for word in name.split()}
    return frozenset(name for name in found if name not in theirs and not words & set(name.split()))


def customers(stream: Stream) -> Iterator[str]:
    """What is said as a customer's name or as one of his people's."""
    which = ["theirs_kin"]
    which += ["theirs_own"] if stream.speaker != "agent" else []
    which += ["theirs_addressed"] if stream.speaker != "customer" else []
    for name in which:
        yield from _names(stream, name)
    if stream.speaker == "agent":
        return
    for index, start, end in stream.pieces:
        if "name" in asked_for(stream.turns, index) and not form("colleagues.asks_colleague").search(
            stream.turns[index - 1].text
        ):
            yield from re.findall(form("colleagues.word").pattern, stream.text[start : min(end, start + ANSWER_CHARS)])


def _told(stream: Stream, sides: Sequence[str]) -> Iterator[str]:
    for which in rules()["colleagues"]:
        if which.partition("_")[0] in sides:
            yield from _names(stream, which)


def _names(stream: Stream, which: str) -> Iterator[str]:
    for match in _form(which).finditer(stream.text):
        yield from (said for said in match.groups() if said)


@cache
def _form(which: str) -> re.Pattern[str]:
    """The pattern with a group for each name in it."""
    said = form(f"colleagues.{which}").pattern
    for sign, name in (("NAME", "name"), ("ONE", "word")):
        said = said.replace(sign, f"(?:{form('colleagues.title').pattern})?({form(f'colleagues.{name}').pattern})")
    return pattern(said)
