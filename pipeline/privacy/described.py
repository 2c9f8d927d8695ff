"""How the signs of a Chinese name are written: 春眠不觉晓的晓, 瑾是王字旁那个瑾, 弓长张, 上下结构.

A clause tells a sign where the word in it holds the sign, or where it names parts of one. A row of such clauses belongs to
a name if the other side asked how it is written, if the name stands before it, or if two of them stand together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.asked import asked_for, is_remark
from pipeline.privacy.kept import is_kept
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.streams import Stream
from pipeline.types import Turn

SURE = 0.97
NEAR_TURNS = 4
BEFORE = 8
FARTHEST = 5


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that tells of a sign: where it stands, the sign if it is named, whether its word proves it."""

    start: int
    end: int
    sign: str
    proved: bool


def described(
    streams: Sequence[Stream], found: Sequence[Sequence[Hit]], kept: Collection[str]
) -> list[list[Hit]]:
    """Of each stream what tells how names are written, and the names whose every sign is told."""
    signs = _signs(streams, found)
    return [list(_in_stream(stream, found[at], signs, kept)) for at, stream in enumerate(streams)]


def _signs(streams: Sequence[Stream], found: Sequence[Sequence[Hit]]) -> str:
    return "".join(
        stream.text[hit.start : hit.end]
        for stream, hits in zip(streams, found, strict=True)
        for hit in hits
        if hit.kind == "name"
    )


def _in_stream(stream: Stream, found: Sequence[Hit], signs: str, kept: Collection[str]) -> Iterator[Hit]:
    if not re.search("[一-龥]", stream.text):
        return
    for index, start, end in stream.pieces:
        asked = _asked(stream.turns, index)
        for row in _rows(stream.text, start, end, signs if asked == "name" else "", asked=asked == "name"):
            kind = _kind(stream, index, start, row, asked, found, signs)
            told = "".join(clause.sign for clause in row)
            if kind and not any(is_kept(sign, kept) for sign in told):
                yield Hit(row[0].start, row[-1].end, kind, SURE)
                yield from _name_before(stream.text, start, row, told)


def _rows(text: str, start: int, end: int, signs: str, *, asked: bool) -> Iterator[list[Clause]]:
    row: list[Clause] = []
    for match in form("settled.described.clause").finditer(text, start, end):
        clause = _clause(text, match.start(), match.end(), signs, asked=asked or bool(row))
        if clause is None:
            if row:
                yield row
            row = []
        else:
            row.append(clause)
    if row:
        yield row


def _clause(text: str, start: int, end: int, signs: str, *, asked: bool) -> Clause | None:
    """What a clause tells of a sign.

    Parameters
    ----------
    text, start, end
        The clause.
    signs
        Of the names that are known, where a name was asked for: these need no proof.
    asked
        Whether how it is written was asked, or the clause before told it too.
    """
    said = text[start:end]
    lead = form("settled.described.lead").match(said)
    head = form("settled.described.sign").match(said)
    first = 0 if head and head.group("head") else lead.end() if lead else 0
    match = head if head and head.group("head") else form("settled.described.sign").match(said[first:])
    if match:
        sign, words = match.group("sign"), match.group("words")
        radical = form("settled.described.radical").search(words) or form("settled.described.parts").search(
            words
        )
        if sign in words + signs or sign == match.group("head") or radical:
            return Clause(start + first, end, sign, sign in words)
    for name in ("parts", "structure", "radical"):
        part = form(f"settled.described.{name}").search(said)
        if part:
            sign = part.group()[-1] if name == "parts" else ""
            behind = form("settled.described.named_behind").match(said, part.end())
            last = behind.end() if behind else part.end()
            return Clause(start + part.start(), start + last, sign, name == "parts")
    if asked and form("settled.described.built").fullmatch(said[first:]):
        return Clause(start + first, end, "", False)
    return None


def _kind(
    stream: Stream, index: int, start: int, row: Sequence[Clause], asked: str | None,
    found: Sequence[Hit], signs: str,
) -> str | None:  # fmt: skip
    """Whose signs the row tells: a name's, an address's, or none that must go."""
    before = stream.text[max(start, row[0].start - 24) : row[0].start]
    told = "".join(clause.sign for clause in row)
    if form("settled.described.no_person").search(before) or asked == "other":
        return None
    if form("settled.described.placed").search(before) or asked == "address":
        return "address"
    known = any(sign in signs for sign in told)
    if stream.speaker == "agent":
        return "name" if known else None
    near = any(hit.kind == "name" and 0 <= row[0].start - hit.end <= BEFORE for hit in found)
    at_hand = any(sign in stream.text[max(start, row[0].start - BEFORE) : row[0].start] for sign in told)
    introduced = form("settled.described.introduced").search(before)
    proved = sum(clause.proved for clause in row)
    sure = asked == "name" or (known and proved) or proved > 1 or near or (at_hand and proved) or introduced
    return "name" if sure else None


def _asked(turns: Sequence[Turn], index: int) -> str | None:
    """Whether the other side asked how something is written, and what: "name", "address", "other"."""
    mine = turns[index].speaker
    for other in range(index - 1, max(-1, index - 1 - FARTHEST), -1):
        text = turns[other].text
        if turns[other].speaker == mine and mine != "unknown":
            continue
        if form("settled.described.asks_other").search(text):
            return "address" if "address" in asked_for(turns, index) else "other"
        if form("settled.described.asks").search(text):
            return "name"
        kinds = asked_for(turns, index)
        if kinds:
            return "name" if "name" in kinds else "address" if "address" in kinds else None
        if not is_remark(text):
            return None
    return None


def _name_before(text: str, start: int, row: Sequence[Clause], told: str) -> Iterator[Hit]:
    """The name itself where each of its signs is told straight after it."""
    match = re.search(r"([一-龥]{1,4})[，,、：:\s]{1,2}$", text[start : row[0].start])
    if not match or not told:
        return
    name, at = match.group(1), start + match.start(1)
    while name and name[0] not in told:
        name, at = name[1:], at + 1
    if len(name) > 1 and all(sign in told for sign in name):
        yield Hit(at, at + len(name), "name", SURE)
