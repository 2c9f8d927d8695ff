"""Wordings looked for in the transcript; each hit becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.standards.evidence import Evidence
from pipeline.standards.grammar import Say
from pipeline.standards.patterns import compile_pattern, compile_terms
from pipeline.types import Finding, Turn

__all__ = ["findings_of"]

_SENTENCE = re.compile(r"[^。！？!?；;\n.]+[。！？!?；;.]?")
MAX_HITS = 200  # of one rule in one call


def findings_of(evidence: Evidence, says: Sequence[tuple[str, Say]]) -> list[Finding]:
    """Hits of all wording rules, each marked with its rule in ``detail.rule``.

    A hit's confidence is the lowest of its words'; without words it is the turn's.
    """
    sure = evidence.transcript.sides_sure
    found: list[Finding] = []
    for mark, say in dict(says).items():
        hits: list[Finding] = []
        for index, turn in enumerate(evidence.transcript.turns):
            mine = say.by == "either" or turn.speaker == say.by or (turn.speaker == "unknown" and not sure)
            if mine:
                hits.extend(_in_turn(evidence, mark, say, index, turn))
        found.extend(hits[:MAX_HITS])
    return found


def _in_turn(evidence: Evidence, mark: str, say: Say, index: int, turn: Turn) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for start, end, strength in _spans(evidence, say, turn.text):
        if any(start < other_end and end > other_start for other_start, other_end in taken):
            continue
        taken.append((start, end))
        start_s, end_s, confidence = _timed(turn, start, end)
        yield Finding(
            kind=say.kind, turn=index, speaker=turn.speaker, start_s=start_s, end_s=end_s,
            quote=turn.text[start:end].strip(), confidence=min(confidence, strength), detail={"rule": mark},
        )  # fmt: skip


def _spans(evidence: Evidence, say: Say, text: str) -> Iterator[tuple[int, int, float]]:
    wording = say.say
    if wording.terms is not None:
        yield from ((*match.span(), 1.0) for match in compile_terms(wording.terms).finditer(text))
    if wording.pattern is not None:
        yield from (
            (*match.span(), 1.0) for match in compile_pattern(wording.pattern).finditer(text) if match.group()
        )
    if wording.meaning is not None and evidence.similar is not None:
        for match in _SENTENCE.finditer(text):
            if evidence.similar(match.group().strip(), wording.meaning) >= wording.similarity:
                yield (*match.span(), 1.0)


def _timed(turn: Turn, start: int, end: int) -> tuple[float | None, float | None, float]:
    """Times and confidence of the words between two offsets of the turn's text."""
    cursor, hit = 0, []
    for word in turn.words:
        at = turn.text.find(word.text, cursor)
        if at < 0:
            continue
        cursor = at + len(word.text)
        if at < end and cursor > start:
            hit.append(word)
    if not hit:
        return turn.start_s, turn.end_s, turn.confidence
    return hit[0].start_s, hit[-1].end_s, min(word.confidence for word in hit)
