"""Firms heard in part: of "Larch and Lane" the first name alone, of "Golden State Roofing" the first word as somebody's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.people import first_names, plain, trade
from pipeline.analysis.tagger import Tag, load_tagger
from pipeline.analysis.tokens import Said

_REST = re.compile(
    r"(?:, [A-Z][\w'-]+){0,3},? (?:and|&) (?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+){0,3}(?=\W*$|[,.;:?!](?:\s|$))"
)
"""Further names in capitals behind the first, up to the end of the clause: who speaks of somebody else goes on with a verb."""
A_DOUBT = 0.5
"""Most that a word counts for which may be somebody's name or a firm's first: under the gate of 0.6."""


def whole_firm(said: Said, tag: Tag) -> Tag:
    """The tag of a firm with the names that are joined to its first; other tags, and people's names behind it, stay."""
    if tag.slot != "company" or said.language != "en" or not said.text[tag.start : tag.end][:1].isupper():
        return tag
    hit = _REST.match(said.text, tag.end)
    if hit is None:
        return tag
    people = any(plain(word) in first_names() for word in _leading(hit.group()))
    return tag if people and not trade().search(plain(hit.group())) else replace(tag, end=hit.end())


def _leading(rest: str) -> list[str]:
    """The first word of each joined name: a given name there is a person ("from Beacon, Tom and Ann")."""
    return re.findall(r"(?:, |\b(?:and|&) |& )([A-Z][\w'-]+)", rest)


def with_its_first_word(said: Said, tags: Sequence[Tag]) -> list[Tag]:
    """The tags of an English turn, a firm's first word that was taken for a person's name given back to it.

    Nothing parts the two, and no list of given names has it: "this is Golden State Roofing", unlike "this is Sandra Beacon
    Homes". Where it is no word of the labelled talk either, it may be a name that nobody listed, and is left as a doubt.
    """
    firms = {tag.start: tag for tag in tags if tag.slot == "company"}
    found: list[Tag] = []
    for tag in tags:
        firm = firms.get(tag.end + 1)
        word = plain(said.text[tag.start : tag.end])
        if tag.slot != "name" or firm is None or said.text[tag.end] != " " or not _is_strange(word):
            found.append(tag)
            continue
        firms[firm.start] = replace(firm, start=tag.start)
        if not load_tagger("en").common.get(word):
            found.append(replace(tag, probability=min(tag.probability, A_DOUBT)))
    return [firms[tag.start] if tag.slot == "company" else tag for tag in found]


def _is_strange(word: str) -> bool:
    return " " not in word and word not in first_names()
