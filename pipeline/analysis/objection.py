"""The customer's objections, by kind, and how the agent meets each in the next two turns (article 10.5).

An objection is resistance with a reason; a bare no is a refusal, found elsewhere. It is met (``benefit``) when the agent
answers with a strength, a proof or an adaptation, or gives a customer without time another one; ``passive`` when the agent
only agrees, gives up or puts it off; ``ignored`` when the pitch goes on as though nothing had been said. The layer over
replies (``replies.py``) judges which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.backchannels import is_backchannel
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import (
    after,
    before,
    cue,
    found_at,
    hits,
    of_turn,
    size,
)
from pipeline.analysis.postponed import handled
from pipeline.analysis.replies import judge
from pipeline.analysis.rules import Match
from pipeline.analysis.spotting import likely
from pipeline.analysis.sure import found as worded
from pipeline.analysis.sure import says
from pipeline.types import Finding

KIND = "objection"
_OUTRIGHT = 0.99
"""Probability from which an answer to a question is an objection all the same (our default)."""
ANOTHER_TIME = 0.9
"""How sure a lack of time counts as met where the agent gives in and names another time."""
WAYS_OUT = 2
"""Hits of rules for a way out from which they are heard: with one, five more of 56 replies were taken for met that were not."""
DOUBT = 0.32
"""How likely a reply must meet an objection for a rule's word that it does to make that a doubt, read in the agent's favour."""
A_DOUBT = 0.55
"""Most that counts what may be no objection to this offer: under the gate."""
MET = 0.6
"""How likely a second turn must meet an objection behind a question back (the gate, our default)."""
_NOD = 4
"""Most words of a sentence that only takes up what was said (our default)."""
_ORDER = ("distrust", "price", "existing_supplier", "no_need", "no_time", "other")


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each objection, one a kind and turn; ``detail``: ``kind``, ``handling`` (benefit, passive or ignored), ``share``."""
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
            handling, sure = _handling(conversation, sentence, kind)
            detail = {"kind": kind, "handling": handling, "share": {"handling": round(sure, 2)}}
            found.append(found_at(conversation, KIND, sentence, hit, detail))
    return found


def objections(conversation: Conversation, turn: int) -> list[tuple[Sentence, Match]]:
    """Sentences of a turn that object, with the words that do and the likeliest kind."""
    judged = ((s, _heard(conversation, s)) for s in of_turn(conversation, turn))
    return [
        (s, _weighed(conversation, s, hit))
        for s, hit in judged
        if hit is not None and not _is_none(conversation, s, hit)
    ]


def _heard(conversation: Conversation, sentence: Sentence) -> Match | None:
    """The words that object: as the learned layer tells, or as the words alone do where those tell it more surely."""
    told = likely(conversation, KIND, sentence)
    said = next(worded(sentence, KIND, "adds"), None)
    if said is None or (told is not None and told[0].strength >= said[0].strength):
        return told[0] if told else None
    return Match("worded", *said[1], said[0].strength, "pattern", said[0].detail)


def _is_none(conversation: Conversation, sentence: Sentence, hit: Match) -> bool:
    """Whether the words only praise the price, tell what would please, or answer who else supplies."""
    pleases = hit.detail["kind"] == "other" and says(sentence, KIND, "prefers")
    return (
        pleases
        or says(sentence, KIND, "drops")
        or _only_answers(conversation, sentence, hit)
        or _of_the_present(conversation, sentence, hit)
    )


def _of_the_present(conversation: Conversation, sentence: Sentence, hit: Match) -> bool:
    """Whether a grievance is about what the customer has, for the agent asked about that and has offered nothing yet."""
    if hit.detail["kind"] not in ("price", "distrust", "other"):
        return False
    asked = _last_said(conversation, sentence.turn)
    if not any(says(other, KIND, "present") for other in asked) or says(sentence, KIND, "yours"):
        return False
    earlier = (s for s in conversation.by("agent") if s.turn < sentence.turn)
    return not any(likely(conversation, "pitch", other) for other in earlier)


def _weighed(conversation: Conversation, sentence: Sentence, hit: Match) -> Match:
    """A grievance about somebody else, or a mere answer to the agent's question, is at most a doubt."""
    elsewhere = hit.detail["kind"] != "existing_supplier" and says(sentence, KIND, "doubts")
    if not elsewhere and not _plain_answer(conversation, sentence, hit):
        return hit
    return replace(hit, strength=min(hit.strength, A_DOUBT))


def _plain_answer(conversation: Conversation, sentence: Sentence, hit: Match) -> bool:
    """Whether a sentence tells what the agent asked for, offered nothing, and only the learned layer takes it for more."""
    if (
        hit.layer != "meaning"
        or hit.strength >= _OUTRIGHT
        or cue("contrast", sentence)
        or cue("resists", sentence)
    ):
        return False
    asked = _last_said(conversation, sentence.turn)
    pitched = any(likely(conversation, "pitch", other) for other in asked)
    return not pitched and any(likely(conversation, "needs_question", other) for other in asked)


def _only_answers(conversation: Conversation, sentence: Sentence, hit: Match) -> bool:
    """Whether who else supplies the customer is told only because the agent asked."""
    if hit.detail["kind"] != "existing_supplier" or hit.strength >= _OUTRIGHT or cue("contrast", sentence):
        return False
    asked = _last_said(conversation, sentence.turn)
    return any(likely(conversation, "needs_question", other) for other in asked)


def _last_said(conversation: Conversation, turn: int) -> tuple[Sentence, ...]:
    """What the agent said last before a turn, nods left out: an answer goes on over "uh-huh"."""
    earlier = before(conversation, turn, "agent", turn)
    said = (at for at in earlier if not is_backchannel(conversation.turns[at].text))
    last = next(said, None)
    return () if last is None else of_turn(conversation, last)


def _outranks(hit: Match, other: tuple[Sentence, Match] | None) -> bool:
    return other is None or hit.strength > other[1].strength


def _leading(best: dict[str, tuple[Sentence, Match]]) -> list[tuple[str, tuple[Sentence, Match]]]:
    """A stall ("let me think") beside a real reason in the same turn is part of that reason."""
    kinds = [kind for kind in _ORDER if kind in best]
    if len(kinds) > 1 and "other" in kinds:
        kinds.remove("other")
    return [(kind, best[kind]) for kind in kinds]


def _handling(conversation: Conversation, sentence: Sentence, kind: str) -> tuple[str, float]:
    """The likeliest handling, and how sure it is whether the objection is met.

    No strength of a product meets a lack of time; another time does. What meets a postponement, ``postponed.py`` says.
    """
    replied = [
        s for turn in after(conversation, sentence.turn, "agent", 2) for s in of_turn(conversation, turn)
    ]
    if not replied:
        return "passive", 1.0
    chance = _chances(conversation, sentence)
    best = str(max(chance, key=lambda value: chance[value]))
    if kind == "no_time" and best == "passive" and cue("another_time", *replied):
        return "benefit", ANOTHER_TIME
    if kind == "no_time" and best != "benefit" and _fixed(conversation, sentence):
        return "benefit", ANOTHER_TIME
    if best != "benefit" and chance["benefit"] >= DOUBT and _solves(replied):
        return "benefit", 0.5
    sure = chance["benefit"] if best == "benefit" else 1 - chance["benefit"]
    return handled(conversation, sentence, kind, replied, (best, sure))


def _chances(conversation: Conversation, sentence: Sentence) -> dict[str, float]:
    """How likely each handling is over both turns, or by the second alone where that meets it and the first only asks back.

    The layer weighs a second turn little, for mostly the first one tells; who asks back has not answered yet.
    """
    both = judge("handling", conversation, sentence)
    turns = after(conversation, sentence.turn, "agent", 2)
    if len(turns) < 2 or not _only_asks(conversation, turns[0]):
        return both
    second = judge("handling", conversation, sentence, replies=turns[1:])
    return second if second["benefit"] >= MET else both


def _only_asks(conversation: Conversation, turn: int) -> bool:
    """Whether a turn asks what the customer has or needs and says no more than a nod beside it ("makes sense")."""
    said = of_turn(conversation, turn)
    asked = [s for s in said if likely(conversation, "needs_question", s)]
    return bool(asked) and all(s in asked or size(s.folded) <= _NOD for s in said)


def _fixed(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether the agent's next turn fixes the other time that the customer asks for."""
    reply = after(conversation, sentence.turn, "agent", 1)[0]
    return any(likely(conversation, "follow_up", other) for other in of_turn(conversation, reply))


def _solves(replied: Sequence[Sentence]) -> bool:
    """Whether rules hear a way out in a reply twice over: instalments and what a day costs, no clash and a part of it first."""
    heard = [
        hit for s in replied for hit in hits("objection_handling", s) if hit.detail.get("act") == "solve"
    ]
    return len(heard) >= WAYS_OUT
