"""References to an earlier contact, an earlier purchase or the person who sent the agent: they may open the door."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import rule_findings
from pipeline.types import Finding

KIND = "reference"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``reference`` with ``detail {of: contact|customer|referral}``, by the agent, one a sentence."""
    found: list[Finding] = []
    for sentence in conversation.by("agent"):
        found.extend(list(rule_findings(KIND, conversation, [sentence]))[:1])
    return found
