"""What the detectors of dialogue share: rule hits by sentence, who answers whom, shared words, likeness.

All of it is pure. Rule hits are memoised by text, since call centres say the same sentences all day.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.features import vectors
from pipeline.analysis.matching import matches_in
from pipeline.analysis.rules import Match, load_rules
from pipeline.analysis.shapes import shape, words
from pipeline.types import Finding, Speaker

_LATIN = re.compile(r"[a-z][a-z'-]+")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def match(kind: str, language: str, folded: str) -> tuple[Match, ...]:
    """Hits of one rule file in a folded text."""
    return matches_in(kind, language, folded)


def hits(kind: str, sentence: Sentence) -> tuple[Match, ...]:
    """Hits in a sentence by the rules of its language; a Mandarin sentence with an English part gets both."""
    found = match(kind, sentence.language, sentence.folded)
    if not found and sentence.language == "zh" and len(_LATIN.findall(sentence.folded)) >= 3:
        found = match(kind, "en", sentence.folded)
    return found


def harmless(kind: str, sentence: Sentence, hit: Match) -> bool:
    """Whether a rule's words mean something else here: "suit yourself, either works", 抽您好几管血."""
    language = "zh" if sentence.language == "zh" else "en"
    found = shape(f"harmless_{kind}", language).finditer(sentence.folded)
    return any(one.start() < hit.end and hit.start < one.end() for one in found)


def turn_hits(conversation: Conversation, kind: str, turn: int) -> list[tuple[Sentence, Match]]:
    """All hits of a kind in one turn."""
    return [(s, m) for s in of_turn(conversation, turn) for m in hits(kind, s)]


@functools.lru_cache(maxsize=32768)
def has_cue(name: str, language: str, folded: str) -> bool:
    """Whether a folded text holds a cue, a rule of ``dialogue_cues.yaml`` by its id."""
    rules = load_rules("dialogue_cues", language).rules
    text = folded.replace("’", "'")
    return any(next(rule.find(text), None) is not None for rule in rules if rule.id == name)


def cue(name: str, *sentences: Sentence) -> bool:
    """Whether one of the sentences holds a cue: a rule of ``dialogue_cues.yaml`` in its language."""
    return any(has_cue(name, s.language, s.folded) for s in sentences)


def of_turn(conversation: Conversation, turn: int) -> tuple[Sentence, ...]:
    """Sentences of one turn, from an index made once a conversation."""
    return _index(conversation.sentences).get(turn, ())


_INDEX: dict[int, tuple[tuple[Sentence, ...], dict[int, tuple[Sentence, ...]]]] = {}


def _index(sentences: tuple[Sentence, ...]) -> dict[int, tuple[Sentence, ...]]:
    """Turn → sentences. The newest conversation is kept, with the tuple itself so that its id can't be reused."""
    kept = _INDEX.get(id(sentences))
    if kept is None or kept[0] is not sentences:
        by_turn: dict[int, list[Sentence]] = {}
        for sentence in sentences:
            by_turn.setdefault(sentence.turn, []).append(sentence)
        _INDEX.clear()
        kept = (sentences, {turn: tuple(group) for turn, group in by_turn.items()})
        _INDEX[id(sentences)] = kept
    return kept[1]


def after(conversation: Conversation, turn: int, speaker: Speaker, count: int = 2) -> list[int]:
    """The next ``count`` turns of a side after a turn; where sides are unknown, every other turn."""
    turns = conversation.turns
    if turns[turn].speaker == "unknown":
        return list(range(turn + 1, min(turn + 2 * count, len(turns)), 2))
    found = []
    for later in range(turn + 1, len(turns)):
        if turns[later].speaker == speaker:
            found.append(later)
            if len(found) == count:
                break
    return found


def before(conversation: Conversation, turn: int, speaker: Speaker, count: int = 1) -> list[int]:
    """The last ``count`` turns of a side before a turn, nearest first; where sides are unknown, every other one."""
    turns = conversation.turns
    if turns[turn].speaker == "unknown":
        return list(range(turn - 1, max(turn - 2 * count, -1), -2))
    earlier = [t for t in range(turn - 1, -1, -1) if turns[t].speaker == speaker]
    return earlier[:count]


def text_of(conversation: Conversation, turns: Iterable[int]) -> str:
    """The folded text of some turns, sentences joined by a blank."""
    return " ".join(s.folded for turn in turns for s in of_turn(conversation, turn))


def found_at(
    conversation: Conversation,
    kind: str,
    sentence: Sentence,
    hit: Match,
    detail: dict[str, Any] | None = None,
) -> Finding:
    """A finding for a hit in a sentence; ``detail`` may hold a ``kind`` of its own."""
    finding = conversation.finding(kind, sentence, hit.start, hit.end, strength=hit.strength)
    return dataclasses.replace(finding, detail=detail or {})


def whole(sentence: Sentence, strength: float) -> Match:
    """A hit that covers the sentence, made by the dialogue's structure and not by a rule."""
    return Match("dialogue", 0, len(sentence.text), strength, "structure", {})


def kinds_at(findings: Sequence[Finding], kind: str) -> dict[int, Finding]:
    """Findings of a kind by turn (the first of each turn)."""
    by_turn: dict[int, Finding] = {}
    for finding in findings:
        if finding.kind == kind and finding.turn is not None:
            by_turn.setdefault(finding.turn, finding)
    return by_turn


@functools.lru_cache(maxsize=32768)
def content(folded: str) -> frozenset[str]:
    """Words that carry meaning: Latin words cut to a stem of five letters, Han character pairs, figures."""
    little, little_han = words("little", "en"), words("little", "zh")
    found = {w[:5] for w in _LATIN.findall(folded) if w not in little}
    found.update(_DIGITS.findall(folded))
    for run in _HAN_RUN.findall(folded):
        pairs = (run[i : i + 2] for i in range(len(run) - 1))
        found.update(p for p in pairs if not (p[0] in little_han or p[1] in little_han))
    return frozenset(found)


def shared(one: str, other: str) -> float:
    """Share of the first text's content words that the second holds; 0 where the first has none."""
    mine = content(one)
    return len(mine & content(other)) / len(mine) if mine else 0.0


def size(folded: str) -> int:
    """Length in words: Latin words count one, Han characters two thirds, as in ``text.language_of``."""
    han = sum(len(run) for run in _HAN_RUN.findall(folded))
    return len(_LATIN.findall(folded)) + len(_DIGITS.findall(folded)) + round(han * 2 / 3)


def likeness(one: str, other: str) -> float:
    """Cosine of the two texts' sentence vectors (Universal Sentence Encoder), −1 … 1; about half a millisecond."""
    first, second = vectors([one, other])
    return float(first @ second)
