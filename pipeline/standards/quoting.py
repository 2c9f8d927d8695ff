"""What a reason quotes: a finding's words with enough around them to be understood out of the call.

A finding keeps the bare words that tell ("say yes"); who reads a reason sees the clause, or the sentence, in which they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.analysis.text import sentences, words_by_script
from pipeline.standards.order import place_in
from pipeline.standards.wording import Bilingual
from pipeline.types import Finding, Turn

__all__ = ["in_context", "listed"]

_NAMES = frozenset({"company", "department", "name", "jargon"})
"""Kinds whose words are the thing itself: a name, a term."""
_SHORT = 5
"""Fewest words, or as much Mandarin, that tell something by themselves (our default)."""
_LONG = 100
"""Most characters that are quoted for a few words; beyond, they stand alone (our default)."""
_FEW = 3
"""Most quotes in a reason."""
_STOP = "，,；;：:。."
_BREAK = re.compile(r"[，,；;：:—…]+")


def in_context(finding: Finding, turns: Sequence[Turn]) -> str | None:
    """The finding's words; where they are few, the clause or the sentence that they stand in.

    Examples
    --------
    >>> turn = Turn("agent", "It's the last day. Just say yes, Tom, and it's yours today.", 0.0, 4.0, 1.0)
    >>> in_context(Finding("hard_sell", 0, "agent", 1.0, 2.0, "say yes", 0.9), (turn,))
    "Just say yes, Tom, and it's yours today"
    """
    quote = finding.quote
    if not quote or finding.kind in _NAMES or finding.turn is None or sum(words_by_script(quote)) >= _SHORT:
        return quote
    text = turns[finding.turn].text if 0 <= finding.turn < len(turns) else ""
    at = place_in(text, finding)
    if at is None or text[at : at + len(quote)] != quote:
        return quote
    span = at, at + len(quote)
    whole = next((own for own in sentences(text) if own[0] <= at and span[1] <= own[1]), span)
    start, end = _enough(text, whole, span)
    said = text[start:end].strip(f" {_STOP}")
    return said if len(said) <= _LONG else quote


def _enough(text: str, whole: tuple[int, int], span: tuple[int, int]) -> tuple[int, int]:
    """The clause of the sentence ``whole`` that holds the span, with the next ones where it is short, else those before."""
    bounds = [whole[0] + hit.end() for hit in _BREAK.finditer(text[whole[0] : whole[1]])]
    starts = [whole[0], *(at for at in bounds if at < whole[1])]
    ends = [*starts[1:], whole[1]]
    first = max((at for at, start in enumerate(starts) if start <= span[0]), default=0)
    last = min((at for at, end in enumerate(ends) if end >= span[1]), default=len(ends) - 1)
    while sum(words_by_script(text[starts[first] : ends[last]])) < _SHORT and (first, last) != (
        0,
        len(ends) - 1,
    ):
        first, last = (first, last + 1) if last + 1 < len(ends) else (first - 1, last)
    return starts[first], ends[last]


def listed(findings: Iterable[Finding], turns: Sequence[Turn]) -> str | Bilingual | None:
    """The quotes of the first findings, each once, and how many findings there are beside them."""
    quotes = [quote for finding in findings if (quote := in_context(finding, turns))]
    shown = [*dict.fromkeys(quotes)][:_FEW]
    told = " / ".join(f"“{quote}”" for quote in shown)
    more = sum(quote not in shown for quote in quotes)
    return Bilingual(f"{told}，另有 {more} 处", f"{told} and {more} more") if more else told or None
