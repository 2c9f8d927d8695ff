"""Apologies of the agent, and whether for the wait: after five rings the agent says sorry first.

"Sorry, what was the name?" and 不好意思，请问您贵姓 only begin a question: their ``for`` is ``request``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import rule_findings
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.text import fold
from pipeline.types import Finding

KIND = "apology"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``apology`` with ``detail {for: wait|other|request, first_turn: bool}``."""
    first = next((turn for turn, said in enumerate(conversation.turns) if said.speaker != "customer"), None)
    return [
        replace(
            finding,
            detail={**finding.detail, **_begun(finding, conversation), "first_turn": finding.turn == first},
        )
        for finding in rule_findings(KIND, conversation, conversation.by("agent"))
    ]


def _begun(finding: Finding, conversation: Conversation) -> dict[str, str]:
    """What an apology begins, where it only begins a question or a request."""
    if finding.turn is None or not finding.quote or finding.detail.get("for") != "other":
        return {}
    behind = fold(conversation.turns[finding.turn].text.partition(finding.quote)[2])
    return {"for": "request"} if has_shape("begs_pardon", behind) else {}
