"""Wordings looked for in the transcript; each hit becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pipeline.analysis.claimed import Standing, denies, standing
from pipeline.analysis.conversation import time_of, words_of
from pipeline.analysis.text import sentences
from pipeline.standards.evidence import Evidence
from pipeline.standards.faults import ADDRESSED
from pipeline.standards.grammar import Say
from pipeline.standards.patterns import SlowPatternError, Watch, compile_terms, spans_of
from pipeline.types import Finding, Turn

__all__ = ["OWN_KIND", "Said", "findings_of"]

OWN_KIND = "notice"
"""Kind of a hit whose rule names none: no other rule hears it."""
DOUBT = 0.5
"""Confidence, at most, of a hit that its speaker may deny, report or only ask about: under the gate (our default)."""
MAX_HITS = 200  # of one rule in one call
How = Literal["term", "pattern", "meaning"]
_SENTENCE = re.compile(r"[^。！？!?；;\n.]+[。！？!?；;.]?")


@dataclass(frozen=True, slots=True)
class Said:
    """Hits of the wording rules, and the marks of rules that took too long to be read to the end."""

    findings: tuple[Finding, ...] = ()
    unread: frozenset[str] = frozenset()


def findings_of(
    evidence: Evidence, says: Sequence[tuple[str, Say]], skipping: frozenset[str] = frozenset()
) -> Said:
    """Hits of all wording rules, each marked with its rule in ``detail.rule``.

    A hit has the seconds of its own words, else its share of the turn's. Its confidence is the lowest of its words';
    without words it is the turn's. Of the rules marked in ``skipping`` what the speaker denies, reports or only asks about
    is left out, and what he may is a doubt.
    """
    sure = evidence.transcript.sides_sure
    watch = Watch()
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
                    here = _in_turn(evidence, mark, say, index, turn, watch, skip=mark in skipping)
                    hits.extend(islice(here, MAX_HITS - len(hits)))
        except SlowPatternError:
            unread.add(mark)
        found.extend(hits)
    return Said(tuple(found), frozenset(unread))


def _in_turn(
    evidence: Evidence, mark: str, say: Say, index: int, turn: Turn, watch: Watch, *, skip: bool
) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    for start, end, how in _spans(evidence, mark, say, turn.text, watch):
        with watch.over(mark):
            if how == "pattern":
                start, end = _worded(turn.text, start, end)
            if any(start < other_end and end > other_start for other_start, other_end in taken):
                continue
            stands = _stands(say, turn.text, start, end, how == "meaning") if skip else "claimed"
            if stands == "taken_back":
                continue
            start_s, end_s, heard = time_of(turn, start, end)
            confidence = min((word.confidence for word in words_of(turn, start, end)), default=heard)
            if stands == "unsure":
                confidence = min(confidence, DOUBT)
        taken.append((start, end))
        yield Finding(
            kind=say.kind or OWN_KIND, turn=index, speaker=turn.speaker, start_s=start_s, end_s=end_s,
            quote=turn.text[start:end], confidence=confidence, detail={"rule": mark}, at=start,
        )  # fmt: skip


def _stands(say: Say, text: str, start: int, end: int, sense: bool) -> Standing:
    """How the speaker stands to a hit; one by meaning (``sense``) is a whole sentence, which may deny what is looked for."""
    found = standing(text, start, end, claims=say.kind not in ADDRESSED)
    if not sense or found == "taken_back":
        return found
    if not any(map(denies, say.say.meaning or ())) and denies(text[start:end]):
        return "unsure"
    return found


def _spans(
    evidence: Evidence, mark: str, say: Say, text: str, watch: Watch
) -> Iterator[tuple[int, int, How]]:
    """Where a wording hits, each with what of it does. Raises SlowPatternError."""
    wording = say.say
    if wording.terms is not None:
        with watch.over(mark):
            found = [match.span() for match in compile_terms(wording.terms).finditer(text)]
        yield from ((*span, "term") for span in found)
    if wording.pattern is not None:
        with watch.over(mark) as left_s:
            found = spans_of(wording.pattern, text, left_s=left_s)
        yield from ((*span, "pattern") for span in found)
    if wording.meaning is not None and evidence.similar is not None:
        for match in _SENTENCE.finditer(text):
            start, end = _trimmed(text, *match.span())
            likeness = evidence.similar(text[start:end], wording.meaning) if start < end else 0.0
            if likeness >= wording.least_similarity:
                yield start, end, "meaning"


def _worded(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the blanks around it; one of punctuation alone with the sentence that it ends, to be quoted."""
    start, end = _trimmed(text, start, end)
    if any(char.isalnum() for char in text[start:end]):
        return start, end
    own = next((span for span in sentences(text) if span[0] < end and start < span[1]), (start, end))
    return min(start, own[0]), max(end, own[1])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without the blanks around its words; a span of blanks stays."""
    words = text[start:end].strip()
    if not words:
        return start, end
    start += text[start:end].find(words)
    return start, start + len(words)
