"""Names of customers, where they are said as names. The agent's own name and the company's stay."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from pipeline.privacy.rules import Hit, either, pattern, rules
from pipeline.privacy.streams import Stream

_END_ZH = r"(?=[\s，。！？、,.!?;；：:的啊呀呢吧哦哈吗嘛了和跟她他这您你]|先生|女士|小姐|太太|本人|$)"


def find_names(streams: list[Stream], *, keep: Collection[str] = ()) -> dict[int, list[Hit]]:
    """Names by stream, first where they are introduced, then wherever the same name turns up again.

    Parameters
    ----------
    streams
        One a speaker.
    keep
        Names that stay: the agents' and the company's.
    """
    kept = {name.lower() for name in keep if name}
    for stream in streams:
        if stream.speaker == "agent":
            kept |= {name.lower() for name in _agent_names(stream)}
    found: dict[int, list[Hit]] = {}
    known: set[str] = set()
    for i, stream in enumerate(streams):
        hits = [*_chinese(stream, kept), *_english(stream, kept)]
        found[i] = [hit for hit in hits if not _kept(stream.text[hit.start : hit.end], kept)]
        known |= {stream.text[hit.start : hit.end] for hit in found[i]}
    for i, stream in enumerate(streams):
        again = [hit for hit in _again(stream.text, known) if not any(hit.meets(other) for other in found[i])]
        found[i] += again
    return found


def _kept(name: str, kept: Collection[str]) -> bool:
    lowered = name.lower().strip()
    # a surname alone, with a title, is kept where an agent bears it
    return lowered in kept or any(lowered == one[: len(lowered)] for one in kept if len(lowered) <= 2 and _is_han(lowered)) or any(
        lowered in one.split() for one in kept
    )


def _is_han(text: str) -> bool:
    return bool(text) and all("一" <= c <= "鿿" for c in text)


@cache
def _surname(*, sure: bool) -> str:
    zh = rules()["names"]["zh"]
    single = zh["surnames"] if sure else "".join(c for c in zh["surnames"] if c not in zh["rare"])
    return f"(?:{'|'.join(zh['compound'])}|[{single}])"


@cache
def _not_name() -> re.Pattern[str]:
    return pattern(f"^(?:{'|'.join(map(re.escape, rules()['names']['zh']['not_names']))})")


def _chinese(stream: Stream, kept: Collection[str]) -> Iterator[Hit]:
    if not re.search("[一-龥]", stream.text):
        return
    if stream.speaker != "agent":
        yield from _introduced(stream)
    yield from _addressed(stream)


def _introduced(stream: Stream) -> Iterator[Hit]:
    """Names that a customer gives: 我姓王, 我叫王小明, 我是张伟, 收件人李建国."""
    zh, text = rules()["names"]["zh"], stream.text
    part = zh["particles"]
    full = rf"(?P<name>{_surname(sure=True)}[一-龥]{{1,2}}?)"
    gap = r"[\s:：，,]{0,2}"
    for match in pattern(rf"(?:{zh['own']}){gap}{full}(?=[{part}\W]|$|先生|女士|小姐|这个|就行|就可以|他|她|我|你|您|今年|是|电话|手机)").finditer(text):
        if not _agent_like(stream, match.start()) and not _not_name().search(match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name")
    for match in pattern(rf"(?:{zh['own']}){gap}(?P<name>[一-龥]{{2,4}}?)(?=[，。！？,.!?\s啊吧]|$)").finditer(text):
        called = match.group().startswith(("我叫", "我的名字", "我名字", "收件人", "他叫", "她叫", "本人叫"))
        if called and not _agent_like(stream, match.start()) and not _not_name().search(match.group("name")) and not re.match("[什啥不你他她这那个是就]", match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.75)
    sure = rf"(?P<name>{_surname(sure=True)})(?:[，,\s]*(?P<given>(?P=name)[一-龥]{{1,2}}?){_END_ZH}|[，,\s]*(?:名字?叫?|叫)\s*(?P<more>[一-龥]{{1,3}}?){_END_ZH})?"
    for match in pattern(rf"(?:{zh['family']}){sure}(?![一-龥]{{0,1}}名|氏)").finditer(text):
        yield Hit(match.start("name"), match.end("name"), "name")
        for group in ("given", "more"):
            if match.group(group) and not _not_name().search(match.group("name") + match.group(group).removeprefix(match.group("name"))):
                yield Hit(match.start(group), match.end(group), "name")
    likely = rf"(?P<name>{_surname(sure=False)}[一-龥]{{1,2}}?)"
    for match in pattern(rf"(?:{zh['being']}){likely}(?=[{part}，。！？,.!?\s]|$|本人)").finditer(text):
        name = match.group("name")
        if match.group().startswith("我") and not match.group().startswith(("我是", "我就是")) and stream.before(match.start(), 1)[-1:] not in ("", "，", "。", "\n", "、", ",", "："):
            continue
        if not _agent_like(stream, match.start()) and not _is_word(name):
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)
    for match in pattern(rf"叫我(?P<name>[小老]{_surname(sure=False)})(?=[{part}就好行，。！？,.!?\s]|$)").finditer(text):
        yield Hit(match.start("name"), match.end("name"), "name", 0.8)
    for match in pattern(rf"(?:{zh['kin']})(?:叫|是|名叫|[，,\s])\s*{likely}(?=[{part}，。！？,.!?\s]|$)").finditer(text):
        if not _is_word(match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)
    for match in pattern(rf"(?:{zh['noted']}){likely}(?=[，。！？,.!?\s]|$|吧|就行|就可以|就好|的名字|的名|这个名字|本人)").finditer(text):
        if not _agent_like(stream, match.start()) and not _is_word(match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)
    for match in pattern(either(zh["spelled"])).finditer(text):
        yield Hit(match.start(), match.end(), "name", 0.8)


def _addressed(stream: Stream) -> Iterator[Hit]:
    """Names by which somebody is addressed or asked for: 王先生, 王小明女士, 请问是王小明吗, and by the agent 李总."""
    zh, text = rules()["names"]["zh"], stream.text
    surname = _surname(sure=False)
    for match in pattern(rf"(?P<name>{surname}[一-龥]{{0,2}}?)(?={zh['titles']})").finditer(text):
        name = match.group("name")
        if len(name) > 1 and name not in zh["compound"] and (_is_word(name) or text[match.start() - 1 : match.start()] == "小"):
            continue
        if not re.search("我们的?$|咱们的?$|我是$", text[max(0, match.start() - 3) : match.start()]):
            yield Hit(match.start(), match.end(), "name", 0.9)
    if stream.speaker == "customer":
        return
    free = r"(?:^|(?<=[\s，。！？,.!?是喂好问找跟给叫的那嗯哦行对]))"
    after = r"(?=[\s，。！？,.!?您你好在吗啊呀这那]|$)"
    for match in pattern(rf"{free}(?P<name>{surname})(?={zh['roles']}){zh['roles'] and ''}").finditer(text):
        role = pattern(rf"(?:{zh['roles']}){after}").match(text, match.end())
        ours = re.search("(?:我是|我们|咱们|这边是|我叫)[^，。]{0,3}$", text[max(0, match.start() - 6) : match.start()])
        if role and not ours:
            yield Hit(match.start("name"), match.end("name"), "name", 0.8)
    full = rf"(?P<name>{surname}[一-龥]{{1,2}}?)"
    for match in pattern(rf"(?:{zh['asked']}){full}(?=[\s，。！？,.!?吗吧对么]|$|本人|先生|女士|小姐|老师|是吧|对吧|家)").finditer(text):
        if not _is_word(match.group("name")):
            yield Hit(match.start("name"), match.end("name"), "name", 0.85)


def _agent_like(stream: Stream, at: int) -> bool:
    """Whether a speaker of unknown side introduces himself as an agent does."""
    if stream.speaker == "customer":
        return False
    index, _ = stream.turn_at(at)
    return bool(pattern(rules()["names"]["zh"]["agent_like"]).search(stream.turns[index].text))


def _is_word(name: str) -> bool:
    """Whether a would-be name is a word of the dictionary, or begins one that is never a name."""
    if _not_name().search(name):
        return True
    return name in _dictionary() and not _dictionary()[name]


@cache
def _dictionary() -> dict[str, bool]:
    """Words of jieba's dictionary with two or three characters, and whether each is tagged as a person's name."""
    import jieba

    words: dict[str, bool] = {}
    with jieba.get_dict_file() as file:
        for line in file:
            word, _, tag = line.decode("utf-8").strip().rpartition(" ")
            word, _, count = word.rpartition(" ")
            if 2 <= len(word) <= 3 and word[0] in rules()["names"]["zh"]["surnames"]:
                words[word] = tag.startswith("nr") or int(count or 0) < 5
    return words


@cache
def _token() -> str:
    return r"[^\W\d_]+(?:['’\-][^\W\d_]+)*"


def _english(stream: Stream, kept: Collection[str]) -> Iterator[Hit]:
    if not re.search("[A-Za-z]{2}", stream.text):
        return
    en = rules()["names"]["en"]
    if stream.speaker != "agent":
        for match in pattern(rf"(?<![a-z])(?:{en['own_sure']})[\s,:]+").finditer(stream.text):
            yield from _taken(stream, match.end(), lowered=True)
        for match in pattern(rf"(?<![a-z])(?:{en['own_capital']})[\s,]+").finditer(stream.text):
            if stream.speaker == "customer" or not _from(stream, match.end()):
                yield from _taken(stream, match.end(), lowered=False)
    else:
        for match in pattern(r"(?<![a-z])(?:your (?:full |first |last )?name (?:is|as)|under the name(?: of)?|name on the (?:card|account|policy|order) is|in the name of|account holder,? is|on behalf of)[\s,]+").finditer(stream.text):
            yield from _taken(stream, match.end(), lowered=False)
    for match in pattern(rf"(?<![a-z])(?:{en['titles']})\b\.?\s+").finditer(stream.text):
        yield from _taken(stream, match.end(), lowered=False)
    if stream.speaker != "customer":
        yield from _asked(stream)


def _asked(stream: Stream) -> Iterator[Hit]:
    """The agent's "am I speaking to John?", "is John there?", "Hi John,"."""
    en = rules()["names"]["en"]
    for match in pattern(rf"(?<![a-z])(?:{en['asked']})\s+(?:with\s+|to\s+)?(?:{en['titles']})?\.?\s*").finditer(stream.text):
        yield from _taken(stream, match.end(), lowered=False)
    for match in pattern(rf"(?<![a-z])is\s+(?P<name>{_token()}(?:\s{_token()})?)\s+{en['available']}").finditer(stream.text):
        yield from _taken(stream, match.start("name"), lowered=False)
    for match in pattern(rf"(?<![a-z])(?:{en['hello']})[,\s]+(?={_token()}(?:\s{_token()})?\s*[,.!?\n])").finditer(stream.text):
        firm = re.match(rf"(?:{_token()}\s)+(?P<last>{_token()})", stream.text[match.end() :])
        if firm is None or firm.group("last").lower() not in en["firm"]:
            yield from _taken(stream, match.end(), lowered=False)


def _from(stream: Stream, at: int) -> bool:
    """Whether the introduction is an agent's: "this is Anna from Acme"."""
    return bool(re.match(r"[A-Za-z' ]{2,30}\s(?:from|with|at|calling|here)\b", stream.text[at : at + 50]))


def _taken(stream: Stream, at: int, *, lowered: bool) -> Iterator[Hit]:
    """Up to three words of a name from a place on; spelled letters after it are taken too."""
    en = rules()["names"]["en"]
    stop = frozenset(en["stop"]) | frozenset(en["nations"])
    start, end, count = at, at, 0
    for match in re.finditer(rf"{_token()}|[^\s]", stream.text[at : at + 80]):
        word, gap = match.group(), stream.text[end : at + match.start()]
        if count and (gap.strip(" .") or "\n" in gap):
            break
        if not word[0].isalpha() or not word.isascii() and _is_han(word) or (word.lower() in stop and not (count > 1 and word in ("An", "Long", "Do", "May", "Will"))) or word.lower().endswith(("ing", "'s")):
            break
        if not word[0].isupper() and not (lowered and count < 2):
            break
        count, end = count + 1, at + match.end()
        if count == 3:
            break
    if count and end > start:
        yield Hit(start, end, "name", 0.9 if stream.text[start].isupper() else 0.75)
        spelled = pattern(r"[\s,.]{1,3}(?:that's\s|it's\s|spelled\s|spelt\s)?(?P<letters>(?:[a-z][\s\-.,]+){2,}[a-z])(?![a-z])").match(stream.text, end)
        if spelled:
            yield Hit(spelled.start("letters"), spelled.end("letters"), "name", 0.85)


def _agent_names(stream: Stream) -> Iterator[str]:
    """What the agent calls himself."""
    for match in pattern(rf"(?:我叫|我是|这边是|我姓|工号)[^，。,.]{{0,14}}?(?P<name>小?{_surname(sure=False)}[一-龥]{{0,2}}?)(?=[，。！？,.!?\s]|$)").finditer(stream.text):
        yield match.group("name")
    for match in pattern(rf"(?<![a-z])(?:my name is|my name's|this is|i'm|i am|it's)\s+(?P<name>(?-i:[A-Z]){_token()[0:0]}[a-z'’\-]+(?:\s(?-i:[A-Z])[a-z'’\-]+)?)").finditer(stream.text):
        yield match.group("name")


def _again(text: str, known: Collection[str]) -> Iterator[Hit]:
    """The same names elsewhere: whole Chinese names, and capitalised English ones that are no common words."""
    common = frozenset(rules()["names"]["en"]["common"]) | frozenset(rules()["names"]["en"]["stop"])
    whole = {name for name in known if _is_han(name) and len(name) >= 2}
    for name in whole:
        yield from (Hit(m.start(), m.end(), "name", 0.9) for m in re.finditer(re.escape(name), text))
    latin = {part for name in known if not _is_han(name) for part in re.split(r"[\s\-.]+", name)}
    for part in latin:
        if len(part) >= 3 and part.lower() not in common:
            form = re.escape(part[0].upper() + part[1:])
            yield from (Hit(m.start(), m.end(), "name", 0.85) for m in re.finditer(rf"\b(?:{form}|{re.escape(part)})\b", text))
    surnames = {name[0] for name in known if _is_han(name) and len(name) <= 4}
    titles = rules()["names"]["zh"]["titles"]
    for one in surnames:
        yield from (Hit(m.start(), m.start() + 1, "name", 0.85) for m in re.finditer(rf"{one}(?={titles}|总)", text))
