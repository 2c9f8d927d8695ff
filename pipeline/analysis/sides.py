"""Who spoke when, from the best source there is: the sound of each side, else the turns' times, else not at all.

What can't be told is a :class:`~pipeline.types.Reason`, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.intervals import Span, Timeline
from pipeline.types import Measure, Reason, Side, Sound, Speaker, Transcript

SURE = 0.8
BY_SOUND = "speech_activity"
BY_TURNS = "turn_times"
BY_VOICES = "speaker_separation"
SURE_OF_OVERLAP = 0.9
"""Voices that are told apart less surely than this are heard over each other where they aren't (measured, see
docs/how-it-works/mono.md), so that nothing rests on it.
"""
HEARD_OVERLAP_S = 0.5
"""In mono, both voices at once for this long without a break count as overlap truly heard (our default)."""

NO_SOUND = Reason("no_sound", "没有录音，无法测量", "there is no sound to measure")
NO_TIMES = Reason("no_times", "文本没有时间，无法测量", "the transcript has no times")
MONO = Reason("mono", "单声道录音，双方声音混在一起", "mono: both sides are mixed into one channel")
SIDES_UNSURE = Reason("sides_unsure", "无法确定哪一方是销售人员", "it is not sure which side is the agent")
NO_OVERLAP = Reason(
    "no_overlap_heard",
    "单声道录音中没有听到双方同时说话，有无打断无法判断",
    "mono: both sides at once are not heard, so interruptions can't be told",
)
NO_SPEECH = Reason("no_speech", "没有听到说话", "no speech was heard")
NO_AGENT_SPEECH = Reason("no_agent_speech", "没有听到销售人员说话", "the agent was not heard")
NO_CUSTOMER_SPEECH = Reason("no_customer_speech", "没有听到客户说话", "the customer was not heard")
NO_REPLY = Reason(
    "no_reply", "没有听到客户在销售人员之后接话", "no reply of the customer follows a turn of the agent"
)
NO_RING = Reason("no_ring_heard", "录音中没有听到振铃", "no ringing is heard in the recording")
OVERLAP_UNSURE = Reason(
    "overlap_unsure",
    "单声道录音中双方声音相近，同时说话的部分听不准，有无打断无法判断",
    "mono: the voices are too alike to hear surely when both speak at once, so interruptions can't be told",
)


@dataclass(frozen=True, slots=True)
class Talk:
    """Speech of both sides and where it was read: ``speech_activity, speaker_separation`` or ``turn_times``."""

    agent: Timeline
    customer: Timeline
    method: str


@dataclass(frozen=True, slots=True)
class AnyTalk:
    """Speech of anybody, and where it was read."""

    speech: Timeline
    method: str


def measured(name: str, value: float, unit: str, method: str) -> Measure:
    """A measure with its value, rounded to a thousandth."""
    return Measure(name, value if isinstance(value, int) else round(value, 3), unit, method)


def unmeasured(name: str, unit: str, method: str, reason: Reason) -> Measure:
    """A measure that can't be had, and why."""
    return Measure(name, None, unit, method, reason)


def heard_apart(transcript: Transcript, sound: Sound | None) -> tuple[Side, Side] | Reason:
    """The sound of agent and customer, each on a channel of its own."""
    if sound is None:
        return NO_SOUND
    if sound.layout != "two_sides":
        return MONO
    if "agent" not in sound.sides or "customer" not in sound.sides or transcript.role_confidence < SURE:
        return SIDES_UNSURE
    return sound.sides["agent"], sound.sides["customer"]


def talk_of(transcript: Transcript, sound: Sound | None) -> Talk | Reason:
    """When each side speaks."""
    apart = heard_apart(transcript, sound)
    if not isinstance(apart, Reason):
        return Talk(apart[0].speech, apart[1].speech, BY_SOUND)
    if apart is SIDES_UNSURE or not transcript.sides_sure:
        return why_unsure(transcript, sound)
    if sound is not None and sound.apart:
        return Talk(sound.apart["agent"], sound.apart["customer"], BY_VOICES)
    if not transcript.timed:
        return NO_TIMES
    return Talk(spoken_by(transcript, "agent"), spoken_by(transcript, "customer"), BY_TURNS)


def why_unsure(transcript: Transcript, sound: Sound | None) -> Reason:
    """Why the sides are not known: the sound of a mono call says more, and so do delivered speakers."""
    return (sound.unsure if sound else None) or transcript.unsure or SIDES_UNSURE


def heard_at_once(transcript: Transcript, sound: Sound | None) -> Talk | Reason:
    """Speech of both sides where it is heard when both speak at once: on two channels, or in a mono call in which the
    separation heard overlap.
    """
    apart = heard_apart(transcript, sound)
    if not isinstance(apart, Reason):
        return Talk(apart[0].speech, apart[1].speech, BY_SOUND)
    if apart is not MONO or sound is None:
        return apart
    if not sound.apart or not transcript.sides_sure:
        return MONO if sound.unsure is None else replace(sound.unsure, code=MONO.code)
    if transcript.role_confidence < SURE_OF_OVERLAP:
        return OVERLAP_UNSURE
    agent, customer = sound.apart["agent"], sound.apart["customer"]
    if max((span.duration_s for span in agent & customer), default=0.0) < HEARD_OVERLAP_S:
        return NO_OVERLAP
    return Talk(agent, customer, BY_VOICES)


def any_talk_of(transcript: Transcript, sound: Sound | None) -> AnyTalk | Reason:
    """When anybody speaks."""
    if sound is not None:
        speech = Timeline(span for side in sound.sides.values() for span in side.speech)
        return AnyTalk(speech, BY_SOUND)
    if not transcript.timed:
        return NO_TIMES
    return AnyTalk(Timeline(span for _, span in turn_spans(transcript)), BY_TURNS)


def spoken_by(transcript: Transcript, speaker: Speaker) -> Timeline:
    """The times of one side's turns."""
    return Timeline(
        span for index, span in turn_spans(transcript) if transcript.turns[index].speaker == speaker
    )


def turn_spans(transcript: Transcript) -> list[tuple[int, Span]]:
    """Index and span of each turn whose times make sense."""
    return [
        (index, Span(turn.start_s, turn.end_s))
        for index, turn in enumerate(transcript.turns)
        if turn.start_s is not None and turn.end_s is not None and turn.start_s <= turn.end_s
    ]
