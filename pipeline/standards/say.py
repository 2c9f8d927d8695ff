"""Wordings looked for in the transcript; each hit becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.conversation import time_of, words_of
from pipeline.standards.evidence import Evidence
from pipeline.standards.grammar import Say
from pipeline.standards.patterns import SlowPatternError, compile_terms, spans_of
from pipeline.types import Finding, Turn

__all__ = ["OWN_KIND", "Said", "findings_of"]

OWN_KIND = "notice"
"""Kind of a hit whose rule names none: no other rule hears it."""
MAX_HITS = 200  # of one rule in one call
_SENTENCE = re.compile(r"[^。！？!?；;\n.]+[。！？!?；;.]?")


@dataclass(frozen=True, slots=True)
class Said:
    """Hits of the wording rules, and the marks of rules whose pattern took too long to be read to the end."""

    findings: tuple[Finding, ...] = ()
    unread: frozenset[str] = frozenset()


def findings_of(evidence: Evidence, says: Sequence[tuple[str, Say]]) -> Said:
    """Hits of all wording rules, each marked with its rule in ``detail.rule``.

    A hit has the seconds of its own words, else its share of the turn's. Its confidence is the lowest of its words';
    without words it is the turn's.
    """
    sure = evidence.transcript.sides_sure
    found: list[Finding] = []
    unread: set[str] = set()
    for mark, say in dict(says).items():
        hits: list[Finding] = []
        try:
            for index, turn in enumerate(evidence.transcript.turns):
                mine = (
                    say.by == "either" or turn.speaker == say.by or (turn.speaker == "unknown" and not sure)
                )
                if mine:
                    hits.extend(_in_turn(evidence, mark, say, index, turn))
        except SlowPatternError:
            unread.add(mark)
        found.extend(hits[:MAX_HITS])
    return Said(tuple(found), frozenset(unread))


def _in_turn(evidence: Evidence, mark: str, say: Say, index: int, turn: Turn) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for start, end in _spans(evidence, say, turn.text):
        if any(start < other_end and end > other_start for other_start, other_end in taken):
            continue
        taken.append((start, end))
        start_s, end_s, heard = time_of(turn, start, end)
        confidence = min((word.confidence for word in words_of(turn, start, end)), default=heard)
        yield Finding(
            kind=say.kind or OWN_KIND, turn=index, speaker=turn.speaker, start_s=start_s, end_s=end_s,
            quote=turn.text[start:end], confidence=confidence, detail={"rule": mark}, at=start,
        )  # fmt: skip


def _spans(evidence: Evidence, say: Say, text: str) -> Iterator[tuple[int, int]]:
    wording = say.say
    if wording.terms is not None:
        yield from (match.span() for match in compile_terms(wording.terms).finditer(text))
    if wording.pattern is not None:
        yield from (_trimmed(text, *span) for span in spans_of(wording.pattern, text))
    if wording.meaning is not None and evidence.similar is not None:
        for match in _SENTENCE.finditer(text):
            start, end = _trimmed(text, *match.span())
            likeness = evidence.similar(text[start:end], wording.meaning) if start < end else 0.0
            if likeness >= wording.least_similarity:
                yield start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the blanks around its words; a span of blanks stays."""
    words = text[start:end].strip()
    if not words:
        return start, end
    start += text[start:end].find(words)
    return start, start + len(words)
