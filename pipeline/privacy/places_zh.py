"""Chinese addresses told clause by clause, where an address is asked for or spoken of.

A clause with a number of house, building or room and a street, estate or village is an address; what stands beside it
and holds only such parts, or says where the door is, belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_zh import everyday
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream

LONGEST_TAIL = 20
"""How many characters behind the last part of an address may still belong to it."""


def told_places(stream: Stream, cores: list[Hit]) -> Iterator[Hit]:
    """Addresses clause by clause in turns that speak of one or in which one was found."""
    for index, start, end in stream.pieces:
        found = any(start <= core.start < end for core in cores) or _spoken_of(stream, index)
        if not found and (stream.speaker == "agent" or not _house(stream.text[start:end])):
            continue
        clauses = [
            _clause(stream.text, match.start(), match.end())
            for match in form("address.zh.places.clause").finditer(stream.text, start, end)
        ]
        if form("address.zh.places.door").search(stream.text, start, end):
            clauses = [("whole" if kind == "part" else kind, first, last) for kind, first, last in clauses]
        for hit in _joined(clauses):
            if found or _house(stream.text[hit.start : hit.end]):
                yield _from_before(hit, stream.text, clauses)


def _spoken_of(stream: Stream, index: int) -> bool:
    if stream.speaker == "agent":
        return bool(form("address.zh.places.reads_back").search(stream.turns[index].text))
    said = pattern(rules()["address"]["zh"]["cue"]).search(stream.turns[index].text)
    said = said or form("address.zh.places.own_cue").search(stream.turns[index].text)
    return bool(said) or "address" in asked_for(stream.turns, index)


def _house(text: str) -> bool:
    return bool(form("address.zh.places.house").search(text))


def _clause(text: str, start: int, end: int) -> tuple[str, int, int]:
    """What a clause is to an address ("whole", "part", "more" or ""), and where the place in it stands."""
    first = form("address.zh.places.feature").search(text, start, end)
    if not first or form("address.zh.places.no_place").search(text, start, end):
        more = form("address.zh.places.more").fullmatch(text[start:end])
        return ("more" if more else "", start, end)
    begin = start
    for lead in form("address.zh.places.lead").finditer(text, start, first.end()):
        if lead.end() < first.end() - 1:
            begin = lead.end()
    features = list(form("address.zh.places.feature").finditer(text, begin, end))
    if not features:
        return "", start, end
    kinds = {feature.lastgroup for feature in features}
    last = features[-1].end()
    if end - last <= LONGEST_TAIL and not form("address.zh.places.no_tail").search(text, last, end):
        last = end
    numbers = sum(feature.lastgroup == "number" for feature in features)
    numbers += bool(form("address.zh.places.unit_room").search(text, begin, last))
    alone = len(kinds) == 1 and numbers == 0
    left = form("address.zh.places.left_at").search(text, begin, end) if alone else None
    last = max(last, left.end()) if left else last
    if (
        {"admin", "estate"} <= kinds
        or ("number" in kinds and len(kinds) > 1)
        or len(kinds) > 2
        or numbers > 1
        or left
    ):
        return "whole", begin, last
    return "part", begin, last


def _from_before(hit: Hit, text: str, clauses: list[tuple[str, int, int]]) -> Hit:
    """The hit with the places just before it that nothing shows to be one: 河东，大直沽，汪庄子."""
    start = hit.start
    before = [clause for clause in clauses if clause[2] <= hit.start]
    for _, first, last in reversed(before):
        bare = form("address.zh.places.bare_place").fullmatch(text, first, last)
        if not bare or bare.group("told") in everyday() or start - last > 1:
            break
        start = bare.start("told")
    return Hit(start, hit.end, hit.kind, hit.confidence)


def _joined(clauses: list[tuple[str, int, int]]) -> Iterator[Hit]:
    """Clauses in a row of which one is an address by itself; two parts in a row are one too."""
    row: list[tuple[str, int, int]] = []
    for clause in (*clauses, ("", 0, 0)):
        if clause[0] in ("whole", "part") or (row and clause[0]):
            row.append(clause)
            continue
        if len(row) > 1 or any(kind == "whole" for kind, _, _ in row):
            yield Hit(row[0][1], row[-1][2], "address", 0.75)
        row = []
