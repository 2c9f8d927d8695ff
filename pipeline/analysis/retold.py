"""What an English agent says of himself a second time: "Hale Doors... sorry, Hale Lifts"; and whose name "Hale Vets here" is."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis.introduced import is_never, read_introduced
from pipeline.analysis.people import first_names, is_person, listed_names, plain, trade
from pipeline.analysis.tagger import Tag
from pipeline.analysis.tokens import Said

_NAME = re.compile(
    r"(?:the )?[A-Z0-9][\w&'’.-]*(?: (?:(?:of|and|&|the) )?(?!I\b|I')[A-Z][\w&'’-]*)*(?<![.'’-])"
)
_SURNAME = re.compile(r" [A-Z][\w'’-]+(?=$|[,.!?;:]| (?:from|at|with|here|speaking|calling|and I|ringing)\b)")

_HERE = re.compile(r" (?:here|speaking|calling|ringing)\b")
_CALLED = re.compile(
    r"\b[Ii](?:'m|’m| am) (?:called|your (?:[a-z-]+ ){0,2}[a-z-]+) (?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)(?! [A-Z])"
)
BY_NAME = 0.85
"""Strength of a name that is called one or stands behind what somebody is to the customer (our default)."""


def retold(said: Said, tags: Sequence[Tag]) -> list[Tag]:
    """The tags with what was taken back replaced by what was said instead."""
    if said.language != "en":
        return list(tags)
    kept = [*_parted(said, [*_firms(said, tags)])]
    called = _CALLED.search(said.text)
    if called and "name" not in said.had and all(one.slot != "name" for one in kept):
        own = Tag("name", *called.span("name"), BY_NAME)
        kept = [*(one for one in kept if not _meets(one, own)), own]
    for tag in kept:
        again = _again().match(said.folded, tag.end) if tag.slot in ("company", "name") else None
        if again is None:
            continue
        meant = _meant(said, tag, again.end(), kept)
        if meant is not None:
            kept = [one for one in kept if one.slot != tag.slot and not _meets(one, meant)] + [meant]
            break
    return sorted((_whole_name(said, tag, kept) for tag in kept), key=lambda tag: tag.start)


def _meant(said: Said, tag: Tag, start: int, tags: Sequence[Tag]) -> Tag | None:
    """The name that stands where the agent has corrected himself, if it is one of the same kind."""
    heard = next((one for one in tags if one.slot == tag.slot and one.start == start), None)
    if heard is not None:
        return heard
    hit = _NAME.match(said.text, start) if any(map(str.isupper, said.text)) else None
    if hit is None or is_never(tag.slot, said.folded, *hit.span(), "en"):
        return None
    person = is_person(hit.group())
    firm = bool(trade().search(plain(hit.group()))) or (" " in hit.group() and not person)
    fits = not firm if tag.slot == "name" else not person
    return replace(tag, start=hit.start(), end=hit.end()) if fits else None


def _firms(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """Names that end in a word of a trade, which no person's does, are firms: "Hale Vets here"."""
    firm = any(tag.slot == "company" for tag in tags) or "company" in said.had
    for tag in tags:
        words = plain(said.text[tag.start : tag.end]).split()
        if (
            tag.slot != "name"
            or len(words) < 2
            or words[0] in ("mr", "mrs", "ms", "miss", "dr")
            or not trade().fullmatch(words[-1])
        ):
            yield tag
        elif not firm:
            yield replace(tag, slot="company")


def _parted(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """A firm in small letters that a given name ends, cut in two where no other person is named: "tillgate rafa here"."""
    named = any(tag.slot == "name" for tag in tags) or "name" in said.had
    for tag in tags:
        words = said.folded[tag.start : tag.end].split()
        last = words[-1]
        small = not any(map(str.isupper, said.text)) and tag.slot == "company" and len(words) > 1
        given = last in listed_names() or (last in first_names() and _HERE.match(said.folded, tag.end))
        if named or not (small and given) or words[-2] in ("and", "&", "of", "the"):
            yield tag
            continue
        at = tag.end - len(last)
        yield replace(tag, end=at - 1)
        yield replace(tag, slot="name", start=at)


def _whole_name(said: Said, tag: Tag, tags: Sequence[Tag]) -> Tag:
    """A given name with the family name that ends its clause: "speaking to Abena Hart."."""
    more = _SURNAME.match(said.text, tag.end) if tag.slot == "name" else None
    if more is None or " " in said.text[tag.start : tag.end] or not said.text[tag.start].isupper():
        return tag
    wider = replace(tag, end=more.end())
    free = not any(one is not tag and _meets(one, wider) for one in tags)
    return wider if free and not trade().search(plain(more.group())) else tag


def _meets(one: Tag, other: Tag) -> bool:
    return one.start < other.end and other.start < one.end


@functools.cache
def _again() -> re.Pattern[str]:
    return re.compile(read_introduced("en")["again"])
