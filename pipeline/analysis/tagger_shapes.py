"""Introductions made up for the slot tagger: the shapes of ``introductions.yaml`` filled with companies,
departments and names that were said or that nobody bears."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from models.jieba_words import cut
from pipeline.analysis.labelled import LabelledCall, Mark
from pipeline.analysis.tagger import SLOTS
from pipeline.analysis.text import fold
from pipeline.analysis.tokens import ordinary_words
from pipeline.lexicons import load_yaml
from pipeline.types import Transcript, Turn

FILLED = 12
AS_SAID = 0.3


@dataclass(frozen=True, slots=True)
class Pool:
    """What slots are filled with: values that were said, and words of ordinary talk to make others of."""

    language: str
    said: Mapping[str, Sequence[str]]
    words: Sequence[str]


def pool_of(calls: Iterable[LabelledCall], language: str) -> Pool:
    said: dict[str, list[str]] = {slot: [] for slot in SLOTS}
    words: Counter[str] = Counter()
    for call in calls:
        for mark in call.marks:
            if mark.kind in SLOTS:
                said[mark.kind].append(call.transcript.turns[mark.turn].text[mark.start : mark.end])
        for turn in call.transcript.turns:
            words.update(_words(turn.text, language))
    return Pool(language, said, sorted(words))


def _words(text: str, language: str) -> list[str]:
    if language == "en":
        return [word for word in ordinary_words(fold(text)) if len(word) > 3 and word.isalpha()]
    return [word for word in cut(text) if re.fullmatch(r"[\u3400-\u9fff]{1,3}", word)]


def shaped(language: str, pool: Pool, chance: random.Random) -> Iterator[LabelledCall]:
    """The shapes of ``introductions.yaml``, filled at random; a part of them as a poor recogniser writes."""
    path = resources.files("pipeline.lexicons") / language / "introductions.yaml"
    data = load_yaml(path.read_text(encoding="utf-8"))
    for shape in data["shapes"]:
        for _copy in range(FILLED):
            call = _filled(shape, data["words"], pool, language, chance)
            yield call


def _filled(
    shape: str, words: Mapping[str, Sequence[str]], pool: Pool, language: str, chance: random.Random
) -> LabelledCall:
    text, marks, rest = "", list[Mark](), shape
    while hit := re.search(r"\{(\w+)\}", rest):
        text, rest, name = text + rest[: hit.start()], rest[hit.end() :], hit.group(1)
        if name in words:
            rest = chance.choice(words[name]) + rest
            continue
        kind = "name" if name == "surname" else name
        value = made(kind, pool, chance)
        value = value[0] if name == "surname" else value
        marks.append(Mark(kind, 0, len(text), len(text) + len(value)))
        text += value
    transcript = Transcript(language, (Turn("agent", text + rest, None, None, 1.0),))
    return LabelledCall(shape, (), transcript, tuple(marks))


def made(kind: str, pool: Pool, chance: random.Random) -> str:
    """Now one that was said, now one that nobody bears: ordinary words or another's beginning, another's end."""
    one, other = chance.choice(pool.said[kind]), chance.choice(pool.said[kind])
    if chance.random() < AS_SAID:
        return one
    if pool.language == "zh":
        return _made_zh(kind, one, other, pool.words, chance)
    word = chance.choice(pool.words).capitalize()
    if kind == "name":
        parts = [*one.split(), *other.split(" ")[1:]]
        return " ".join([parts[0][:2] + word[2:4].lower() + "aeiny"[chance.randrange(5)], *parts[1:2]])
    if kind == "department":
        return " ".join([word.lower() if one[0].islower() else word, *one.split(" ")[-1:]])
    first = word if chance.random() < 0.5 else word + " " + chance.choice(pool.words).capitalize()
    return " ".join([first, *(other.split(" ")[-1:] if chance.random() < 0.7 else [])])


def _made_zh(kind: str, one: str, other: str, words: Sequence[str], chance: random.Random) -> str:
    word = chance.choice(words)
    if kind == "department":
        return word + one[max(1, len(one) - 3) :] if chance.random() < 0.5 else one[:-1] + other[-1]
    if kind == "company":
        first = word if chance.random() < 0.5 else word + chance.choice(words)
        return (first if len(first) > 1 else first + one[:1]) + (other[-2:] if chance.random() < 0.7 else "")
    if not "\u3400" <= one[0] <= "\u9fff":
        return one
    given = chance.choice(words)[:1]
    if one[0] in "小老阿大":
        return one[0] + given + one[2:]
    if len(one) == 2 and one[0] == one[1]:
        return given * 2
    return one[0] + (given if len(one) == 2 else given + chance.choice(words)[-1:])
