"""How the voices come across: loudness, its balance and steadiness, clipping, rate of speech.

Loudness is ITU-R BS.1770-4 on each side's own speech (measured in :mod:`pipeline.audio.loudness`). The line's gain and
the recorder's automatic gain confound it, so a level says less than a difference, and a difference less than a jump.
"""

from __future__ import annotations

import re

from pipeline.analysis.sides import (
    BY_TURNS,
    NO_AGENT_SPEECH,
    NO_CUSTOMER_SPEECH,
    NO_TIMES,
    heard_apart,
    measured,
    spoken_by,
    turn_spans,
    unmeasured,
    why_unsure,
)
from pipeline.audio.loudness import mean_loudness
from pipeline.intervals import Span, Timeline
from pipeline.types import Finding, Measure, Reason, Side, Sound, Speaker, Transcript

BS1770 = "bs1770_gated_speech"
JUMP_LU = 12.0
_BACK_LU = 6.0
_JUDGED_TURN_S = 1.0
_CLIPPING_JOIN_S = 5.0
_CLIPPED_S, _CLIPPED_SHARE, _CLIPPED_STRETCH_S = 0.03, 0.01, 0.5
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def measure(transcript: Transcript, sound: Sound | None) -> list[Measure]:
    """``agent_loudness_lufs, customer_loudness_lufs, loudness_difference_lu`` (agent minus customer),
    ``agent_clipped_ratio`` and ``agent_speech_rate``, measurable or not.
    """
    return [*_loudness(heard_apart(transcript, sound)), _speech_rate(transcript, sound)]


def find(transcript: Transcript, sound: Sound | None) -> list[Finding]:
    """``level_jump`` between the agent's neighbouring turns, and ``clipping`` of either side, by time."""
    apart = heard_apart(transcript, sound)
    if isinstance(apart, Reason):
        return _level_jumps(transcript, _alone(sound)) if sound is not None and sound.apart else []
    agent, customer = apart
    found = [*_level_jumps(transcript, agent), *_clippings("agent", agent), *_clippings("customer", customer)]
    return sorted(found, key=lambda finding: finding.start_s or 0.0)


def count_units(text: str, language: str) -> int:
    """Characters and words of a text, each word counted by its own script.

    Examples
    --------
    >>> count_units("我们的CPM很低", "zh"), count_units("Our 3 plans aren't dear.", "en")
    (6, 5)
    """
    numbers = _NUMBER.findall(text)
    # A Mandarin number is read digit by digit or nearly so; an English one is a word.
    spoken = sum(sum(map(str.isdigit, number)) for number in numbers) if language == "zh" else len(numbers)
    return len(_HAN.findall(text)) + len(_WORD.findall(text)) + spoken


def turn_levels(transcript: Transcript, side: Side, speaker: Speaker) -> list[tuple[int, Span, float]]:
    """Index, span and loudness of each turn of one side that holds a second of speech or more."""
    levels = []
    for index, span in turn_spans(transcript):
        if transcript.turns[index].speaker != speaker:
            continue
        spoken: Timeline = side.speech.crop(span)
        level = mean_loudness(side.curve_lufs, spoken) if spoken.duration_s >= _JUDGED_TURN_S else None
        if level is not None:
            levels.append((index, span, level))
    return levels


def _alone(sound: Sound) -> Side:
    """The agent of a mono call as far as nobody else speaks; who is loud there is the agent."""
    alone = sound.apart["agent"] - sound.apart["customer"]
    return Side(alone, None, 0.0, curve_lufs=sound.sides["unknown"].curve_lufs)


def _loudness(apart: tuple[Side, Side] | Reason) -> list[Measure]:
    units = {
        "agent_loudness_lufs": "LUFS", "customer_loudness_lufs": "LUFS", "loudness_difference_lu": "LU",
        "agent_clipped_ratio": "ratio",
    }  # fmt: skip
    if isinstance(apart, Reason):
        return [unmeasured(name, unit, BS1770, apart) for name, unit in units.items()]
    agent, customer = apart
    levels = (agent.loudness_lufs, customer.loudness_lufs)
    lacking = (
        NO_AGENT_SPEECH if levels[0] is None else None,
        NO_CUSTOMER_SPEECH if levels[1] is None else None,
    )
    values: tuple[float | Reason | None, ...] = (
        lacking[0] or levels[0],
        lacking[1] or levels[1],
        lacking[0] or lacking[1] or (levels[0] or 0.0) - (levels[1] or 0.0),
    )
    measures = [
        unmeasured(name, unit, BS1770, value)
        if isinstance(value, Reason)
        else measured(name, value or 0.0, unit, BS1770)
        for (name, unit), value in zip(units.items(), values, strict=False)
    ]
    # Shares of clipped samples are small; a thousandth would round the bound itself away.
    ratio = round(agent.clipped_ratio, 6)
    return [*measures, Measure("agent_clipped_ratio", ratio, "ratio", "runs_at_ceiling")]


def _speech_rate(transcript: Transcript, sound: Sound | None) -> Measure:
    unit = "chars/min" if transcript.language == "zh" else "words/min"
    if not transcript.sides_sure:
        return unmeasured("agent_speech_rate", unit, BY_TURNS, why_unsure(transcript, sound))
    if not transcript.timed:
        return unmeasured("agent_speech_rate", unit, BY_TURNS, NO_TIMES)
    agent = [
        (transcript.turns[i].text, span)
        for i, span in turn_spans(transcript)
        if transcript.turns[i].speaker == "agent"
    ]
    length_s = sum(span.duration_s for _, span in agent)
    if length_s <= 0 or not spoken_by(transcript, "agent"):
        return unmeasured("agent_speech_rate", unit, BY_TURNS, NO_AGENT_SPEECH)
    units = sum(count_units(text, transcript.language) for text, _ in agent)
    return measured("agent_speech_rate", units / length_s * 60, unit, BY_TURNS)


def _level_jumps(transcript: Transcript, agent: Side) -> list[Finding]:
    """Jumps over 12 LU from one turn to the next. A turn that stands out and is followed by the old level is one."""
    levels = turn_levels(transcript, agent, "agent")
    found = []
    returning = False
    for before, (place, (index, span, level)) in zip(levels, enumerate(levels[1:], 1), strict=False):
        jump = level - before[2]
        if abs(jump) <= JUMP_LU or returning:
            returning = False
            continue
        after = levels[place + 1][2] if place + 1 < len(levels) else level
        returning = abs(after - before[2]) <= _BACK_LU and abs(after - level) > JUMP_LU
        detail = {"jump_lu": round(jump, 1), "level_lufs": round(level, 1)}
        found.append(
            Finding("level_jump", index, "agent", span.start_s, span.end_s, None, 0.9, detail=detail)
        )
    return found


def _clippings(speaker: Speaker, side: Side) -> list[Finding]:
    """Each stretch in which a side clips, as a person would name it: it ends where this side speaks on without.

    A stray peak is none: clipping must cover a hundredth of what is said in the stretch.
    """
    found = []
    for stretch in clipped_stretches(side):
        covered_s = Timeline(side.clipping).crop(stretch).duration_s
        share = covered_s / max(_CLIPPED_STRETCH_S, side.speech.crop(stretch).duration_s)
        if covered_s >= _CLIPPED_S and share >= _CLIPPED_SHARE:
            detail = {"ratio": round(side.clipped_ratio, 6), "share": round(share, 3)}
            start_s, end_s = round(stretch.start_s, 3), round(stretch.end_s, 3)
            found.append(Finding("clipping", None, speaker, start_s, end_s, None, 0.95, detail=detail))
    return found


def clipped_stretches(side: Side) -> tuple[Span, ...]:
    """Clipping joined while this side says less than 5 s without it; what the other side says doesn't part it.

    Examples
    --------
    >>> side = Side(Timeline([Span(0, 4), Span(20, 24), Span(40, 60)]), -20.0, 0.01,
    ...             clipping=(Span(1, 2), Span(3, 3.5), Span(21, 22), Span(50, 51)))
    >>> [(s.start_s, s.end_s) for s in clipped_stretches(side)]
    [(1, 22), (50, 51)]
    """
    stretches: list[Span] = []
    for span in Timeline(side.clipping):
        if stretches and _said_between(side.speech, stretches[-1], span) < _CLIPPING_JOIN_S:
            stretches[-1] = Span(stretches[-1].start_s, span.end_s)
        else:
            stretches.append(span)
    return tuple(stretches)


def _said_between(speech: Timeline, before: Span, after: Span) -> float:
    return speech.crop(Span(before.end_s, after.start_s)).duration_s
