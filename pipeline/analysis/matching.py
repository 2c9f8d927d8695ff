"""Rules over sentences: which rules of a kind hit a sentence, and findings from them."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import LANGUAGES, Match, RuleSet, load_rules, possible_in
from pipeline.types import Finding


def matches(kind: str, sentence: Sentence) -> Sequence[Match]:
    """Matches of one kind's rules in a sentence, by the rules of the sentence's own language."""
    return matches_in(kind, sentence.language, sentence.folded)


def matches_in(kind: str, language: str, folded: str) -> tuple[Match, ...]:
    """Matches of one kind's rules in a folded text."""
    rules = load_rules(kind, language if language in LANGUAGES else "en")
    return _found(rules, folded) if rules.could(folded) else ()


def kinds_in(language: str, folded: str) -> Collection[str]:
    """The kinds of which a folded text could hold anything, a veto included: few of all."""
    return possible_in(load_rules("refusal", language).sieve, folded, language)


@functools.lru_cache(maxsize=16384)
def _found(rules: RuleSet, folded: str) -> tuple[Match, ...]:
    """Memoised: call centres say the same sentences all day."""
    return tuple(rules.match(folded))


def rule_findings(kind: str, conversation: Conversation, sentences: Iterable[Sentence]) -> Iterator[Finding]:
    """One finding a match, with the rule's id and its detail."""
    for sentence in sentences:
        for match in matches(kind, sentence):
            yield conversation.finding(
                kind,
                sentence,
                match.start,
                match.end,
                strength=match.strength,
                **{**match.detail, "rule": match.rule, "layer": match.layer},
            )
