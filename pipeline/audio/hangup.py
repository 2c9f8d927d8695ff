"""The tone after somebody hung up: short bursts alike at an equal step, to which nobody speaks any more.

Busy and congestion tones differ by country in pitch and rhythm; E.180 bounds both, so no table of networks is asked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from pipeline.audio.tones import Tone
from pipeline.intervals import Span, Timeline

_PITCHES_HZ = ((400.0,), (425.0,), (440.0,), (450.0,), (480.0, 620.0))
"""E.180, supplement 2: 400 (United Kingdom, Japan), 425 (most of Europe), 440 (France), 450 (China), 480+620 (North America)."""
_TOLERANCE_HZ = 12.0
_ON_S, _OFF_S = (0.18, 0.8), (0.15, 0.8)
_ALIKE_S = 0.06
_LEAST_BURSTS = 4
_LEAST_SPOKEN_S = 0.5
_NOTE_S, _MELODY_S = 0.2, 3.0
"""A steady note of another pitch so near is a melody, or a keypad: its pitch may be the tone's by chance."""


def hang_up_in(tones: Sequence[Tone], *, here: Timeline, anybody: Timeline) -> Span | None:
    """The disconnect tone that a channel ends with; None where it isn't sure that there is one.

    Parameters
    ----------
    tones
        Steady tones of the channel, in order.
    here, anybody
        Speech of the channel, and of both. Somebody has spoken before; nobody does on the channel once it sounds, nor on the
        other one through its last bursts.
    """
    found = (_last_run([tone.span for tone in tones if _fits(tone, hz)]) for hz in _PITCHES_HZ)
    chain = max(found, key=len)
    if len(chain) < _LEAST_BURSTS:
        return None
    heard = Span(chain[0].start_s, chain[-1].end_s)
    first = min((span.start_s for span in _spoken(anybody)), default=math.inf)
    silent_from = chain[-_LEAST_BURSTS].start_s
    if first >= heard.start_s or _last_s(here) > heard.start_s + 0.3 or _last_s(anybody) > silent_from + 0.3:
        return None
    return None if _has_notes(tones, heard, chain, here) else heard


def _fits(tone: Tone, hz: tuple[float, ...]) -> bool:
    return len(tone.lines_hz) == len(hz) and all(
        abs(a - b) <= _TOLERANCE_HZ for a, b in zip(tone.lines_hz, hz, strict=True)
    )


def _last_run(bursts: Sequence[Span]) -> list[Span]:
    """The bursts up to the last whole one that are alike and follow at one step, counted back from it.

    The very last may be cut by the recording's end. It is left out then.
    """
    if len(bursts) >= 2 and bursts[-1].duration_s < bursts[-2].duration_s - _ALIKE_S:
        bursts = bursts[:-1]
    if len(bursts) < 2:
        return []
    on_s, step_s = bursts[-1].duration_s, bursts[-1].start_s - bursts[-2].start_s
    if not (_ON_S[0] <= on_s <= _ON_S[1] and _OFF_S[0] <= step_s - on_s <= _OFF_S[1]):
        return []
    run = [bursts[-1]]
    for before, after in itertools.pairwise(reversed(bursts)):
        alike = abs(after.duration_s - on_s) <= _ALIKE_S
        if not alike or abs(before.start_s - after.start_s - step_s) > _ALIKE_S:
            break
        run.append(after)
    return run[::-1]


def _spoken(speech: Timeline) -> Timeline:
    """Speech of half a second and more; a cough is no word."""
    return Timeline(span for span in speech.support(0.3) if span.duration_s >= _LEAST_SPOKEN_S)


def _last_s(speech: Timeline) -> float:
    extent = _spoken(speech).extent
    return extent.end_s if extent else 0.0


def _has_notes(tones: Sequence[Tone], heard: Span, chain: Sequence[Span], here: Timeline) -> bool:
    """Whether other notes are near; a vowel that holds its pitch is none."""
    near = Span(max(0.0, heard.start_s - _MELODY_S), math.inf)
    return any(
        tone.span.duration_s >= _NOTE_S and tone.span.end_s > near.start_s and tone.span.start_s < heard.end_s
        and not any(tone.span & burst for burst in (*chain, *_spoken(here)))
        for tone in tones
    )  # fmt: skip
