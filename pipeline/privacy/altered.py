"""Labelled talk made anew with other data in it, so that the tagger learns the words around the data and not the data."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.privacy.lexicon_en import given_names, surnames
from pipeline.privacy.rules import rules
from pipeline.privacy.talk import Marked, Talk

HEAD = 2
"""So many digits of a number stay: they say what it is."""
LISTED = 0.5
"""Share of English names that come from the lists, the others from the talk."""
OTHER_PLACE = 0.6
_DIGIT = {
    "zh": "[一二三四五六七八九零\\d]",
    "en": r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine)\b|\d",
}
_TOLD = {
    "zh": ("零一二三四五六七八九", "0123456789"),
    "en": ("- one two three four five six seven eight nine".split(), "0123456789"),  # noqa: SIM905
}
_MARKS = re.compile(r"[，。！？、,.!?；：…](?!\d)")


@dataclass(frozen=True, slots=True)
class Pool:
    """Names and addresses to be put in the place of others."""

    language: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    signs: str
    places: tuple[str, ...]


def pool_of(talks: Iterable[Talk], language: str) -> Pool:
    """What the talk itself holds, and for English names the lists."""
    marked = [(one.text[a:b], kind) for talk in talks for one in talk for a, b, kind in one.marks]
    names = [name for name, kind in marked if kind == "name"]
    places = tuple(sorted({place for place, kind in marked if kind == "address"}))
    if language == "zh":
        zh = rules()["names_zh"]
        signs = "".join(name[1:] for name in names if 2 <= len(name) <= 3) + zh["likely"]["strong_signs"]
        return Pool(language, (), tuple(zh["surnames"]), signs, places)
    words = [name.split() for name in names if name != name.lower()]
    first = [one[0] for one in words] * 2 + _some(given_names())
    last = [one[-1] for one in words if len(one) > 1] * 2 + _some(surnames())
    return Pool(language, tuple(first), tuple(last), "", places)


def _some(names: Iterable[str]) -> list[str]:
    return [name.capitalize() for name in random.Random(1).sample(sorted(names), 800)]


def altered(talk: Talk, pool: Pool, chance: random.Random) -> Talk:
    """The conversation with other names, places and digits, the same for the same ones."""
    change = _Change(pool, chance, {}, chance.sample("123456789", 9))
    turns = []
    for one in talk:
        text, cursor, marks = "", 0, []
        for start, end, kind in sorted(one.marks):
            if start < cursor:
                continue
            new = change.of(one.text[start:end], kind)
            text += one.text[cursor:start]
            marks.append((len(text), len(text) + len(new), kind))
            text, cursor = text + new, end
        turns.append(Marked(one.side, text + one.text[cursor:], tuple(marks)))
    return tuple(turns)


@dataclass(frozen=True, slots=True)
class _Change:
    pool: Pool
    chance: random.Random
    known: dict[str, str]
    order: Sequence[str]

    def of(self, said: str, kind: str) -> str:
        """What is said instead."""
        if kind == "any":
            return said
        if kind in ("name", "stays"):
            return self._han(said) if self.pool.language == "zh" else self._latin(said)
        if kind == "address" and self.pool.places and self.chance.random() < OTHER_PLACE:
            other = self.known.setdefault(said, self.chance.choice(self.pool.places))
            return other.lower() if said == said.lower() else other
        return self._digits(said, 0 if kind == "address" else HEAD)

    def _han(self, said: str) -> str:
        if not re.fullmatch("[一-龥]{1,3}", said) or said[0] in "小老阿":
            return said
        first = self.known.setdefault("^" + said[0], self.chance.choice(self.pool.last))
        return first + "".join(
            self.known.setdefault(c, self.chance.choice(self.pool.signs)) for c in said[1:]
        )

    def _latin(self, said: str) -> str:
        words = said.split(" ")
        if any(len(word) < 2 or not word.replace("-", "").replace("'", "").isalpha() for word in words):
            return said
        new = []
        for at, word in enumerate(words):
            source = self.pool.first if at == 0 and len(words) != 1 else self.pool.last if at else None
            source = source or self.pool.first + self.pool.last
            other = self.known.setdefault(word.lower(), self.chance.choice(source))
            new.append(other.lower() if word.islower() else other)
        return " ".join(new)

    def _digits(self, said: str, head: int) -> str:
        seen = 0

        def other(match: re.Match[str]) -> str:
            nonlocal seen
            seen += 1
            return match.group() if seen <= head else self._digit(match.group())

        return re.sub(_DIGIT[self.pool.language], other, said)

    def _digit(self, digit: str) -> str:
        told, plain = _TOLD[self.pool.language]
        if digit in plain:
            return self.order[int(digit) - 1] if digit != "0" else digit
        value = list(told).index(digit.lower())
        new = str(told[int(self.order[value - 1])]) if value else digit
        return new.capitalize() if digit[0].isupper() else new


def roughened(talk: Talk) -> Talk:
    """The conversation as a poor recogniser writes it: no capitals, no marks between words."""
    turns = []
    for one in talk:
        lowered = one.text.lower() if len(one.text.lower()) == len(one.text) else one.text
        kept = [at for at in range(len(lowered)) if not _MARKS.match(lowered, at)]
        place: Mapping[int, int] = {at: new for new, at in enumerate(kept)}
        marks = []
        for start, end, kind in one.marks:
            inside = [place[at] for at in range(start, end) if at in place]
            if inside:
                marks.append((inside[0], inside[-1] + 1, kind))
        turns.append(replace(one, text="".join(lowered[at] for at in kept), marks=tuple(marks)))
    return tuple(turns)
