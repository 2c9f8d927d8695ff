"""The customer's refusals: "no thanks", 不需要, and the softer 以后再说吧, told apart from 没问题 and its
kin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.spotting import spot
from pipeline.types import Finding

KIND = "refusal"


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """One finding a refusing sentence; ``final`` where nothing but a farewell may follow, or when it is the
    last word.

    A refusal is final by its wording (别再打了), and the last refusal of a call is so by its place: nobody
    asks or agrees after it.
    """
    found = spot(conversation, KIND, "customer")
    if not found:
        return []
    last = found[-1]
    if not last.detail.get("soft") and not _goes_on(conversation, last.turn or 0):
        found[-1] = replace(last, detail={**last.detail, "final": True})
    return found


def _goes_on(conversation: Conversation, turn: int) -> bool:
    """Whether the customer says more than a word or two after this turn."""
    later = (s for s in conversation.sentences if s.turn > turn and s.speaker == "customer")
    return any(len(s.text) > (6 if s.language == "zh" else 16) for s in later)
