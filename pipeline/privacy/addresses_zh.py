"""Chinese postal addresses: province to room, estates, villages, crossings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.places_zh import told_places
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream


def chinese_addresses(stream: Stream) -> list[Hit]:
    """Addresses in one side's speech, each grown over what stands beside it and belongs to it."""
    if not re.search("[一-龥]", stream.text):
        return []
    cores = list(_cores(stream))
    return [*cores, *told_places(stream, cores)]


def _cores(stream: Stream) -> Iterator[Hit]:
    for match in form("address.zh.whole").finditer(stream.text):
        hit = _hit(match, stream)
        if hit:
            yield _grown(hit, stream)
    for name in ("crossing", "buildings", "chain"):
        for match in form(f"address.zh.{name}").finditer(stream.text):
            start = _start(stream.text, match.start(), match.end())
            head = stream.text[start : match.end()]
            sure = name != "chain" or form("address.zh.chain_sure").search(head)
            if (
                start < match.end()
                and form(f"address.zh.{name}").search(head)
                and sure
                and (
                    name == "crossing"
                    or form("address.zh.building_room").search(head)
                    or _spoken_of(stream, start, match.end())
                )
            ):
                yield _grown(Hit(start, match.end(), "address", 0.8), stream)
    yield from _answers(stream)
    if stream.speaker != "agent":
        for match in form("address.zh.sent_to").finditer(stream.text):
            yield Hit(match.start("told"), match.end("told"), "address", 0.75)


def _answers(stream: Stream) -> Iterator[Hit]:
    """A room, a road, an estate alone, when the address was asked for or is being told."""
    for index, start, end in stream.pieces:
        if stream.speaker == "agent" or "address" not in asked_for(stream.turns, index):
            continue
        asks = form("address.zh.asks_estate")
        if any(asks.search(turn.text) for turn in stream.turns[max(0, index - 2) : index]):
            match = form("address.zh.estate").match(stream.text, start, end)
            if match and not form("address.zh.not_estate").search(match.group("told")):
                yield Hit(match.start("told"), match.end("told"), "address", 0.75)
        for match in form("address.zh.bare").finditer(stream.text, start, end):
            if not form("address.zh.not_bare").search(match.group("told")):
                yield Hit(match.start("told"), match.end("told"), "address", 0.75)


def _grown(hit: Hit, stream: Stream) -> Hit:
    """The hit with buildings, rooms and estates that follow it, and with a place name straight before it."""
    after = form("address.zh.after").match(stream.text, hit.end)
    end = after.end() if after else hit.end
    while end > hit.start and stream.text[end - 1] in "，,、 \n\f":
        end -= 1
    before = form("address.zh.before").search(stream.text[max(0, hit.start - 40) : hit.start])
    start = hit.start - len(before.group("place")) if before else hit.start
    return Hit(start, end, hit.kind, hit.confidence)


def _start(text: str, start: int, end: int) -> int:
    """Where the place itself begins, behind "I live in", "send it to"."""
    for lead in pattern(rules()["address"]["zh"]["lead"]).finditer(text, start, end):
        if lead.end() < end - 2 and not re.match(r"[^\W]{0,1}$", text[lead.end() : end]):
            start = lead.end()
    return start


def _spoken_of(stream: Stream, start: int, end: int) -> bool:
    index, _ = stream.turn_at(start)
    near = stream.before(start, 24) + stream.text[start:end] + stream.after(end, 16)
    return bool(pattern(rules()["address"]["zh"]["cue"]).search(near)) or "address" in asked_for(
        stream.turns, index
    )


def _hit(match: re.Match[str], stream: Stream) -> Hit | None:
    """Street or estate with a number, or with a word of address about it."""
    zh = rules()["address"]["zh"]
    end = match.start() + len(match.group().rstrip(" ，,、的\n"))
    near = stream.before(match.start(), 24)
    if match.group("units") is not None:
        return _units(match, stream, near, end)
    start = match.start()
    for lead in pattern(zh["lead"]).finditer(stream.text, start, match.end("place")):
        if lead.end() < match.end("place") - 1:
            start = lead.end()
    head = stream.text[start : match.end("place")].rstrip(" ，,、的\n")
    bare = pattern(rf"(?:{zh['not_street']})$").search(head)
    head = form("address.zh.trailing").sub("", head)
    suffix = form("address.zh.suffix").search(head)
    if bare or suffix is None or suffix.start() == 0 or head[suffix.start() - 1] in "个这那哪每各多些几":
        return None
    if match.group("unit") or form("address.zh.numbered").search(match.group("place")):
        return Hit(start, end, "address")
    wide = form("address.zh.wide").search(head)
    cued = _spoken_of(stream, start, match.start())
    return Hit(start, end, "address", 0.8) if cued and (wide or end > match.end("place")) else None


def _units(match: re.Match[str], stream: Stream, near: str, end: int) -> Hit | None:
    """Building and room, with the estate's name before them, however it ends."""
    named = form("address.zh.building").search(match.group("units"))
    if not named or not _spoken_of(stream, match.start(), end):
        return None
    estate = re.search(r"[一-龥A-Za-z0-9]{0,14}$", stream.text[: match.start()])
    start = estate.start() if estate else match.start()
    leads = [
        one.end()
        for one in pattern(rules()["address"]["zh"]["lead"]).finditer(stream.text, start, match.start())
    ]
    return Hit(leads[-1] if leads else match.start(), end, "address", 0.85)
