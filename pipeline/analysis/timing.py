"""How long, how much of it talk, whose, and how still: the figures of time and what stands out in them.

Talk is speech activity (STANDARD.md); where there is no sound of each side, the turns' own times, and the method says so.
Silence is what lies between the first and the last speech: ringing before and a dead line after belong to nobody.
"""

from __future__ import annotations

from statistics import median

from pipeline.analysis.sides import (
    BY_SOUND,
    BY_TURNS,
    NO_AGENT_SPEECH,
    NO_REPLY,
    NO_RING,
    NO_SOUND,
    NO_SPEECH,
    NO_TIMES,
    AnyTalk,
    Talk,
    any_talk_of,
    measured,
    talk_of,
    turn_spans,
    unmeasured,
)
from pipeline.intervals import Span, Timeline
from pipeline.types import Finding, Measure, Reason, Sound, Transcript

LONG_SILENCE_S = 3.0
TURN_GAP_S = 0.7
_SURE = {BY_SOUND: 0.95, BY_TURNS: 0.7}


def measure(transcript: Transcript, sound: Sound | None) -> list[Measure]:
    """``duration_s, talk_s, agent_talk_s, customer_talk_s, agent_talk_ratio, mutual_silence_s, longest_silence_s,
    longest_agent_turn_s, customer_reply_gap_s`` and ``rings_before_answer``, measurable or not.

    Interruptions and overlap are measured in :mod:`pipeline.analysis.interruptions`.
    """
    return [
        _duration(transcript, sound),
        *_of_anybody(any_talk_of(transcript, sound)),
        *_of_sides(talk_of(transcript, sound)),
        _rings(sound),
    ]


def find(transcript: Transcript, sound: Sound | None) -> list[Finding]:
    """Each ``ring`` heard and each ``long_silence`` of 3 s and more between first and last speech, by time."""
    talk = any_talk_of(transcript, sound)
    found = [] if sound is None else [_finding("ring", ring, 0.95) for ring in sound.rings]
    if isinstance(talk, AnyTalk):
        found += [
            _finding("long_silence", gap, _SURE[talk.method], length_s=round(gap.duration_s, 2))
            for gap in silences(talk.speech, sound)
            if gap.duration_s >= LONG_SILENCE_S
        ]
    return sorted(found, key=lambda finding: finding.start_s or 0.0)


def silences(speech: Timeline, sound: Sound | None = None) -> Timeline:
    """Gaps with neither side speaking, between the first and the last speech; ringing in between is none."""
    if speech.extent is None:
        return Timeline()
    gaps = speech.gaps(speech.extent)
    rings = Timeline(sound.rings).support(6.0) if sound else Timeline()
    return Timeline(gap for gap in gaps if not Timeline([gap]) & rings)


def reply_gaps(agent: Timeline, customer: Timeline) -> list[float]:
    """Seconds from the end of each agent turn to the customer's reply before the agent's next turn.

    A reply that sets in before the agent has ended, and outlasts it, came after 0 s.

    Examples
    --------
    >>> reply_gaps(Timeline([Span(0, 2), Span(5, 8)]), Timeline([Span(2.5, 4), Span(7.8, 9)]))
    [0.5, 0.0]
    """
    turns, replies = agent.support(TURN_GAP_S).spans, customer.support(TURN_GAP_S).spans
    gaps = []
    for turn, until in zip(turns, [*(turn.start_s for turn in turns[1:]), float("inf")], strict=False):
        reply = next((r for r in replies if r.end_s > turn.end_s and r.start_s < until), None)
        if reply is not None and reply.start_s > turn.start_s:
            gaps.append(max(0.0, reply.start_s - turn.end_s))
    return gaps


def _duration(transcript: Transcript, sound: Sound | None) -> Measure:
    if sound is not None:
        return measured("duration_s", sound.duration_s, "s", "decoded_samples")
    spans = turn_spans(transcript)
    if not spans or not transcript.timed:
        return unmeasured("duration_s", "s", BY_TURNS, NO_TIMES if spans or transcript.turns else NO_SOUND)
    return measured("duration_s", max(span.end_s for _, span in spans), "s", BY_TURNS)


def _of_anybody(talk: AnyTalk | Reason) -> list[Measure]:
    names = ("talk_s", "mutual_silence_s", "longest_silence_s")
    if isinstance(talk, Reason):
        return [unmeasured(name, "s", BY_TURNS, talk) for name in names]
    if not talk.speech:
        return [
            measured("talk_s", 0.0, "s", talk.method),
            *(unmeasured(name, "s", talk.method, NO_SPEECH) for name in names[1:]),
        ]
    gaps = silences(talk.speech)
    longest = max((gap.duration_s for gap in gaps), default=0.0)
    values = (talk.speech.duration_s, gaps.duration_s, longest)
    return [measured(name, value, "s", talk.method) for name, value in zip(names, values, strict=True)]


def _of_sides(talk: Talk | Reason) -> list[Measure]:
    units = {
        "agent_talk_s": "s", "customer_talk_s": "s", "agent_talk_ratio": "ratio",
        "longest_agent_turn_s": "s", "customer_reply_gap_s": "s",
    }  # fmt: skip
    if isinstance(talk, Reason):
        return [unmeasured(name, unit, BY_SOUND, talk) for name, unit in units.items()]
    agent_s, customer_s = talk.agent.duration_s, talk.customer.duration_s
    gaps = reply_gaps(talk.agent, talk.customer)
    longest = max((turn.duration_s for turn in talk.agent.support(TURN_GAP_S)), default=None)
    values: dict[str, float | Reason] = {
        "agent_talk_s": agent_s,
        "customer_talk_s": customer_s,
        "agent_talk_ratio": agent_s / (agent_s + customer_s) if agent_s + customer_s else NO_SPEECH,
        "longest_agent_turn_s": NO_AGENT_SPEECH if longest is None else longest,
        "customer_reply_gap_s": median(gaps) if gaps else NO_REPLY,
    }
    return [
        unmeasured(name, units[name], talk.method, value)
        if isinstance(value, Reason)
        else measured(name, value, units[name], talk.method)
        for name, value in values.items()
    ]


def _rings(sound: Sound | None) -> Measure:
    if sound is None or not sound.rings:
        return unmeasured(
            "rings_before_answer", "count", "ring_cadence", NO_SOUND if sound is None else NO_RING
        )
    return measured("rings_before_answer", len(sound.rings), "count", "ring_cadence")


def _finding(kind: str, span: Span, confidence: float, **detail: float) -> Finding:
    return Finding(
        kind, None, "unknown", round(span.start_s, 3), round(span.end_s, 3), None, confidence, detail=detail
    )
