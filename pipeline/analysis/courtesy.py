"""Polite formulas of the agent: greeting, thanks, please, closing, address, apology (article 5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.dialogue import found_at, harmless, hits
from pipeline.analysis.sure import found as worded
from pipeline.types import Finding


def find(conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
    """Each polite formula, one a kind and turn; ``detail``: ``kind``."""
    found: dict[tuple[int, str], Finding] = {}
    for sentence in conversation.by("agent"):
        for hit in hits("courtesy", sentence):
            kind = str(hit.detail["kind"])
            if (sentence.turn, kind) not in found and not harmless("courtesy", sentence, hit):
                finding = found_at(conversation, "courtesy", sentence, hit, {"kind": kind})
                found[sentence.turn, kind] = finding
        for wording, span in worded(sentence, "courtesy", "adds"):
            kind = str(wording.detail["kind"])
            if (sentence.turn, kind) not in found:
                found[sentence.turn, kind] = conversation.finding(
                    "courtesy", sentence, *span, strength=wording.strength, kind=kind, layer="pattern"
                )
    return list(found.values())
