"""What is agreed to happen next, and when: a call back, a visit, papers to send, a contact to add.

The act is found by rules, the time in the same sentence or beside it. A proposal that the other side turns down is no
follow-up; a bare time in answer to the question "when?" is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.when import When, find_times
from pipeline.types import Finding

KIND = "follow_up"
_ANSWER_CHARS = {"zh": 16, "en": 48}
"""A bare time is an answer only in a short sentence; a longer one speaks of something else."""


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``follow_up`` with ``detail {action, when, iso, layer}``; ``when`` as heard, ``iso`` where resolved."""
    found: list[Finding] = []
    asked: Finding | None = None
    for turn in range(len(conversation.turns)):
        sentences = list(conversation.in_turn(turn))
        if asked is not None and sentences and sentences[0].speaker != asked.speaker:
            if _declines(sentences[0]):
                found.remove(asked)
            else:
                found.extend(_answer(conversation, sentences, asked))
        fresh = _in_turn(conversation, sentences)
        found.extend(fresh)
        asked = fresh[-1] if fresh else None
    return found


def agreed(findings: Sequence[Finding]) -> Finding | None:
    """The follow-up that stands at the end: the last with a time, else the last."""
    mine = [finding for finding in findings if finding.kind == KIND]
    timed = [finding for finding in mine if finding.detail.get("when")]
    return timed[-1] if timed else mine[-1] if mine else None


def _in_turn(conversation: Conversation, sentences: Sequence[Sentence]) -> list[Finding]:
    found: list[Finding] = []
    for place, sentence in enumerate(sentences):
        hits = matches(KIND, sentence)
        if not hits or matches("do_not_call", sentence):
            continue
        hit = hits[0]
        times = find_times(sentence.folded, sentence.language, conversation.record.started_at)
        beside = [] if times else _times_beside(conversation, sentences, place)
        start, end = hit.start, max(other.end for other in hits)
        if times:
            start, end = min(start, times[0].start), max(end, times[-1].end)
        when, iso = _joined(sentence, times or beside)
        found.append(
            conversation.finding(
                KIND,
                sentence,
                start,
                end,
                strength=hit.strength,
                action=hit.detail.get("action"),
                when=when,
                iso=iso,
                rule=hit.rule,
                layer=hit.layer,
            )
        )
    return found


def _times_beside(conversation: Conversation, sentences: Sequence[Sentence], place: int) -> list[When]:
    """Times said in the neighbouring sentence of the same turn, when that says little else."""
    for neighbour in (place + 1, place - 1):
        if 0 <= neighbour < len(sentences):
            sentence = sentences[neighbour]
            times = find_times(sentence.folded, sentence.language, conversation.record.started_at)
            if times and len(sentence.text) <= _ANSWER_CHARS.get(sentence.language, 48):
                return times
    return []


def _joined(sentence: Sentence, times: Sequence[When]) -> tuple[str | None, str | None]:
    """The time as heard and its ISO form: the most exact of several."""
    if not times:
        return None, None
    best = max(times, key=lambda when: (len(when.iso or ""), when.end - when.start))
    inside = sentence.folded[best.start : best.end] == best.text
    text = sentence.text[best.start : best.end] if inside else best.text
    return text, best.iso


def _declines(sentence: Sentence) -> bool:
    return bool(matches("reply_decline", sentence)) and not matches(KIND, sentence)


def _answer(conversation: Conversation, sentences: Sequence[Sentence], asked: Finding) -> list[Finding]:
    """A bare time in answer to a proposal: the other side sets it."""
    for sentence in sentences:
        if len(sentence.text) > _ANSWER_CHARS.get(sentence.language, 48) or matches(KIND, sentence):
            continue
        times = find_times(sentence.folded, sentence.language, conversation.record.started_at)
        if times:
            when, iso = _joined(sentence, times)
            answer = conversation.finding(KIND, sentence, times[0].start, times[-1].end, strength=0.8)
            detail = {"action": asked.detail.get("action"), "when": when, "iso": iso, "layer": "structure"}
            return [replace(answer, detail=detail)]
    return []
