"""English postal addresses: a number and a street, a flat in a building, a post code, a corner of two streets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_en import is_common_word
from pipeline.privacy.places_en import told_places
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream


def english_addresses(stream: Stream) -> list[Hit]:
    """Addresses in one side's speech, each grown over what belongs to it: flat before, town and post code after."""
    if not re.search("[A-Za-z]{2}", stream.text):
        return []
    cores = list(_grown(stream))
    return [*cores, *told_places(stream, cores)]


def _grown(stream: Stream) -> Iterator[Hit]:
    for start, end in _cores(stream):
        tail = form("address.en.tail").match(stream.text, end)
        last = tail.end() if tail else end
        head = form("address.en.head").search(stream.text[max(0, start - 80) : start])
        first = start - len(head.group()) if head else start
        while last > first and stream.text[last - 1] in " ,\n\f":
            last -= 1
        yield Hit(first, last, "address", 0.9)


def _cores(stream: Stream) -> Iterator[tuple[int, int]]:
    yield from _streets(stream)
    for name in ("box", "postcode", "corner", "flat_named", "housed"):
        yield from ((m.start(), m.end()) for m in form(f"address.en.{name}").finditer(stream.text))
    for match in form("address.en.nameless").finditer(stream.text):
        if _spoken_of(stream, match.start(), match.end()):
            yield match.start(), match.end()
    if stream.speaker != "agent":
        yield from ((m.start("told"), m.end("told")) for m in form("address.en.lived").finditer(stream.text))
    yield from _parts_told(stream)


def _streets(stream: Stream) -> Iterator[tuple[int, int]]:
    """A number, a name and the kind of street."""
    en = rules()["address"]["en"]
    for match in form("address.en.street").finditer(stream.text):
        words = [word.lower() for word in re.findall(r"[a-z']+", match.group("name"), re.IGNORECASE)]
        kind = match.group("type")
        if (
            not words
            or any(word in en["not_name"] for word in words)
            or form("address.en.area").match(stream.text, match.end())
        ):
            continue
        weak = pattern(rf"(?:{en['weak']})\.?").fullmatch(kind)
        proper = match.group("name").strip()[:1].isupper() and kind[:1].isupper()
        if weak and not proper and not _spoken_of(stream, match.start(), match.end()):
            continue
        yield match.start(), match.end()


def _parts_told(stream: Stream) -> Iterator[tuple[int, int]]:
    """A post code or a street without number, told when an address was asked for."""
    for index, start, end in stream.pieces:
        if stream.speaker == "agent" or "address" not in asked_for(stream.turns, index):
            continue
        for name in ("zip", "street_alone", "answer"):
            match = form(f"address.en.{name}").search(stream.text, start, end)
            if match and not (name == "answer" and _no_place(match.group("told"))):
                yield match.start("told"), match.end("told")


def _no_place(told: str) -> bool:
    """Whether an answer is no place: one word, a number of something, words that begin a sentence."""
    capitals = re.findall(r"\b[A-Z][a-z]+", told)
    numbered = re.search(r"\d", told) or form("address.en.number").search(told)
    proper = [word for word in capitals if not is_common_word(word)]
    street = form("address.en.type_word").search(told) and len(capitals) >= 2
    enough = (capitals if numbered else len(capitals) >= 2 and proper) or street
    return not enough or bool(form("address.en.answer_no").search(told))


def _spoken_of(stream: Stream, start: int, end: int) -> bool:
    """Whether somebody speaks of where he lives or of sending something."""
    cue = pattern(rules()["address"]["en"]["cue"])
    index, _ = stream.turn_at(start)
    near = stream.before(start, 60) + stream.after(end, 30)
    return bool(cue.search(near)) or "address" in asked_for(stream.turns, index)
