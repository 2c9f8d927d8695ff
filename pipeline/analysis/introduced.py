"""What frames and tagger read in an introduction, set right: what is no slot, where it is cut, whose firm counts, who is meant.

The words are data: ``lexicons/<language>/_introduced.yaml``, with examples beside.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.lexicons import load_yaml

Span = tuple[int, int]
AROUND = {"zh": 6, "en": 32}
"""So many characters beside a value say what it is (our default)."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """The file of one language, compiled."""

    never: dict[str, tuple[re.Pattern[str], ...]]
    cut: dict[str, re.Pattern[str]]
    own: tuple[re.Pattern[str], ...]
    not_own: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    own_name: tuple[str, ...]
    worded: frozenset[str]
    asked: re.Pattern[str]


@functools.cache
def read_introduced(language: str) -> dict[str, Any]:
    """The file's content, examples included."""
    path = resources.files("pipeline.lexicons") / language / "_introduced.yaml"
    loaded: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def load_introduced(language: str) -> Introduced:
    """The file as shipped."""
    data = read_introduced(language)
    terms = data["terms"]

    def made(text: str) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{([a-z]+)\}", lambda hit: f"(?:{terms[hit[1]]})", text))

    return Introduced(
        never={slot: tuple(map(made, one["patterns"])) for slot, one in data["never"].items()},
        cut={edge: made(data["cut"][edge]) for edge in ("lead", "tail") if edge in data.get("cut", {})},
        own=tuple(map(made, data["own"]["patterns"])),
        not_own=made(data["own"]["not"]),
        before=made(data["other"]["before"]),
        after=made(data["other"]["after"]),
        own_name=tuple(data.get("own_name", {}).get("patterns", ())),
        worded=frozenset(data.get("worded", ())),
        asked=made("|".join(data["asked"]["patterns"])),
    )


def asks_who(folded: str, language: str) -> bool:
    """Whether the other side asks who is calling, or for which firm."""
    return bool(load_introduced(language).asked.search(folded))


@functools.cache
def _asks_firm() -> re.Pattern[str]:
    return re.compile(read_introduced("en")["asked_firm"])


def asks_firm(folded: str) -> bool:
    """Whether the other side asks in English for which firm somebody calls."""
    return bool(_asks_firm().search(folded))


def is_never(slot: str, folded: str, start: int, end: int, language: str) -> bool:
    """Whether what stands there can't be the slot's value.

    Examples
    --------
    >>> is_never("company", "我们接触过很多家长", 2, 4, "zh")
    True
    """
    around = AROUND[language]
    read = f"{folded[max(0, start - around) : start]}<{folded[start:end]}>{folded[end : end + around]}"
    return any(no.search(read) for no in load_introduced(language).never.get(slot, ()))


def cut(folded: str, start: int, end: int, language: str) -> Span:
    """A company's span without what stands at its edges and is none of it.

    What goes on behind a name is told by small words, which in a text with capitals stand in no name anyway.
    """
    edges = load_introduced(language).cut
    lead = edges["lead"].match(folded[start:end]) if "lead" in edges else None
    if lead and end - start - lead.end() >= 2:
        start += lead.end()
    tail = edges["tail"].search(folded, start, end) if "tail" in edges else None
    if tail and tail.start() - start >= 2:
        end = tail.start()
    return start, end


def own_firm(text: str, folded: str, language: str) -> Span | None:
    """The agent's own firm in a sentence that says whom it stands for, or that says which is his firm."""
    found = load_introduced(language)
    cased = language == "en" and any(char.isupper() for char in text[1:].replace("I", ""))
    for pattern in found.own:
        for hit in pattern.finditer(folded):
            start, end = cut(folded, *hit.span("company"), language)
            while end > start + 1 and not folded[end - 1].isalnum():
                end -= 1
            value = folded[start:end]
            if cased and not text[start].isupper():
                continue
            if not found.not_own.search(value) and not is_never("company", folded, start, end, language):
                return start, end
    return None


def is_somebody_else(folded: str, start: int, end: int, language: str) -> bool:
    """Whether a person's name is said of the other side or of a third person: asked for, greeted, thanked."""
    found = load_introduced(language)
    return bool(found.before.search(folded[:start]) or found.after.match(folded[end:]))


@functools.lru_cache(maxsize=2048)
def _own_name(name: str, language: str) -> tuple[re.Pattern[str], ...]:
    own = load_introduced(language).own_name
    return tuple(re.compile(text.replace("@", f"(?P<name>{re.escape(name)})")) for text in own)


def says_own_name(folded: str, name: str, language: str) -> list[Span]:
    """Where an agent gives his first name as his own, by the frames of `own_name`."""
    return [hit.span("name") for one in _own_name(name, language) for hit in one.finditer(folded)]


@functools.cache
def _denies(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    denied = read_introduced(language)["denied"]
    return re.compile(denied["before"]), re.compile("|".join(denied["around"]))


def is_denied(folded: str, start: int, end: int, language: str) -> bool:
    """Whether the words around a place say that the speaker is not, or no longer, of what is named there.

    Examples
    --------
    >>> is_denied("我不是泰和保险的", 3, 7, "zh"), is_denied("we're from acme", 11, 15, "en")
    (True, False)
    """
    before, around = _denies("zh" if language == "zh" else "en")
    marked = f"{folded[:start]}<{folded[start:end]}>{folded[end:]}"
    return bool(before.search(folded, 0, start) or around.search(marked))
