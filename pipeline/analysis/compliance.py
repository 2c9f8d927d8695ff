"""What a telesales department must answer for: requests not to call, complaints, notices and the steps of a script.

Requests and complaints are the customer's words, notices the agent's. What one campaign demands beyond that stands in the
profile (``compliance.notice`` and ``.script``) and is looked for by ``demanded.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.analysis import demanded
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import told, told_findings
from pipeline.analysis.sure import found as worded
from pipeline.types import Finding


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``do_not_call``, ``complaint`` (by the customer) and ``notice`` (by the agent)."""
    found = list(told_findings(conversation, "do_not_call", conversation.by("customer")))
    found += _complaints(conversation)
    found += told_findings(conversation, "notice", conversation.by("agent"))
    found += demanded.find(conversation)
    return found


def _complaints(conversation: Conversation) -> Iterator[Finding]:
    """One complaint a sentence is enough; ``escalation`` says that somebody higher is demanded.

    Rules know what is said in so many words (a body, a threat to report); the learned layer hears grievances told. A threat to
    go to a regulator, a consumers' body or the press is sure by its words.
    """
    for sentence in conversation.by("customer"):
        hits = [*told(conversation, "complaint", sentence), *_threats(sentence)]
        if not hits or has_shape("asks_again", sentence.folded):
            continue
        strongest = max(hits, key=lambda hit: hit.strength)
        yield conversation.finding(
            "complaint",
            sentence,
            strongest.start,
            strongest.end,
            strength=strongest.strength,
            escalation=any(hit.detail.get("escalation", False) for hit in hits),
            rule=strongest.rule,
            layer=strongest.layer,
        )


def _threats(sentence: Sentence) -> Iterator[Match]:
    for wording, span in worded(sentence, "complaint", "adds"):
        yield Match("threat", *span, wording.strength, "pattern", wording.detail)
