"""What most detectors do: rules and the learned layer over one side's sentences, at most one finding a
sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.analysis import meaning
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import LANGUAGES, Match, RuleSet, load_rules
from pipeline.analysis.shapes import shape
from pipeline.types import Finding, Speaker

DOUBTED = 0.12
"""A rule's hit below this probability by meaning is dropped (cross-validated over the shipped kinds)."""
LEAST_CHARS = {"zh": 3, "en": 8}
"""Shorter sentences are left to the rules: the encoder reads too little in them (our default)."""
ILL_HEARD = 0.7
"""Recognition confidence under which the learned layer has to be surer (our default)."""


def spot(
    conversation: Conversation,
    kind: str,
    speaker: Speaker,
    *,
    first: Callable[[Match], float] = lambda match: 0.0,
    skip: Callable[[Sentence, RuleSet], bool] = lambda sentence, rules: False,
    least_words: int = 0,
) -> list[Finding]:
    """Findings of one kind in the sentences of one side, in order.

    Parameters
    ----------
    first
        Which of several matches in a sentence speaks for it: the least value, then the greatest strength.
    skip
        Whether a sentence's neighbours say that it is none.
    least_words
        Content characters (zh) or words (en) that the learned layer has to see before it speaks alone.
    """
    found: list[tuple[int, Finding]] = []
    for language in LANGUAGES:
        rules = load_rules(kind, language)
        said = [s for s in conversation.by(speaker) if s.language == language]
        heard = [s for s in said if not rules.silenced(s.folded) and not skip(s, rules)]
        guesses = meaning.score(kind, language, [s.text for s in heard])
        learned = bool(meaning.load_examples(kind, language).like)
        for sentence, guess in zip(heard, guesses, strict=True):
            finding = _judge(conversation, kind, sentence, rules, guess if learned else None, first)
            if finding is None and learned and content(sentence) >= least_words:
                finding = _by_meaning(conversation, kind, sentence, rules, guess)
            if finding is not None:
                found.append((sentence.index, finding))
    return [finding for _index, finding in sorted(found, key=lambda pair: pair[0])]


def _judge(
    conversation: Conversation,
    kind: str,
    sentence: Sentence,
    rules: RuleSet,
    guess: meaning.Guess | None,
    first: Callable[[Match], float],
) -> Finding | None:
    matches = rules.match(sentence.folded)
    short = len(sentence.text) < LEAST_CHARS[rules.language]
    if matches and (guess is None or short or guess.probability >= DOUBTED):
        best = min(matches, key=lambda match: (first(match), -match.strength))
        strength = best.strength if guess is None or short else joined(best.strength, guess.probability)
        return conversation.finding(
            kind, sentence, best.start, best.end, strength=strength, **best.detail, layer=best.layer
        )
    return None


def _by_meaning(
    conversation: Conversation, kind: str, sentence: Sentence, rules: RuleSet, guess: meaning.Guess
) -> Finding | None:
    """What the learned layer finds where the rules are silent."""
    if len(sentence.text) < LEAST_CHARS[rules.language]:
        return None
    least = meaning.threshold(kind, rules.language)
    if guess.probability < least or rules.match(sentence.folded):
        return None
    end = len(sentence.text)
    heard = conversation.time_of(sentence.turn, sentence.start, sentence.start + end)[2]
    if heard < ILL_HEARD and guess.probability < (1 + least) / 2:
        return None
    strength = alone(guess.probability, kind)
    return conversation.finding(kind, sentence, 0, end, strength=strength, **guess.detail, layer="meaning")


def content(sentence: Sentence) -> int:
    """Characters (zh) or words (en) of a sentence that are no fillers or particles."""
    unit = _LETTER if sentence.language == "zh" else _WORD
    return len(unit.findall(shape("particle", sentence.language).sub("", sentence.folded)))


_LETTER = re.compile(r"[\u4e00-\u9fff]|[a-z0-9]+")
_WORD = re.compile(r"[a-z0-9$£€%'’]+")


ALONE = (2.0, 1.05)
"""Slope and offset from the probability of the learned layer, where no rule bears it out, to a confidence:
0.35 at 0.7, 0.65 at 0.85, 0.95 at 1. On sentences kept out of the examples, most of them seen in development,
findings under 0.6 were right in three of five cases, from 0.6 to 0.7 in two of three (ablation.reliability).
"""
ALONE_COSTLY = 0.55
"""The most for kinds whose false finding costs a whole call: under the gate of the standard, so that what no rule bears
out is listed for a person and deducts nothing (our default)."""
_COSTLY = frozenset({"hard_sell"})


def alone(probability: float, kind: str = "") -> float:
    """Strength of the learned layer on its own, calibrated."""
    slope, offset = ALONE
    strength = min(0.97, max(0.05, slope * probability - offset))
    return min(strength, ALONE_COSTLY) if kind in _COSTLY else strength


def joined(strength: float, probability: float) -> float:
    """Two witnesses: the rule's strength, raised or lowered by the learned layer."""
    return min(0.97, strength * (0.75 + 0.3 * probability))


def by_turn(findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    """Findings by the turn in which they stand."""
    turns: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.turn is not None:
            turns.setdefault(finding.turn, []).append(finding)
    return turns
