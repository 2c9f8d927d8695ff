"""Who works at the firm, by what either side says of them: "Marek's on a job", "your engineer Bryn", 我让郝经理找他.

What says that a name is the customer's own or of his people outweighs it, and then nothing is said of it here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_zh import is_word, surname
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream
from pipeline.privacy.their_people import their_people

SIDES = {"agent": ("agent", "either"), "customer": ("customer", "either")}
UNKNOWN = {"colleagues": ("either",), "colleagues_zh": ("agent", "customer", "either")}
"""Where sides aren't known, "she'll ring you" may be said of anybody's people; Mandarin titles are the firm's on either side."""
LETTERS = {"colleagues": re.compile("[A-Za-z]{3}"), "colleagues_zh": re.compile("[一-龥]")}
ANSWER_CHARS = 40
"""How far into an answer to "your name?" a name may stand to be the answer."""


SURE = 0.9


def colleagues(streams: Sequence[Stream]) -> frozenset[str]:
    """Names of people who work at the firm, in small letters.

    Parameters
    ----------
    streams
        What each side says.
    """
    found = {name.lower() for stream in streams for name in _told(stream)}
    if not found:
        return frozenset()
    theirs = {name.lower() for stream in streams for name in _customers(stream)}
    theirs |= {stream.text[hit.start : hit.end] for stream in streams for hit in their_people(stream)}
    words = {word for name in theirs for word in name.split()}
    return frozenset(name for name in found if not words & {name, *name.split()})


def family(stream: Stream) -> Iterator[Hit]:
    """The customer's people where he says whose they are: "my brother Marek", "Humphrey, my husband"."""
    if stream.speaker != "customer" or not LETTERS["colleagues"].search(stream.text):
        return
    for match in _form("colleagues", "theirs_kin").finditer(stream.text):
        yield from (
            Hit(*match.span(group), "name", SURE)
            for group in range(1, len(match.groups()) + 1)
            if match[group]
        )


def _told(stream: Stream) -> Iterator[str]:
    for tongue in _tongues(stream):
        for which in rules()[tongue]:
            if which.partition("_")[0] in SIDES.get(stream.speaker, UNKNOWN[tongue]):
                yield from _names(stream, tongue, which)


def _customers(stream: Stream) -> Iterator[str]:
    """What is said as a customer's name or as one of his people's."""
    others = {"agent": ("theirs_own",), "customer": ("theirs_addressed",)}.get(stream.speaker, ())
    for tongue in _tongues(stream):
        for which in rules()[tongue]:
            if which.startswith("theirs_") and which not in others:
                yield from _names(stream, tongue, which)
    for index, start, end in stream.pieces if stream.speaker != "agent" else ():
        question = stream.turns[index - 1].text if index else ""
        if "name" not in asked_for(stream.turns, index) or form("colleagues.asks_colleague").search(question):
            continue
        yield from form("colleagues.word").findall(stream.text[start : min(end, start + ANSWER_CHARS)])


def _tongues(stream: Stream) -> list[str]:
    return [tongue for tongue, letters in LETTERS.items() if letters.search(stream.text)]


def _names(stream: Stream, tongue: str, which: str) -> Iterator[str]:
    for match in _form(tongue, which).finditer(stream.text):
        yield from (said for said in match.groups() if said and not (len(said) > 1 and is_word(said)))


@cache
def _form(tongue: str, which: str) -> re.Pattern[str]:
    """The pattern with a group for each name in it."""
    family = surname(sure=True)
    said = form(f"{tongue}.{which}", any_surname=family).pattern
    for sign, name in (("NAME", "name"), ("ONE", "word"), ("SMALL", "small")):
        if sign in said:
            titled = f"(?:{form('colleagues.title').pattern})?" if tongue == "colleagues" else ""
            said = said.replace(sign, f"{titled}({form(f'{tongue}.{name}', any_surname=family).pattern})")
    return pattern(said)
