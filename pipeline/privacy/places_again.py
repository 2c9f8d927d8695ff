"""Addresses over turns: what is told on in the next ones, and parts that either side says again near them.

光明小区 – 几号楼？ – 四号楼; 大沟村七组 – 大沟村，好的; "Which town?" – "Wynnum West".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_en import is_common_word
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream

NEAR_TURNS = 8
ON_TURNS = 3
"""For how many turns an address is told on."""
NUMBER_TURNS = 3
"""For how many turns a house's number alone, without the street, is the same house's."""
LEAST_SIGNS = 3
SURE = 0.8


def said_again(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
    """Of each stream what repeats a part of an address.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What was found in each.
    """
    known: dict[str, list[tuple[int, int]]] = {}
    for stream, own in zip(streams, hits, strict=True):
        for hit in own:
            if hit.kind == "address":
                index, _ = stream.turn_at(hit.start)
                for part, far in _parts(stream.text[hit.start : hit.end]):
                    known.setdefault(part, []).append((index, far))
    return [
        [hit for hit in _repeated(stream, known) if not any(hit.meets(other) for other in own)]
        for stream, own in zip(streams, hits, strict=True)
    ]


def _repeated(stream: Stream, known: dict[str, list[tuple[int, int]]]) -> Iterator[Hit]:
    for part, told in known.items():
        if part not in stream.text:
            continue
        for match in re.finditer(rf"(?<![A-Za-z\d]){re.escape(part)}(?![A-Za-z\d])", stream.text):
            index, _ = stream.turn_at(match.start())
            if any(abs(index - where) <= far for where, far in told) and not form(
                "address.again.not_behind"
            ).match(stream.text, match.end()):
                yield Hit(match.start(), match.end(), "address", SURE)


def _parts(said: str) -> Iterator[tuple[str, int]]:
    """What of an address is it wherever it is said, and for how many turns."""
    if re.search("[一-龥]", said):
        yield from _parts_zh(said)
        return
    for part in re.split(r"[,.\n]|\s(?:and|no|not|by|near|off)\s", said):
        name = form("address.again.name_en").search(part)
        if name and any(not is_common_word(word) or word[0].isupper() for word in name.group().split()):
            yield name.group(), NEAR_TURNS


def _parts_zh(said: str) -> Iterator[tuple[str, int]]:
    for clause in re.split(r"[，,、。\s\n]+", said):
        place = form("address.again.name_zh").fullmatch(clause)
        if place and len(clause) >= LEAST_SIGNS:
            yield clause, NEAR_TURNS
        for feature in form("address.zh.places.feature").finditer(clause):
            whole = feature.group()
            if feature.lastgroup == "number":
                # a day of the month is no house
                if form("address.again.house_zh").fullmatch(whole):
                    yield whole, NUMBER_TURNS
            elif len(whole) >= LEAST_SIGNS and form("address.again.name_zh").fullmatch(whole):
                yield whole, NEAR_TURNS


def told_on(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
    """Of each stream the parts by which an address is told on, by themselves at the head of a turn.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What was found in each.
    """
    told = {
        stream.turn_at(at)[0]
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
        if hit.kind == "address"
        for at in (hit.start, hit.end)
    }
    if not told:
        return [[] for _ in streams]
    return [[] if stream.speaker == "agent" else list(_told_on(stream, told)) for stream in streams]


def _told_on(stream: Stream, told: set[int]) -> Iterator[Hit]:
    for index, start, end in stream.pieces:
        question = stream.turns[index - 1].text if index else ""
        if form("address.on.asks_town").search(question):
            match = form("address.on.town").match(stream.text, start, end)
            if match:
                yield Hit(match.start("told"), match.end("told"), "address", SURE)
        near = any(index - ON_TURNS <= one < index for one in told)
        if not near or asked_for(stream.turns, index) - {"address"}:
            continue
        lead = form("address.on.lead_zh").match(stream.text, start, end)
        first = lead.end() if lead else start
        asked = form("address.on.asks_room").search(question)
        match = form("address.on.parts_zh").match(stream.text, first, end)
        match = match or (asked and form("address.on.room_zh").match(stream.text, first, end)) or None
        if match and (
            match.end() == end or not stream.text[match.end()].isalnum() or len(match.group()) > LEAST_SIGNS
        ):
            yield Hit(match.start(), match.start() + len(match.group().rstrip("，,、 ")), "address", SURE)
