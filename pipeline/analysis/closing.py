"""Who is on the line and how both part: what the order of turns says of the outcome, where single words don't.

Each function yields ``(label, weight, sentence)``; the sentence is the one that settles it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis.bearing import classify
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.when import find_times

Sign = tuple[str, float, Sentence]
_SHORT_CALL_TURNS = 6
_FIRST_TURNS = 4
_LEAST = 0.25
"""Class score below which the learned layer says nothing; most ordinary talk stays under it (leave-one-out)."""
_FULL = 0.6
_LOOK_BACK = 10
"""How many last sentences the learned layer reads."""


def stranger(conversation: Conversation) -> float:
    """How sure it is that somebody else answered: the agent asks for a person, is not told yes, and soon gives up."""
    turns = len(conversation.turns)
    if turns > _SHORT_CALL_TURNS:
        return 0.0
    asked = [s for s in conversation.sentences if s.turn < _FIRST_TURNS and s.speaker != "customer"]
    asked = [s for s in asked if matches("identity_question", s)]
    if not asked:
        return 0.0
    reply = [s for s in conversation.sentences if s.turn > asked[0].turn and s.speaker != "agent"]
    if not reply or matches("reply_agree", reply[0]) or any(matches("outcome_call_back", s) for s in reply):
        return 0.0
    learned = max(score["wrong_person"] for score in _scores(reply, "customer"))
    denies = 0.25 if matches("reply_decline", reply[0]) else 0.0
    sorry = 0.2 if _sorry(conversation, asked[0].turn) else 0.0
    return min(0.95, max(0.0, learned) + denies + sorry)


def _sorry(conversation: Conversation, after: int) -> bool:
    later = [s for s in conversation.sentences if s.turn > after and s.speaker != "customer"]
    return any(matches("apology", s) or matches("wrong_person", s) for s in later)


def appointments(conversation: Conversation) -> Iterator[Sign]:
    """A time on which both agree. Where the customer is busy or somebody is absent it is a later call, else a meeting."""
    for turn in range(1, len(conversation.turns)):
        before, after = list(conversation.in_turn(turn - 1)), list(conversation.in_turn(turn))
        if not before or not after or before[0].speaker == "customer" or after[0].speaker == "agent":
            continue
        times = [_times(s) for s in (*before, *after)]
        agrees = any(matches("reply_agree", s) for s in after)
        answers = any(_times(s) for s in after)
        if any(times) and (agrees or answers) and not matches("reply_decline", after[0]):
            later = _put_off([s for s in conversation.sentences if s.turn <= turn])
            yield ("call_back" if later else "interested"), (0.7 if later else 0.55), after[0]


def _put_off(sentences: Sequence[Sentence]) -> bool:
    """Whether the customer is busy or somebody is absent, by rule or by the learned layer."""
    if any(matches("outcome_call_back", s) for s in sentences):
        return True
    customer = [s for s in sentences if s.speaker == "customer"]
    rows = _scores(customer, "customer")
    return any(max(row.values()) == row["call_back"] >= _LEAST for row in rows)


def _times(sentence: Sentence) -> bool:
    return bool(find_times(sentence.folded, sentence.language, None))


def learned(conversation: Conversation) -> Iterator[Sign]:
    """What the learned layer reads in the last sentences of either side."""
    last = conversation.sentences[-_LOOK_BACK:]
    for side in ("customer", "agent"):
        spoken = [s for s in last if s.speaker == side or (side == "customer" and s.speaker == "unknown")]
        for sentence, scores in zip(spoken, _scores(spoken, side), strict=True):
            label = max(scores, key=lambda name: scores[name])
            if label in ("undetermined", "wrong_person") or scores[label] < _LEAST + max(
                0.0, scores["undetermined"]
            ):
                continue
            weight = min(0.9, (scores[label] - _LEAST) / (_FULL - _LEAST) * 0.6 + 0.3)
            yield label, weight * (1.0 if side == "customer" else 0.8), sentence


def _scores(spoken: Sequence[Sentence], side: str) -> list[dict[str, float]]:
    """Scores of each sentence by the model of its own language."""
    scores: dict[int, dict[str, float]] = {}
    for language in ("zh", "en"):
        mine = [s for s in spoken if (s.language == "zh") == (language == "zh")]
        model = classify([s.text for s in mine], language, "agent" if side == "agent" else "customer")
        scores.update({s.index: score for s, score in zip(mine, model, strict=True)})
    return [scores[s.index] for s in spoken]
