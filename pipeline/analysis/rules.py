"""Phrase rules as data: YAML in, matches in a sentence out.

A file ``lexicons/<language>/<kind>.yaml`` holds ``kind, language, speaker, source, terms, rules``; each rule has ``id,
detail, strength, status, phrases, patterns, unless, hits, misses, limits``. ``phrases`` are literal (in Mandarin also
matched by sound); ``patterns`` are regular expressions over folded text in which ``{name}`` stands for a named list of
``terms`` (the file's own or those of ``_terms.yaml``); ``unless`` are patterns that veto a match they touch or that stand
before it in the same clause.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import yaml

from pipeline.analysis.phonetic import find_by_sound
from pipeline.analysis.text import fold

LANGUAGES = ("zh", "en")
BY_SOUND = 0.8
"""Strength of a match by sound alone, relative to one by characters (our default)."""


@dataclass(frozen=True, slots=True)
class Match:
    """Characters ``[start, end)`` of a sentence that a rule hit."""

    rule: str
    start: int
    end: int
    strength: float
    layer: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written, compiled. ``limits`` are known errors: ``{text, says, why}``."""

    id: str
    language: str
    strength: float
    status: str
    detail: Mapping[str, Any]
    phrases: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    limits: tuple[Mapping[str, str], ...]

    def find(self, folded: str) -> Iterator[Match]:
        """Every place in a folded sentence where the rule holds, vetoed ones left out."""
        for start, end, strength, layer in self._candidates(folded):
            if not any(_vetoes(veto, folded, start, end) for veto in self.unless):
                yield Match(self.id, start, end, strength, layer, self.detail)

    def _candidates(self, folded: str) -> Iterator[tuple[int, int, float, str]]:
        for phrase in self.phrases:
            found = [hit.start() for hit in re.finditer(re.escape(phrase), folded)]
            if self.language == "en":
                found = [at for at in found if _whole_words(folded, at, at + len(phrase))]
            yield from ((at, at + len(phrase), self.strength, "lexicon") for at in found)
            if self.language == "zh" and not found:
                by_sound = find_by_sound(phrase, folded)
                yield from ((at, at + len(phrase), self.strength * BY_SOUND, "sound") for at in by_sound)
        for pattern in self.patterns:
            for hit in pattern.finditer(folded):
                if hit.end() > hit.start():
                    yield hit.start(), hit.end(), self.strength, "pattern"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All active rules of one kind in one language."""

    kind: str
    language: str
    speaker: str
    rules: tuple[Rule, ...]

    def match(self, folded: str) -> list[Match]:
        """The best match of each overlapping group, in order."""
        found = [match for rule in self.rules if rule.status == "active" for match in rule.find(folded)]
        found.sort(key=lambda match: (-match.strength, match.start - match.end, match.start))
        kept: list[Match] = []
        for match in found:
            if all(match.end <= other.start or match.start >= other.end for other in kept):
                kept.append(match)
        return sorted(kept, key=lambda match: match.start)


def _whole_words(text: str, start: int, end: int) -> bool:
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return before and (end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))


def _vetoes(veto: re.Pattern[str], folded: str, start: int, end: int) -> bool:
    """Whether the veto touches the match or stands earlier in the same clause."""
    clause = max((folded.rfind(mark, 0, start) for mark in ",，、:："), default=-1) + 1
    return any(hit.start() < end and hit.end() > min(start, clause) for hit in veto.finditer(folded))


@functools.cache
def load_rules(kind: str, language: str) -> RuleSet:
    """The rules of one kind and language as shipped; an empty set where there is no file."""
    path = resources.files("pipeline.lexicons") / language / f"{kind}.yaml"
    if not path.is_file():
        return RuleSet(kind, language, "any", ())
    return compile_rules(yaml.safe_load(path.read_text(encoding="utf-8")), shared_terms(language))


@functools.cache
def shared_terms(language: str) -> dict[str, list[str]]:
    """Named lists of words that all files of a language may use."""
    path = resources.files("pipeline.lexicons") / language / "_terms.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["terms"] if path.is_file() else {}


def compile_rules(data: Mapping[str, Any], terms: Mapping[str, list[str]]) -> RuleSet:
    """Compile one file's content."""
    language = data["language"]
    known = {**terms, **data.get("terms", {})}
    shared_unless = data.get("unless", [])
    rules = tuple(_rule(entry, language, known, shared_unless) for entry in data["rules"])
    return RuleSet(data["kind"], language, data.get("speaker", "any"), rules)


def _rule(entry: Mapping[str, Any], language: str, terms: Mapping[str, list[str]], unless: list[str]) -> Rule:
    return Rule(
        id=entry["id"],
        language=language,
        strength=float(entry.get("strength", 0.9)),
        status=entry.get("status", "active"),
        detail=entry.get("detail", {}),
        phrases=tuple(fold(phrase) for phrase in entry.get("phrases", [])),
        patterns=tuple(_compiled(text, language, terms) for text in entry.get("patterns", [])),
        unless=tuple(_compiled(text, language, terms) for text in [*unless, *entry.get("unless", [])]),
        hits=tuple(entry.get("hits", [])),
        misses=tuple(entry.get("misses", [])),
        limits=tuple(entry.get("limits", [])),
    )


def _compiled(pattern: str, language: str, terms: Mapping[str, list[str]]) -> re.Pattern[str]:
    """Expand ``{name}``; in English a pattern stands at word bounds and a space is any white space."""
    expanded = expand(pattern, terms)
    if language == "en":
        expanded = r"(?<!\w)(?:" + expanded.replace(" ", r"[\s,]+") + r")(?!\w)"
    return re.compile(expanded)


def expand(pattern: str, terms: Mapping[str, list[str]], depth: int = 0) -> str:
    """Put the alternatives in for each ``{name}``; terms may use other terms, four levels deep.

    Examples
    --------
    >>> expand("{now}就(定|签)", {"now": ["今天", "现在"]})
    '(?:今天|现在)就(定|签)'
    """
    if depth > 4:
        raise ValueError(f"terms refer to each other more than four levels deep in {pattern!r}")

    def alternatives(hit: re.Match[str]) -> str:
        name = hit.group(1)
        if name not in terms:
            raise ValueError(f"{{{name}}} in {pattern!r} is no known term; known: {', '.join(sorted(terms))}")
        return "(?:" + "|".join(expand(term, terms, depth + 1) for term in terms[name]) + ")"

    return re.sub(r"\{([a-z_]+)\}", alternatives, pattern)
