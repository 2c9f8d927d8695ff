"""References to an earlier contact, an earlier purchase or the person who sent the agent: they may open the door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.spotting import spot
from pipeline.analysis.sure import found, says
from pipeline.types import Finding

KIND = "reference"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``reference`` by the agent, one a sentence; ``detail {of: contact|customer|referral}`` where a rule says."""
    told = spot(conversation, KIND, "agent")
    sure = list(_sure(conversation))
    kept = [
        one
        for one in told
        if not _dropped(conversation, one) and not any(_same(one, other) for other in sure)
    ]
    return sorted([*kept, *sure], key=lambda one: (one.turn or 0, one.start_s or 0.0))


def _sure(conversation: Conversation) -> Iterator[Finding]:
    """What the words alone tell."""
    for sentence in conversation.by("agent"):
        for wording, span in found(sentence, KIND, "adds"):
            yield conversation.finding(
                KIND, sentence, *span, strength=wording.strength, **{**wording.detail, "layer": "pattern"}
            )
            break


def _dropped(conversation: Conversation, one: Finding) -> bool:
    """Whether the words say that the sentence refers to nothing."""
    sentences = [
        s
        for s in conversation.in_turn(one.turn or 0)
        if (one.quote or "") in s.text or s.text in (one.quote or "")
    ]
    return any(says(sentence, KIND, "drops") and not says(sentence, KIND, "adds") for sentence in sentences)


def _same(one: Finding, other: Finding) -> bool:
    """Whether both stand in one sentence: one's words hold the other's, or they meet in a turn of one sentence."""
    mine, its = one.quote or "", other.quote or ""
    return one.turn == other.turn and (mine in its or its in mine)
