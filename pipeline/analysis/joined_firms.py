"""Firms called by several names: "Larch and Lane", "Fox, Merton & Bell Solicitors", heard as their first name alone."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.analysis.people import first_names, plain, trade
from pipeline.analysis.tagger import Tag
from pipeline.analysis.tokens import Said

_REST = re.compile(
    r"(?:, [A-Z][\w'-]+){0,3},? (?:and|&) (?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+){0,3}(?=\W*$|[,.;:?!](?:\s|$))"
)
"""Further names in capitals behind the first, up to the end of the clause: who speaks of somebody else goes on with a verb."""


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
