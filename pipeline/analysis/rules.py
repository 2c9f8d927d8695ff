"""Phrase rules as data: YAML in, matches in a sentence out.

A file ``lexicons/<language>/<kind>.yaml`` holds ``kind, language, speaker, source, terms, rules``; each
rule has ``id, detail, strength, status, phrases, patterns, unless, never, hits, misses, limits``.
``phrases`` are literal (in Mandarin also matched by sound); ``patterns`` are regular expressions over
folded text in which ``{name}`` stands for a named list of ``terms`` (the file's own or those of
``_terms.yaml``); ``unless`` are patterns that veto a match they touch or that stand before it in the same
clause; ``never`` are patterns that veto wherever in the sentence they stand. Both may stand at the top of
the file for all its rules. Each sentence is read as it is and without fillers (``heard.py``).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

from pipeline.analysis.heard import Form, forms_of
from pipeline.analysis.phonetic import places_of, sound_of
from pipeline.analysis.prefilter import Clauses, Common, Sieve, demands, grams_of, literal_clauses
from pipeline.analysis.text import fold
from pipeline.lexicons import load_yaml

_LOOSE = re.compile(r"\[[^\]]*\]| |'")
LANGUAGES = ("zh", "en")
BY_SOUND = 0.8
"""Strength of a match by sound alone, relative to one by characters (our default)."""
LEAST_BY_SOUND = 3
"""Phrases under this many characters are not looked for by sound: too many words sound like them."""


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
class Pattern:
    """A pattern and what a text must hold for it to match at all; compiled when first needed."""

    source: str
    clauses: Clauses

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled: most are never needed in a call, and compiling all takes a second."""
        return _compiled(self.source)

    def hits(self, form: Form) -> Iterator[tuple[int, int]]:
        """Every place where it matches, empty matches left out."""
        if not any(map(form.grams.isdisjoint, self.clauses)):
            yield from self.spans(form.text)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Every place in a text that could hold it, empty matches left out."""
        return (hit.span() for hit in self.regex.finditer(text) if hit.end() > hit.start())


@functools.cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written, compiled. ``limits`` are known errors: ``{text, says, why}``."""

    id: str
    language: str
    strength: float
    status: str
    detail: Mapping[str, Any]
    phrases: tuple[tuple[str, str], ...]
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    never: tuple[Pattern, ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    limits: tuple[Mapping[str, str], ...]

    def clauses(self) -> Iterator[Clauses]:
        """For each phrase, then each pattern, what a text that holds it must hold."""
        common = common_grams(self.language)
        yield from (literal_clauses(phrase, sound, common) for phrase, sound in self.phrases)
        yield from (pattern.clauses for pattern in self.patterns)

    def find(self, folded: str, possible: int = -1) -> Iterator[Match]:
        """Every place in a folded sentence where the rule holds, vetoed ones left out.

        ``possible`` has a bit for each phrase, then for each pattern; those without their bit are not looked for.
        """
        for form in forms_of(folded, self.language):
            found = self._candidates(form, possible)
            places = [place for place in found if not self._vetoed(form, place[0], place[1])]
            if places and not any(next(veto.hits(form), None) for veto in self.never):
                for start, end, strength, layer in places:
                    yield Match(self.id, *form.back(start, end), strength, layer, self.detail)

    def _vetoed(self, form: Form, start: int, end: int) -> bool:
        """Whether a veto touches the match or stands earlier in the same clause."""
        if not self.unless:
            return False
        clause = max((form.text.rfind(mark, 0, start) for mark in ",，、:："), default=-1) + 1
        least = min(start, clause)
        return any(begin < end and until > least for veto in self.unless for begin, until in veto.hits(form))

    def _candidates(self, form: Form, possible: int) -> Iterator[tuple[int, int, float, str]]:
        for at, (phrase, sound) in enumerate(self.phrases):
            if not possible >> at & 1:
                continue
            found = places_of(phrase, form.text)
            if self.language == "en":
                found = [start for start in found if _whole_words(form.text, start, start + len(phrase))]
            for start in found:
                yield start, start + len(phrase), self.strength, "lexicon"
            if sound and not found:
                for start in places_of(sound, form.sound):
                    yield start, start + len(phrase), self.strength * BY_SOUND, "sound"
        for at, pattern in enumerate(self.patterns, start=len(self.phrases)):
            if possible >> at & 1:
                for start, end in pattern.spans(form.text):
                    yield start, end, self.strength, "pattern"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one kind in one language; in the sieve, ``size`` phrases and patterns from ``place`` are theirs."""

    kind: str
    language: str
    speaker: str
    rules: tuple[Rule, ...]
    never: tuple[Pattern, ...] = ()
    sieve: Sieve = field(default_factory=lambda: Sieve.of([]))
    place: int = 0
    size: int = 0

    def silenced(self, folded: str) -> bool:
        """Whether the file's own ``never`` holds: a denial, a disclaimer, somebody else's words."""
        forms = forms_of(folded, self.language)
        return any(next(veto.hits(form), None) for form in forms for veto in self.never)

    def match(self, folded: str) -> list[Match]:
        """The best match of each overlapping group, in order."""
        possible = _possible(self.sieve, folded, self.language) >> self.place & (1 << self.size) - 1
        if not possible:
            return []
        found: list[Match] = []
        for rule in self.rules:
            size = len(rule.phrases) + len(rule.patterns)
            wanted = possible & (1 << size) - 1
            if wanted and rule.status == "active":
                found.extend(rule.find(folded, wanted))
            possible >>= size
        found.sort(key=lambda match: (-match.strength, match.start - match.end, match.start))
        kept: list[Match] = []
        for match in found:
            if all(match.end <= other.start or match.start >= other.end for other in kept):
                kept.append(match)
        return sorted(kept, key=lambda match: match.start)


def _whole_words(text: str, start: int, end: int) -> bool:
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return before and (end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))


@functools.lru_cache(maxsize=16384)
def _possible(sieve: Sieve, folded: str, language: str) -> int:
    """What of a sieve's phrases and patterns a text could hold, in any of its forms."""
    grams = (form.grams for form in forms_of(folded, language))
    return sieve.open(frozenset[int]().union(*grams))


@functools.cache
def load_rules(kind: str, language: str) -> RuleSet:
    """The rules of one kind and language as shipped; an empty set where there is no file."""
    return _library(language).get(kind) or RuleSet(kind, language, "any", ())


@functools.cache
def _library(language: str) -> dict[str, RuleSet]:
    """All rules of a language, by kind. They share one sieve: a sentence is asked once what it could hold."""
    terms = shared_terms(language)
    sets = [compile_rules(data, terms) for data in _files(language)]
    return {rules.kind: rules for rules in share_sieve(sets)}


@functools.cache
def _files(language: str) -> tuple[dict[str, Any], ...]:
    """The content of all rule files of a language, by name."""
    folder = resources.files("pipeline.lexicons") / language
    files = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda p: p.name)
    read = (load_yaml(path.read_text(encoding="utf-8")) for path in files if not path.name.startswith("_"))
    return tuple(data for data in read if "rules" in data)


@functools.cache
def common_grams(language: str) -> Common:
    """How often each gram stands in the examples of the shipped rules: what is common there is common on the telephone."""
    rules = (rule for data in _files(language) for rule in data["rules"])
    texts = (fold(text) for rule in rules for text in (*rule.get("hits", ()), *rule.get("misses", ())))
    return Counter(itertools.chain.from_iterable(map(grams_of, texts)))


def share_sieve(sets: Sequence[RuleSet]) -> list[RuleSet]:
    """The same sets, with one sieve for all of them."""
    wanted = [[clauses for rule in rules.rules for clauses in rule.clauses()] for rules in sets]
    sieve = Sieve.of([clauses for own in wanted for clauses in own])
    places = itertools.accumulate(map(len, wanted), initial=0)
    return [
        replace(rules, sieve=sieve, place=place, size=len(own))
        for rules, own, place in zip(sets, wanted, places, strict=False)
    ]


@functools.cache
def shared_terms(language: str) -> dict[str, list[str]]:
    """Named lists of words that all files of a language may use."""
    path = resources.files("pipeline.lexicons") / language / "_terms.yaml"
    return load_yaml(path.read_text(encoding="utf-8"))["terms"] if path.is_file() else {}


def compile_rules(data: Mapping[str, Any], terms: Mapping[str, list[str]]) -> RuleSet:
    """Compile one file's content."""
    language = data["language"]
    known = {**terms, **data.get("terms", {})}
    shared = {veto: data.get(veto, []) for veto in ("unless", "never")}
    rules = tuple(_rule(entry, language, known, shared) for entry in data.get("rules", []))
    never = tuple(compile_pattern(text, language, known) for text in shared["never"])
    return share_sieve([RuleSet(data["kind"], language, data.get("speaker", "any"), rules, never)])[0]


def _rule(
    entry: Mapping[str, Any],
    language: str,
    terms: Mapping[str, list[str]],
    shared: Mapping[str, list[str]],
) -> Rule:
    def compiled(key: str) -> tuple[Pattern, ...]:
        return tuple(
            compile_pattern(text, language, terms) for text in [*shared.get(key, []), *entry.get(key, [])]
        )

    return Rule(
        id=entry["id"],
        language=language,
        strength=float(entry.get("strength", 0.9)),
        status=entry.get("status", "active"),
        detail=entry.get("detail", {}),
        phrases=tuple(_phrase(text, language) for text in entry.get("phrases", [])),
        patterns=compiled("patterns"),
        unless=compiled("unless"),
        never=compiled("never"),
        hits=tuple(entry.get("hits", [])),
        misses=tuple(entry.get("misses", [])),
        limits=tuple(entry.get("limits", [])),
    )


def _phrase(text: str, language: str) -> tuple[str, str]:
    """A folded phrase with its sound; no sound where it is not to be looked for by it."""
    folded = fold(text)
    return folded, sound_of(folded) if language == "zh" and len(folded) >= LEAST_BY_SOUND else ""


def compile_pattern(pattern: str, language: str, terms: Mapping[str, list[str]]) -> Pattern:
    """Expand ``{name}``; in English a pattern stands at word bounds, a space is any white space, an
    apostrophe optional."""
    expanded = expand(pattern, terms)
    if language == "en":
        loose = _LOOSE.sub(lambda hit: {" ": r"[\s,]+", "'": "'?"}.get(hit.group(), hit.group()), expanded)
        expanded = r"(?<!\w)(?:" + loose + r")(?!\w)"
    return Pattern(expanded, demands(expanded, common_grams(language)))


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
