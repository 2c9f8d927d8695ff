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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.analysis.heard import Form, forms_of
from pipeline.analysis.patterns import Pattern, common_grams, compile_pattern, rule_files, shared_terms
from pipeline.analysis.phonetic import places_of, sound_of
from pipeline.analysis.prefilter import Clauses, Sieve, literal_clauses
from pipeline.analysis.shipped_demands import BETWEEN, kept
from pipeline.analysis.text import fold

LANGUAGES = ("zh", "en")
BY_SOUND = 0.8
"""Strength of a match by sound alone, relative to one by characters (our default)."""
LEAST_BY_SOUND = 3
"""Phrases under this many characters are not looked for by sound: too many words sound like them."""
Place = tuple[str, int, int]
"""Kind, number of the rule, number of the phrase or pattern."""
_VETOES = -1
"""Stands for a rule's number where a place is one of the kind's own vetoes."""
_NOTHING: Mapping[int, Sequence[int]] = {}


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
    phrases: tuple[tuple[str, str], ...]
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    never: tuple[Pattern, ...]
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    limits: tuple[Mapping[str, str], ...]

    def clauses(self) -> Iterator[Clauses]:
        """For each phrase, then each pattern, what a text that holds it must hold."""
        for phrase in self.phrases:
            clauses = kept(self.language).get(BETWEEN.join(phrase))
            yield literal_clauses(*phrase, common_grams(self.language)) if clauses is None else clauses
        yield from (pattern.clauses for pattern in self.patterns)

    def find(self, folded: str, wanted: Sequence[int] | None = None) -> Iterator[Match]:
        """Every place in a folded sentence where the rule holds, vetoed ones left out.

        ``wanted`` are the phrases and patterns that are looked for, by their numbers, patterns behind phrases; None: all.
        """
        if wanted is None:
            wanted = range(len(self.phrases) + len(self.patterns))
        for form in forms_of(folded, self.language):
            found = self._candidates(form, wanted)
            places = (
                [place for place in found if not self._vetoed(form, place[0], place[1])] if found else found
            )
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

    def _candidates(self, form: Form, wanted: Sequence[int]) -> list[tuple[int, int, float, str]]:
        found: list[tuple[int, int, float, str]] = []
        for at in wanted:
            if at < len(self.phrases):
                found += self._said(form, *self.phrases[at])
                continue
            spans = self.patterns[at - len(self.phrases)].spans(form.text)
            found += [(start, end, self.strength, "pattern") for start, end in spans]
        return found

    def _said(self, form: Form, phrase: str, sound: str) -> Iterator[tuple[int, int, float, str]]:
        """Where a phrase is said; by its sound only where it is not said by its characters."""
        found = places_of(phrase, form.text)
        if self.language == "en":
            found = [start for start in found if _whole_words(form.text, start, start + len(phrase))]
        for start in found:
            yield start, start + len(phrase), self.strength, "lexicon"
        if sound and not found:
            for start in places_of(sound, form.sound):
                yield start, start + len(phrase), self.strength * BY_SOUND, "sound"


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """All rules of one kind in one language; the sieve knows them and may know those of other kinds."""

    kind: str
    language: str
    speaker: str
    rules: tuple[Rule, ...]
    never: tuple[Pattern, ...] = ()
    sieve: Sieve[Place] = field(default_factory=lambda: Sieve.of([]))

    def silenced(self, folded: str) -> bool:
        """Whether the file's own ``never`` holds: a denial, a disclaimer, somebody else's words."""
        vetoes = self._possible(folded).get(_VETOES)
        if not vetoes:
            return False
        forms = forms_of(folded, self.language)
        return any(next(self.never[at].hits(form), None) for form in forms for at in vetoes)

    def match(self, folded: str) -> list[Match]:
        """The best match of each overlapping group, in order."""
        possible = self._possible(folded)
        found: list[Match] = []
        for at, wanted in possible.items():
            if at != _VETOES and self.rules[at].status == "active":
                found.extend(self.rules[at].find(folded, wanted))
        return best_of(found)

    def could(self, folded: str) -> bool:
        """Whether anything of this kind, a veto included, could hold in a folded sentence."""
        return self.kind in possible_in(self.sieve, folded, self.language)

    def _possible(self, folded: str) -> Mapping[int, Sequence[int]]:
        return possible_in(self.sieve, folded, self.language).get(self.kind, _NOTHING)


def best_of(found: Sequence[Match]) -> list[Match]:
    """The best match of each overlapping group, in order."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda match: (-match.strength, match.start - match.end, match.start)):
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _whole_words(text: str, start: int, end: int) -> bool:
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return before and (end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))


@functools.lru_cache(maxsize=2048)
def possible_in(sieve: Sieve[Place], folded: str, language: str) -> Mapping[str, Mapping[int, Sequence[int]]]:
    """What a text could hold in any of its forms: by kind and rule the numbers of its phrases and patterns."""
    grams = (form.grams for form in forms_of(folded, language))
    found: dict[str, dict[int, list[int]]] = {}
    for kind, rule, at in sieve.open(frozenset[str]().union(*grams)):
        found.setdefault(kind, {}).setdefault(rule, []).append(at)
    return found


@functools.cache
def load_rules(kind: str, language: str) -> RuleSet:
    """The rules of one kind and language as shipped; an empty set where there is no file."""
    return _library(language).get(kind) or RuleSet(kind, language, "any", ())


@functools.cache
def _library(language: str) -> dict[str, RuleSet]:
    """All rules of a language, by kind. They share one sieve: a sentence is asked once what it could hold."""
    return {rules.kind: rules for rules in share_sieve(shipped_rules(language))}


def shipped_rules(language: str) -> list[RuleSet]:
    """The rules of each shipped file."""
    terms = shared_terms(language)
    return [compile_rules(data, terms) for data in rule_files(language)]


def share_sieve(sets: Sequence[RuleSet]) -> list[RuleSet]:
    """The same sets, with one sieve for all of them."""
    sieve = Sieve.of([thing for rules in sets for thing in _things(rules)])
    return [replace(rules, sieve=sieve) for rules in sets]


def _things(rules: RuleSet) -> Iterator[tuple[Place, Clauses]]:
    """All that is looked for, with what a text that holds it must hold."""
    for number, rule in enumerate(rules.rules):
        yield from (((rules.kind, number, at), clauses) for at, clauses in enumerate(rule.clauses()))
    yield from (((rules.kind, _VETOES, at), veto.clauses) for at, veto in enumerate(rules.never))


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
