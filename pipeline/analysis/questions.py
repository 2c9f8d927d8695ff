"""The customer's questions, and whether each was answered within the agent's next two turns (article 4.2).

What counts as an answer is judged by the layer over replies (``replies.py``); an open promise to find out counts too.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.acts import Guess
from pipeline.analysis.confusion import unclear
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    content,
    cue,
    found_at,
    hits,
    likeness,
    of_turn,
    shared,
    whole,
)
from pipeline.analysis.replies import judge
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.types import Finding

KIND = "customer_question"
LEAST = 0.5
"""Probability from which a question counts as answered."""
FIGURES = {"money": "answer_money", "figure": "answer_figure"}
"""Cue that a reply holds what a question asks for: who asks for a price is not answered by square metres."""
EXPECTED = ("when", "where", "who", "yes_no")
"""What else a question asks for: cues ``asks_`` and ``answers_`` these, of which the first that fits counts."""
UNTOLD = 0.45
"""Most that a question counts as answered where nothing of the kind asked for is told or promised: a doubt that it was."""


AGAIN = 0.2
"""Most that a question counts as answered that is asked again and not answered then either (our default)."""
_SAME, _ALIKE = 0.5, 0.75
"""Least share of a question's words, or likeness, that makes another the same question (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each question of the customer, one a sentence; ``detail``: ``answered`` (bool), ``share`` (how sure)."""
    found: list[Finding] = []
    for sentence in conversation.by("customer"):
        told = likely(conversation, KIND, sentence) or _who_calls(conversation, sentence)
        if told is None or unclear(conversation, sentence):
            continue
        if has_shape("agreement", sentence.folded) or has_shape("rhetorical", sentence.folded):
            continue
        asked = hits(KIND, sentence)
        if sentence.speaker == "unknown" and not (asked and _customer_like(sentence, asked[0])):
            continue
        likely_answered = _answered(conversation, sentence)
        share = {"answered": round(max(likely_answered, 1 - likely_answered), 2)}
        detail = {"answered": likely_answered >= LEAST, "share": share}
        found.append(found_at(conversation, KIND, sentence, told[0], detail))
    return found


def _who_calls(conversation: Conversation, sentence: Sentence) -> tuple[Match, Guess] | None:
    """A question for who calls that the learned layer takes for confusion."""
    asked = has_shape("asks_identity", sentence.folded)
    told = likely(conversation, "confusion", sentence) if asked else None
    return None if told is None or asked is None else (whole(sentence, told[0].strength), told[1])


def _customer_like(sentence: Sentence, hit: Match) -> bool:
    """Of unknown speakers only questions that an agent would not ask."""
    return hit.rule in ("price", "how_much", "indirect") and not hits("needs_question", sentence)


def _answered(conversation: Conversation, sentence: Sentence) -> float:
    """How likely the agent answers; where the customer withdraws the question in the same turn, nothing is owed.

    Who is asked for a figure answers with one, or promises it; when, where, who and whether ask for their kind, too.
    """
    rest = [s for s in of_turn(conversation, sentence.turn) if s.index > sentence.index]
    if cue("withdraws", *rest):
        return 1.0
    replied = [
        s for turn in after(conversation, sentence.turn, "agent", 2) for s in of_turn(conversation, turn)
    ]
    if not replied:
        return 0.0
    again = _again(conversation, sentence)
    if again is not None:
        later = 0.0 if _only_courtesy(conversation, again) else _answered(conversation, again)
        return later if later >= LEAST else min(later, AGAIN)
    likely = float(judge("answered", conversation, sentence)[True])
    asked = {str(hit.detail.get("asks")) for hit in hits(KIND, sentence)} & FIGURES.keys()
    if not asked:
        beside = not cue("answer_deferred", *replied) and _beside_the_point(conversation, sentence, replied)
        return min(likely, UNTOLD) if beside else likely
    told = cue("answer_deferred", *replied) or any(cue(FIGURES[one], *replied) for one in asked)
    return (likely + 1) / 2 if told else min(likely, UNTOLD)


def _again(conversation: Conversation, sentence: Sentence) -> Sentence | None:
    """The customer's next words that ask the same once more, where what the agent said in between is about something else.

    A step of the script is no answer; who asks once more what he was told makes sure of it.
    """
    turn = next(iter(after(conversation, sentence.turn, "customer", 1)), sentence.turn)
    between = [s for at in range(sentence.turn + 1, turn) for s in of_turn(conversation, at)]
    told = any(content(sentence.folded) & content(s.folded) for s in between)
    figures = {str(hit.detail.get("asks")) for hit in hits(KIND, sentence)} & FIGURES.keys()
    if not between or told or any(cue(FIGURES[one], *between) for one in figures):
        return None
    return next((s for s in of_turn(conversation, turn) if _the_same(sentence, s)), None)


def _only_courtesy(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether the agent's next two turns thank, part or say yes, and no more."""
    turns = after(conversation, sentence.turn, "agent", 2)
    said = [s for turn in turns for s in of_turn(conversation, turn)]
    return all(hits("courtesy", s) or cue("bare_yes", s) or cue("bare_sound", s) for s in said)


def _the_same(first: Sentence, later: Sentence) -> bool:
    if cue("not_answered", later):
        return True
    asks = later.folded.rstrip().endswith("?") or cue("asks_again", later)
    alike = shared(first.folded, later.folded) >= _SAME or likeness(first.folded, later.folded) >= _ALIKE
    return asks and alike


def _beside_the_point(conversation: Conversation, sentence: Sentence, replied: Sequence[Sentence]) -> bool:
    """Whether the reply holds nothing of the kind asked for.

    Thanks, a farewell and an appointment behind it tell nothing. When, where and who are told at once; a yes, a no or
    the question's own matter may come a turn later.
    """
    asked = next((kind for kind in EXPECTED if cue(f"asks_{kind}", sentence)), None)
    if asked is None:
        return False
    first, *later = replied
    if has_shape("asks_to_do", sentence.folded) and any(
        has_shape("instructs", s.folded) for s in replied if s.turn == first.turn
    ):
        return False
    appointed = [s for s in later if likely(conversation, "follow_up", s)]
    replied = [s for s in replied if s not in appointed and not hits("courtesy", s)]
    if asked != "yes_no":
        replied = [s for s in replied if s.turn == first.turn]
    elif any(content(sentence.folded) & content(s.folded) for s in replied):
        return False
    return not cue(f"answers_{asked}", *replied)
