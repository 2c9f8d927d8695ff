"""English addresses told part by part, where an address is asked for or spoken of.

Between commas stand a number with a name, a farm or a house by its name, a flat, a town, a post code, or words that
say where the door is. In a row that holds a whole address all of them belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, form
from pipeline.privacy.signs import is_figure
from pipeline.privacy.streams import Stream

LONG = 2
"""Above how many parts a row is an address though none was spoken of."""
NEAR_TURNS = 5
"""For how many turns a house number or post code may follow an address."""


def told_places(stream: Stream, cores: list[Hit]) -> Iterator[Hit]:
    """Addresses part by part in turns that speak of one or in which one was found."""
    told: list[Hit] = []
    for index, start, end in stream.pieces:
        found = any(start <= core.start < end for core in cores)
        asked = stream.speaker != "agent" and "address" in asked_for(stream.turns, index)
        if found or asked or _spoken_of(stream, index):
            told += _in_turn(stream, start, end, asked=asked)
        elif stream.speaker != "agent" and "," in stream.text[start:end]:
            rows = _in_turn(stream, start, end, asked=asked)
            told += [hit for hit in rows if _sure(stream.text[hit.start : hit.end])]
    yield from told
    if stream.speaker != "agent":
        yield from _number_asked(stream)
        yield from _numbers_alone(stream, [*cores, *told])


def _sure(text: str) -> bool:
    """Whether a row is an address though none was spoken of: three parts, or two with a street's or a house's name; not figures
    alone, of which "eight O" looks like a house and its name."""
    if all(len(word) == 1 or is_figure(word) for word in re.findall("[A-Za-z]+", text)):
        return False
    parts = text.count(",") + 1
    return parts > LONG or (parts == LONG and bool(form("address.en.places.street_said").search(text)))


def _spoken_of(stream: Stream, index: int) -> bool:
    form_ = "reads_back" if stream.speaker == "agent" else "own_cue"
    return bool(form(f"address.en.places.{form_}").search(stream.turns[index].text))


def _in_turn(stream: Stream, start: int, end: int, *, asked: bool) -> Iterator[Hit]:
    said = stream.turns[stream.turn_at(start)[0]].text
    lower = not re.search("[A-Z]", said)
    asked = asked or (lower and bool(form("address.en.places.own_cue").search(said)))
    for sentence in form("address.en.places.sentence").finditer(stream.text, start, end):
        row: list[tuple[str, int, int]] = []
        for match in form("address.en.places.part_told").finditer(
            stream.text, sentence.start(), sentence.end()
        ):
            asked = asked or (not row and _told_at(stream.text, match.start(), match.end()))
            kind, first, last = _part(stream.text, match.start(), match.end(), lower=lower, asked=asked)
            if not kind or (not row and kind in ("more", "lower")):
                yield from _row(row, stream.text, asked=asked)
                row = []
            else:
                row.append((kind, first, last))
        yield from _row(row, stream.text, asked=asked)


def _told_at(text: str, start: int, end: int) -> bool:
    lead = form("address.en.places.lead").match(text, start, end)
    return bool(lead and form("address.en.places.told_at").search(lead.group()))


def _row(row: list[tuple[str, int, int]], text: str, *, asked: bool) -> Iterator[Hit]:
    kinds = [kind for kind, _, _ in row]
    if not row:
        return
    housed = "more" in kinds and form("address.en.places.house_said").search(text, row[0][1], row[-1][2])
    if "whole" in kinds or housed or (asked and len(kinds) > 1):
        yield Hit(row[0][1], row[-1][2], "address", 0.75)


def _part(text: str, start: int, end: int, *, lower: bool, asked: bool) -> tuple[str, int, int]:
    """What the words between two commas are to an address, and where the place in them stands."""
    lead = form("address.en.places.lead").match(text, start, end)
    first = lead.end() if lead else start
    figure = form("address.en.places.figure_first").search(text, first, end)
    if figure and not form("address.en.places.whole").match(text, first, end):
        first = figure.start()
    if lower and asked and not form("address.en.places.lower_sign").match(text, first, end):
        begins = form("address.en.places.lower_start").search(text, first, end)
        first = begins.start() if begins else first
    answer = form("address.en.places.lower_answer").match(text, first, end) if lower and asked else None
    if answer and form("address.en.places.lower_sign").search(answer.group()):
        return "whole", first, answer.end()
    for kind in ("whole", "number", "place", "more"):
        begin = start if kind == "more" else first
        match = form(f"address.en.places.{kind}").match(text, begin + (text[begin : begin + 1] == " "), end)
        if match:
            more = form("address.en.places.lower_more").match(text, match.end(), end) if lower else None
            if more and kind == "whole":
                return "whole", match.start(), more.end()
            return (
                ("place" if kind == "number" else kind),
                match.start(),
                match.start() + len(match.group().rstrip()),
            )
    if lower and form("address.en.places.lower_place").fullmatch(text[first:end]):
        return "lower", first, end
    return "", start, end


def _number_asked(stream: Stream) -> Iterator[Hit]:
    """The bare answer to "and the house number?"."""
    for index, start, end in stream.pieces:
        question = stream.turns[index - 1].text if index else ""
        if form("address.en.places.asks_number").search(question) and "address" in asked_for(
            stream.turns, index
        ):
            match = form("address.en.places.number_alone").match(stream.text, start, end)
            if match:
                yield Hit(match.start("told"), match.end("told"), "address", 0.7)


def _numbers_alone(stream: Stream, cores: list[Hit]) -> Iterator[Hit]:
    """Soon after an address the house number by itself, "I'm at 513", and a post code that is spelled."""
    for match in form("address.en.places.spelled_code").finditer(stream.text):
        yield Hit(match.start("told"), match.end("told"), "address", 0.8)
    home = form("address.en.places.home_said")
    told = {stream.turn_at(core.start)[0] for core in cores}
    for index, start, end in stream.pieces:
        said = any(home.search(turn.text) for turn in stream.turns[max(0, index - NEAR_TURNS) : index])
        if said or any(index - NEAR_TURNS <= one <= index for one in told):
            for match in form("address.en.places.later").finditer(stream.text, start, end):
                yield Hit(*match.span(match.lastgroup or 0), "address", 0.7)
