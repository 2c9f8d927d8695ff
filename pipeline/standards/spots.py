"""Where in the call a figure was measured: the findings that it counts, or the stretch that it was taken over."""

from __future__ import annotations

from pipeline.analysis.voice import count_units
from pipeline.intervals import Span
from pipeline.standards.context import Context
from pipeline.standards.counted import COUNTED, counted
from pipeline.types import Finding, Transcript, Turn

__all__ = ["spot_of", "talk_span"]

_JUDGED_TURN_S = 2.0
"""Shorter turns tell no pace: a single word is fast or slow by chance."""


def spot_of(
    measure: str, context: Context, *, too_low: bool = False
) -> tuple[tuple[Finding, ...], Span | None]:
    """Findings and stretch that a reader should look at for a figure; ``too_low``: it lies below what is asked.

    Rings that the call list counts aren't those that were heard.
    """
    transcript = context.evidence.transcript
    if measure == "rings":
        heard = context.evidence.record.ring_count is None
        return tuple(f for f in context.findings if f.kind == "ring") if heard else (), _until_answer(
            transcript
        )
    if measure in COUNTED:
        sure = (f for f in context.findings if not context.unsure(f, ("explained",)))
        return counted(measure, sure), talk_span(transcript)
    found = {
        "opening_agent_talk_s": _opening,
        "agent_speech_rate": lambda given: _pace(given, slowest=too_low),
    }.get(measure, talk_span)(transcript)
    return (), found or talk_span(transcript)


def talk_span(transcript: Transcript) -> Span | None:
    """From the first word to the last; None without times."""
    if not transcript.timed or not transcript.turns:
        return None
    return _span(transcript.turns[0].start_s, max(turn.end_s or 0.0 for turn in transcript.turns))


def _until_answer(transcript: Transcript) -> Span | None:
    first = transcript.turns[0].start_s if transcript.timed and transcript.turns else None
    return Span(0.0, first) if first else None


def _opening(transcript: Transcript) -> Span | None:
    """From the agent's first word to the customer's second turn, else to the agent's last word."""
    if not transcript.timed:
        return None
    agent = [turn for turn in transcript.turns if turn.speaker == "agent"]
    replies = [turn.start_s for turn in transcript.turns if turn.speaker == "customer"]
    if not agent:
        return None
    return _span(agent[0].start_s, replies[1] if len(replies) > 1 else agent[-1].end_s)


def _pace(transcript: Transcript, *, slowest: bool) -> Span | None:
    """The agent's turn that was spoken fastest, or slowest."""
    rates = [
        (count_units(turn.text, transcript.language) / length, index)
        for index, turn in enumerate(transcript.turns)
        if turn.speaker == "agent" and (length := _length_s(turn)) >= _JUDGED_TURN_S
    ]
    if not rates:
        return None
    turn = transcript.turns[(min if slowest else max)(rates)[1]]
    return _span(turn.start_s, turn.end_s)


def _length_s(turn: Turn) -> float:
    return (turn.end_s or 0.0) - (turn.start_s or 0.0)


def _span(start_s: float | None, end_s: float | None) -> Span | None:
    return Span(start_s, end_s) if start_s is not None and end_s is not None and start_s <= end_s else None
