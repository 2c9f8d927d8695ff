"""Names of customers, where they are said as names, and wherever they are said again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from pipeline.privacy.kept import is_han
from pipeline.privacy.lexicon_zh import dictionary, everyday, is_word
from pipeline.privacy.names_en import english_names
from pipeline.privacy.names_zh import chinese_names
from pipeline.privacy.rules import Hit, form, rules
from pipeline.privacy.streams import Stream
from pipeline.privacy.titled import stays_by_name


def find_names(streams: Sequence[Stream], kept: Collection[str]) -> list[list[Hit]]:
    """Names of each stream where they are introduced or look like one, ``kept`` left out."""
    found: list[list[Hit]] = []
    for stream in streams:
        hits = [*_untitled(stream.text, chinese_names(stream)), *english_names(stream)]
        found.append([hit for hit in hits if not stays_by_name(stream, hit, kept)])
    return found


def said_again(
    streams: Sequence[Stream], found: Sequence[Sequence[Hit]], kept: Collection[str]
) -> list[list[Hit]]:
    """The names found with what is the same name elsewhere in the call."""
    known = {
        stream.text[hit.start : hit.end]
        for stream, hits in zip(streams, found, strict=True)
        for hit in hits
        if hit.kind == "name"
    }
    whole: list[list[Hit]] = []
    for stream, hits in zip(streams, found, strict=True):
        again = [hit for hit in _again(stream.text, known) if not any(hit.meets(other) for other in hits)]
        again = [hit for hit in again if stream.text[hit.start : hit.end].lower() not in kept]
        whole.append([*hits, *again])
    return whole


def _untitled(text: str, hits: Iterable[Hit]) -> Iterator[Hit]:
    """Chinese names without the title or the particle that was taken for their end, and how they are written."""
    for hit in hits:
        end = hit.end
        for tail in ("end", "role_end"):
            found = form(f"names_zh.{tail}").search(text, hit.start, end)
            # 老师 as a whole is no name, 高大姐 is the name 高 and a title
            end = found.start() if found and is_han(text[hit.start : found.start()]) else end
        if hit.start < end and not form("names_zh.persons.never").search(text[hit.start : end]):
            yield Hit(hit.start, end, hit.kind, hit.confidence)
            yield from _descriptors(text, hit.start, end)


def _descriptors(text: str, start: int, end: int) -> Iterator[Hit]:
    """What tells how the name's characters are written: 冉冉升起的冉."""
    name, at = text[start:end], end
    while match := form("names_zh.descriptors").match(text, at):
        if match.group("sign") not in name:
            return
        yield Hit(match.start("words"), match.end("words"), "name", 0.7)
        at = match.end()


def _words_again(text: str, known: Collection[str]) -> Iterator[Hit]:
    """Names that are words too, known in this call, where a capital and the place say that the name is meant."""
    common = rules()["names_en"]["common"]
    parts = {part for name in known if not is_han(name) for part in re.split(r"[\s\-.]+", name)}
    for part in parts:
        if part.lower() in common and part[:1].isupper():
            found = form("names_en.word_again", name=re.escape(part)).finditer(text)
            yield from (Hit(m.start("name"), m.end("name"), "name", 0.7) for m in found)


def _doubled(name: str) -> bool:
    """Whether it is a child's name of one sign said twice, which is a word but none that is said often: 朵朵."""
    return len(name) == 2 and name[0] == name[1] and name not in everyday()


def _again(text: str, known: Collection[str]) -> Iterator[Hit]:
    """The same names elsewhere: whole Chinese ones, and capitalised English ones that are no common words."""
    common = frozenset(rules()["names_en"]["common"]) | frozenset(rules()["names_en"]["stop"])
    # a name that the text lacks needs no pattern, and compiling one takes longer than looking through a call
    whole = {name for name in known if is_han(name) and len(name) >= 2 and name in text}
    for name in whole:
        # a name that is a word too (方便, 高兴) is one only where it stands alone or before a title
        alone = r"(?<![一-龥])", rf"(?:(?![一-龥])|(?={rules()['names_zh']['again_before']}))"
        form_ = re.escape(name).join(alone) if is_word(name) and not _doubled(name) else re.escape(name)
        yield from (Hit(m.start(), m.end(), "name", 0.9) for m in re.finditer(form_, text))
    yield from _words_again(text, known)
    latin = {part for name in known if not is_han(name) for part in re.split(r"[\s\-.]+", name)}
    for part in latin:
        capital = part[:1].upper() + part[1:]
        if len(part) >= 3 and part.lower() not in common and (part in text or capital in text):
            said = re.escape(capital)
            # with the surname behind it, where that ends the clause: "Yes, Keziah Boateng."
            more = r"(?:\s[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?=[,.!?]|$))?"
            yield from (
                Hit(m.start(), m.end(), "name", 0.85)
                for m in re.finditer(rf"\b(?:{said}{more}|{re.escape(part)})\b", text)
            )
    surnames = {name.lstrip("老小")[:1] for name in known if is_han(name) and len(name) <= 4} - {""}
    zh = rules()["names_zh"]
    yield from _given_again(text, known)
    for one in filter(text.__contains__, surnames):
        # 小时 and the like are somebody only where he is spoken to
        small = zh["small_spoken_to" if f"小{one}" in everyday() else "small_again"].replace("NAME", one)
        said = rf"{one}(?={zh['persons']['called']})|老{one}|{small}"
        yield from (Hit(m.start(), m.end(), "name", 0.85) for m in re.finditer(said, text))


def _given_again(text: str, known: Collection[str]) -> Iterator[Hit]:
    """The given name of a whole one; if it is a word of the dictionary, only where somebody is called so."""
    zh = rules()["names_zh"]
    for one in {name[1:] for name in known if is_han(name) and len(name) == 3 and name[1:] in text}:
        said = one
        if one in dictionary():
            called = "" if one in everyday() else "|" + zh["given_called"].replace("NAME", one)
            said = rf"{one}(?={zh['given_before']}|{zh['titles']}){called}"
        yield from (Hit(m.start(), m.end(), "name", 0.8) for m in re.finditer(said, text))
