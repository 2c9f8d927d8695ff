"""Times as a conversation fixes them: the day that an hour is of, which of several an act is at, whether it was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.matching import matches
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.sure import found, says, touches
from pipeline.analysis.when import When, find_times, recall, resume, says_time

if TYPE_CHECKING:
    from pipeline.analysis.rules import Match

KIND = "follow_up"
BESIDE = ("send", "contact")
"""What is done beside a talk or a visit, and never instead of one."""
AGREED = 0.7
"""How sure a bare time is that one side names and the other takes up (our default)."""
OPEN = 0.5
"""How sure a step is that is asked for and not surely answered: a person decides (under the gate, our default)."""

_ANSWER_CHARS = {"zh": 16, "en": 48}
"""A time beside the act belongs to it only in a short sentence; a longer one speaks of something else."""
_ASIDE_CHARS = {"zh": 3, "en": 12}
"""Most characters of a clause beside a time that it only names, and between two times that say one (our default)."""
_TURNS = 3
"""Turns for which a day that was named stands, or an act for which only the day is asked (our default)."""
_MISTAKEN_DAYS = 21
"""Most days by which a date lies behind the next weekday of its name and may be taken for it (our default)."""
_CLAUSE = re.compile(r"[,，;；:：、?？]|\b(?:so|because|since)\b|所以|那")


@dataclass(frozen=True, slots=True)
class Act:
    """An act of following up at characters ``[start, end)`` of a sentence."""

    start: int
    end: int
    action: str | None


@dataclass(frozen=True, slots=True)
class _Date:
    """A day as it was named, and whether it is the step's."""

    sentence: Sentence
    time: When
    of_step: bool


def is_short(sentence: Sentence) -> bool:
    """Whether a sentence is no longer than a plain answer."""
    return len(sentence.text) <= _ANSWER_CHARS.get(sentence.language, 48)


def times_in(conversation: Conversation) -> Iterator[tuple[Sentence, tuple[When, ...]]]:
    """Each sentence with its times; an hour alone is of the day that the talk has fixed shortly before, a weekday alone the
    date of that weekday that was named."""
    now = conversation.record.started_at
    fixed: tuple[Sentence, When] | None = None
    dates: list[_Date] = []
    for sentence in conversation.sentences:
        times = find_times(sentence.folded, sentence.language, now)
        day = _asked_about(sentence, dates) or fixed
        if day and sentence.turn - day[0].turn <= _TURNS and day[0].language == sentence.language:
            times = [resume(day[1], time, sentence.language, now) for time in times]
        for place, time in enumerate(times):
            times[place] = time = _dated(sentence, time, dates, now)
            if time.said.has_span:
                dates.append(_Date(sentence, time, _fixes(sentence, time)))
        days = [date.time for date in dates if date.sentence is sentence and date.of_step]
        fixed = (sentence, days[-1]) if days else fixed
        yield sentence, tuple(times)


def _asked_about(sentence: Sentence, dates: Sequence[_Date]) -> tuple[Sentence, When] | None:
    """The one day of the other side's question right before: an hour in the answer is of that day."""
    asked = [
        date
        for date in dates
        if date.sentence.turn == sentence.turn - 1
        and date.sentence.speaker != sentence.speaker
        and has_shape("asks", date.sentence.folded)
    ]
    alone = len(asked) == 1 and asked[0].time.said.days and not _ends(asked[0].sentence, asked[0].time)
    return (asked[0].sentence, asked[0].time) if alone else None


def _dated(sentence: Sentence, time: When, dates: Sequence[_Date], now: datetime | None) -> When:
    """A weekday alone as the date of its name that was the step's, or at which both are to meet; else it may be either."""
    own = [date for date in dates if date.sentence.language == sentence.language]
    meant = [(date, again) for date in own if (again := recall(date.time, time, sentence.language, now))]
    if not meant:
        return time
    date, again = next((one for one in reversed(meant) if one[0].of_step), meant[-1])
    if date.of_step or (_meets(sentence) and not _ends(date.sentence, date.time)):
        return again
    apart = datetime.fromisoformat(str(again.iso)[:10]) - datetime.fromisoformat(str(time.iso)[:10])
    if not 0 < apart.days <= _MISTAKEN_DAYS:
        return time
    return replace(time, said=replace(time.said, dated=False), iso=None)


def _meets(sentence: Sentence) -> bool:
    """Whether a sentence tells of a visit or a meeting."""
    act = act_of(sentence, tuple(matches(KIND, sentence)))
    return act is not None and act.action == "meet"


def _ends(sentence: Sentence, time: When) -> bool:
    """Whether something ends at a time, or is due: it is no appointment."""
    return touches(sentence, KIND, "ends", time.start, time.end)


def _fixes(sentence: Sentence, time: When) -> bool:
    """Whether a day is the step's: its clause says no more than the day, or the sentence speaks of the act."""
    if _ends(sentence, time):
        return False
    before = _CLAUSE.split(sentence.folded[: time.start])[-1]
    after = _CLAUSE.split(sentence.folded[time.end :])[0]
    if len(before.strip()) + len(after.strip(" .。!！")) <= _ASIDE_CHARS.get(sentence.language, 12):
        return True
    return speaks_of_act(sentence) or says(sentence, KIND, "which")


def speaks_of_act(sentence: Sentence) -> bool:
    """Whether a sentence names or asks for an act of following up."""
    return any(says(sentence, KIND, part) for part in ("asks", "adds")) or bool(matches(KIND, sentence))


def asked_for(conversation: Conversation, sentence: Sentence, before: Sentence | None) -> float | None:
    """How sure a time is agreed that the other side has asked for to follow up; None where it wasn't asked.

    Who asks for it and then thanks, agrees or parts has taken it up. Where he does none of it, or the time is named with a
    doubt, a person decides.
    """
    if before is None or before.speaker == sentence.speaker or not is_short(sentence):
        return None
    if not _asks_for_time(conversation, before):
        return None
    taken = any(_takes_up(one) for one in conversation.in_turn(sentence.turn + 1))
    doubted = says(sentence, KIND, "unsure") or bool(matches("outcome_undecided", sentence))
    return AGREED if taken and not doubted else OPEN


def _asks_for_time(conversation: Conversation, question: Sentence) -> bool:
    """Whether a time is asked for at which to follow up: in the question itself, or before it where it only asks which."""
    if not says(question, KIND, "which"):
        return says(question, KIND, "asks")
    if speaks_of_act(question):
        return True
    near = (
        one
        for one in conversation.sentences
        if question.turn - _TURNS < one.turn <= question.turn and one.index < question.index
    )
    return says(question, KIND, "bare") and any(speaks_of_act(one) for one in near)


def only_asks(sentence: Sentence, times: Sequence[When]) -> bool:
    """Whether a sentence asks for a time and names none."""
    return not times and says(sentence, KIND, "which")


def _takes_up(sentence: Sentence) -> bool:
    return (
        bool(matches("reply_agree", sentence))
        or says(sentence, KIND, "takes")
        or says_time(sentence.folded, sentence.language)
    )


def act_of(sentence: Sentence, steps: Sequence[Match]) -> Act | None:
    """The act that a sentence is about: a call or a meeting before papers, a reminder last; of several the last."""
    acts = [Act(step.start, step.end, step.detail.get("action")) for step in steps]
    acts += [Act(*span, wording.detail.get("action")) for wording, span in found(sentence, KIND, "adds")]

    def weight(act: Act) -> tuple[bool, bool, int]:
        reminds = touches(sentence, KIND, "reminds", act.start, act.end)
        return not reminds, act.action in ("call", "meet"), act.end

    return max(acts, key=weight, default=None)


def time_of(sentence: Sentence, act: Act | None, times: Sequence[When]) -> When | None:
    """The time of an act, of several in its sentence: the nearest, in its own clause first; without an act the most exact."""
    if len(times) < 2 or act is None:
        return max(times, key=_exact, default=None)
    nearest = min(times, key=lambda time: _apart(sentence, act, time))
    if "vague" not in nearest.said.parts:
        return nearest
    room = _ASIDE_CHARS.get(sentence.language, 12)
    beside = [time for time in times if max(time.start - nearest.end, nearest.start - time.end) <= room]
    return max(beside, key=_exact)


def _exact(time: When) -> tuple[int, int]:
    return len(time.iso or ""), time.end - time.start


def _apart(sentence: Sentence, act: Act, time: When) -> tuple[int, int]:
    """How many clauses and characters lie between an act and a time."""
    start, end = min(act.end, time.end), max(act.start, time.start)
    between = sentence.folded[start:end] if end > start else ""
    return len(_CLAUSE.findall(between)), len(between)
