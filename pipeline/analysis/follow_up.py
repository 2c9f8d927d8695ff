"""What is agreed to happen next, and when: a call back, a visit, papers to send, a contact to add.

Sentences that name a time to come or an act (a call, a visit, papers) are candidates; a model fitted on labelled calls
says which of them settle a step, by their words, the reply and their place in the call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.analysis import acts
from pipeline.analysis.appointed import (
    AGREED,
    BESIDE,
    KIND,
    OPEN,
    act_of,
    asked_for,
    is_short,
    only_asks,
    speaks_of_act,
    time_of,
    times_in,
)  # fmt: skip
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.features import gram_columns, vectors
from pipeline.analysis.matching import matches
from pipeline.analysis.next_step import is_taken_up
from pipeline.analysis.rules import Match
from pipeline.analysis.sure import found, says
from pipeline.analysis.when import When, find_times, says_time
from pipeline.types import Finding

if TYPE_CHECKING:
    import numpy as np

    from pipeline.analysis.outcome_model import FollowUpModel

LATE = 0.3
"""Part of a call before which words alone settle no step: there they tell of the call's cause (our default)."""
_HALF = 0.4
"""Part of a call before which a bare time agreed to tells of habits, not of a next step (our default)."""
LEAST = 0.5
"""Least probability at which a step counts as agreed (our default)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that names a time or an act, with what stands around it."""

    sentence: Sentence
    place: float
    from_end: int
    steps: tuple[Match, ...]
    times: tuple[When, ...]
    reply: Sentence | None
    before: Sentence | None


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``follow_up`` with ``detail {action, when, iso, layer}``; ``when`` as heard, ``iso`` where resolved."""
    from pipeline.analysis.outcome_model import load

    model = load().follow_up
    steps: list[Finding] = []
    worded: list[Finding] = []
    visits: list[Finding] = []
    for candidate in candidates(conversation):
        if _turned_down(candidate) or says(candidate.sentence, KIND, "habits"):
            continue
        sure, asked = _sure(conversation, candidate, model), _answered(conversation, candidate)
        if sure is not None or asked is not None:
            steps.append(_finding(conversation, candidate, max(sure or 0.0, asked or 0.0)))
        elif candidate.place > LATE:
            told = tuple(_by_words(conversation, candidate))
            worded.extend(told)
            visits.extend(told if speaks_of_act(candidate.sentence) else ())
    if any(step.detail["action"] not in BESIDE for step in steps):
        return steps
    firm = [one for one in visits if is_taken_up(conversation, one)]
    return sorted([*steps, *(firm if steps else worded)], key=lambda one: (one.turn or 0, one.at or 0))


def _answered(conversation: Conversation, candidate: Candidate) -> float | None:
    """How sure the sentence names the time that the other side has asked for to follow up."""
    if not candidate.times or candidate.place <= LATE:
        return None
    return asked_for(conversation, candidate.sentence, candidate.before)


def _sure(conversation: Conversation, candidate: Candidate, model: FollowUpModel) -> float | None:
    """How sure the sentence settles a step; one that only asks when is open, whatever the models say."""
    sure = _told(conversation, candidate, model)
    asks = sure is not None and only_asks(candidate.sentence, candidate.times)
    return min(sure, OPEN) if sure is not None and asks else sure


def _told(conversation: Conversation, candidate: Candidate, model: FollowUpModel) -> float | None:
    """The agent's step by the learned layer, the customer's by the model of candidates."""
    if candidate.sentence.speaker == "agent":
        guess = acts.guesses(conversation, KIND).get(candidate.sentence.index, acts.NOTHING)
        return (
            guess.probability
            if guess.counts and not _only_delivers(conversation, candidate.sentence)
            else None
        )
    sure = probability(candidate, model)
    return sure if sure >= LEAST else None


def _only_delivers(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether, after something is done in the same turn, the sentence only tells what arrives and when."""
    if not says(sentence, KIND, "drops") or says(sentence, KIND, "adds"):
        return False
    return any(says(one, KIND, "done") for one in conversation.in_turn(sentence.turn))


def _by_words(conversation: Conversation, candidate: Candidate) -> Iterator[Finding]:
    """A step that the words or the talk around them alone settle, where nothing else in the call does."""
    if _settled(candidate) or _both_name(conversation, candidate):
        yield _finding(conversation, candidate, AGREED)
        return
    if candidate.sentence.speaker != "agent":
        return
    for wording, _ in found(candidate.sentence, KIND, "adds"):
        yield _finding(conversation, candidate, wording.strength)
        return


def _settled(candidate: Candidate) -> bool:
    """Whether a bare time answers what the other side asked or said of a time, and that side takes it up."""
    sentence, before, reply = candidate.sentence, candidate.before, candidate.reply
    if not candidate.times or not is_short(sentence) or candidate.place <= _HALF:
        return False
    if before is None or reply is None:
        return False
    named = is_short(before) and says_time(before.folded, before.language)
    asked = named or says(before, KIND, "asks") or bool(matches(KIND, before))
    taken = bool(matches("reply_agree", reply)) or says_time(reply.folded, reply.language)
    return asked and taken


def _both_name(conversation: Conversation, candidate: Candidate) -> bool:
    """Whether the other side has just named the same time and either speaks of the act: "ring me after Easter" – "I'll ring
    you after Easter"."""
    before = candidate.before
    if before is None or before.speaker == candidate.sentence.speaker:
        return False
    told = find_times(before.folded, before.language, conversation.record.started_at)
    same = any(time.said.parts == other.said.parts for time in candidate.times for other in told)
    return same and (bool(candidate.steps) or speaks_of_act(before))


def candidates(conversation: Conversation) -> Iterator[Candidate]:
    """Every sentence with a time to come or an act of follow-up in it."""
    turns = len(conversation.turns)
    first: dict[int, Sentence] = {}
    last: dict[int, Sentence] = {}
    for sentence in conversation.sentences:
        first.setdefault(sentence.turn, sentence)
        last[sentence.turn] = sentence
    for sentence, times in times_in(conversation):
        steps = tuple(matches(KIND, sentence))
        if times or steps:
            yield Candidate(
                sentence,
                sentence.turn / max(1, turns - 1),
                turns - sentence.turn,
                steps,
                times,
                first.get(sentence.turn + 1),
                last.get(sentence.turn - 1),
            )


def signs_of(candidate: Candidate) -> tuple[float, ...]:
    """What the fitted model is told beside the words."""
    agent, timed, act = candidate.sentence.speaker != "customer", bool(candidate.times), bool(candidate.steps)
    reply, before, late = candidate.reply, candidate.before, candidate.place > 0.66
    return tuple(
        float(sign)
        for sign in (
            agent, timed, act, timed and act, timed and agent, act and agent,
            reply is not None and bool(matches("reply_agree", reply)),
            reply is not None and bool(matches("reply_decline", reply)),
            candidate.place, late, candidate.place > 0.8, candidate.from_end <= 2, candidate.from_end <= 4,
            timed and late, reply is None,
            before is not None and timed and says_time(before.folded, before.language),
            reply is not None and says_time(reply.folded, reply.language),
        )
    )  # fmt: skip


def probability(candidate: Candidate, model: FollowUpModel) -> float:
    """How likely the sentence settles a next step."""
    import numpy as np

    sentence, reply = candidate.sentence, candidate.reply
    raw = model.bias + float(vectors([sentence.text])[0] @ model.encoder)
    raw += float(np.array(signs_of(candidate)) @ model.signs)
    raw += _gram_score(sentence, model.grams)
    if reply is not None:
        raw += _gram_score(reply, model.next_grams)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, raw))))


def _turned_down(candidate: Candidate) -> bool:
    """Whether the other side declines without naming another step."""
    reply = candidate.reply
    return reply is not None and bool(matches("reply_decline", reply)) and not matches(KIND, reply)


def _gram_score(sentence: Sentence, weights: np.ndarray) -> float:
    columns = gram_columns(sentence.text, sentence.language)
    return float(weights[columns].sum()) / len(columns) ** 0.5


def _finding(conversation: Conversation, candidate: Candidate, sure: float) -> Finding:
    """The words from the act to the time, and what they say; of several times and acts, from the one that is meant."""
    sentence, steps, times = candidate.sentence, candidate.steps, candidate.times
    act = act_of(sentence, steps)
    time = time_of(sentence, act, times or _times_beside(conversation, sentence))
    spans = [*((one.start, one.end) for one in steps), *((one.start, one.end) for one in times)]
    if act is not None and time is not None and time in times and len(times) > 1:
        spans = [(act.start, act.end), (time.start, time.end)]
    return conversation.finding(
        KIND,
        sentence,
        min(start for start, _end in spans),
        max(end for _start, end in spans),
        strength=sure,
        action=act.action if act and steps else None,
        when=_heard(sentence, time) if time else None,
        iso=time.iso if time else None,
        rule=steps[0].rule if steps else None,
        layer="structure",
    )


def _times_beside(conversation: Conversation, sentence: Sentence) -> Sequence[When]:
    """Times said in the neighbouring sentence of the same turn, when that says little else."""
    beside = [s for s in conversation.in_turn(sentence.turn) if abs(s.index - sentence.index) == 1]
    for neighbour in reversed(beside):
        times = find_times(neighbour.folded, neighbour.language, conversation.record.started_at)
        if times and is_short(neighbour):
            return times
    return ()


def _heard(sentence: Sentence, time: When) -> str:
    """A time as it was heard, where it stands in the sentence."""
    inside = sentence.folded[time.start : time.end] == time.text
    return sentence.text[time.start : time.end] if inside else time.text
