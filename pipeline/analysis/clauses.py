"""A call read clause by clause, where a sentence says several things at once and the learned layer hears only the loudest."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.analysis import acts
from pipeline.analysis.conversation import Conversation, Sentence

_BREAK = re.compile(r"[，；]|[,;](?!\d)")
_HAN = re.compile(r"[\u3400-\u9fff]")


def likeliest_clauses(conversation: Conversation, kind: str) -> dict[int, tuple[float, int, int]]:
    """For each sentence of more than one clause the likeliest of a kind: how likely, and its characters in the sentence.

    By the sentence's index; of the kind's side and of unknown speakers.
    """
    cut = by_clause(conversation)
    likely = acts.guesses(cut, kind)
    found: dict[int, tuple[float, int, int]] = {}
    for sentence in conversation.sentences:
        parts = [p for p in cut.in_turn(sentence.turn) if p.index in likely and _within(p, sentence)]
        if len(parts) > 1:
            best = max(parts, key=lambda part: likely[part.index].probability)
            start = best.start - sentence.start
            found[sentence.index] = (likely[best.index].probability, start, start + len(best.text))
    return found


def by_clause(conversation: Conversation) -> Conversation:
    """The same talk with each clause a sentence; every character stays in its place."""
    turns = tuple(
        replace(turn, text=_BREAK.sub("。" if _HAN.search(turn.text) else ".", turn.text), words=())
        for turn in conversation.turns
    )
    return Conversation.of(replace(conversation.transcript, turns=turns), profile=conversation.profile)


def _within(part: Sentence, sentence: Sentence) -> bool:
    return sentence.start <= part.start < sentence.start + len(sentence.text)
