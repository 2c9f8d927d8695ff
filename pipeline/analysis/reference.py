"""References to an earlier contact, an earlier purchase or the person who sent the agent: they may open the door."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.spotting import spot
from pipeline.types import Finding

KIND = "reference"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``reference`` by the agent, one a sentence; ``detail {of: contact|customer|referral}`` where a rule says."""
    return spot(conversation, KIND, "agent")
