"""Two sides out of one channel: whose voice is whose over a whole call, and how sure that is.

Pure. The networks (:mod:`models.diarization`) hear, in windows of ten seconds, up to three voices, when each speaks,
and a print of each. Here the prints are put in two groups (spherical 2-means; two voices of one window are never one
person), the windows are laid over each other, and the result is held to the recording's speech activity.
A telephone call has two sides; where the voices don't look like two, nothing is sure and the caller is told why.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from models.diarization import Voices
from pipeline.intervals import Span, Timeline

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeparationSettings:
    """Bounds of the separation (our defaults, measured in docs/how-it-works/mono.md).

    Attributes
    ----------
    sure_margin
        A voice print nearer to its own group than to the other one by less than this (cosine) is uncertain.
    reach_s
        Speech in which the networks hear nobody goes to the voice heard this near, else to nobody.
    least_overlap_s
        Shorter stretches of both voices are not called overlap.
    """

    sure_margin: float = 0.10
    like: float = 0.45
    neighbours: int = 3
    bridge_s: float = 0.1
    reach_s: float = 1.0
    least_overlap_s: float = 0.15


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for two voices, and for these two.

    Attributes
    ----------
    between
        Cosine between the groups' means; one person cut in two comes out high.
    uncertain
        Share of the speech alone whose print is hardly nearer to its own group than to the other.
    third
        Share of the speech alone that is like neither group.
    lesser_s
        Speech alone of the voice that speaks less, s.
    """

    between: float
    uncertain: float
    third: float
    lesser_s: float


@dataclass(frozen=True, slots=True)
class Grouped:
    """Voice of each window's slots: 0, 1, or -1 where unknown; the groups' means and their likeness."""

    who: NDArray[np.int64]
    centres: Array
    likeness: Likeness


def group(voices: Voices, settings: SeparationSettings) -> Grouped | None:
    """Put the windows' voices in two groups; None where there aren't two prints."""
    windows, slots = np.nonzero(np.abs(voices.prints).sum(axis=2) > 0)
    if windows.size < 2:
        return None
    prints = voices.prints[windows, slots].astype(np.float64)
    weights = voices.alone_s[windows, slots].astype(np.float64)
    best: tuple[float, NDArray[np.int64]] | None = None
    for first, second in _starts(prints, weights, windows):
        labels = _settle(prints, weights, windows, np.stack([prints[first], prints[second]]))
        centres = _centres(prints, weights, labels)
        worth = float((weights * np.take_along_axis(prints @ centres.T, labels[:, None], 1)[:, 0]).sum())
        if best is None or worth > best[0]:
            best = worth, labels
    if best is None:
        return None
    labels = best[1]
    who = np.full(voices.alone_s.shape, -1, dtype=np.int64)
    who[windows, slots] = labels
    return Grouped(
        who, _centres(prints, weights, labels), _likeness(prints, weights, windows, labels, settings)
    )


def _starts(prints: Array, weights: Array, windows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs to start from: voices of one window, longest first, and the two least alike of the longest."""
    pairs = [
        (float(min(weights[a], weights[a + 1])), a, a + 1)
        for a in range(windows.size - 1)
        if windows[a] == windows[a + 1]
    ]
    chosen = [(a, b) for _, a, b in sorted(pairs, reverse=True)[:8]]
    longest = np.argsort(-weights)[:40]
    alike = prints[longest] @ prints[longest].T
    a, b = np.unravel_index(int(alike.argmin()), alike.shape)
    return [*chosen, (int(longest[a]), int(longest[b]))]


def _settle(prints: Array, weights: Array, windows: NDArray[np.int64], centres: Array) -> NDArray[np.int64]:
    labels = np.full(windows.size, -1)
    for _ in range(30):
        near = prints @ centres.T
        fresh = near.argmax(axis=1)
        for window in np.unique(windows):
            members = np.flatnonzero(windows == window)
            if members.size > 1:
                fresh[members] = _apart(near[members], weights[members])
        if (fresh == labels).all():
            break
        labels = fresh
        centres = _centres(prints, weights, labels)
    return labels


def _apart(near: Array, weights: Array) -> NDArray[np.int64]:
    """The two longest voices of a window get different groups; a third one the nearer group."""
    out = near.argmax(axis=1)
    longest = np.argsort(-weights)[:2]
    straight = sum(weights[i] * near[i, g] for g, i in enumerate(longest))
    crossed = sum(weights[i] * near[i, 1 - g] for g, i in enumerate(longest))
    out[longest] = [0, 1] if straight >= crossed else [1, 0]
    return out


def _centres(prints: Array, weights: Array, labels: NDArray[np.int64]) -> Array:
    sums = np.stack([(prints[labels == g] * weights[labels == g, None]).sum(axis=0) for g in (0, 1)])
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9))


def _likeness(
    prints: Array,
    weights: Array,
    windows: NDArray[np.int64],
    labels: NDArray[np.int64],
    settings: SeparationSettings,
) -> Likeness:
    """How the groups look; each print is held against groups without its own window."""
    centres = _centres(prints, weights, labels)
    own, other = np.zeros(labels.size), np.zeros(labels.size)
    for index in range(labels.size):
        apart = np.abs(windows - windows[index]) > settings.neighbours
        rest = _centres(prints[apart], weights[apart], labels[apart])
        own[index] = prints[index] @ rest[labels[index]]
        other[index] = prints[index] @ rest[1 - labels[index]]
    total = float(weights.sum())
    return Likeness(
        between=round(float(centres[0] @ centres[1]), 4),
        uncertain=round(float(weights[own - other < settings.sure_margin].sum()) / total, 4),
        third=round(float(weights[own < settings.like].sum()) / total, 4),
        lesser_s=round(float(min(weights[labels == g].sum() for g in (0, 1))), 2),
    )


def lay_over(voices: Voices, grouped: Grouped) -> Array:
    """How likely each of both voices speaks at each frame of the recording, shape ``(frames, 2)``."""
    frames = voices.active.shape[1]
    firsts = np.rint(voices.starts_s / voices.frame_s).astype(int)
    total = np.zeros((int(firsts[-1]) + frames, 2))
    weight = np.zeros((total.shape[0], 1))
    shape = np.hamming(frames)[:, None]
    for window, first in enumerate(firsts):
        place = slice(first, first + frames)
        weight[place] += shape
        for slot, voice in enumerate(_filled(grouped.who[window], voices.active[window])):
            if voice >= 0:
                total[place, voice] += shape[:, 0] * voices.active[window, :, slot]
    return np.minimum(total / np.maximum(weight, 1e-9), 1.0)


def _filled(who: NDArray[np.int64], active: NDArray[np.float32]) -> list[int]:
    """A voice too brief for a print, beside one that is known, is the other one."""
    known = {int(voice) for voice in who if voice >= 0}
    spoken = (active > 0.5).any(axis=0)
    return [
        int(voice) if voice >= 0 or len(known) != 1 or not spoken[slot] else 1 - next(iter(known))
        for slot, voice in enumerate(who)
    ]


def timelines(
    likely: Array, frame_s: float, speech: Timeline, settings: SeparationSettings
) -> tuple[Timeline, Timeline]:
    """Speech of both voices, held to the recording's speech activity."""
    heard = [_runs(likely[:, voice] >= 0.5, frame_s) for voice in (0, 1)]
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


def _runs(active: NDArray[np.bool_], frame_s: float) -> Timeline:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
    return Timeline(
        Span(float(a) * frame_s, float(b) * frame_s) for a, b in zip(edges[::2], edges[1::2], strict=True)
    )
