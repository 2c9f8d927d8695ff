"""What a telesales department must answer for: requests not to call, complaints, notices and the steps of a script.

Requests and complaints are the customer's words, notices the agent's. What one campaign demands beyond that stands in the
profile (``compliance.notice`` and ``.script``) and is looked for by ``demanded.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.analysis import demanded, stop_calling
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.dialogue import after, of_turn
from pipeline.analysis.rules import Match
from pipeline.analysis.shapes import has_shape
from pipeline.analysis.spotting import DOUBT, told, told_findings
from pipeline.analysis.sure import found as worded
from pipeline.analysis.sure import says
from pipeline.types import Finding

_BEYOND = frozenset({"boss", "authority", "law", "threat"})
"""Rules of a complaint that names somebody beyond the agent."""
_HANDED = 0.9
"""How sure a demand is that the agent follows (our default)."""


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """Findings ``do_not_call``, ``complaint`` (by the customer) and ``notice`` (by the agent)."""
    found = list(stop_calling.find(conversation))
    found += _complaints(conversation)
    found += told_findings(conversation, "notice", conversation.by("agent"))
    found += demanded.find(conversation)
    return found


def _complaints(conversation: Conversation) -> Iterator[Finding]:
    """One complaint a sentence is enough; ``escalation`` says that it goes beyond the agent: to somebody higher, a body, the law.

    Rules know what is said in so many words (a body, a threat to report); the learned layer hears grievances told. A threat to
    go to a regulator, a consumers' body or the press is sure by its words; who only knows the caller again (又是你们) is a doubt.
    """
    for sentence in conversation.by("customer"):
        hits = [*told(conversation, "complaint", sentence), *_threats(sentence)]
        praised = says(sentence, "complaint", "drops")
        if not hits or praised or has_shape("asks_again", sentence.folded):
            continue
        if says(sentence, "complaint", "doubts"):
            hits = [replace(hit, strength=min(hit.strength, DOUBT)) for hit in hits]
        strongest = max(hits, key=lambda hit: hit.strength)
        sure = _HANDED if _handed_over(conversation, sentence, hits) else 0.0
        yield conversation.finding(
            "complaint",
            sentence,
            strongest.start,
            strongest.end,
            strength=max(strongest.strength, sure),
            escalation=_goes_beyond(sentence, hits),
            rule=strongest.rule,
            layer=strongest.layer,
        )


def _goes_beyond(sentence: Sentence, hits: Sequence[Match]) -> bool:
    """Whether a complaint names who else hears of it, or is to come to the telephone."""
    return any(hit.detail.get("escalation") or hit.rule in _BEYOND for hit in hits) or says(
        sentence, "complaint", "beyond"
    )


def _handed_over(conversation: Conversation, sentence: Sentence, hits: Sequence[Match]) -> bool:
    """Whether somebody higher is asked for and the agent, in the next turn, hands over: then the demand was one."""
    if not any(hit.detail.get("escalation") for hit in hits):
        return False
    turns = after(conversation, sentence.turn, "agent", 1)
    return any(says(one, "complaint", "handed") for turn in turns for one in of_turn(conversation, turn))


def _threats(sentence: Sentence) -> Iterator[Match]:
    for wording, span in worded(sentence, "complaint", "adds"):
        yield Match("threat", *span, wording.strength, "pattern", wording.detail)
