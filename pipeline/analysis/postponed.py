"""What an agent owes a postponement ("I must ask my wife", 让我考虑一下): time, and a next step (docs/decisions/0028).

It is no reason to argue with: pressing against it is what article 7.3 forbids. So it is met by leaving the time asked for and saying
what comes next – papers, a day, a question what is still open; time alone is a doubt, never a deduction.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.spotting import likely
from pipeline.analysis.sure import says

KINDS = frozenset({"other", "no_time", "existing_supplier"})
"""Kinds of objection that may be a postponement: who names a price or a distrust gives a reason to meet."""
MET = 0.8
"""How sure a postponement counts as met by time and a next step (our default)."""
A_DOUBT = 0.55
"""How sure one that is only granted counts as unmet: under the gate, so that a person decides."""
_PRESSES = ("hard_sell", "impatient", "rude")


def postpones(sentence: Sentence, kind: str) -> bool:
    """Whether an objection of a kind only puts the decision off."""
    return kind in KINDS and says(sentence, "objection", "postpones")


def handled(
    conversation: Conversation, replied: Sequence[Sentence], handling: str, sure: float
) -> tuple[str, float]:
    """How a postponement was met, and how sure that is, from what the agent replied and the handling that was heard."""
    if handling == "benefit" or any(_presses(conversation, one) for one in replied):
        return handling, sure
    if handling == "ignored" and not any(says(one, "objection", "accepts") for one in replied):
        return handling, sure
    if any(_goes_on(conversation, one) for one in replied):
        return "benefit", MET
    return "passive", min(sure, A_DOUBT)


def _presses(conversation: Conversation, sentence: Sentence) -> bool:
    return any(likely(conversation, kind, sentence) for kind in _PRESSES)


def _goes_on(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether the agent says what comes next."""
    return says(sentence, "objection", "steps") or likely(conversation, "follow_up", sentence) is not None
