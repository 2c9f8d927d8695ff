"""Ringing heard before somebody answers: steady tones in the cadence of a national network, each ring counted.

The method reads tones (:mod:`pipeline.audio.tones`) and their timing alone. Busy and dialling tones share the
frequencies but not the cadence; music and voices share neither.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from pipeline.audio.tones import Tone
from pipeline.intervals import Span, Timeline

_TOLERANCE_HZ = 12.0
_ON_TOLERANCE_S, _ON_TOLERANCE = 0.08, 0.1
_OFF_TOLERANCE_S, _OFF_TOLERANCE = 0.12, 0.1
_START_S = 0.15
"""A tone that sounds within this of the recording's start may have begun before it."""
_LEAST_PARTIAL_S = 0.25
_ANSWERED_WITHIN_S = 1.0
_ANY_ON_S, _ANY_OFF_S = (0.6, 2.5), (1.8, 6.5)
"""Burst and pause of any network's ringing (E.180 recommends 0.67 to 1.5 s and 3 to 5 s); busy tones are shorter."""
_LEAST_OFF_TO_ON = 1.4
_USUAL_ON_S, _USUAL_OFF_S = (0.67, 1.6), (3.0, 5.0)
_NOTE_S, _MELODY_S, _LEAST_NOTES = 0.3, 6.0, 2
"""Beside a lone ring, so many steady notes of other pitches within so many seconds are a melody, and the ring one of it."""
_UNKNOWN, _LEAST_UNKNOWN = "unknown", 3
"""Rings in a rhythm that no network is known for: two alike may be anything, unless they keep to the recommended lengths;
three at an equal period are not."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """One network's ringing tone: its lines in Hz, and the seconds on, off, on, off … of one ring."""

    name: str
    hz: tuple[float, ...]
    on_off_s: tuple[float, ...]

    @property
    def on_s(self) -> tuple[float, ...]:
        """Lengths of the bursts of one ring."""
        return self.on_off_s[::2]

    @property
    def off_s(self) -> float:
        """The long pause between rings."""
        return self.on_off_s[-1]


@dataclass(frozen=True, slots=True)
class _Ring:
    span: Span
    full: bool


@functools.cache
def cadences() -> tuple[Cadence, ...]:
    """The networks that are known, from ``cadences.yaml``."""
    import yaml

    text = resources.files("pipeline.audio").joinpath("cadences.yaml").read_text(encoding="utf-8")
    return tuple(
        Cadence(entry["name"], tuple(map(float, entry["hz"])), tuple(map(float, entry["on_off_s"])))
        for entry in yaml.safe_load(text)["cadences"]
    )


def rings_in(tones: Sequence[Tone], *, speech: Sequence[Timeline] = ()) -> tuple[Span, ...]:
    """Each ring heard before the answer, from its first burst to its last.

    Parameters
    ----------
    tones
        Steady tones of one channel, in order.
    speech
        Speech of each side. Two whole rings and more also count after one side has spoken (an announcement), a
        single or partial one only before anybody has.

    Returns
    -------
    tuple of Span
        A ring that the recording's start or the answer cuts short counts as one. Empty where none is heard, and where
        tones of the same pitch show that there may have been more than can be counted.
    """
    begun = [first_turn_s(side) for side in speech]
    first, talking = min(begun, default=math.inf), max(begun, default=math.inf)
    best: tuple[_Ring, ...] = ()
    rhythm: Cadence | None = None
    for cadence in (*cadences(), *_unknown(tones)):
        for chain in _chains(cadence, tones):
            if cadence.name == _UNKNOWN and len(chain) < (2 if _is_usual(cadence) else _LEAST_UNKNOWN):
                continue
            if _believable(chain, first, talking) and _weight(chain) > _weight(best):
                best, rhythm = chain, cadence
    if rhythm is None or _more_of_it(best, rhythm, tones, talking):
        return ()
    return tuple(ring.span for ring in best)


def first_turn_s(side: Timeline) -> float:
    """Second at which a side first says something; infinite where it never does."""
    extent = _spoken(side).extent
    return extent.start_s if extent else math.inf


def _spoken(side: Timeline) -> Timeline:
    """Speech of half a second and more; a cough while it rings is no answer."""
    return Timeline(span for span in side.support(0.3) if span.duration_s >= 0.5)


def _weight(chain: Sequence[_Ring]) -> tuple[int, int]:
    return sum(ring.full for ring in chain), len(chain)


def _believable(chain: Sequence[_Ring], first_speech_s: float, talking_s: float) -> bool:
    whole = sum(ring.full for ring in chain)
    start, end = chain[0].span.start_s, chain[-1].span.end_s
    if whole >= 2:
        return start < talking_s
    if start >= first_speech_s:
        return False
    # A lone piece of a ring needs the reason for its being a piece: the recording's start, or the answer.
    return whole == 1 or len(chain) > 1 or start <= _START_S or first_speech_s - end <= _ANSWERED_WITHIN_S


def _unknown(tones: Sequence[Tone]) -> list[Cadence]:
    """Rhythms of equally long tones of a known pitch, whatever the country: each from two neighbours alike."""
    found: dict[tuple[tuple[float, ...], float, float], Cadence] = {}
    for hz in dict.fromkeys(cadence.hz for cadence in cadences()):
        bursts = [tone.span for tone in tones if _fits(tone.lines_hz, hz)]
        for before, after in itertools.pairwise(bursts):
            on, off = after.duration_s, after.start_s - before.end_s
            alike = _near_on(before.duration_s, on) or before.start_s <= _START_S
            rings = _ANY_ON_S[0] <= on <= _ANY_ON_S[1] and _ANY_OFF_S[0] <= off <= _ANY_OFF_S[1]
            if alike and rings and off >= _LEAST_OFF_TO_ON * on:
                found.setdefault((hz, round(on, 1), round(off, 1)), Cadence(_UNKNOWN, hz, (on, off)))
    return list(found.values())


def _is_usual(cadence: Cadence) -> bool:
    on_s, off_s = cadence.on_off_s[0], cadence.off_s
    return _USUAL_ON_S[0] <= on_s <= _USUAL_ON_S[1] and _USUAL_OFF_S[0] <= off_s <= _USUAL_OFF_S[1]


def _more_of_it(chain: Sequence[_Ring], cadence: Cadence, tones: Sequence[Tone], talking_s: float) -> bool:
    """Whether tones of the same pitch before the answer may be rings that the chain doesn't hold.

    A lone ring is one only where no other such tone is heard at all; a chain of several, where no whole ring is left out.
    """
    inside = Timeline(ring.span for ring in chain)
    others = [
        tone
        for tone in tones
        if tone.span.start_s < talking_s
        and _fits(tone.lines_hz, cadence.hz)
        and not Timeline([tone.span]) & inside
    ]
    if len(chain) == 1:
        alike = any(tone.span.duration_s <= _ANY_ON_S[1] for tone in others)
        return alike or _in_a_melody(chain[0].span, cadence, tones, talking_s)
    groups = _groups([tone.span for tone in others], cadence.off_s / 2)
    return any(ring is not None and ring.full for ring in (_ring(group, cadence) for group in groups))


def _in_a_melody(ring: Span, cadence: Cadence, tones: Sequence[Tone], talking_s: float) -> bool:
    near = ring.pad(_MELODY_S)
    notes = {
        round(tone.lines_hz[0] / _TOLERANCE_HZ)
        for tone in tones
        if tone.span.start_s < talking_s
        and tone.span.duration_s >= _NOTE_S
        and Timeline([tone.span]) & Timeline([near])
        and not _fits(tone.lines_hz, cadence.hz)
    }
    return len(notes) >= _LEAST_NOTES


def _chains(cadence: Cadence, tones: Sequence[Tone]) -> list[tuple[_Ring, ...]]:
    """Runs of rings that follow each other in the cadence's step."""
    bursts = [tone.span for tone in tones if _fits(tone.lines_hz, cadence.hz)]
    chains: list[tuple[_Ring, ...]] = []
    current: list[_Ring] = []
    for group in _groups(bursts, cadence.off_s / 2):
        ring = _ring(group, cadence)
        follows = bool(current) and ring is not None and _in_step(current[-1], ring, cadence)
        if current and not follows:
            chains.append(tuple(current))
            current = []
        if ring is not None:
            current.append(ring)
    return [*chains, tuple(current)] if current else chains


def _fits(heard_hz: Sequence[float], expected_hz: Sequence[float]) -> bool:
    if len(heard_hz) == len(expected_hz):
        return all(abs(a - b) <= _TOLERANCE_HZ for a, b in zip(heard_hz, expected_hz, strict=True))
    # Two lines 25 Hz apart melt into one.
    middle = sum(expected_hz) / len(expected_hz)
    return len(heard_hz) == 1 and max(expected_hz) - min(expected_hz) < 30 and abs(heard_hz[0] - middle) <= 15


def _groups(bursts: Sequence[Span], gap_s: float) -> list[list[Span]]:
    groups: list[list[Span]] = []
    for burst in bursts:
        if groups and burst.start_s - groups[-1][-1].end_s < gap_s:
            groups[-1].append(burst)
        else:
            groups.append([burst])
    return groups


def _ring(group: Sequence[Span], cadence: Cadence) -> _Ring | None:
    """The group as a ring, whole or cut short; None where it has another rhythm."""
    span = Span(group[0].start_s, group[-1].end_s)
    lengths = [burst.duration_s for burst in group]
    gaps = [after.start_s - before.end_s for before, after in itertools.pairwise(group)]
    on, off = cadence.on_s, cadence.on_off_s[1:-1:2]
    if len(group) > len(on) or not all(map(_near_off, gaps, off)):
        return None
    if len(group) == len(on) and all(map(_near_on, lengths, on)):
        return _Ring(span, full=True)
    begun_before = span.start_s <= _START_S
    cut_at_start = begun_before and all(map(_near_on, lengths[1:], on[len(on) - len(group) + 1 :]))
    if cut_at_start and lengths[0] <= on[-len(group)] + _ON_TOLERANCE_S:
        return _Ring(span, full=False)
    cut_at_end = all(map(_near_on, lengths[:-1], on)) and lengths[-1] <= on[len(group) - 1] + _ON_TOLERANCE_S
    return _Ring(span, full=False) if cut_at_end and span.duration_s >= _LEAST_PARTIAL_S else None


def _in_step(before: _Ring, after: _Ring, cadence: Cadence) -> bool:
    """Whether the pause fits, or one ring was lost on the line between them.

    Only the first ring of a recording and the last before the answer may be partial.
    """
    partial_inside = not before.full and before.span.start_s > _START_S
    pause_s = after.span.start_s - before.span.end_s
    return not partial_inside and any(
        _near_off(pause_s, off_s) for off_s in (cadence.off_s, cadence.off_s + sum(cadence.on_off_s))
    )


def _near_on(heard_s: float, expected_s: float) -> bool:
    return abs(heard_s - expected_s) <= _ON_TOLERANCE_S + _ON_TOLERANCE * expected_s


def _near_off(heard_s: float, expected_s: float) -> bool:
    return abs(heard_s - expected_s) <= _OFF_TOLERANCE_S + _OFF_TOLERANCE * expected_s
