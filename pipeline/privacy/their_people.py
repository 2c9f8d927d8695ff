"""Who works where the customer does, and his neighbours: 负责财务的司马女士, 我们仓库的查师傅, 楼上1802的欧先生.

A title alone may be the firm's people's as well; here the customer's sentence says whose they are. So named, they are masked
wherever they are said again with such a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.lexicon_zh import is_word, surname
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream

SURE = 0.9
BEFORE = 14
FORMS = ("of_ours", "in_charge", "to_ask", "decider", "headed", "neighbour")


def their_people(stream: Stream) -> Iterator[Hit]:
    """The customer's colleagues and neighbours, where he says whose they are.

    Where sides aren't known, not in a sentence that speaks to a customer: 我们财务的贺女士会联系您.
    """
    if stream.speaker == "agent":
        return
    for which in FORMS:
        for match in _form(which).finditer(stream.text):
            name, before = match["name"], stream.text[max(0, match.start() - BEFORE) : match.start()]
            if (len(name) > 1 and is_word(name)) or _form("firms").search(before):
                continue
            if stream.speaker == "customer" or not _form("to_customer").search(
                _sentence(stream.text, match.start())
            ):
                yield Hit(*match.span("name"), "name", SURE)


def said_with_title(streams: Sequence[Stream]) -> list[list[Hit]]:
    """Of each stream these people, and by name and title where they are said again: 闵经理的电话."""
    told = [list(their_people(stream)) for stream in streams]
    names = {
        stream.text[hit.start : hit.end] for stream, own in zip(streams, told, strict=True) for hit in own
    }
    longest = sorted(names, key=len, reverse=True)
    return [
        [*own, *(hit for name in longest for hit in _titled(stream.text, name))]
        for stream, own in zip(streams, told, strict=True)
    ]


def neighbours_homes(stream: Stream) -> Iterator[Hit]:
    """Where a neighbour lives: 楼上1802的; next door at number eighteen."""
    for found in (_form("neighbours_room"), form("settled.told_en.neighbour")):
        yield from (Hit(*match.span("told"), "address", SURE) for match in found.finditer(stream.text))


def addressee(stream: Stream) -> Iterator[Hit]:
    """For whom a letter or parcel of the customer's is: "for the attention of Moira"."""
    if stream.speaker != "agent":
        for match in form("settled.told_en.attention").finditer(stream.text):
            yield Hit(*match.span("name"), "name", SURE)


def _sentence(text: str, at: int) -> str:
    return next(said for said in re.finditer(r"[^。！？!?\n\f]+", text) if said.end() > at).group()


def _titled(text: str, name: str) -> Iterator[Hit]:
    for match in re.finditer(re.escape(name) + f"(?={_form('post').pattern})", text):
        before = text[max(0, match.start() - 1) : match.start()]
        if not (before and is_word(before + name)):
            yield Hit(*match.span(), "name", SURE)


def _form(which: str) -> re.Pattern[str]:
    return form(f"settled.people.{which}", any_surname=surname(sure=True))
