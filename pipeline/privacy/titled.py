"""A masked name's family name said again with a title: 好的欧阳女士, "Thanks, Mr Okafor". A colleague of the same name stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pipeline.privacy.kept import is_kept
from pipeline.privacy.lexicon_zh import is_word, surname
from pipeline.privacy.rules import Hit, form, pattern
from pipeline.privacy.streams import Stream

SURE = 0.9
BEFORE = 24
"""How far before a name it is looked for what says that somebody works at the firm."""


def titled_again(
    streams: Sequence[Stream], hits: Sequence[Sequence[Hit]], kept: Collection[str]
) -> list[list[Hit]]:
    """Of each stream the family names of those who were named, each before or behind its title.

    Parameters
    ----------
    streams
        What each side says.
    hits
        What is masked in each.
    kept
        Names that stay, in small letters: the agent may bear the same one, and it is he whom the customer calls so.
    """
    named = [
        stream.text[hit.start : hit.end]
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
        if hit.kind == "name"
    ]
    han = sorted({name for said in named for name in _families_zh(said)}, key=len, reverse=True)
    latin = sorted({name for said in named for name in _families_en(said)})
    titled = [[*_behind_han(stream.text, han), *_behind_title(stream.text, latin)] for stream in streams]
    pairs = list(zip(streams, titled, strict=True))
    staff = {
        stream.text[hit.start : hit.end].lower()
        for stream, own in pairs
        for hit in own
        if of_colleague(stream, hit)
    }
    return [[hit for hit in own if not _stays(stream, hit, kept, staff)] for stream, own in pairs]


def stays_by_name(stream: Stream, hit: Hit, kept: Collection[str]) -> bool:
    """Whether a hit for a name stays since it is, or is part of, one of the firm's people or of the firm itself.

    The 赵女士 or the Mrs Miller whom an agent addresses is the customer, though the firm has a 赵磊 and a Sarah Miller.
    """
    name = stream.text[hit.start : hit.end]
    if hit.kind != "name" or not is_kept(name, kept):
        return False
    return name.lower() in kept or not _addressed(stream, hit)


def _addressed(stream: Stream, hit: Hit) -> bool:
    if stream.speaker != "agent" or of_colleague(stream, hit):
        return False
    before = stream.text[max(0, hit.start - BEFORE) : hit.start]
    if form("settled.titled.addressed_zh").match(stream.text, hit.end):
        return not form("settled.titled.self_zh").search(before)
    titled = form("settled.titled.addressed_en").search(before)
    return bool(titled) and not form("settled.titled.self_en").search(before)


def _families_zh(said: str) -> Iterator[str]:
    """The family name at a Mandarin name's head, and the whole name."""
    match = re.match(rf"[小老]?(?P<family>{surname(sure=True)})(?P<given>[一-龥]{{0,2}})(?![一-龥])", said)
    if match:
        yield match["family"]
        yield match["family"] + match["given"]


def _families_en(said: str) -> Iterator[str]:
    """The last word of an English name."""
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", said)
    if words and re.match(r"[A-Za-zÀ-ÿ]{2}", words[-1]):
        yield words[-1]


def _behind_han(text: str, names: Sequence[str]) -> Iterator[Hit]:
    for name in names:
        for start, end in _places("zh", name, text):
            # 对于女士: the sign ends another word; in 谢谢谢女士 the third is the name
            before = text[max(0, start - 1) : start]
            if before and is_word(before + name) and text[max(0, start - 2) : start] != 2 * name:
                continue
            yield Hit(start, end, "name", SURE)


def _behind_title(text: str, names: Sequence[str]) -> Iterator[Hit]:
    for name in names:
        for start, end in _places("en", name, text):
            yield Hit(start, end, "name", SURE)


def _places(tongue: str, name: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the name stands with a title; its pattern goes into no cache of ours, which would keep every customer's."""
    if name.lower() not in text.lower():
        return
    said = form(f"settled.titled.{tongue}").pattern.replace("NAME", re.escape(name))
    for match in re.finditer(said, text, re.IGNORECASE):
        end = match.end() if tongue == "zh" else match.end("name")
        yield (match.start() if tongue == "zh" else match.start("name")), end


def of_colleague(stream: Stream, hit: Hit) -> bool:
    """Whether a family name with its title is said of somebody at the firm: 我们店的范先生, "our Mr Hale"."""
    if hit.kind != "name":
        return False
    tongue = "zh" if pattern("[一-龥]").match(stream.text, hit.start) else "en"
    before = stream.text[max(0, hit.start - BEFORE) : hit.start]
    who = "agent" if stream.speaker == "agent" else "customer"
    called = tongue == "en" or form("settled.titled.title_zh").match(stream.text, hit.end)
    said = bool(called and form(f"settled.titled.{who}_{tongue}").search(before))
    return said or bool(form(f"settled.titled.behind_{tongue}").match(stream.text, hit.end))


def colleagues_titled(streams: Sequence[Stream], hits: Sequence[Sequence[Hit]]) -> frozenset[str]:
    """Mandarin family names with the titles by which somebody at the firm is spoken of, unless the agent calls anybody so."""
    said = {
        _with_title(stream, hit)
        for stream, own in zip(streams, hits, strict=True)
        for hit in own
        if stream.speaker != "unknown" and of_colleague(stream, hit)
    }
    agents = [stream.text for stream in streams if stream.speaker == "agent"]
    return frozenset(name for name in said if name and not any(_calls(text, name) for text in agents))


def is_titled_colleague(stream: Stream, hit: Hit, names: Collection[str]) -> bool:
    """Whether a hit is one of these again: 贺女士这周出差."""
    return hit.kind == "name" and _with_title(stream, hit) in names


def _with_title(stream: Stream, hit: Hit) -> str:
    title = form("settled.titled.title_zh").match(stream.text, hit.end)
    return stream.text[hit.start : title.end()] if title else ""


def _calls(text: str, name: str) -> bool:
    """Whether somebody is spoken to by this name and title; no cache of ours is to keep the name."""
    called = form("settled.titled.called_zh").pattern.replace("NAME", re.escape(name))
    ours = form("settled.titled.agent_zh")
    return any(
        not ours.search(text[max(0, match.start() - BEFORE) : match.start()])
        for match in re.finditer(called, text)
    )


def _stays(stream: Stream, hit: Hit, kept: Collection[str], staff: Collection[str]) -> bool:
    """Whether it is a colleague's, of whom a customer may speak again, or the agent's own as the customer calls him."""
    if of_colleague(stream, hit):
        return True
    name = stream.text[hit.start : hit.end]
    return stream.speaker == "customer" and (name.lower() in staff or is_kept(name, kept))
