"""Apologies of the agent, and whether for the wait: after five rings the agent says sorry first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import rule_findings
from pipeline.types import Finding

KIND = "apology"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``apology`` with ``detail {for: wait|other, first_turn: bool}``."""
    first = next((turn for turn, said in enumerate(conversation.turns) if said.speaker != "customer"), None)
    return [
        replace(finding, detail={**finding.detail, "first_turn": finding.turn == first})
        for finding in rule_findings(KIND, conversation, conversation.by("agent"))
    ]
