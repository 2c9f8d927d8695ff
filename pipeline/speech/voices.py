"""Whose voice is whose over a whole mono call: the windows' voices put in two groups.

Pure. The networks (:mod:`models.diarization`) hear up to three voices in each ten seconds, and take a print of every
short piece in which one speaks alone. Two voices of one window are never one person, so the windows' voices are put
in two groups by spherical 2-means under that constraint (COP-k-means: Wagstaff et al., ICML 2001). The single
pieces, each held against groups made without its neighbourhood, are then a second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.diarization import Voices

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
UNKNOWN = -1
_ROUNDS = 30
_STARTS = 8
_PART_S = 4.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for two voices, and for these two.

    Attributes
    ----------
    between
        Cosine between the mean prints of both; one person cut in two comes out high.
    disagree
        Share of the speech alone whose own print is nearer to the other voice.
    margin
        By how much the middle piece is nearer to its own voice (cosine).
    odd
        Share of the speech alone that is like neither voice.
    split
        Cosine between the two least alike parts of one voice, of 4 s and more each; low where two people were taken
        for one. 1 where no voice has such parts.
    lesser_s
        Speech alone of the voice that speaks less, s.
    """

    between: float
    disagree: float
    margin: float
    odd: float
    split: float
    lesser_s: float


@dataclass(frozen=True, slots=True)
class _Items:
    """The windows' voices that have a print: which window and slot, print, and seconds behind it."""

    windows: Labels
    slots: Labels
    prints: Array
    weights: Array
    firsts: Labels
    seconds: Labels
    """Indices of the two longest voices of each window that has two or more."""


def group(voices: Voices) -> Labels:
    """Voice, 0 or 1, of each window's slots, :data:`UNKNOWN` where there is no print; shape ``(windows, 3)``."""
    who = np.full((voices.active.shape[0], voices.active.shape[2]), UNKNOWN, dtype=np.int64)
    items = _items(voices) if len(voices.pieces_s) else None
    if items is None or items.windows.size < 2:
        return who
    best, labels = -np.inf, np.zeros(items.windows.size, dtype=np.int64)
    for first, second in _starts(items):
        found = _settle(items, np.stack([items.prints[first], items.prints[second]]))
        near = items.prints @ centres(items.prints, items.weights, found).T
        worth = float(items.weights @ near[np.arange(found.size), found])
        if worth > best:
            best, labels = worth, found
    who[items.windows, items.slots] = labels
    return who


def _items(voices: Voices) -> _Items:
    """A window's voice has the mean print of the pieces in which mostly it is heard alone."""
    rows: list[tuple[int, int, float]] = []
    prints: list[Array] = []
    length_s = voices.active.shape[1] * voices.frame_s
    for window, start_s in enumerate(voices.starts_s):
        inside = np.flatnonzero(
            (voices.pieces_s[:, 0] >= start_s - 0.05) & (voices.pieces_s[:, 1] <= start_s + length_s + 0.15)
        )
        shares = [_alone(voices, window, *voices.pieces_s[piece]) for piece in inside]
        for slot in range(voices.active.shape[2]):
            weights = np.array([share[slot] for share in shares])
            held = np.array([share[slot] > 0.5 * share.sum() and share[slot] > 0.25 for share in shares])
            if held.any():
                mean = weights[held] @ voices.prints[inside[held]].astype(np.float64)
                prints.append(mean / max(float(np.linalg.norm(mean)), 1e-9))
                rows.append((window, slot, float(weights[held].sum())))
    windows = np.array([row[0] for row in rows], dtype=np.int64)
    weights = np.array([row[2] for row in rows])
    pairs = [
        members[np.argsort(-weights[members])[:2]]
        for window in np.unique(windows)
        if (members := np.flatnonzero(windows == window)).size > 1
    ]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    slots = np.array([row[1] for row in rows], dtype=np.int64)
    return _Items(windows, slots, np.array(prints).reshape(len(rows), -1), weights, both[:, 0], both[:, 1])


def _alone(voices: Voices, window: int, begin_s: float, end_s: float) -> Array:
    """Seconds that each slot of a window speaks alone between two times."""
    offset = voices.starts_s[window] + voices.lag_s
    first, last = (max(0, round((at - offset) / voices.frame_s)) for at in (begin_s, end_s))
    speaking = voices.active[window, first:last] > 0.5
    return np.asarray(speaking[speaking.sum(axis=1) == 1].sum(axis=0) * voices.frame_s, dtype=np.float64)


def _starts(items: _Items) -> list[tuple[int, int]]:
    """Pairs to start from: two voices of one window, longest first, and the two least alike of the longest."""
    shorter = np.minimum(items.weights[items.firsts], items.weights[items.seconds])
    order = np.argsort(-shorter)[:_STARTS]
    chosen = [(int(items.firsts[pair]), int(items.seconds[pair])) for pair in order]
    longest = np.argsort(-items.weights)[:40]
    alike = items.prints[longest] @ items.prints[longest].T
    first, second = np.unravel_index(int(alike.argmin()), alike.shape)
    return [*chosen, (int(longest[first]), int(longest[second]))]


def _settle(items: _Items, means: Array) -> Labels:
    labels = np.full(items.windows.size, UNKNOWN)
    for _ in range(_ROUNDS):
        near = items.prints @ means.T
        fresh = near.argmax(axis=1)
        # of two voices in one window each takes a group of its own, in the better of the two ways
        gain = items.weights * (near[:, 0] - near[:, 1])
        straight = gain[items.firsts] >= gain[items.seconds]
        fresh[items.firsts] = np.where(straight, 0, 1)
        fresh[items.seconds] = np.where(straight, 1, 0)
        if (fresh == labels).all():
            break
        labels = fresh
        means = centres(items.prints, items.weights, labels)
    return labels


def centres(prints: Array, weights: Array, labels: Labels) -> Array:
    """Mean print of both groups, of length 1; shape ``(2, 192)``."""
    sums = np.stack([weights[labels == voice] @ prints[labels == voice] for voice in (0, 1)])
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9))


def likeness(voices: Voices, labels: Labels, *, apart_s: float, like: float) -> Likeness | None:
    """The second opinion; None where either voice has no piece.

    Parameters
    ----------
    labels
        Voice of each piece as the windows say, :data:`UNKNOWN` where it is mixed.
    apart_s
        A piece is held against pieces at least this far away.
    like
        Least cosine of a piece to its own voice, under which it is like neither.
    """
    known = labels != UNKNOWN
    prints = voices.prints[known].astype(np.float64)
    spans, labels = voices.pieces_s[known], labels[known]
    weights = spans[:, 1] - spans[:, 0]
    if not {0, 1} <= set(labels.tolist()):
        return None
    own, other = _held_out(prints, spans, weights, labels, apart_s)
    means = centres(prints, weights, labels)
    total = float(weights.sum())
    return Likeness(
        between=round(float(means[0] @ means[1]), 4),
        disagree=round(float(weights[own <= other].sum()) / total, 4),
        margin=round(float(np.median(own - other)), 4),
        odd=round(float(weights[own < like].sum()) / total, 4),
        split=round(min(_split(prints[labels == voice], weights[labels == voice]) for voice in (0, 1)), 4),
        lesser_s=round(float(min(weights[labels == voice].sum() for voice in (0, 1))), 2),
    )


def _split(prints: Array, weights: Array) -> float:
    """Cosine between the two parts of one voice that 2-means finds; 1 where a part is too short to count."""
    best, found = -np.inf, 1.0
    seen = np.linspace(0, len(prints) - 1, min(len(prints), _STARTS)).astype(int)
    for first in seen:
        means = prints[[first, int((prints @ prints[first]).argmin())]]
        parts = np.zeros(len(prints), dtype=np.int64)
        for _ in range(_ROUNDS):
            fresh = (prints @ means.T).argmax(axis=1)
            if (fresh == parts).all():
                break
            parts, means = fresh, centres(prints, weights, fresh)
        worth = float(weights @ (prints @ means.T).max(axis=1))
        if worth > best:
            least_s = min(float(weights[parts == part].sum()) for part in (0, 1))
            best, found = worth, float(means[0] @ means[1]) if least_s >= _PART_S else 1.0
    return found


def _held_out(
    prints: Array, spans: Array, weights: Array, labels: Labels, apart_s: float
) -> tuple[Array, Array]:
    """Cosine of each piece to its own and to the other voice, both without the pieces around it."""
    sums = np.cumsum(weights[:, None, None] * prints[:, None, :] * np.eye(2)[labels][:, :, None], axis=0)
    sums = np.concatenate([np.zeros((1, *sums.shape[1:])), sums])
    first = np.searchsorted(spans[:, 1], spans[:, 0] - apart_s)
    last = np.searchsorted(spans[:, 0], spans[:, 1] + apart_s)
    rest = sums[-1] - (sums[last] - sums[first])
    rest /= np.maximum(np.linalg.norm(rest, axis=2, keepdims=True), 1e-9)
    near = np.einsum("pd,pvd->pv", prints, rest)
    place = np.arange(labels.size)
    return near[place, labels], near[place, 1 - labels]
