"""Two sides out of one channel: when each of two voices speaks, whose each word is, and how sure that is.

Pure. The grouped voices of :mod:`pipeline.speech.voices` are laid over each other window by window and held to the
recording's speech activity; where both are likely, both speak. A telephone call has two sides: where the voices don't
look like two, or the second opinion differs too often, nothing is sure and the reason is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.diarization import Voices
from pipeline.intervals import Span, Timeline
from pipeline.speech.roles import LEAST_CONFIDENCE as SURE
from pipeline.speech.voices import UNKNOWN, Labels, Likeness, group, likeness
from pipeline.types import Word

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeparationSettings:
    """Bounds of the separation (our defaults, measured in docs/how-it-works/mono.md).

    Attributes
    ----------
    bridge_s
        Pauses in one voice that are closed.
    reach_s
        Speech in which the networks hear nobody goes to a voice heard this near, else to nobody.
    apart_s, like
        See :func:`pipeline.speech.voices.likeness`.
    most_disagree, least_margin, most_odd, least_split, least_lesser_s
        A call beyond any of these is not sure.
    """

    bridge_s: float = 0.1
    reach_s: float = 1.0
    apart_s: float = 4.0
    like: float = 0.4
    most_disagree: float = 0.08
    least_margin: float = 0.05
    most_odd: float = 0.1
    least_split: float = 0.75
    least_lesser_s: float = 3.0


DEFAULTS = SeparationSettings()


@dataclass(frozen=True, slots=True)
class Separation:
    """Speech of the two voices of a mono recording.

    Attributes
    ----------
    sides
        When each voice speaks; both at once is overlap that the segmentation network heard. Which of them is the
        agent is not known here.
    confidence
        How sure it is that these are two people and who of them speaks when, 0–1; sure from 0.8 on.
    doubt
        What lowers it: ``one_voice, other_opinion, alike, third_voice, little_speech``; empty where nothing does.
    """

    sides: tuple[Timeline, Timeline]
    confidence: float
    doubt: str = ""


NOTHING = Separation((Timeline(), Timeline()), 0.0, "one_voice")


def separate(voices: Voices, speech: Timeline, settings: SeparationSettings = DEFAULTS) -> Separation:
    """The two voices of a recording.

    Parameters
    ----------
    voices
        What the networks heard.
    speech
        Speech activity of the recording, to which both voices are held.
    """
    who = group(voices)
    if not {0, 1} <= set(who.ravel().tolist()):
        return NOTHING
    likely = lay_over(voices, who)
    labels = piece_labels(likely, voices)
    found = likeness(voices, labels, apart_s=settings.apart_s, like=settings.like)
    if found is None:
        return NOTHING
    confidence, doubt = judge(found, settings)
    return Separation(timelines(likely, voices, speech, settings), confidence, doubt)


def judge(found: Likeness, settings: SeparationSettings = DEFAULTS) -> tuple[float, str]:
    """Confidence, and what lowers it most. At each bound the confidence is 0.8.

    Examples
    --------
    >>> clear = Likeness(between=0.65, disagree=0.0, margin=0.27, odd=0.0, split=0.94, lesser_s=12.0)
    >>> judge(clear)
    (1.0, '')
    """
    parts = {
        "other_opinion": 1.0 - 0.2 * found.disagree / settings.most_disagree,
        "alike": 0.8 * found.margin / settings.least_margin,
        "third_voice": min(
            1.0 - 0.2 * found.odd / settings.most_odd, 0.8 * found.split / settings.least_split
        ),
        "little_speech": 0.8 * found.lesser_s / settings.least_lesser_s,
    }
    doubt = min(parts, key=lambda name: parts[name])
    confidence = round(min(1.0, max(0.0, parts[doubt])), 4)
    return confidence, doubt if confidence < SURE else ""


def divide(words: Sequence[Word], separation: Separation) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words of both voices. A word goes to the voice that speaks more of it alone, in overlap to the last one."""
    out: tuple[list[Word], list[Word]] = ([], [])
    last = 0
    for word in words:
        last = _voice_of(word, separation, last)
        out[last].append(word)
    return tuple(out[0]), tuple(out[1])


def _voice_of(word: Word, separation: Separation, last: int) -> int:
    span = Span(word.start_s or 0.0, max(word.end_s or 0.0, (word.start_s or 0.0) + 0.02))
    shares = [side.crop(span).duration_s for side in separation.sides]
    if abs(shares[0] - shares[1]) > 0.02:
        return int(shares[1] > shares[0])
    if max(shares) > 0:
        return last
    near = [_distance(side, span) for side in separation.sides]
    return last if near[0] == near[1] else int(near[1] < near[0])


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
    spoken = np.atleast_1d((active > 0.5).any(axis=0))
    return [
        int(voice) if voice != UNKNOWN or len(known) != 1 or not spoken[slot] else 1 - next(iter(known))
        for slot, voice in enumerate(who)
    ]


def timelines(
    likely: Array, voices: Voices, speech: Timeline, settings: SeparationSettings
) -> tuple[Timeline, Timeline]:
    """Speech of both voices, held to the recording's speech activity."""
    heard = [_runs(np.asarray(likely[:, voice] >= 0.5), voices) for voice in (0, 1)]
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
    place = bisect_left(line.spans, span)
    near = line.spans[max(0, place - 1) : place + 1]
    return min(
        (max(other.start_s - span.end_s, span.start_s - other.end_s, 0.0) for other in near),
        default=float("inf"),
    )


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
