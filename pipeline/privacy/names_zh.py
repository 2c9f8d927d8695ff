"""Chinese names, where they are said as names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.privacy.asked import asked_for
from pipeline.privacy.lexicon_zh import dictionary, everyday, is_word, not_name, surname
from pipeline.privacy.likely_zh import likely_names
from pipeline.privacy.persons_zh import names_of_persons
from pipeline.privacy.rules import Hit, form, pattern, rules
from pipeline.privacy.streams import Stream


def chinese_names(stream: Stream) -> Iterator[Hit]:
    """Chinese names in one side's speech."""
    if not any(re.search("[一-龥]", turn.text) for turn in stream.turns):
        return
    if stream.speaker != "agent":
        yield from _introduced(stream)
        yield from _answered(stream)
        yield from _plain(stream)
    yield from likely_names(stream)
    yield from names_of_persons(stream)
    yield from _addressed(stream)
    yield from _titled(stream)
    if stream.speaker != "customer":
        yield from _asked(stream)
        yield from _read_back(stream)


def _introduced(stream: Stream) -> Iterator[Hit]:
    """Names that a customer gives: 我姓王, 我叫王小明, 我是张伟, 收件人李建国."""
    yield from _called(stream)
    yield from _family_name(stream)
    yield from _likely(stream)
    yield from _hits(_said("nickname", stream), 0.8)
    for match in _said("spelled_name", stream):
        yield Hit(match.start(), match.end(), "name", 0.8)


def _said(name: str, stream: Stream) -> Iterator[re.Match[str]]:
    """Where a form of ``names.zh.yaml`` is found; ``<surname>`` in it is a surname that is seldom another word."""
    return form(f"names_zh.{name}", surname=surname(sure=False), any_surname=surname(sure=True)).finditer(
        stream.text
    )


def _hits(matches: Iterable[re.Match[str]], confidence: float) -> Iterator[Hit]:
    for match in matches:
        yield Hit(match.start("name"), match.end("name"), "name", confidence)


def _called(stream: Stream) -> Iterator[Hit]:
    """What follows 我叫, 收件人是 and the like; behind the plainest of them any word that ends the clause."""
    yield from _hits((m for m in _said("known_lead", stream) if _is_free(stream, m)), 0.95)
    for match in _said("free_lead", stream):
        if _is_free(stream, match) and not form("names_zh.never").search(match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.75)


def _family_name(stream: Stream) -> Iterator[Hit]:
    """免贵姓陈，陈晓东; 姓王，叫小明."""
    for match in _said("family_said", stream):
        yield Hit(match.start("name"), match.end("name"), "name")
        for group in ("given", "more"):
            found = match.group(group)
            if found and not not_name().search(match.group("name") + found.removeprefix(match.group("name"))):
                yield Hit(match.start(group), match.end(group), "name")


def _likely(stream: Stream) -> Iterator[Hit]:
    """Less sure forms, where a surname must begin the name and no word of the dictionary may be meant."""
    for name in ("being_named", "kin_called", "kin_does", "noted_name"):
        found = (m for m in _said(name, stream) if _is_free(stream, m) and not is_word(m.group("name")))
        yield from _hits(found, 0.8)


def _is_free(stream: Stream, match: re.Match[str]) -> bool:
    """Whether what follows the form is no common word, nor an agent's introduction of himself."""
    return not not_name().search(match.group("name")) and not _agent_like(stream, match.start())


def _addressed(stream: Stream) -> Iterator[Hit]:
    """Names by which somebody is addressed or asked for: 王先生, 请问是王小明吗, by the agent 李总."""
    compound, text = rules()["names_zh"]["compound"], stream.text
    for match in _said("before_title", stream):
        name = match.group("name")
        small = form("names_zh.small_before").search(text, 0, match.start())
        if len(name) > 1 and name not in compound and (is_word(name) or small):
            continue
        if text[max(0, match.start() - 1) : match.start() + 1] in everyday():
            continue  # 明白王先生
        if not form("names_zh.ours_before").search(text, max(0, match.start() - 3), match.start()):
            yield Hit(match.start(), match.end(), "name", 0.9)
    twice = (
        m for m in _said("named_twice", stream) if not form("settled.worded.thanks").fullmatch(m["name"])
    )
    yield from _hits(twice, 0.9)
    if stream.speaker == "customer":
        return
    for match in _said("role_alone", stream):
        if not form("names_zh.ourselves_before").search(text, max(0, match.start() - 6), match.start("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)


def _asked(stream: Stream) -> Iterator[Hit]:
    """The agent's 请问是王小明吗, 王小明您好, 姓名王小明对吧, 王小明家长."""
    for name in ("asked_name", "about_name", "greeted_name", "family_of_name"):
        for match in _said(name, stream):
            said = match.group("name")
            if not is_word(said) and not form("names_zh.ends_in_title").search(said):
                yield Hit(match.start("name"), match.end("name"), "name", 0.85)


def _plain(stream: Stream) -> Iterator[Hit]:
    """Behind the plainest leads even a word of the dictionary; behind kin a surname and no such word."""
    names = form("names_zh.plain").finditer(stream.text)
    free = (m for m in names if not (m.group()[0] in "写找本" and not_name().search(m.group("name"))))
    yield from _hits(
        (m for m in free if _may_be_name(m.group("name")) and not _agent_like(stream, m.start())), 0.75
    )
    kin = form("names_zh.kin_name", surname=surname(sure=False)).finditer(stream.text)
    yield from _hits((m for m in kin if _is_free(stream, m) and not is_word(m.group("name"))), 0.8)
    for match in form("names_zh.told_signs").finditer(stream.text):
        group = "name" if match.group("name") else "twice"
        if _may_be_name(match.group(group)):
            yield Hit(match.start(group), match.end(group), "name", 0.8)
    for name in ("receives", "received"):
        found = (m for m in _said(name, stream) if _may_be_name(m.group("name")))
        yield from _hits((m for m in found if name == "receives" or not is_word(m.group("name"))), 0.8)
    for name in ("letters", "pinyin"):
        yield from _hits(_said(name, stream), 0.8)
    yield from _hits((m for m in _said("latin", stream) if not _agent_like(stream, m.start())), 0.8)
    for index, start, end in stream.pieces:
        if index > 0 and "name" in asked_for(stream.turns, index):
            yield from _hits(form("names_zh.told_sign").finditer(stream.text, start, end), 0.8)


def _read_back(stream: Stream) -> Iterator[Hit]:
    """The agent reads a name back: 户名庄严, 收件人写高兴."""
    names = form("names_zh.plain").finditer(stream.text)
    leads = ("我叫", "找", "写")
    names = (m for m in names if not (m.group()[0] == "本" and not_name().search(m.group("name"))))
    said = (m for m in names if not m.group().startswith(leads) or not is_word(m.group("name")))
    yield from _hits(
        (m for m in said if not m.group().startswith("我叫") and _may_be_name(m.group("name"))), 0.7
    )
    received = (m for m in _said("received", stream) if _may_be_name(m.group("name")))
    yield from _hits((m for m in received if not is_word(m.group("name"))), 0.7)


def _may_be_name(name: str) -> bool:
    """Whether two to four characters begin with a surname and aren't among what is never a name."""
    starts = re.match(surname(sure=True), name)
    return bool(starts) and not form("names_zh.never").search(name)


def _titled(stream: Stream) -> Iterator[Hit]:
    """庄严先生 and 权先生 at the start of a phrase; by the agent 和平叔 and 封主任 too."""
    names = [*form("names_zh.titled").finditer(stream.text)]
    if stream.speaker != "customer":
        names += form("names_zh.called_role").finditer(stream.text)
    else:
        names += (
            m
            for m in form("names_zh.called_role").finditer(stream.text)
            if len(m.group("name")) > 1 or _asked_before(stream, m.start("name"))
        )
    for match in names:
        name, start = match.group("name"), match.start("name")
        if len(name) == 3 and name[:2] in everyday():
            name, start = name[2:], start + 2  # 明白王先生
        if (
            match.re is form("names_zh.called_role")
            and len(name) > 1
            and is_word(name)
            and name[0] != name[1]
        ):
            continue  # 信贷经理
        lead = form("names_zh.before_name").match(name)
        if lead and re.match(surname(sure=True), name[lead.end() :]) and name not in dictionary():
            name, start = name[lead.end() :], start + lead.end()
        ours = form("names_zh.of_ours").search(stream.before(start, 20))
        trade = len(name) > 1 and form("names_zh.trade").match(stream.text, match.end("name"))
        himself = stream.speaker == "customer" and len(name) == 1 and _asked_before(stream, start)
        if (himself or not ours) and not trade and _calls(name):
            yield Hit(start, match.end("name"), "name", 0.8)


def _calls(name: str) -> bool:
    """Whether somebody may be called so before a title."""
    zh = rules()["names_zh"]
    role = pattern(rf"(?:{zh['roles']})").search(name) if len(name) > 2 else None
    return (
        bool(re.match(surname(sure=True), name)) and not form("names_zh.not_titled").search(name) and not role
    )


def _asked_before(stream: Stream, at: int) -> bool:
    """Whether the other side has just spoken of the same family name."""
    index, _ = stream.turn_at(at)
    return index > 0 and stream.text[at] in stream.turns[index - 1].text


def _answered(stream: Stream) -> Iterator[Hit]:
    """A name first, said when the other side asked for one: 怎么称呼？ – 石磊，三个石头那个磊。"""
    answer = form("names_zh.answer", surname=surname(sure=True))
    for index, start, end in stream.pieces:
        asked = index > 0 and "name" in asked_for(stream.turns, index)
        match = answer.match(stream.text, start, end) if asked else None
        if (
            match
            and not form("names_zh.never").search(match.group("name"))
            and not (len(match.group("name")) == 1 and match.group("name") in rules()["names_zh"]["rare"])
            and match.group("name") not in rules()["names_zh"]["not_names"]
        ):
            yield Hit(match.start("name"), match.end("name"), "name", 0.85)


def _agent_like(stream: Stream, at: int) -> bool:
    """Whether a speaker of unknown side introduces himself as an agent does."""
    if stream.speaker == "customer":
        return False
    index, _ = stream.turn_at(at)
    return bool(pattern(rules()["names_zh"]["agent_like"]).search(stream.turns[index].text))
