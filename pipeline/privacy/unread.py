"""Speech that was heard and not read, where personal data may be said: it is covered in the copy, since nobody can tell.

Masking works on words. Where somebody speaks and no word is left of it (``unheard``, and what the guard took out), a number may
be told as well as a greeting. A customer's such speech of a second and more is covered wherever it stands; less of it, and the
agent's, who may read a number back, only beside personal data or a question for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.intervals import Span, Timeline
from pipeline.privacy.asked import asks_for
from pipeline.types import Dropped, Finding, Speaker, Transcript, Unheard

LEAST_S = 1.0
"""Of a customer's speech; in less nobody tells more than three digits (our default)."""
TOGETHER_S = 2.0
"""Pieces with less between them are one telling: groups of digits with a pause after each."""
BESIDE_S = 10.0
"""How far from personal data, or from a question for it, more of it is to be expected (our default)."""


def covered(transcript: Transcript, personal: Sequence[Finding]) -> tuple[Unheard, ...]:
    """Spans to be covered beside those of the personal data that was found.

    Parameters
    ----------
    transcript
        As recognised, unmasked; speech of a side that isn't known is taken for a customer's.
    personal
        What was found in its words.
    """
    unread = _unread(transcript)
    if not unread:
        return ()
    known = [*_told(personal), *_questions(transcript)]
    found: list[Unheard] = []
    # the agent last: he may read back what the customer told unread
    for side in sorted(unread, key=lambda each: each == "agent"):
        beside = Timeline(span.pad(BESIDE_S) for span in known)
        for telling in _tellings(unread[side]):
            long = side != "agent" and telling.duration_s >= LEAST_S
            if long or not transcript.timed or beside & telling:
                found.extend(Unheard(round(span.start_s, 3), round(span.end_s, 3), side) for span in telling)
        known += [Span(one.start_s, one.end_s) for one in found]
    return tuple(sorted(found, key=lambda one: one.start_s))


def _unread(transcript: Transcript) -> dict[Speaker, Timeline]:
    """Each side's speech of which no word is left."""
    spans: dict[Speaker, list[Span]] = {}
    pieces: tuple[Unheard | Dropped, ...] = (*transcript.unheard, *transcript.dropped)
    for one in pieces:
        if one.start_s < one.end_s:
            spans.setdefault(one.speaker, []).append(Span(one.start_s, one.end_s))
    return {side: Timeline(own) for side, own in spans.items()}


def _tellings(speech: Timeline) -> Iterator[Timeline]:
    for whole in speech.support(TOGETHER_S):
        yield speech.crop(whole)


def _told(personal: Iterable[Finding]) -> Iterator[Span]:
    for one in personal:
        if one.start_s is not None and one.end_s is not None and one.start_s <= one.end_s:
            yield Span(one.start_s, one.end_s)


def _questions(transcript: Transcript) -> Iterator[Span]:
    """Turns that ask for personal data."""
    for turn in transcript.turns:
        if (
            turn.start_s is not None
            and turn.end_s is not None
            and turn.start_s <= turn.end_s
            and asks_for(turn.text)
        ):
            yield Span(turn.start_s, turn.end_s)
