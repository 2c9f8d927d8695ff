"""How the call ended: what was said, by whom, and how both parted.

Where nobody speaks, or only one side does, the structure is certain. All else is decided by a model fitted on
labelled calls (``outcome_model.py``); its confidence is a probability, fitted on calls of an author that it had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import matches
from pipeline.analysis.next_step import agreed
from pipeline.analysis.outcome_doubt import DOUBT
from pipeline.analysis.outcome_model import LABELS, outcome_of
from pipeline.analysis.outcome_talk import talked
from pipeline.analysis.sides import turn_spans
from pipeline.analysis.when import says_time
from pipeline.intervals import Span, Timeline
from pipeline.types import Finding, Outcome

__all__ = ["LABELS", "NO_CONNECT", "decide"]

NO_CONNECT = ("wrong_person", "voicemail", "no_conversation")
_NOBODY, _ONE_SIDE, _UNHEARD = 0.95, 0.9, 0.4
"""Confidence where nothing is heard at all, where only the agent is (or a machine), and where the customer speaks, whether
or not he is understood, or nothing of him was recorded (our defaults; the last is a doubt)."""

_SURE_LANGUAGE, _MOST_UNHEARD = 0.9, 1 / 3
"""Least belief in the call's language, and most of the speech without words, at which nobody having talked is sure (our
defaults)."""

_INVITING = ("call_back", "interested")
_SETTLED = 0.6
"""Least confidence of a timed next step that leaves no call undetermined (the gate, our default)."""


def decide(conversation: Conversation, findings: Sequence[Finding] = ()) -> Outcome:
    """The outcome with its confidence, and what was agreed to follow.

    Parameters
    ----------
    conversation
        The call.
    findings
        Findings of the other detectors: a ``follow_up``, and those that show talk.

    Returns
    -------
    Outcome
        The likeliest of ``LABELS``; a confidence under the gate says that a person should look.
    """
    label, confidence = _one_sided(conversation) or outcome_of(conversation, talked(conversation, findings))
    if _against_calls(label, confidence, findings):
        label, confidence = "not_interested", DOUBT
        return Outcome(label, confidence)
    follow = None if label in NO_CONNECT else agreed(conversation, findings)
    if (_unrecorded(conversation) and label != "voicemail") or (
        label in NO_CONNECT and _badly_told(conversation)
    ):
        confidence = min(confidence, DOUBT)
    if label == "undetermined" and follow and follow.detail.get("when") and follow.confidence >= _SETTLED:
        label = "call_back" if follow.detail.get("action") in (None, "call") else "interested"
        if not _taken_up(conversation, follow):
            confidence = min(confidence, DOUBT)
    when = (follow.detail.get("iso") or follow.detail.get("when")) if follow else None
    return Outcome(label, round(confidence, 3), follow.quote if follow else None, when)


def _against_calls(label: str, confidence: float, findings: Sequence[Finding]) -> bool:
    """Whether an outcome that invites another call, or a doubtful wrong person, stands against a request to stop calling."""
    if label not in _INVITING and not (label == "wrong_person" and confidence < _SETTLED):
        return False
    return any(
        one.kind == "do_not_call" and one.speaker == "customer" and one.confidence >= _SETTLED
        for one in findings
    )


def _taken_up(conversation: Conversation, follow: Finding) -> bool:
    """Whether the customer names the step, or says something to it that isn't left open."""
    if follow.speaker != "agent" or follow.turn is None:
        return True
    turn = follow.turn
    after = [s for s in conversation.sentences if s.speaker == "customer" and s.turn > turn]
    before = [s for s in conversation.in_turn(turn - 1) if s.speaker == "customer"]
    if any(says_time(s.folded, s.language) or matches("follow_up", s) for s in before):
        return True
    return bool(after) and not any(matches("outcome_undecided", s) for s in after)


def _one_sided(conversation: Conversation) -> tuple[str, float] | None:
    """Whether nobody answered, or a machine did and nobody spoke to it."""
    said = conversation.sentences
    unheard = {one.speaker for one in conversation.transcript.unheard}
    if not said:
        return "no_conversation", _UNHEARD if unheard else _NOBODY
    spoken = {sentence.speaker for sentence in said}
    if "unknown" in spoken or len(spoken) > 1:
        return None
    if "customer" not in spoken:
        unknown = unheard - {"agent"} or _unrecorded(conversation)
        return "no_conversation", _UNHEARD if unknown else _ONE_SIDE
    prompts = [hit for sentence in said for hit in matches("voicemail", sentence)]
    machine = any(hit.detail["is"] == "voicemail" for hit in prompts)
    # A customer who speaks is somebody: that nobody answered him may be the recording's fault.
    return ("voicemail", _ONE_SIDE) if machine else ("no_conversation", _UNHEARD)


def _unrecorded(conversation: Conversation) -> bool:
    """Whether a channel carries nothing. A machine's words are proof without the other side: a dialler puts no agent on."""
    return conversation.sound is not None and bool(conversation.sound.unrecorded)


def _badly_told(conversation: Conversation) -> bool:
    """Whether much of the speech has no words, or the words are of a language that is hardly believed.

    Such words may be the recogniser's own: of a third language it writes announcements and closings of films.
    """
    transcript = conversation.transcript
    if all(turn.speaker == "agent" for turn in transcript.turns):
        return False  # that nobody answers, the other channel tells; what is said there unread is a doubt already
    if transcript.language_confidence < _SURE_LANGUAGE:
        return True
    wordless = Timeline(Span(one.start_s, one.end_s) for one in transcript.unheard)
    worded = Timeline(span for _index, span in turn_spans(transcript))
    return wordless.duration_s > _MOST_UNHEARD * (wordless | worded).duration_s + 0.001
