"""Apologies of the agent, and whether for the wait: after five rings the agent says sorry first.

"Sorry, what was the name?" and 不好意思，请问您贵姓 only begin a question: their ``for`` is ``request``. "Thanks for holding" and
让您久等了 tell of the wait without a word of apology: ``acknowledged``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.matching import rule_findings
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.sure import found as worded
from pipeline.analysis.text import fold
from pipeline.types import Finding

KIND = "apology"


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``apology`` with ``detail {for: wait|other|request|acknowledged, first_turn: bool}``."""
    first = next((turn for turn, said in enumerate(conversation.turns) if said.speaker != "customer"), None)
    return [
        replace(
            finding,
            detail={**finding.detail, **_begun(finding, conversation), "first_turn": finding.turn == first},
        )
        for finding in _told(conversation)
    ]


def _told(conversation: Conversation) -> Iterator[Finding]:
    """What the rules hear; where they hear nothing, thanks for the wait."""
    for sentence in conversation.by("agent"):
        by_rules = list(rule_findings(KIND, conversation, [sentence]))
        yield from by_rules
        for wording, span in () if by_rules else worded(sentence, KIND, "adds"):
            detail = {**wording.detail, "rule": "thanks", "layer": "pattern"}
            yield conversation.finding(KIND, sentence, *span, strength=wording.strength, **detail)


def _begun(finding: Finding, conversation: Conversation) -> dict[str, str]:
    """What its neighbours make of it: thanks for the wait, what begins a question, or sorry for the wait after all."""
    if finding.turn is None or not finding.quote:
        return {}
    if finding.detail.get("for") == "wait":
        return {} if has_shape("sorry", fold(finding.quote)) else {"for": "acknowledged"}
    if finding.detail.get("for") != "other":
        return {}
    before, _, behind = conversation.turns[finding.turn].text.partition(finding.quote)
    if has_shape("begs_pardon", fold(behind)):
        return {"for": "request"}
    return {"for": "wait"} if has_shape("has_waited", fold(before)) else {}
