"""What an agent owes a postponement ("I must ask my wife", 让我考虑一下): time, and a next step (docs/decisions/0029).

It is no reason to argue with: pressing against it is what article 7.3 forbids. So it is met by leaving the time asked for
and saying what comes next – papers, a day, a question what is still open; time alone is a doubt, never a deduction.
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
_KIND = "objection"
_PRESSES = ("hard_sell", "impatient", "rude")


def handled(
    conversation: Conversation,
    sentence: Sentence,
    kind: str,
    replied: Sequence[Sentence],
    heard: tuple[str, float],
) -> tuple[str, float]:
    """How an objection was met, and how sure that is: as heard, unless it is a postponement that was granted.

    An agent who says "take your time" took it for one, in whatever words it was put; that is a doubt, too.
    """
    worded = kind in KINDS and says(sentence, _KIND, "postpones")
    timed = any(says(one, _KIND, "gives_time") for one in replied)
    if heard[0] == "benefit" or not (worded or (timed and kind == "other")):
        return heard
    granted = timed or heard[0] == "passive" or any(says(one, _KIND, "accepts") for one in replied)
    if not granted or any(_presses(conversation, one) for one in replied):
        return heard
    if worded and any(_goes_on(conversation, one) for one in replied):
        return "benefit", MET
    return "passive", min(heard[1], A_DOUBT)


def _presses(conversation: Conversation, sentence: Sentence) -> bool:
    return any(likely(conversation, kind, sentence) for kind in _PRESSES)


def _goes_on(conversation: Conversation, sentence: Sentence) -> bool:
    """Whether the agent says what comes next."""
    return says(sentence, _KIND, "steps") or likely(conversation, "follow_up", sentence) is not None
