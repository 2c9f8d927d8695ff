"""Ringing heard before somebody answers: steady tones in the cadence of a national network, each ring counted.

The method reads tones (:mod:`pipeline.audio.tones`) and their timing alone. Busy and dialling tones share the
frequencies but not the cadence; music and voices share neither.
"""

from __future__ import annotations

import functools
import itertools
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
        A ring that the recording's start or the answer cuts short counts as one. Empty where none is heard.
    """
    first = min((side.extent.start_s for side in map(_spoken, speech) if side.extent), default=float("inf"))
    heard = [side.extent.start_s for side in map(_spoken, speech) if side.extent]
    talking = max(heard) if len(heard) == len(speech) and heard else float("inf")
    best: tuple[_Ring, ...] = ()
    for cadence in cadences():
        for chain in _chains(cadence, tones):
            if _believable(chain, first, talking) and _weight(chain) > _weight(best):
                best = chain
    return tuple(ring.span for ring in best)


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
    """Whether the pause fits. Only the first ring of a recording and the last before the answer may be partial."""
    partial_inside = not before.full and before.span.start_s > _START_S
    return not partial_inside and _near_off(after.span.start_s - before.span.end_s, cadence.off_s)


def _near_on(heard_s: float, expected_s: float) -> bool:
    return abs(heard_s - expected_s) <= _ON_TOLERANCE_S + _ON_TOLERANCE * expected_s


def _near_off(heard_s: float, expected_s: float) -> bool:
    return abs(heard_s - expected_s) <= _OFF_TOLERANCE_S + _OFF_TOLERANCE * expected_s
