"""The customer's refusals: "no thanks", 不需要, and the softer 以后再说吧, told apart from 没问题 and its
kin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import before, content, of_turn, size
from pipeline.analysis.rules import RuleSet
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import likely, spot
from pipeline.analysis.sure import found as worded
from pipeline.analysis.sure import says
from pipeline.types import Finding

KIND = "refusal"
_OFFERS = ("needs_question", "pitch", "benefit", "purpose", "hard_sell")
_FEW = 5
"""Most words of an answer to whether the moment is a bad one that says nothing else (our default)."""
_SURE = 0.6
"""Confidence from which a refusal stands as heard (the gate, our default)."""


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding a refusing sentence; ``final`` where nothing but a farewell may follow, or when it is the
    last word.

    A refusal is final by its wording (别再打了), and the last refusal of a call is so by its place: nobody
    asks or agrees after it. Who answers a question about the need by what is not wanted specifies and refuses nothing.
    """

    def refuses_nothing(sentence: Sentence, _rules: RuleSet) -> bool:
        return (
            _is_none(sentence) or _specifies(conversation, sentence) or _no_bad_moment(conversation, sentence)
        )

    found = _with_worded(conversation, spot(conversation, KIND, "customer", skip=refuses_nothing))
    if not found:
        return []
    last = found[-1]
    if not last.detail.get("soft") and not _goes_on(conversation, last.turn or 0):
        found[-1] = replace(last, detail={**last.detail, "final": True})
    return found


def _is_none(sentence: Sentence) -> bool:
    """Whether the words turn down thanks or one part, ask what is needed, or stop a name and not a call."""
    return says(sentence, KIND, "drops") or says(sentence, "do_not_call", "drops")


def _with_worded(conversation: Conversation, found: Sequence[Finding]) -> list[Finding]:
    """The findings with the bare noes that the words alone tell, where the agent offers something or asks for a need.

    Behind another question ("is this a bad time?", 打扰您了吧) the same words refuse nothing.
    """
    sure = {one.turn for one in found if one.confidence >= _SURE}
    added = {
        s.turn: conversation.finding(KIND, s, *span, strength=one.strength, final=False, layer="pattern")
        for s in conversation.by("customer")
        if s.turn not in sure and not _is_none(s)
        for one, span in worded(s, KIND, "adds")
        if _offered(conversation, s.turn)
    }
    kept = [one for one in found if one.turn not in added]
    return sorted([*kept, *added.values()], key=lambda one: one.turn or 0)


def _offered(conversation: Conversation, turn: int) -> bool:
    """Whether the agent's turn before offers something or asks for a need, and not only for leave to talk."""
    said = [s for at in before(conversation, turn, "agent") for s in of_turn(conversation, at)]
    asked = [s for s in said if not has_shape("may_we_talk", s.folded)]
    return any(likely(conversation, kind, s) for s in asked for kind in _OFFERS)


def _specifies(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence only answers the agent's question about the need: it says what, and turns nobody away.

    A bare no, a no to this caller, and a no to the very thing asked for refuse all the same.
    """
    if has_shape("refuses_outright", sentence.folded):
        return False
    ahead = before(conversation, sentence.turn, "agent")
    said = of_turn(conversation, ahead[0]) if ahead else ()
    if not said or any(likely(conversation, kind, s) for s in said for kind in ("pitch", "hard_sell")):
        return False
    asked = [s for s in said if likely(conversation, "needs_question", s)]
    return bool(asked) and not any(content(s.folded) & content(sentence.folded) for s in asked)


def _no_bad_moment(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether a few words only tell that the moment is no bad one, which the agent asked and offered nothing."""
    said = [s for at in before(conversation, sentence.turn, "agent") for s in of_turn(conversation, at)]
    asked = any(has_shape("bad_time", s.folded) for s in said)
    return asked and size(sentence.folded) <= _FEW and not _offered(conversation, sentence.turn)


def _goes_on(conversation: Conversation, turn: int) -> bool:
    """Whether the customer says more than a word or two after this turn."""
    later = (s for s in conversation.sentences if s.turn > turn and s.speaker == "customer")
    return any(len(s.text) > (6 if s.language == "zh" else 16) for s in later)
