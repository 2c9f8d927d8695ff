"""Whether free notes of a call list name a person, and nothing else: a name says who was reached, not how the call ended."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from models.jieba_words import tagged
from pipeline.analysis.people import is_person, listed_names, plain, trade
from pipeline.analysis.preparation import address_data

__all__ = ["names_a_person", "only_a_person"]

_LABELS = re.compile(
    r"客户|联系人|姓名|贵姓|名字|电话|手机|先生|女士|小姐|\b(?:customer|contact|client|name|caller|phone|tel|mr|mrs|ms|miss|dr)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?\d[\d\s-]{5,}\d")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME = re.compile(r"[A-Z][\w'’-]*(?:[ -][A-Z][\w'’.-]*){0,2}")


def only_a_person(notes: str, known: Iterable[str]) -> bool:
    """Whether the notes name a person, maybe with a number, and say nothing else.

    ``known`` are names that stand elsewhere on the list.

    Examples
    --------
    >>> [only_a_person(notes, ()) for notes in ("林先生", "Mrs Okafor", "Laura Hinds", "林先生没兴趣", "成交", "Sold")]
    [True, True, True, False, False, False]
    """
    rest = notes
    for name in filter(None, known):
        rest = re.sub(re.escape(name), " ", rest, flags=re.IGNORECASE)
    for pattern in (_NUMBER, _addresses("en"), _addresses("zh"), _LABELS):
        rest = pattern.sub(" ", rest)
    rest = rest.strip(" .,;:，。；：、/()（）")
    if any(char.isalnum() for char in rest):
        return _bare_name(rest)
    return any(char.isalnum() for char in notes)


def names_a_person(notes: str, agents: Iterable[str]) -> bool:
    """Whether the notes name somebody who is none of ``agents``: by a title or role (吴先生, "Mr Oduya"), or in full.

    Examples
    --------
    >>> notes = ("简女士要报价", "Owen Tate is keen", "Mr Oduya: no", "Ann Poe: no", "要和老板商量")
    >>> [names_a_person(each, ("Ann Poe",)) for each in notes]
    [True, True, True, False, False]
    """
    rest = notes
    for name in filter(None, agents):
        rest = re.sub(re.escape(name), " ", rest, flags=re.IGNORECASE)
    words = _words_from(rest)
    return (
        _addresses("en").search(rest) is not None
        or any(_full_name(hit.group()) for hit in _NAME.finditer(rest))
        or any(_surnamed(rest, hit, words) for hit in _addresses("zh").finditer(rest))
        or any(
            flag == "nr" and len(word) == 3 and word.startswith(_surnames()) for word, flag in words.values()
        )
    )


def _full_name(text: str) -> bool:
    """A given name that is hardly anything else, and one more word that is none of a trade."""
    words = plain(text).replace("-", " ").split()
    return len(words) > 1 and words[0] in listed_names() and not trade().search(plain(text))


def _surnamed(notes: str, hit: re.Match[str], words: Mapping[int, tuple[str, str]]) -> bool:
    """Whether a name stands before a role, and no word that only looks like a surname (安装师傅, 要和老板商量)."""
    if hit.group().startswith("["):  # masked
        return True
    word, flag = words.get(hit.start(), ("", ""))
    before = _LABELS.sub(" ", notes[: hit.start()])
    begins = not before or not _HAN.match(before[-1])
    alone = word in (hit.group(), *_surnames()) and flag != "c"
    return flag.startswith("nr") or (alone and begins)


def _surnames() -> tuple[str, ...]:
    return tuple(address_data("zh")["surname"])


def _words_from(text: str) -> dict[int, tuple[str, str]]:
    """Each Mandarin word with its part of speech, by where it begins."""
    found, at = {}, 0
    for word, flag in tagged(text):
        found[at] = (word, flag)
        at += len(word)
    return found


def _bare_name(text: str) -> bool:
    """A name with neither title nor role."""
    if _NAME.fullmatch(text):
        return is_person(text)
    words = tagged(text) if 2 <= len(text) <= 3 and text[0] in address_data("zh")["surname"] else []
    return len(words) == 1 and words[0][1] == "nr"


@functools.cache
def _addresses(language: str) -> re.Pattern[str]:
    data = address_data(language)
    if language == "en":
        titles = "|".join(data["title"])
        return re.compile(rf"\b(?i:{titles})\b\.? +(?:[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?|[a-z][\w'’-]+$)")
    surnames, roles = "|".join(data["surname"]), "|".join(data["role"])
    return re.compile(
        rf"(?:(?:{surnames})[\u4e00-\u9fff]{{0,2}}?|{data['masked']})(?:{roles})|{data['masked']}"
    )
