"""Loud stretches beside speech that the network only half believes in: the first word after a silence, mostly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.levels import FRAME_S, ActivitySettings, Line
from pipeline.intervals import Span, Timeline


def with_neighbours(
    speech: Timeline,
    line: Line,
    probabilities: NDArray[np.float32],
    floor_db: float,
    settings: ActivitySettings,
) -> Timeline:
    """Speech with the loud stretches beside it that the network only half believes in.

    It may sleep through the first word after a silence (a 喂 as loud as the rest); loud, not taken for noise, and next
    to speech is enough then.

    Parameters
    ----------
    probabilities
        The network's, one a frame of its own.
    floor_db
        Level of the line's noise.
    """
    if not speech:
        return speech
    levels = line.levels
    spoken = _frames_of(speech, levels.size)
    least_db = max(
        floor_db + settings.faint_over_noise_db,
        float(np.percentile(levels[spoken], 95)) - settings.faint_under_peak_db,
    )
    loud = Timeline(_spans_of(levels >= least_db)).support(0.1)
    believed = [
        span
        for span in loud
        if span.duration_s >= settings.faint_least_s
        and not _inside(span, speech)
        and line.tonal.crop(span).duration_s < span.duration_s / 2
        and _believed(span, probabilities) >= settings.faint_probability
    ]
    for candidates in (believed, believed[::-1]):
        for span in candidates:
            if speech & Timeline([span.pad(settings.faint_reach_s)]):
                speech = speech | Timeline([span])
    return speech


def _frames_of(speech: Timeline, size: int) -> NDArray[np.bool_]:
    marked = np.zeros(size, dtype=bool)
    for span in speech:
        marked[round(span.start_s / FRAME_S) : round(span.end_s / FRAME_S)] = True
    return marked


def _spans_of(marked: NDArray[np.bool_]) -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(marked.astype(np.int8), prepend=0, append=0))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield Span(first * FRAME_S, last * FRAME_S)


def _inside(span: Span, speech: Timeline) -> bool:
    return speech.crop(span).duration_s >= span.duration_s - FRAME_S


def _believed(span: Span, probabilities: NDArray[np.float32]) -> float:
    from models.vad import FRAME_S as VAD_FRAME_S

    return float(probabilities[int(span.start_s / VAD_FRAME_S) : int(span.end_s / VAD_FRAME_S) + 1].mean())
