"""Who speaks, where an agent says it in bare clauses: "Virgin, upgrades team.", "Maersk, pricing desk, Anneke here", "DHL."

A clause is a greeting, a department by its last word, a person by his given name, else, capitalised, a firm.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.analysis.frames import read_frames
from pipeline.analysis.introduced import is_never, is_somebody_else, read_introduced
from pipeline.analysis.patterns import expand, shared_terms
from pipeline.analysis.people import is_person, plain, trade
from pipeline.analysis.slots import Known, recognise
from pipeline.analysis.tagger import Tag, load_tagger
from pipeline.analysis.tokens import Said

STRENGTH = 0.8
"""Of what only the clauses' order tells (our default)."""
ALONE = 0.65
"""Of one word alone that no list of names holds (our default)."""
MOST = 6
"""A clause of more words is talk (our default)."""
_CLAUSE = re.compile(r"[^,.;:!?—–]+")
_FILLER = re.compile(r"(?:um|uh|er|erm|ah|oh|yeah|yes|right|okay|ok|so|well|sorry|no)\b[ ,.]*", re.IGNORECASE)
_TAIL = re.compile(r" (?:here|speaking|calling|this side|again)$", re.IGNORECASE)
_PROPER = re.compile(r"(?:the )?(?:[A-Z0-9À-Þ][\w'’&.-]*)(?: (?:and|of|&|for|the|[A-Z0-9À-Þ][\w'’&.-]*))*")


@dataclass(frozen=True, slots=True)
class Clause:
    """Characters ``[start, end)`` of a turn that say who speaks: ``firm, person, department`` or ``either``.

    ``led`` says whether words of introduction stand before.
    """

    kind: str
    start: int
    end: int
    led: bool = False


def with_announced(said: Said, tags: Sequence[Tag], known: Mapping[str, Sequence[Known]]) -> list[Tag]:
    """The tags of a turn, with what its bare clauses say where the tags hold no firm, or take a person for one."""
    bare = announced(said, known)
    if not bare:
        return list(tags)
    spans = {(one.slot, one.start, one.end) for one in bare}
    tags = [
        replace(tag, probability=max(tag.probability, STRENGTH))
        if (tag.slot, tag.start, tag.end) in spans
        else tag
        for tag in tags
    ]
    values = {tag.slot: said.text[tag.start : tag.end] for tag in tags}
    firm = values.get("company", "")
    if (firm and not is_person(firm)) or "company" in said.had:
        more = [
            one for one in bare if one.slot == "name" and "name" not in values and not _overlaps(one, tags)
        ]
        return [*tags, *more]
    if "department" in values or all(one.slot != "company" for one in bare):
        bare = [one for one in bare if one.slot != "department"]
    slots = {one.slot for one in bare}
    return sorted(
        [*bare, *(tag for tag in tags if tag.slot not in slots and not _overlaps(tag, bare))],
        key=lambda tag: tag.start,
    )


def _overlaps(one: Tag, tags: Sequence[Tag]) -> bool:
    return any(one.start < tag.end and tag.start < one.end for tag in tags)


def announced(said: Said, known: Mapping[str, Sequence[Known]]) -> list[Tag]:
    """Company, department and name that bare clauses at the turn's head say; none where the text has no capitals."""
    if said.language != "en" or not any(char.isupper() for char in said.text):
        return []
    clauses = [_by_profile(said, one, known) for one in _clauses(said)]
    if (
        said.order and not said.asked
    ):  # later on only what is sure: "It's Leon", a firm with a person or a department
        clauses = [one for one in clauses if one.kind != "either"]
        if len({one.kind for one in clauses}) < 2 or all(one.kind != "firm" for one in clauses):
            clauses = [one for one in clauses if one.led and one.kind == "person"]
    kinds = {one.kind for one in clauses} | ({"firm"} if "company" in said.had else set())
    found: dict[str, Tag] = {}
    for one in clauses:
        kind, strength = one.kind, STRENGTH
        if kind == "either":
            kind = "person" if "firm" in kinds and "person" not in kinds else "firm"
            strength = ALONE if len(clauses) == 1 else STRENGTH
        slot = {"firm": "company", "person": "name", "department": "department"}[kind]
        last = found.get(slot)
        again = (
            last is not None
            and slot == "name"
            and said.text[one.start : one.end].startswith(said.text[last.start : last.end])
        )
        if (last is None or again) and not is_never(slot, said.folded, one.start, one.end, "en"):
            found[slot] = Tag(slot, one.start, one.end, strength)
    return list(found.values())


def _by_profile(said: Said, one: Clause, known: Mapping[str, Sequence[Known]]) -> Clause:
    """A clause that the profile knows, as what it knows it."""
    for kind, slot in (("firm", "company"), ("person", "name")):
        match = recognise(said.text[one.start : one.end], known[slot]) if one.kind != "department" else None
        if match is not None and match[1] != "fuzzy":
            return replace(one, kind=kind)
    return one


def _clauses(said: Said) -> Iterator[Clause]:
    """Clauses from the turn's head on, as far as they say who speaks."""
    for hit in _CLAUSE.finditer(said.text):
        start, end = _bare(said.text, *hit.span())
        if start >= end:
            continue
        one = _kind_of(said, start, end)
        if one is None:
            if _TALK.search(said.folded[hit.start() : hit.end()]):
                return
            continue
        if said.text[hit.end() : hit.end() + 1] == "?":
            return
        yield one


_TALK = re.compile(r"\b(?:i|we|you|can|could|may|is|are|do|did|have)\b")


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A clause without fillers and greeting at its head and blanks at its edges."""
    while start < end and text[start] == " ":
        start += 1
    for pattern in (_FILLER, _parts()["greeting"], _FILLER):
        head = pattern.match(text, start, end)
        if head and (head.end() >= end or text[head.end()] == " " or text[head.end() - 1] == " "):
            start = head.end()
        while start < end and text[start] == " ":
            start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return start, end


def _kind_of(said: Said, start: int, end: int) -> Clause | None:
    """What a clause says of who speaks."""
    lead = _parts()["lead"].match(said.text, start, end)
    inner = lead.end() if lead else start
    tail = _TAIL.search(said.text, inner, end)
    stop = tail.start() if tail else end
    value = said.text[inner:stop]
    if len(value.split()) > MOST or is_somebody_else(said.folded, inner, stop, "en"):
        return None
    if _parts()["department"].fullmatch(said.folded[inner:stop]):
        article = 4 if said.folded.startswith("the ", inner) else 0
        return Clause("department", inner + article, stop)
    if _PROPER.fullmatch(value) is None or said.folded[inner:stop] in ("i", "i'm"):
        return None
    inner += 4 if value.startswith("the ") else 0
    if is_person(value) and len(value.split()) <= 3:
        return Clause("person", inner, stop, led=bool(lead))
    common = load_tagger("en").common
    if " " not in value and plain(value) in common and not value[1:].isupper() and not (lead or tail):
        return None  # an ordinary word: Great. Price. Rusty.
    sure = bool(trade().search(plain(value))) or (value.isupper() and len(value) > 1) or " " in value
    return Clause("firm" if sure else "either", inner, stop)


@functools.cache
def _parts() -> dict[str, re.Pattern[str]]:
    terms = {**shared_terms("en"), **read_frames("en")["terms"]}
    words = read_introduced("en")["clauses"]
    return {
        name: re.compile(expand(words[name], terms), re.IGNORECASE if name != "department" else 0)
        for name in ("greeting", "lead", "department")
    }
