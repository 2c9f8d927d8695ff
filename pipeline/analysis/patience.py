"""Rudeness of either side and impatience of the agent (articles 4.2 and 5.1).

``rude`` names who was rude by its speaker; the criterion reads the agent's. ``impatient`` is wording that tells the
customer off for not knowing, not hurrying or asking again. What is rude is not listed as impatient as well, and what
somebody else is said to have said is neither.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.dialogue import found_at, hits
from pipeline.analysis.spotting import told
from pipeline.analysis.sure import touches
from pipeline.types import Finding


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """``rude`` with ``detail`` ``{severity: mild|severe}``, the worst of a sentence; ``impatient`` of the agent."""
    found: list[Finding] = []
    for sentence in conversation.sentences:
        agent = sentence.speaker == "agent"
        said = told(conversation, "rude", sentence) if agent else hits("rude", sentence)
        offences = [hit for hit in said if not touches(sentence, "rude", "drops", hit.start, hit.end)]
        if offences:
            worst = max(offences, key=lambda hit: (hit.detail.get("severity") == "severe", hit.strength))
            severity = worst.detail.get("severity", "mild")
            found.append(
                found_at(conversation, "rude", sentence, worst, {"severity": severity, "layer": worst.layer})
            )
        elif agent:
            found.extend(
                found_at(conversation, "impatient", sentence, hit, {"layer": hit.layer})
                for hit in told(conversation, "impatient", sentence)[:1]
            )
    return found
