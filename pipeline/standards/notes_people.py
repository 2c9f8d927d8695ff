"""Whether the free notes of a call list hold nobody but a person: a name says who was reached, not how the call ended."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from models.jieba_words import tagged
from pipeline.analysis.people import is_person
from pipeline.analysis.preparation import address_data

__all__ = ["only_a_person"]

_LABELS = re.compile(
    r"客户|联系人|姓名|贵姓|名字|电话|手机|先生|女士|小姐|\b(?:customer|contact|client|name|caller|phone|tel|mr|mrs|ms|miss|dr)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?\d[\d\s-]{5,}\d")
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
