"""Two sides out of one channel: when each of two voices speaks, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.diarization import Voices
from pipeline.intervals import Span, Timeline
from pipeline.speech.voices import UNKNOWN, Labels, Likeness, group, likeness

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeparationSettings:
    """Bounds of the separation (our defaults, measured in docs/how-it-works/mono.md)."""

    bridge_s: float = 0.1
    reach_s: float = 1.0
    apart_s: float = 4.0
    like: float = 0.4


def lay_over(voices: Voices, who: Labels) -> Array:
    """How likely each of both voices speaks at each frame of the recording, shape ``(frames, 2)``."""
    frames = voices.active.shape[1]
    firsts = np.rint(voices.starts_s / voices.frame_s).astype(int)
    total = np.zeros((int(firsts[-1]) + frames, 2))
    weight = np.zeros((total.shape[0], 1))
    shape = np.hamming(frames)[:, None]
    for window, first in enumerate(firsts):
        place = slice(first, first + frames)
        weight[place] += shape
        for slot, voice in enumerate(_filled(who[window], voices.active[window])):
            if voice != UNKNOWN:
                total[place, voice] += shape[:, 0] * voices.active[window, :, slot]
    return np.minimum(total / np.maximum(weight, 1e-9), 1.0)


def _filled(who: Labels, active: NDArray[np.float32]) -> list[int]:
    """A voice too brief for a print, beside one that is known, is the other one."""
    known = {int(voice) for voice in who if voice != UNKNOWN}
    spoken = (active > 0.5).any(axis=0)
    return [
        int(voice) if voice != UNKNOWN or len(known) != 1 or not spoken[slot] else 1 - next(iter(known))
        for slot, voice in enumerate(who)
    ]


def timelines(
    likely: Array, voices: Voices, speech: Timeline, settings: SeparationSettings
) -> tuple[Timeline, Timeline]:
    """Speech of both voices, held to the recording's speech activity."""
    heard = [_runs(likely[:, voice] >= 0.5, voices) for voice in (0, 1)]
    heard = [line.support(settings.bridge_s) & speech for line in heard]
    left = speech - (heard[0] | heard[1])
    given = _nearest(left, heard, settings.reach_s)
    return heard[0] | given[0], heard[1] | given[1]


def _nearest(left: Timeline, heard: list[Timeline], reach_s: float) -> tuple[Timeline, Timeline]:
    """Speech that the networks gave to nobody, given to whoever speaks nearest to it."""
    out: tuple[list[Span], list[Span]] = ([], [])
    for span in left:
        reach = [_distance(line, span) for line in heard]
        if min(reach) <= reach_s:
            out[int(reach[1] < reach[0])].append(span)
    return Timeline(out[0]), Timeline(out[1])


def _distance(line: Timeline, span: Span) -> float:
    gaps = (max(other.start_s - span.end_s, span.start_s - other.end_s, 0.0) for other in line)
    return min(gaps, default=float("inf"))


def _runs(active: NDArray[np.bool_], voices: Voices) -> Timeline:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    edges_s = voices.lag_s + edges * voices.frame_s
    return Timeline(Span(float(a), float(b)) for a, b in zip(edges_s[::2], edges_s[1::2], strict=True))


def piece_labels(likely: Array, voices: Voices) -> Labels:
    """Voice of each piece: whichever is likelier over it."""
    out = np.full(len(voices.pieces_s), UNKNOWN, dtype=np.int64)
    for index, (begin_s, end_s) in enumerate(voices.pieces_s):
        first, last = (max(0, round((at - voices.lag_s) / voices.frame_s)) for at in (begin_s, end_s))
        mean = likely[first:last].mean(axis=0) if last > first else np.zeros(2)
        if mean.max() > 0.3:
            out[index] = int(mean.argmax())
    return out
