"""What a reason quotes: a finding's words with enough around them to be understood out of the call.

A finding keeps the bare words that tell ("say yes"); who reads a reason sees the clause, or the sentence, in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.analysis.text import sentences, words_by_script
from pipeline.standards.order import place_in
from pipeline.types import Finding, Turn

__all__ = ["in_context", "listed"]

_NAMES = frozenset({"company", "department", "name", "jargon"})
"""Kinds whose words are the thing itself: a name, a term."""
_SHORT = 5
"""Fewest words, or as much Mandarin, that tell something by themselves (our default)."""
_LONG = 100
"""Most characters of a sentence that is quoted whole where a clause would do (our default)."""
_FEW = 3
"""Most quotes in a reason."""
_STOP = "，,；;：:。."
_CLAUSE = re.compile(r"[^，,；;：:—…]+[，,；;：:—…]*")


def in_context(finding: Finding, turns: Sequence[Turn]) -> str | None:
    """The finding's words; where they are few, the clause or the sentence that they stand in.

    Examples
    --------
    >>> turn = Turn("agent", "It's the last day. Just say yes, Tom, and it's yours.", 0.0, 4.0, 1.0)
    >>> in_context(Finding("hard_sell", 0, "agent", 1.0, 2.0, "say yes", 0.9), (turn,))
    "Just say yes, Tom, and it's yours"
    """
    quote = finding.quote
    if not quote or finding.kind in _NAMES or finding.turn is None or sum(words_by_script(quote)) >= _SHORT:
        return quote
    text = turns[finding.turn].text if 0 <= finding.turn < len(turns) else ""
    at = place_in(text, finding)
    if at is None or text[at : at + len(quote)] != quote:
        return quote
    start, end = next(
        (span for span in sentences(text) if span[0] <= at and at + len(quote) <= span[1]),
        (at, at + len(quote)),
    )
    if end - start <= _LONG:
        return text[start:end].rstrip(_STOP)
    clauses = [(start + part.start(), start + part.end()) for part in _CLAUSE.finditer(text[start:end])]
    own = [span for span in clauses if span[0] < at + len(quote) and at < span[1]]
    clause = text[own[0][0] : own[-1][1]].strip(f" {_STOP}") if own else quote
    return clause if len(clause) <= _LONG else quote


def listed(findings: Iterable[Finding], turns: Sequence[Turn]) -> str | None:
    """The quotes of the first findings, each once."""
    quotes = dict.fromkeys(quote for finding in findings if (quote := in_context(finding, turns)))
    return " / ".join(f"“{quote}”" for quote in [*quotes][:_FEW]) or None
