"""Wordings in which the words alone decide, over the learned layer (``lexicons/<language>/_sure.yaml``)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from pipeline.analysis.conversation import Sentence
from pipeline.lexicons import load_yaml


@dataclass(frozen=True, slots=True)
class Wording:
    """Patterns with what a match is worth and says, and where it is none."""

    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...] = ()
    strength: float = 1.0
    detail: Mapping[str, Any] = field(default_factory=dict)

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Every match's place."""
        if not any(no.search(folded) for no in self.unless):
            yield from (hit.span() for one in self.patterns for hit in one.finditer(folded))

    def find(self, folded: str) -> tuple[int, int] | None:
        """The first match's place."""
        return next(self.spans(folded), None)


@functools.cache
def read_sure(language: str) -> dict[str, Any]:
    """The file's content, examples included."""
    path = resources.files("pipeline.lexicons") / language / "_sure.yaml"
    loaded: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def wordings(language: str, kind: str, part: str) -> tuple[Wording, ...]:
    """The wordings of a part (``adds, drops, first, open, closed, choice``) of a kind."""
    data = read_sure("zh" if language == "zh" else "en")
    entries = data.get(kind, {}).get(part, [])
    return tuple(
        _wording(entry, data["terms"]) for entry in ([entries] if isinstance(entries, dict) else entries)
    )


def _wording(entry: Mapping[str, Any], terms: Mapping[str, str]) -> Wording:
    def made(texts: list[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(re.sub(r"\{([a-z]+)\}", lambda hit: terms[hit[1]], text)) for text in texts)

    return Wording(
        made(entry["patterns"]),
        made(entry.get("unless", [])),
        float(entry.get("strength", 1.0)),
        entry.get("detail", {}),
    )


def says(sentence: Sentence, kind: str, part: str) -> bool:
    """Whether a wording of the part stands in the sentence."""
    return next(found(sentence, kind, part), None) is not None


def found(sentence: Sentence, kind: str, part: str) -> Iterator[tuple[Wording, tuple[int, int]]]:
    """Each wording of the part that stands in the sentence, with its place."""
    for wording in wordings(sentence.language, kind, part):
        span = wording.find(sentence.folded)
        if span is not None:
            yield wording, span


def touches(sentence: Sentence, kind: str, part: str, start: int, end: int) -> bool:
    """Whether a wording of the part stands over any of characters ``[start, end)`` of the sentence."""
    places = (span for one in wordings(sentence.language, kind, part) for span in one.spans(sentence.folded))
    return any(begin < end and start < until for begin, until in places)
