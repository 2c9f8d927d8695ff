"""Chinese names told by whose they are: the consignee, the wife, the flatmate; in a bare answer; with a rare surname.

What stands there needs no sign of a given name; it must hold no word that is said often, nor a particle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_zh import dictionary, everyday, is_word, not_name, surname
from pipeline.privacy.likely_zh import made_of_signs
from pipeline.privacy.rules import Hit, form, rules
from pipeline.privacy.streams import Stream


def names_of_persons(stream: Stream) -> Iterator[Hit]:
    """Names behind a role or kin, with a double surname, before a title, in an answer."""
    yield from _told(stream, "by_role", 0.8)
    yield from _double(stream)
    for match in form("names_zh.persons.childs").finditer(stream.text):
        if match.group("name") not in everyday():
            yield Hit(match.start("name"), match.end("name"), "name", 0.9)
    if stream.speaker == "agent":
        yield from _told(stream, "greeted", 0.75)
        yield from _told(stream, "at_home", 0.75)
        return
    yield from _told(stream, "by_kin", 0.75)
    for match in form("names_zh.persons.family").finditer(stream.text):
        if not form("names_zh.never").search(match.group("name")) and not _agents(stream, match.start()):
            yield Hit(match.start("name"), match.end("name"), "name", 0.85)
    for match in form("names_zh.persons.doubled").finditer(stream.text):
        if match.group("name") not in everyday() and match.group("name") not in dictionary():
            yield Hit(match.start("name"), match.end("name"), "name", 0.7)
    for which in ("ours_at_home", "dear"):
        for match in form(f"names_zh.persons.{which}").finditer(stream.text):
            yield Hit(match.start("name"), match.end("name"), "name", 0.7)
    yield from _told(stream, "owned", 0.7)
    for match in form("names_zh.persons.child").finditer(stream.text):
        name = match.group("name")
        if name not in everyday() and not form("names_zh.persons.no_sign").search(name):
            yield Hit(match.start("name"), match.end("name"), "name", 0.7)
    yield from _spelled_out(stream)
    yield from _answered(stream)


def _spelled_out(stream: Stream) -> Iterator[Hit]:
    """Any signs of which two or more are told straight after: 弓乐天，弓箭的弓，快乐的乐."""
    for match in form("names_zh.persons.spelled_out").finditer(stream.text):
        told, at = 0, match.end()
        while sign := form("names_zh.descriptors").match(stream.text, at):
            if sign.group("sign") not in match.group("name"):
                break
            told, at = told + 1, sign.end()
        if told > 1:
            yield Hit(match.start("name"), match.end("name"), "name", 0.85)


def plausible(name: str, *, sure: bool) -> bool:
    """Whether these characters may be a name; ``sure``: what stands before leaves little doubt."""
    zh = rules()["names_zh"]
    if form("names_zh.persons.no_sign").search(name) or form("names_zh.never").search(name):
        return False
    if len(name) == 2 and name[0] in "大老小阿" and re.match(surname(sure=False), name[1]):
        return True
    doubled = len(name) == 2 and name[0] == name[1]
    if re.match(surname(sure=True), name) and len(name) <= 4 and not doubled and not not_name().search(name):
        doubtful = name[0] in zh["rare"] and _words_in(name[:2])
        return (sure or not is_word(name)) and not doubtful
    if doubled:
        return name not in everyday()
    return len(name) >= 2 and (sure or len(name) > 2) and not _words_in(name)


def _words_in(name: str) -> bool:
    """Whether two neighbouring characters are a word that isn't itself a name."""
    known = dictionary()
    return any(name[i : i + 2] in known and not known[name[i : i + 2]] for i in range(len(name) - 1))


def _told(stream: Stream, which: str, confidence: float) -> Iterator[Hit]:
    for match in form(f"names_zh.persons.{which}").finditer(stream.text):
        verb = match.lastgroup == "name" and which in ("by_role", "owned")
        if plausible(match.group(match.lastgroup or 0), sure=verb) and not _agents(stream, match.start()):
            yield Hit(*match.span(match.lastgroup or 0), "name", confidence)


def _double(stream: Stream) -> Iterator[Hit]:
    """独孤敏之, 欧阳老师: surnames of two characters that are no other word."""
    compound = "|".join(rules()["names_zh"]["compound"])
    words = rules()["names_zh"]["persons"]["double_words"]
    for which in ("double", "double_titled"):
        for match in form(f"names_zh.persons.{which}", compound=compound).finditer(stream.text):
            name = match.group("name")
            if match.group("family") not in words and not form("names_zh.persons.no_sign").search(name):
                yield Hit(match.start("name"), match.end("name"), "name", 0.85)


def _answered(stream: Stream) -> Iterator[Hit]:
    """The bare answer: 乜。, 高兴，就是高兴的高兴, ZHAN，YUCHEN."""
    for index, start, end in stream.pieces:
        if index == 0 or "name" not in asked_for(stream.turns, index):
            continue
        question = " ".join(turn.text for turn in stream.turns[max(0, index - 2) : index])
        match = form("names_zh.persons.answer").match(stream.text, start, end)
        if match and _answers(match, question):
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)
        if form("names_zh.persons.asks_letters").search(question):
            for letters in form("names_zh.persons.letters").finditer(stream.text, start, end):
                yield Hit(letters.start(), letters.end(), "name", 0.8)


def _answers(match: re.Match[str], question: str) -> bool:
    name = match.group("name")
    if form("names_zh.likely.part_whole").fullmatch(name) or (name[0] == "那" and made_of_signs(name)):
        return True
    if form("names_zh.persons.no_answer").search(name) or form("names_zh.never").search(name):
        return False
    if form("names_zh.persons.asks_bare").search(question) and 2 <= len(name) <= 3:
        return bool(re.match(surname(sure=True), name)) or plausible(name, sure=False)
    if len(name) == 1:
        return bool(form("names_zh.persons.asks_sign").search(question)) and not form(
            "names_zh.persons.no_sign"
        ).search(name)
    told = bool(match.group("told"))
    return plausible(name, sure=told) or (told and len(name) < 4 and bool(re.match(surname(sure=True), name)))


def _agents(stream: Stream, at: int) -> bool:
    """Whether the agent speaks of his own people."""
    return stream.speaker != "customer" and bool(
        form("names_zh.persons.ours").search(stream.text, max(0, at - 12), at)
    )
