"""Why the agent calls: by the rules of ``purpose.yaml`` or by position, where the learned layer holds it possible.

Whoever has said who he is says next why he calls: what is left of the introducing turn, or of the agent's
next one, after greeting, names, check of identity, notices and courtesies, is the purpose. The clauses that say
none are data (``rest`` in ``purpose.yaml``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from pipeline.analysis import acts
from pipeline.analysis.acts_features import LEAST_TURNS
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import load_rules
from pipeline.analysis.sure import found, says
from pipeline.lexicons import load_yaml
from pipeline.types import Finding

POSSIBLE = 0.1
"""Least probability by the learned layer at which a purpose by rule or place stands (our default)."""
EXPLICIT = 0.95
"""Strength of a purpose that is called one (our default)."""
LONG = {"zh": 60, "en": 160}
"""A sentence of more characters is speech without punctuation: of it only so much is the purpose (our default)."""
FOLLOWING = 2
"""Agent's turns after the introducing one that are looked at (our default)."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What of an introducing turn says no purpose, compiled."""

    split: re.Pattern[str]
    lead: re.Pattern[str]
    must: re.Pattern[str]
    skip: tuple[re.Pattern[str], ...]
    past: re.Pattern[str]
    inbound: re.Pattern[str]
    least: int
    strength: float

    def part(self, folded: str, start: int, *, past: bool = False) -> tuple[int, int] | None:
        """First to last character of the clauses behind ``start`` that may say a purpose; with ``past`` also
        those that only recall an earlier contact."""
        kept: list[tuple[int, int]] = []
        bounds = [
            start,
            *(at for hit in self.split.finditer(folded, start) for at in hit.span()),
            len(folded),
        ]
        for begin, end in zip(bounds[::2], bounds[1::2], strict=True):
            lead = self.lead.match(folded[begin:end])
            begin += lead.end() if lead else 0
            clause = folded[begin:end].strip()
            if not past and self.past.search(clause):
                continue
            if len(clause) > 1 and not any(no.search(clause) for no in self.skip):
                kept.append((begin + len(folded[begin:end]) - len(folded[begin:end].lstrip()), end))
        if not kept or sum(end - begin for begin, end in kept) < self.least:
            return None
        begin, end = kept[0][0], kept[-1][1]
        return (begin, end) if self.must.search(folded[begin:end]) else None


@functools.cache
def load_rest(language: str) -> Rest:
    """The section ``rest`` as shipped."""
    path = resources.files("pipeline.lexicons") / language / "purpose.yaml"
    data = load_yaml(path.read_text(encoding="utf-8"))["rest"]
    one = {key: re.compile(data[key]) for key in ("split", "lead", "must", "past", "inbound")}
    return Rest(
        skip=tuple(map(re.compile, data["skip"])), least=data["least"], strength=data["strength"], **one
    )


def purpose_of(conversation: Conversation, early: Sequence[int], slots: Sequence[Finding]) -> Finding | None:
    """The purpose, where the agent first says it; None where it isn't said early.

    The learned layer goes first: on calls by other hands it was right more often than rules and places.
    """
    first = next(_by_words(conversation, early, "first"), None)
    if first is not None:
        return first
    learned = max(_by_learning(conversation, early, slots), key=lambda one: one.confidence, default=None)
    if learned is not None:
        return learned
    ruled = next(_by_rule(conversation, early), None)
    placed = _by_place(conversation, early, [one for one in slots if one.kind in ("company", "name")], slots)
    both = [one for one in (ruled, placed) if one is not None]
    told = min(both, key=lambda one: one.turn or 0, default=None)
    if told is not None and not _is_none(conversation, told) and _possible(conversation, told):
        return told
    return next(_by_words(conversation, early, "adds"), None)


def _by_words(conversation: Conversation, early: Sequence[int], part: str) -> Iterator[Finding]:
    """Sentences whose words alone say the purpose: in so many words (``first``), or where nothing else does (``adds``)."""
    for sentence in (s for turn in early for s in conversation.in_turn(turn)):
        for wording, span in found(sentence, "purpose", part):
            strength = min(wording.strength, EXPLICIT)
            yield conversation.finding(
                "purpose", sentence, span[0], len(sentence.text), strength=strength, matched="pattern"
            )


def _is_none(conversation: Conversation, told: Finding) -> bool:
    """Whether the turn says nothing but whom the agent asks for, or what he doesn't want."""
    sentences = conversation.in_turn(told.turn or 0)
    own = [one for one in sentences if told.quote and told.quote in one.text]
    return bool(own) and all(says(one, "purpose", "drops") for one in own)


def _possible(conversation: Conversation, told: Finding) -> bool:
    """Whether the learned layer holds what rule or place found for possible; it knows whole calls, no excerpts."""
    if len(conversation.turns) < LEAST_TURNS:
        return True
    likely = acts.guesses(conversation, "purpose")
    turn = conversation.in_turn(told.turn or 0)
    return any(likely.get(s.index, acts.NOTHING).probability >= POSSIBLE for s in turn)


def _by_learning(
    conversation: Conversation, early: Sequence[int], slots: Sequence[Finding]
) -> Iterator[Finding]:
    """Sentences that the learned layer takes for a purpose, in a call long enough for it to know."""
    if len(conversation.turns) < LEAST_TURNS:
        return
    likely = acts.guesses(conversation, "purpose")
    for sentence in (s for turn in early for s in conversation.in_turn(turn)):
        guess = likely.get(sentence.index, acts.NOTHING)
        if guess.counts and not says(sentence, "purpose", "drops"):
            span = _own_place(sentence, _last_end(conversation, sentence.turn, slots))
            yield conversation.finding(
                "purpose", sentence, *span, strength=guess.probability, matched="meaning"
            )


def _last_end(conversation: Conversation, turn: int, slots: Sequence[Finding]) -> int:
    """Where in a turn the last of its names ends."""
    text = conversation.turns[turn].text
    return max(
        (text.find(one.quote) + len(one.quote) for one in slots if one.turn == turn and one.quote), default=0
    )


def _own_place(sentence: Sentence, after: int) -> tuple[int, int]:
    """What of a sentence is the purpose, so that it has a second of its own: all of it, or what no introduction is.

    A sentence too long for one is cut to what a rule hits, else to what follows the last name.
    """
    start, end = 0, len(sentence.text)
    behind = after - sentence.start
    if 0 < behind < end:
        span = load_rest(sentence.language).part(sentence.folded, behind, past=True)
        start = span[0] if span is not None else start
    long = LONG["zh" if sentence.language == "zh" else "en"]
    if end - start <= long:
        return start, end
    hits = load_rules("purpose", sentence.language).match(sentence.folded)
    if hits:
        start, end = hits[0].start, max(hits[0].end, min(end, hits[0].start + long))
    elif start == 0 and 0 < behind < end:
        start = behind
    return start, _word_end(sentence.text, min(end, max(start + long, hits[0].end if hits else 0)))


def _word_end(text: str, end: int) -> int:
    """The end of the word that a cut would part."""
    while end < len(text) and text[end - 1 : end + 1].isascii() and text[end].isalnum():
        end += 1
    return end


def _by_rule(conversation: Conversation, early: Sequence[int]) -> Iterator[Finding]:
    """The strongest match of each turn."""
    for turn in early:
        found = [
            conversation.finding(
                "purpose", sentence, match.start, match.end, strength=match.strength, matched="pattern"
            )
            for sentence in conversation.in_turn(turn)
            for match in load_rules("purpose", sentence.language).match(sentence.folded)[:1]
        ]
        if found:
            yield max(found, key=lambda one: one.confidence)


def _by_place(
    conversation: Conversation, early: Sequence[int], who: Sequence[Finding], slots: Sequence[Finding]
) -> Finding | None:
    turns = sorted(one.turn for one in who if one.turn is not None and one.turn in early)
    if not turns:
        return None
    at = early.index(turns[0])
    near = early[at : at + 1 + FOLLOWING]
    for turn, past in [*((turn, False) for turn in near), *((turn, True) for turn in near)]:
        text = conversation.turns[turn].text
        if load_rest(conversation.transcript.language).inbound.search(text.lower()):
            return None
        behind = _last_end(conversation, turn, slots)
        for sentence in conversation.in_turn(turn):
            found = _left_of(conversation, sentence, behind, past=past)
            if found is not None:
                return found
    return None


def _left_of(conversation: Conversation, sentence: Sentence, after: int, *, past: bool) -> Finding | None:
    """What a sentence says behind character ``after`` of its turn."""
    start = max(0, after - sentence.start)
    if start >= len(sentence.folded):
        return None
    rest = load_rest(sentence.language)
    span = rest.part(sentence.folded, start, past=past)
    if span is None:
        return None
    return conversation.finding("purpose", sentence, *span, strength=rest.strength, matched="position")
