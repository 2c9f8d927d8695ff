"""A department where only its place tells: before "at FIRM", as a clause behind the firm, or at an unpunctuated firm's end.

Where the words alone don't say that it is one, it is a doubt: what nobody can explain in an introduction is no sure absence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.analysis.frames import read_frames
from pipeline.analysis.introduced import is_never, read_introduced
from pipeline.analysis.introduction import is_department
from pipeline.analysis.patterns import expand, shared_terms
from pipeline.analysis.people import is_person, trade
from pipeline.analysis.tagger import Tag, load_tagger
from pipeline.analysis.tokens import Said

BY_PLACE = 0.8
"""Strength of known words of a department at its place (our default)."""
HALF = 0.5
"""Of words at its place that no list knows: under the gate, so that a person decides (our default)."""
NEAR = {"zh": 4, "en": 60}
"""So many characters from the firm's or the person's name a department may stand (our default)."""
LED = 16
"""So many characters at most between a name and the "from" of its part (our default)."""
BELIEVED = 0.25
"""Probability by the tagger, over the tokens of an introduction, from which a department is half believed (our default)."""


def placed(said: Said, tags: Sequence[Tag]) -> list[Tag]:
    """The tags with a department by its place, and without one that stands outside the introduction."""
    kept = [_surer(said, tag) for tag in tags if tag.slot != "department" or _introduces(said, tag, tags)]
    if said.language == "zh":
        return [*_joined(said, kept)]
    if "department" in said.had or any(tag.slot == "department" for tag in kept):
        return kept
    for way in (_before_firm, _behind_firm, _end_of_firm, _half_believed):
        found = way(said, kept)
        if found is not None and not any(_is_none(said, tag) for tag in found):
            return sorted(found, key=lambda tag: tag.start)
    return kept


def _is_none(said: Said, tag: Tag) -> bool:
    return tag.slot == "department" and is_never("department", said.folded, tag.start, tag.end, "en")


def _surer(said: Said, tag: Tag) -> Tag:
    """A department that the tagger half believes, sure where its place and its last word both say that it is one."""
    if tag.slot != "department" or said.language == "zh":
        return tag
    led = parts()["led"].search(said.folded[: tag.start])
    ends = parts()["last"].search(said.folded[tag.start : tag.end])
    return replace(tag, probability=max(tag.probability, BY_PLACE)) if led and ends else tag


def _introduces(said: Said, department: Tag, tags: Sequence[Tag]) -> bool:
    """Whether a department stands by the firm or the person, behind words of introduction, or was asked for."""
    lead = parts()["zh_lead" if said.language == "zh" else "lead"]
    if said.asked or lead.search(said.folded[: department.start]):
        return True
    near = NEAR[said.language]
    return any(
        tag.slot != "department" and tag.start - department.end <= near and department.start - tag.end <= near
        for tag in tags
    )


def _joined(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """A bare 中心 or 部 right behind a firm is the end of its name: 法援中心."""
    bare = parts()["zh_bare"]
    ends = {
        tag.start: tag.end
        for tag in tags
        if tag.slot == "department" and bare.fullmatch(said.folded[tag.start : tag.end])
    }
    for tag in tags:
        if tag.slot == "company" and tag.end in ends:
            whole = replace(tag, end=ends[tag.end])
            if is_department(said.folded[whole.start : whole.end]):
                whole = replace(whole, slot="department")  # 客户服务 + 中心: no firm at all
            yield whole
        elif tag.slot != "department" or tag.start not in ends:
            yield tag


def _before_firm(said: Said, tags: Sequence[Tag]) -> list[Tag] | None:
    """ "sam from subscriptions at the garden almanac": what stands between "from" and "at FIRM"."""
    for hit in parts()["before"].finditer(said.folded):
        part, firm = hit.span("part"), hit.span("company")
        value = said.folded[slice(*part)]
        others = [tag for tag in tags if tag.slot == "name" and _meets(tag, (part[0], firm[1]))]
        known = parts()["last"].search(value)
        if others or is_person(value) or is_never("department", said.folded, *part, "en"):
            continue
        plain = said.text[slice(*part)].islower() and hit.group("link") == "at"
        if not _is_introduced(said, hit.start(), tags) or not (known or plain):
            continue
        held = [tag for tag in tags if tag.slot == "company"]
        if held and not any(_meets(tag, (part[0], firm[1])) for tag in held):
            continue
        rest = [tag for tag in tags if tag.slot != "company"]
        named = next((tag for tag in held if tag.start >= part[1]), None)
        own = named or Tag("company", *firm, max((tag.probability for tag in held), default=HALF))
        strength = BY_PLACE if known else HALF
        return [*rest, own, Tag("department", *part, strength)]
    return None


def _is_introduced(said: Said, start: int, tags: Sequence[Tag]) -> bool:
    """Whether an agent's name or words of introduction stand right before."""
    named = any(tag.slot == "name" and 0 <= start - tag.end <= LED for tag in tags)
    return named or parts()["introduces"].search(said.folded[:start]) is not None


def _behind_firm(said: Said, tags: Sequence[Tag]) -> list[Tag] | None:
    """ "Kelly at Fernlink, retentions": a clause of its own."""
    for tag in tags:
        hit = parts()["behind"].match(said.folded, tag.end) if tag.slot == "company" else None
        if hit is None or trade().search(hit.group("part").split()[-1]):
            continue
        if not any(_meets(one, hit.span("part")) for one in tags):
            return [*tags, Tag("department", *hit.span("part"), BY_PLACE)]
    return None


def _end_of_firm(said: Said, tags: Sequence[Tag]) -> list[Tag] | None:
    """ "petra from verticalia service contracts": known words at the end of a firm in text without capitals."""
    if any(char.isupper() for char in said.text.replace("I", "")):
        return None
    for tag in tags:
        value = said.folded[tag.start : tag.end]
        hit = parts()["end"].search(value) if tag.slot == "company" else None
        if hit is None or trade().fullmatch(hit.group("part").split()[-1]):
            continue
        start = tag.start + hit.start("part")
        sure = len(hit.group("part").split()) > 1
        if not sure and not parts()["alone"].search(value):
            continue  # goods: waggle cover, northgrid home
        rest = [one for one in tags if one is not tag]
        firm = replace(tag, end=tag.start + hit.start()) if sure else tag
        return [*rest, firm, Tag("department", start, tag.end, BY_PLACE if sure else HALF)]
    return None


def _half_believed(said: Said, tags: Sequence[Tag]) -> list[Tag] | None:
    """The words that the tagger half believes a department, where the agent introduces himself."""
    if said.order or not tags:
        return None
    found = load_tagger("en").doubt(said, "department")
    if found is None or found.probability < BELIEVED or not _introduces(said, found, tags):
        return None
    if any(_meets(tag, (found.start, found.end)) for tag in tags):
        return None
    return [*tags, replace(found, probability=min(HALF, max(found.probability, 0.3)))]


def _meets(tag: Tag, span: tuple[int, int]) -> bool:
    return tag.start < span[1] and span[0] < tag.end


@functools.cache
def parts() -> Mapping[str, re.Pattern[str]]:
    """The patterns as shipped, those of Mandarin with ``zh_`` before."""
    terms = {**shared_terms("en"), **read_frames("en")["terms"]}
    english = read_introduced("en")["department"]
    chinese = read_introduced("zh")["department"]
    terms = {**terms, "words": [english["words"]]}
    return {
        **{name: re.compile(expand(text, terms)) for name, text in english.items() if isinstance(text, str)},
        **{f"zh_{name}": re.compile(text) for name, text in chinese.items() if isinstance(text, str)},
    }
