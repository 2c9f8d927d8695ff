"""The customer's objections, by kind, and how the agent meets each in the next two turns (article 10.5).

An objection is resistance with a reason; a bare no is a refusal, found elsewhere. It is met (``benefit``) when the agent
answers with a strength, a proof, an adaptation or, to a customer without time, another time; ``passive`` when the agent
only agrees and gives up; ``ignored`` when the pitch goes on as though nothing had been said.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis import benefit
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    before,
    content,
    cue,
    found_at,
    of_turn,
    size,
    text_of,
    turn_hits,
)
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely
from pipeline.types import Finding

KIND = "objection"
_OUTRIGHT = 0.85
"""Probability from which an answer to a question is an objection all the same (our default)."""
_SURE = 0.6
"""Least strength of a benefit that answers where the agent presses on in the same breath (the gate)."""
_SUBSTANCE, _SHORT = 10, 12
"""Words from which a reply on the matter tells something, and under which one without an offer only soothes (our default)."""
_ORDER = ("distrust", "price", "existing_supplier", "no_need", "no_time", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each objection, one a kind and turn; ``detail``: ``kind``, ``handling`` (benefit, passive or ignored)."""
    found: list[Finding] = []
    for number, turn in enumerate(conversation.turns):
        if turn.speaker == "agent":
            continue
        best: dict[str, tuple[Sentence, Match]] = {}
        for sentence, hit in objections(conversation, number):
            kind = str(hit.detail["kind"])
            if _outranks(hit, best.get(kind)):
                best[kind] = (sentence, hit)
        for kind, (sentence, hit) in _leading(best):
            detail = {"kind": kind, "handling": _handling(conversation, number, kind)}
            found.append(found_at(conversation, KIND, sentence, hit, detail))
    return found


def objections(conversation: Conversation, turn: int) -> list[tuple[Sentence, Match]]:
    """Sentences of a turn that object, with the words that do and the likeliest kind."""
    judged = ((s, likely(conversation, KIND, s)) for s in of_turn(conversation, turn))
    return [
        (s, told[0]) for s, told in judged if told is not None and not _only_answers(conversation, s, told[0])
    ]


def _only_answers(conversation: Conversation, sentence: Sentence, hit: Match) -> bool:
    """Whether who else supplies the customer is told only because the agent asked."""
    if hit.detail["kind"] != "existing_supplier" or hit.strength >= _OUTRIGHT or cue("contrast", sentence):
        return False
    asked = (s for turn in before(conversation, sentence.turn, "agent") for s in of_turn(conversation, turn))
    return any(likely(conversation, "needs_question", other) for other in asked)


def _outranks(hit: Match, other: tuple[Sentence, Match] | None) -> bool:
    return other is None or hit.strength > other[1].strength


def _leading(best: dict[str, tuple[Sentence, Match]]) -> list[tuple[str, tuple[Sentence, Match]]]:
    """A stall ("let me think") beside a real reason in the same turn is part of that reason."""
    kinds = [kind for kind in _ORDER if kind in best]
    if len(kinds) > 1 and "other" in kinds:
        kinds.remove("other")
    return [(kind, best[kind]) for kind in kinds]


def _handling(conversation: Conversation, turn: int, kind: str) -> str:
    """What the agent's next two turns make of it; the first that does anything decides."""
    objected = text_of(conversation, [turn])
    turns = after(conversation, turn, "agent", 2)
    if not turns:
        return "passive"
    for number, later in enumerate(turns):
        if number and _said_again(conversation, turn, later, kind):
            break
        answer = _answer(conversation, later, kind, objected)
        if answer is not None:
            return answer
    return "ignored"


def _said_again(conversation: Conversation, turn: int, later: int, kind: str) -> bool:
    """The customer had to object once more before this turn, so the first answer was none."""
    between = (t for t in range(turn + 1, later) if conversation.turns[t].speaker != "agent")
    return any(str(hit.detail["kind"]) == kind for t in between for _, hit in objections(conversation, t))


def _answer(conversation: Conversation, turn: int, kind: str, objected: str) -> str | None:
    """What one turn of the agent makes of an objection; None where it leaves that open.

    Pressing on is no answer, whatever it offers; giving up is passive unless it comes with a solution.
    """
    acts = {str(hit.detail["act"]) for _, hit in turn_hits(conversation, "objection_handling", turn)}
    said, text = of_turn(conversation, turn), text_of(conversation, [turn])
    if kind == "no_time" and cue("another_time", *said):
        return "benefit"
    solves = bool(acts & {"solve", "prove"})
    pitches = any(likely(conversation, "pitch", sentence) for sentence in said)
    if "give_up" in acts and not solves and not pitches:
        return "passive"
    if any(likely(conversation, "hard_sell", sentence) for sentence in said):
        return "benefit" if solves and "empathy" in acts else None
    gains = kind != "distrust" and _benefits(conversation, turn, least=_SURE if "push" in acts else 0.0)
    if solves or gains or (_on_it(acts, objected, text) and size(text) >= _SUBSTANCE):
        return "benefit"
    if "push" in acts:
        return None
    asks = any(has_shape("asks", sentence.folded) for sentence in said)
    return "passive" if not pitches and not asks and size(text) < _SHORT else None


def _on_it(acts: set[str], objected: str, text: str) -> bool:
    return "empathy" in acts or bool(content(objected) & content(text))


def _benefits(conversation: Conversation, turn: int, *, least: float) -> bool:
    """Whether a turn states a benefit, and so likely; a promise is no answer to distrust."""
    stated = (benefit.states(conversation, sentence) for sentence in of_turn(conversation, turn))
    return any(one is not None and one[0].strength >= least for one in stated)
