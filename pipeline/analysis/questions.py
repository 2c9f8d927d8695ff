"""The customer's questions, and whether each was answered within the agent's next two turns (article 4.2).

What counts as an answer depends on what was asked: a price wants a figure, a yes-or-no question a yes, no or the
matter itself, "who are you" a name, "where did you get my number" a source. An open promise to find out counts too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.analysis.confusion import unclear
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    content,
    cue,
    found_at,
    hits,
    kinds_at,
    likeness,
    of_turn,
    size,
)
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.types import Finding

KIND = "customer_question"
_ALIKE = 0.3
"""Least cosine between a question and what answers it in other words (our default)."""
_LOAD = re.compile(r"[\u3400-\u9fff]{3,}|(?:\w+\W+){3,}")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each question of the customer, one a sentence; ``detail``: ``answered`` (bool)."""
    pitched = set(kinds_at(prior, "pitch")) | set(kinds_at(prior, "pitch_after_refusal"))
    hostile = set(kinds_at(prior, "do_not_call")) | set(kinds_at(prior, "complaint"))
    found: list[Finding] = []
    for sentence in conversation.by("customer"):
        told = likely(conversation, KIND, sentence)
        if told is None or sentence.turn in hostile or unclear(conversation, sentence):
            continue
        if has_shape("agreement", sentence.folded):
            continue
        asked = hits(KIND, sentence)
        if sentence.speaker == "unknown" and not (asked and _customer_like(sentence, asked[0])):
            continue
        answered = any(
            _answers(sentence, told, later in pitched)
            for later in after(conversation, sentence.turn, "agent", 2)
            for told in [of_turn(conversation, later)]
        ) or _answered_at_once(conversation, sentence)
        found.append(found_at(conversation, KIND, sentence, told[0], {"answered": answered}))
    return found


def _customer_like(sentence: Sentence, hit: Match) -> bool:
    """Of unknown speakers only questions that an agent would not ask."""
    return hit.rule in ("price", "how_much", "indirect") and not hits("needs_question", sentence)


def _answered_at_once(conversation: Conversation, sentence: Sentence) -> bool:
    """In a turn where the question is followed by the customer's own way out, nothing is owed."""
    rest = [s for s in of_turn(conversation, sentence.turn) if s.index > sentence.index]
    return cue("withdraws", *rest)


def _answers(question: Sentence, told: tuple[Sentence, ...], pitched: bool) -> bool:
    """Whether one turn of the agent answers; the kind of question decides what is looked for."""
    if cue("answer_deferred", *told):
        return True
    statements = [s for s in told if not _asks_back(s)]
    if not statements:
        return False
    asked, text = question.folded, " ".join(s.folded for s in statements)
    kind = _kind(question)
    if kind in ("source", "who", "figure"):
        return cue(f"answer_{kind}", *statements)
    if kind == "where":
        return cue("answer_where", *statements) and (not pitched or _touches(asked, text))
    if kind == "yes_no" and not pitched and cue("answer_yes_no", *statements):
        return True
    if kind == "yes_no":
        return (cue("answer_yes_no", statements[0]) and size(statements[0].folded) <= 3) or _touches(
            asked, text
        )
    return _touches(asked, text) or (not pitched and bool(_LOAD.search(text)) and size(text) >= 4)


def _kind(question: Sentence) -> str:
    """What the question asks for: source, who, where, figure, yes_no or open."""
    for kind in ("source", "who"):
        if cue(f"asked_{kind}", question):
            return kind
    first = next((str(hit.detail.get("asks", "open")) for hit in hits("customer_question", question)), "open")
    if first == "open" and cue("asked_where", question):
        return "where"
    return first


def _asks_back(sentence: Sentence) -> bool:
    return sentence.folded.rstrip().endswith("?") or bool(hits("needs_question", sentence))


def _touches(asked: str, text: str) -> bool:
    """Shared content words, or the like meaning (encoder), between question and answer."""
    return bool(content(asked) & content(text)) or likeness(asked, text) >= _ALIKE
