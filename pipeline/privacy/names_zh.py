"""Chinese names, where they are said as names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from pipeline.privacy.asked import asked_for
from pipeline.privacy.rules import Hit, either, form, pattern, rules
from pipeline.privacy.streams import Stream

_END_ZH = r"(?=[\s，。！？、,.!?;；：:的啊呀呢吧哦哈吗嘛了和跟她他这您你]|先生|女士|小姐|太太|本人|$)"


@cache
def surname(*, sure: bool) -> str:
    zh = rules()["names_zh"]
    single = zh["surnames"] if sure else "".join(c for c in zh["surnames"] if c not in zh["rare"])
    return f"(?:{'|'.join(zh['compound'])}|[{single}])"


@cache
def _not_name() -> re.Pattern[str]:
    return pattern(f"^(?:{'|'.join(map(re.escape, rules()['names_zh']['not_names']))})")


def chinese_names(stream: Stream) -> Iterator[Hit]:
    """Chinese names in one side's speech."""
    if not re.search("[一-龥]", stream.text):
        return
    if stream.speaker != "agent":
        yield from _introduced(stream)
        yield from _answered(stream)
        yield from _plain(stream)
    yield from _addressed(stream)
    yield from _titled(stream)
    if stream.speaker != "customer":
        yield from _asked(stream)
        yield from _read_back(stream)


def _introduced(stream: Stream) -> Iterator[Hit]:
    """Names that a customer gives: 我姓王, 我叫王小明, 我是张伟, 收件人李建国."""
    yield from _called(stream)
    yield from _family_name(stream.text)
    yield from _likely(stream)
    zh = rules()["names_zh"]
    nickname = rf"叫我(?P<name>[小老]{surname(sure=False)})(?=[{zh['particles']}就好行，。！？,.!?\s]|$)"
    yield from _hits(pattern(nickname).finditer(stream.text), 0.8)
    for match in pattern(either(zh["spelled"])).finditer(stream.text):
        yield Hit(match.start(), match.end(), "name", 0.8)


def _hits(matches: Iterable[re.Match[str]], confidence: float) -> Iterator[Hit]:
    for match in matches:
        yield Hit(match.start("name"), match.end("name"), "name", confidence)


def _called(stream: Stream) -> Iterator[Hit]:
    """What follows 我叫, 收件人是 and the like; behind the plainest of them any word that ends the clause."""
    zh, part = rules()["names_zh"], rules()["names_zh"]["particles"]
    lead = rf"(?:{zh['own']})[\s:：，,]{{0,2}}"
    ends = rf"(?=[{part}\W]|$|先生|女士|小姐|这个|就行|就可以|[他她我你您]|今年|是|电话|手机)"
    known = pattern(rf"{lead}(?P<name>{surname(sure=False)}[一-龥]{{1,2}}?){ends}").finditer(stream.text)
    yield from _hits((m for m in known if _is_free(stream, m)), 0.95)
    free = pattern(rf"(?:{zh['called']})[\s:：，,]{{0,2}}(?P<name>[一-龥]{{2,4}}?)(?=[，。！？,.!?\s啊吧]|$)")
    for match in free.finditer(stream.text):
        if _is_free(stream, match) and not re.match("[什啥不你他她这那个是就我]", match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.75)


def _family_name(text: str) -> Iterator[Hit]:
    """免贵姓陈，陈晓东; 姓王，叫小明."""
    family = rules()["names_zh"]["family"]
    given = rf"[，,\s]*(?P<given>(?P=name)[一-龥]{{1,2}}?){_END_ZH}"
    more = rf"[，,\s]*(?:名字?叫?|叫)\s*(?P<more>[一-龥]{{1,3}}?){_END_ZH}"
    form = rf"(?:{family})(?P<name>{surname(sure=True)})(?:{given}|{more})?(?!名|氏)"
    for match in pattern(form).finditer(text):
        yield Hit(match.start("name"), match.end("name"), "name")
        for group in ("given", "more"):
            found = match.group(group)
            if found and not _not_name().search(
                match.group("name") + found.removeprefix(match.group("name"))
            ):
                yield Hit(match.start(group), match.end(group), "name")


def _likely(stream: Stream) -> Iterator[Hit]:
    """Less sure forms, where a surname must begin the name and no word of the dictionary may be meant."""
    zh, part = rules()["names_zh"], rules()["names_zh"]["particles"]
    name = rf"(?P<name>{surname(sure=False)}[一-龥]{{1,2}}?)"
    ends = rf"(?=[{part}，。！？,.!?\s]|$"
    starts = rf"(?:(?:^|(?<=[，。、,：\s]))(?:本人|我)|{zh['being']})"
    forms = (
        rf"{starts}{name}{ends}|本人)",
        rf"(?:{zh['kin']})(?:叫|是|名叫|[，,\s])\s*{name}{ends})",
        rf"(?:{zh['kin']}){name}(?=报名|的名字|的名下|来办|来签)",
        rf"(?:{zh['noted']}){name}{ends}|吧|就行|就可以|就好|的名字|的名|这个名字|本人|来[接取拿签办]|去[接取拿签办]|接电话|签收)",
    )
    for form in forms:
        found = pattern(form).finditer(stream.text)
        yield from _hits((m for m in found if _is_free(stream, m) and not is_word(m.group("name"))), 0.8)


def _is_free(stream: Stream, match: re.Match[str]) -> bool:
    """Whether what follows the form is no common word, nor an agent's introduction of himself."""
    return not _not_name().search(match.group("name")) and not _agent_like(stream, match.start())


def _addressed(stream: Stream) -> Iterator[Hit]:
    """Names by which somebody is addressed or asked for: 王先生, 请问是王小明吗, by the agent 李总."""
    zh, text = rules()["names_zh"], stream.text
    family = surname(sure=False)
    for match in pattern(rf"(?!谢(?<=[感谢]谢))(?P<name>{family}[一-龥]{{0,2}}?)(?={zh['titles']})").finditer(
        text
    ):
        name = match.group("name")
        if (
            len(name) > 1
            and name not in zh["compound"]
            and (is_word(name) or text[match.start() - 1 : match.start()] == "小")
        ):
            continue
        if not re.search("我们的?$|咱们的?$|我是$", text[max(0, match.start() - 3) : match.start()]):
            yield Hit(match.start(), match.end(), "name", 0.9)
    twice = rf"(?P<name>(?P<family>{family})[一-龥]{{1,2}})(?=(?P=family)(?:{zh['titles']}|{zh['roles']}))"
    yield from _hits(pattern(twice).finditer(text), 0.9)
    if stream.speaker == "customer":
        return
    free = r"(?:^|(?<=[\s，。！？,.!?是喂好问找跟给叫的那嗯哦行对]))"
    after = r"(?=[\s，。！？,.!?您你好在吗啊呀这那]|$)"
    for match in pattern(rf"{free}(?P<name>{family})(?={zh['roles']}){zh['roles'] and ''}").finditer(text):
        role = pattern(rf"(?:{zh['roles']}){after}").match(text, match.end())
        ours = re.search(
            "(?:我是|我们|咱们|这边是|我叫)[^，。]{0,3}$", text[max(0, match.start() - 6) : match.start()]
        )
        if role and not ours:
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)


def _asked(stream: Stream) -> Iterator[Hit]:
    """The agent's 请问是王小明吗, 王小明您好, 姓名王小明对吧, 王小明家长."""
    zh = rules()["names_zh"]
    name = rf"(?P<name>{surname(sure=False)}[一-龥]{{1,2}}?)"
    ends = r"(?=[\s，。！？,.!?吗吧对么]|$|本人|先生|女士|小姐|老师|是吧|对吧|家)"
    forms = (
        rf"(?:{zh['asked']}){name}{ends}",
        rf"(?:{zh['about']})[\s:：，,]{{0,2}}{name}{ends}",
        rf"(?:^|(?<=[\s，。！？])){name}(?=[您你]好)",
        rf"(?:^|(?<=[\s，。！？是])){name}的?(?={zh['family_of']})",
    )
    for form in forms:
        found = pattern(form).finditer(stream.text)
        titled = pattern(rf"(?:{zh['titles']}|{zh['roles']})$")
        free = (m for m in found if not is_word(m.group("name")) and not titled.search(m.group("name")))
        yield from _hits(free, 0.85)


def _plain(stream: Stream) -> Iterator[Hit]:
    """Behind the plainest leads even a word of the dictionary; behind kin a surname and no such word."""
    names = form("names_zh.plain").finditer(stream.text)
    free = (m for m in names if not (m.group()[0] in "写找本" and _not_name().search(m.group("name"))))
    yield from _hits(
        (m for m in free if _may_be_name(m.group("name")) and not _agent_like(stream, m.start())), 0.75
    )
    kin = form("names_zh.kin_name", surname=surname(sure=False)).finditer(stream.text)
    yield from _hits((m for m in kin if _is_free(stream, m) and not is_word(m.group("name"))), 0.8)
    for match in form("names_zh.told_signs").finditer(stream.text):
        group = "name" if match.group("name") else "twice"
        if _may_be_name(match.group(group)):
            yield Hit(match.start(group), match.end(group), "name", 0.8)
    yield from _hits(
        (m for m in form("names_zh.receives").finditer(stream.text) if _may_be_name(m.group("name"))), 0.8
    )


def _read_back(stream: Stream) -> Iterator[Hit]:
    """The agent reads a name back: 户名庄严, 收件人写高兴."""
    names = form("names_zh.plain").finditer(stream.text)
    leads = ("我叫", "找", "写")
    names = (m for m in names if not (m.group()[0] == "本" and _not_name().search(m.group("name"))))
    said = (m for m in names if not m.group().startswith(leads) or not is_word(m.group("name")))
    yield from _hits(
        (m for m in said if not m.group().startswith("我叫") and _may_be_name(m.group("name"))), 0.7
    )


def _may_be_name(name: str) -> bool:
    """Whether two to four characters begin with a surname and aren't among what is never a name."""
    starts = re.match(surname(sure=True), name)
    return bool(starts) and not form("names_zh.never").search(name)


def _titled(stream: Stream) -> Iterator[Hit]:
    """庄严先生 and 权先生 at the start of a phrase; by the agent 和平叔 and 封主任 too."""
    names = [*form("names_zh.titled").finditer(stream.text)]
    if stream.speaker == "agent":
        names += form("names_zh.called_role").finditer(stream.text)
    elif stream.speaker == "customer":
        names += (
            m
            for m in form("names_zh.called_role").finditer(stream.text)
            if m.end() - m.start() > 1 or _asked_before(stream, m.start("name"))
        )
    for match in names:
        name, start = match.group("name"), match.start("name")
        lead = form("names_zh.before_name").match(name)
        if lead and re.match(surname(sure=True), name[lead.end() :]) and name not in _dictionary():
            name, start = name[lead.end() :], start + lead.end()
        ours = re.search(r"(?:我们|咱们|我是|这边是|我叫)[^，。]{0,14}$", stream.before(start, 20))
        trade = len(name) > 1 and stream.text[match.end("name")] in "工董"
        if not ours and not trade and _calls(name):
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


def is_word(name: str) -> bool:
    """Whether a would-be name is a word of the dictionary, or begins one that is never a name."""
    if _not_name().search(name):
        return True
    return name in _dictionary() and not _dictionary()[name]


@cache
def _dictionary() -> dict[str, bool]:
    """Words of jieba's dictionary with two or three characters, whether tagged as a person's name."""
    import jieba

    words: dict[str, bool] = {}
    with jieba.get_dict_file() as file:
        for line in file:
            word, _, tag = line.decode("utf-8").strip().rpartition(" ")
            word, _, count = word.rpartition(" ")
            if 2 <= len(word) <= 3 and word[0] in rules()["names_zh"]["surnames"]:
                words[word] = tag.startswith("nr") or int(count or 0) < 5
    return words
