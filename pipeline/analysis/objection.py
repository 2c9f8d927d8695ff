"""The customer's objections, by kind, and how the agent meets each in the next two turns (article 10.5).

An objection is resistance with a reason; a bare no is a refusal, found elsewhere. It is met (``benefit``) when the agent
answers with a strength, a proof, an adaptation or, to a customer without time, another time; ``passive`` when the agent
only agrees and gives up; ``ignored`` when the pitch goes on as though nothing had been said.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis import benefit
from pipeline.analysis.confusion import unclear
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    before,
    by_meaning,
    content,
    cue,
    found_at,
    hits,
    kinds_at,
    of_turn,
    size,
    text_of,
    turn_hits,
)
from pipeline.analysis.rules import Match
from pipeline.types import Finding

KIND = "objection"
_ORDER = ("distrust", "price", "existing_supplier", "no_need", "no_time", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each objection, one a kind and turn; ``detail``: ``kind``, ``handling`` (benefit, passive or ignored)."""
    asked = kinds_at(prior, "needs_question")
    learned = _learned(conversation)
    found: list[Finding] = []
    for number, turn in enumerate(conversation.turns):
        if turn.speaker == "agent":
            continue
        best: dict[str, tuple[Sentence, Match]] = {}
        for sentence, hit in turn_hits(conversation, "objection", number) or learned.get(number, []):
            kind = str(hit.detail["kind"])
            if _holds(conversation, sentence, hit, asked) and _outranks(hit, best.get(kind)):
                best[kind] = (sentence, hit)
        for kind, (sentence, hit) in _leading(best):
            detail = {"kind": kind, "handling": _handling(conversation, number, kind)}
            found.append(found_at(conversation, "objection", sentence, hit, detail))
    return found


def _learned(conversation: Conversation) -> dict[int, list[tuple[Sentence, Match]]]:
    """What the learned layer takes for objections, by turn; asked only about turns in which no rule speaks."""
    asked = [s for s in conversation.by("customer") if _open_to_meaning(conversation, s)]
    by_turn: dict[int, list[tuple[Sentence, Match]]] = {}
    for sentence, hit in by_meaning(KIND, asked, rival="confusion"):
        by_turn.setdefault(sentence.turn, []).append((sentence, hit))
    return by_turn


def _open_to_meaning(conversation: Conversation, sentence: Sentence) -> bool:
    """A statement of some length that is no question, confusion or yes, in a turn where no rule finds an objection."""
    if sentence.speaker != "customer" or size(sentence.folded) < 4 or sentence.folded.rstrip().endswith("?"):
        return False
    if cue("understood", sentence) or (cue("agreed", sentence) and not cue("contrast", sentence)):
        return False
    if (
        hits("customer_question", sentence)
        or hits("confusion", sentence)
        or unclear(conversation, sentence.turn)
    ):
        return False
    return not turn_hits(conversation, KIND, sentence.turn)


def _outranks(hit: Match, other: tuple[Sentence, Match] | None) -> bool:
    return other is None or hit.strength > other[1].strength


def _leading(best: dict[str, tuple[Sentence, Match]]) -> list[tuple[str, tuple[Sentence, Match]]]:
    """A stall ("let me think") beside a real reason in the same turn is part of that reason."""
    kinds = [kind for kind in _ORDER if kind in best]
    if len(kinds) > 1 and "other" in kinds:
        kinds.remove("other")
    return [(kind, best[kind]) for kind in kinds]


def _holds(conversation: Conversation, sentence: Sentence, hit: Match, asked: dict[int, Finding]) -> bool:
    """Guards from the dialogue: an answer to the agent's question and a stall after a yes are no resistance."""
    kind = str(hit.detail["kind"])
    if hits("confusion", sentence) and kind in ("other", "no_need"):
        return False
    questions = [m for m in hits("customer_question", sentence) if m.strength >= 0.8]
    if questions and kind in ("other", "existing_supplier", "no_need", "no_time"):
        return False
    if (
        kind == "other"
        and cue("agreed", _turn_start(conversation, sentence))
        and not cue("contrast", sentence)
    ):
        return False
    if hit.layer == "meaning" or kind in ("existing_supplier", "no_need", "no_time", "other"):
        for turn in before(conversation, sentence.turn, "agent", 1):
            if turn in asked and not cue("resists", *of_turn(conversation, sentence.turn)):
                return cue("contrast", sentence)
    return True


def _turn_start(conversation: Conversation, sentence: Sentence) -> Sentence:
    return of_turn(conversation, sentence.turn)[0]


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
    return any(
        str(hit.detail["kind"]) == kind for t in between for _, hit in turn_hits(conversation, "objection", t)
    )


def _answer(conversation: Conversation, turn: int, kind: str, objected: str) -> str | None:
    acts = {str(hit.detail["act"]) for _, hit in turn_hits(conversation, "objection_handling", turn)}
    text = text_of(conversation, [turn])
    if kind == "no_time":
        if cue("another_time", *of_turn(conversation, turn)):
            return "benefit"
        return "passive" if "give_up" in acts else None
    if "give_up" in acts and not acts & {"solve", "prove"}:
        return "passive"
    met = bool(acts & {"solve", "prove"}) or (kind != "distrust" and _benefits(conversation, turn))
    on_it = "empathy" in acts or bool(content(objected) & content(text))
    if "push" in acts and not ("empathy" in acts or "prove" in acts):
        return None
    if met or (on_it and size(text) >= 10):
        return "benefit"
    return "passive" if size(text) < 5 and not acts else None


def _benefits(conversation: Conversation, turn: int) -> bool:
    """Whether a turn states a benefit; a promise is no answer to distrust."""
    return any(benefit.states(conversation, sentence) is not None for sentence in of_turn(conversation, turn))
