"""Chinese names by what they are made of, where nothing says that a name follows: surname and given-name signs.

Signs that stand in given names count one, those that stand in little else two; a surname and two signs that come to
three or more, or to two in a name that begins its clause, are a name unless the dictionary knows them as a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pipeline.privacy.lexicon_zh import dictionary, everyday, is_word, surname
from pipeline.privacy.rules import Hit, form, rules
from pipeline.privacy.streams import Stream

ENOUGH = 2


def likely_names(stream: Stream) -> Iterator[Hit]:
    """Whole names that stand free, and foreign and minority names with their own signs."""
    sign = f"[{''.join(_weights())}]"
    for match in form("names_zh.likely.whole", surname=surname(sure=True), sign=sign).finditer(stream.text):
        start, name = match.start(), match.group("name")
        if made_of_signs(name) and _free(stream.text, start, name) and not _staff(stream, start):
            yield Hit(start, start + len(name), "name", 0.7)
    yield from _in_place(stream)
    yield from _short(stream)
    for name in ("dotted", "parts_long", "part_titled", "wished"):
        for match in form(f"names_zh.likely.{name}").finditer(stream.text):
            if not _staff(stream, match.start("name")):
                more = form("names_zh.likely.part_ends").match(stream.text, match.end("name"))
                end = more.end() if more and more.group() not in dictionary() else match.end("name")
                yield Hit(match.start("name"), end, "name", 0.85)
    for match in form("names_zh.likely.old", surname=surname(sure=False)).finditer(stream.text):
        family = match.group("family") or match.group("family_then")
        following = family + stream.text[match.end() : match.end() + 1]
        plain = family not in rules()["names_zh"]["likely"]["doubtful"] and following not in dictionary()
        if plain and not _staff(stream, match.start()):
            yield Hit(match.start(), match.end(), "name", 0.7)
    for match in form("names_zh.likely.near_home", surname=surname(sure=False)).finditer(stream.text):
        yield Hit(*match.span(match.lastgroup or 0), "name", 0.85)
    for match in form("names_zh.likely.component").finditer(stream.text):
        if stream.speaker == "customer" and match.group()[-1] in rules()["names_zh"]["surnames"]:
            yield Hit(match.start(), match.end(), "name", 0.8)


def kin_names(stream: Stream) -> Iterator[Hit]:
    """Whole names that the customer says behind his relation to them and that end the clause: 我女儿贺思源。"""
    if stream.speaker == "customer":
        ends = form("settled.ends_clause")
        yield from (hit for hit in _placed(stream, "kin") if ends.match(stream.text, hit.end))


def _in_place(stream: Stream) -> Iterator[Hit]:
    """A surname and any two signs that fill a clause or stand behind a relation, and are no words."""
    for form_name in ("clause", "kin"):
        yield from _placed(stream, form_name)


def _placed(stream: Stream, form_name: str) -> Iterator[Hit]:
    likely = rules()["names_zh"]["likely"]
    for match in form(f"names_zh.likely.{form_name}", surname=surname(sure=False)).finditer(stream.text):
        name, start = match.group("name"), match.start("name")
        plain = name[0] not in likely["doubtful"] and not any(sign in likely["no_end"] for sign in name[1:])
        wordless = name[1:] not in everyday() and name[:2] not in everyday() and not _titled(name)
        if plain and wordless and _free(stream.text, start, name) and not _staff(stream, start):
            yield Hit(start, start + 3, "name", 0.65)


def _short(stream: Stream) -> Iterator[Hit]:
    """Two signs that fill a clause, and children's names before their age; no words."""
    strong = f"[{rules()['names_zh']['likely']['strong_signs']}]"
    for form_name in ("short", "aged"):
        found = form(f"names_zh.likely.{form_name}", surname=surname(sure=False), strong=strong)
        for match in found.finditer(stream.text):
            group = "name" if match.group("name") else "doubled"
            name, start = match.group(group), match.start(group)
            if name not in dictionary() and not is_word(name) and not _staff(stream, start):
                yield Hit(start, match.end(group), "name", 0.65)


def _titled(name: str) -> bool:
    """Whether the two signs are a title: 王经理."""
    return bool(form("names_zh.likely.title").fullmatch(name[1:]))


@cache
def _weights() -> dict[str, int]:
    zh = rules()["names_zh"]["likely"]
    return dict.fromkeys(zh["signs"], 1) | dict.fromkeys(zh["strong_signs"], 2)


def made_of_signs(name: str) -> bool:
    """Whether surname and given name are signs that stand in names."""
    given = name[2:] if name[:2] in rules()["names_zh"]["compound"] else name[1:]
    weights = [_weights().get(sign, 0) for sign in given]
    zh = rules()["names_zh"]
    doubtful = name[0] in zh["rare"] or name[0] in zh["likely"]["doubtful"]
    return 0 not in weights and sum(weights) >= ENOUGH + doubtful and given not in everyday()


def _free(text: str, start: int, name: str) -> bool:
    """Whether the name is no word, nor its surname the end of the word before."""
    if is_word(name) or (is_word(name[:2]) and name[:2] not in rules()["names_zh"]["compound"]):
        return False
    before = text[start - 1 : start + 1] if start else ""
    told = text[start + len(name) : start + len(name) + 2]  # 穆桂英的穆
    doubtful = name[0] in rules()["names_zh"]["likely"]["doubtful"]
    return (
        before not in dictionary()
        and not (doubtful and name[1:] in dictionary())
        and not (told[:1] == "的" and told[1:] in name)
    )


def _staff(stream: Stream, start: int) -> bool:
    """Whether the agent speaks of himself or a colleague, or the customer of one of theirs."""
    before = stream.text[max(0, start - 20) : start]
    if stream.speaker == "customer":
        return bool(form("names_zh.likely.yours").search(before))
    if stream.speaker == "unknown":
        index, _ = stream.turn_at(start)
        if not form("names_zh.agent.turn").search(stream.turns[index].text):
            return False
    return bool(form("names_zh.of_ours").search(before))
