"""Which of several follow-ups stands at a call's end: a time that was taken up yields to another one, not to a vague word."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.appointed import BESIDE, KIND
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import matches
from pipeline.analysis.sure import says
from pipeline.analysis.text import fold
from pipeline.analysis.when import When, find_times, is_vague
from pipeline.types import Finding

_TALKS = ("call", "meet")


def agreed(conversation: Conversation, findings: Sequence[Finding]) -> Finding | None:
    """The follow-up that stands at the end: the last with a time, else the last; what is only sent yields to a talk or visit.

    A vague time (later, today) yields to a named one that the other side took up. Where only its day is said again, the one
    that told the hour stands.

    Parameters
    ----------
    conversation
        The call.
    findings
        Its findings; those of other kinds are left alone.
    """
    mine = [finding for finding in findings if finding.kind == KIND]
    timed = [finding for finding in mine if finding.detail.get("when")]
    timed = [finding for finding in timed if finding.detail.get("action") not in BESIDE] or timed
    if not timed:
        return mine[-1] if mine else None
    vague = [finding for finding in timed if _is_vague(conversation, finding)]
    firm = [one for one in timed if _stands(conversation, one, vague)]
    last = firm[-1] if firm and timed[-1] in vague else timed[-1]
    day = last.detail.get("iso")
    same = [finding for finding in timed if day and str(finding.detail.get("iso")).startswith(day)]
    return max(same, key=lambda finding: len(finding.detail["iso"])) if same else last


def is_taken_up(conversation: Conversation, finding: Finding) -> bool:
    """Whether a follow-up names a day or an hour and the other side agrees to it, or says it again, right after."""
    if not finding.detail.get("when") or _is_vague(conversation, finding):
        return False
    named = [time.said.parts for time in _times(conversation, finding)]
    answer = [one for one in conversation.in_turn(_turn(finding) + 1) if one.speaker != finding.speaker]
    return any(
        matches("reply_agree", one)
        or says(one, KIND, "takes")
        or any(
            time.said.is_sure and time.said.parts in named
            for time in find_times(one.folded, one.language, None)
        )
        for one in answer
    )


def _is_vague(conversation: Conversation, finding: Finding) -> bool:
    times = _times(conversation, finding)
    return bool(times) and all(is_vague(time, _language(conversation, finding)) for time in times)


def _times(conversation: Conversation, finding: Finding) -> list[When]:
    return find_times(fold(finding.detail["when"]), _language(conversation, finding), None)


def _language(conversation: Conversation, finding: Finding) -> str:
    return next((one.language for one in conversation.in_turn(_turn(finding))), "en")


def _stands(conversation: Conversation, named: Finding, vague: Sequence[Finding]) -> bool:
    """Whether the other side took a named time up, and no vague one was set in its place."""
    turn = _turn(named)
    if any(_turn(one) == turn for one in vague) or not is_taken_up(conversation, named):
        return False
    return not any(_turn(one) > turn and _instead(conversation, one) for one in vague)


def _instead(conversation: Conversation, vague: Finding) -> bool:
    """Whether the customer declines and wishes to be called or visited at some other time, which the agent may say again."""
    if vague.detail.get("action") not in _TALKS:
        return False
    turn = _turn(vague) - (vague.speaker == "agent")
    own = [one for one in conversation.in_turn(turn) if one.speaker == "customer"]
    named = [time.said.parts for time in _times(conversation, vague)]
    wished = any(
        time.said.parts in named for one in own for time in find_times(one.folded, one.language, None)
    )
    return wished and any(matches("reply_decline", one) for one in own)


def _turn(finding: Finding) -> int:
    return -1 if finding.turn is None else finding.turn
