"""When a channel speaks: Silero VAD for what is speech, energy for where exactly it begins and ends.

The network decides in steps of 32 ms and lags at the edges; overlaps of half a second decide about interruptions, so
each edge is moved to where the channel's energy rises out of its own noise. Tones (ringing, DTMF, beeps) are taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples
from pipeline.audio.faint import with_neighbours
from pipeline.audio.levels import DEFAULTS, FRAME_S, ActivitySettings, Line, frame_levels, loudest_level
from pipeline.audio.order import percentile
from pipeline.audio.prepared import prepared
from pipeline.intervals import Span, Timeline

TURN_GAP_S = 0.7
"""Inner gaps shorter than this belong to a turn (STANDARD.md, definition of a turn)."""
_SPEECH_RANGE_DB = 20.0


def turns_of(speech: Timeline) -> Timeline:
    """Turns of one side: its speech with inner gaps under 0.7 s closed."""
    return speech.support(TURN_GAP_S)


def speech_activity(
    samples: Samples,
    rate_hz: int = 16_000,
    *,
    without: Timeline | None = None,
    settings: ActivitySettings = DEFAULTS,
) -> Timeline:
    """Speech of one channel given as an array; see :func:`channel_activity`."""
    return channel_activity(Channels.of(samples, rate_hz=rate_hz), 0, without=without, settings=settings)


def channel_activity(
    channels: Channels,
    channel: int,
    *,
    levels: NDArray[np.float32] | None = None,
    without: Timeline | None = None,
    settings: ActivitySettings = DEFAULTS,
) -> Timeline:
    """When one channel speaks; see :func:`activity_of_all`."""
    levels = frame_levels(channels.blocks(channel), channels.rate_hz) if levels is None else levels
    line = Line(levels, without or Timeline())
    return activity_of_all(channels, {channel: line}, settings=settings)[channel]


def activity_of_all(
    channels: Channels, lines: Mapping[int, Line], *, settings: ActivitySettings = DEFAULTS
) -> dict[int, Timeline]:
    """When each of some channels speaks.

    Parameters
    ----------
    channels
        Sound at 16 kHz.
    lines
        What is known of each by channel; they go through the network together.

    Returns
    -------
    dict
        By channel its spans of speech with pauses of 0.15 s and more left out; edges within about 50 ms.
    """
    from models.vad import speech_of_all

    gains = {
        channel: _gain(heard, settings)
        for channel, heard in ((channel, line.heard) for channel, line in lines.items())
        if loudest_level(heard) >= settings.silent_dbfs
    }
    blocks = prepared(channels, gains, dither_dbfs=settings.dither_dbfs)
    probabilities = dict(zip(gains, speech_of_all(blocks, count=len(gains)), strict=True))
    whole = Span(0.0, channels.duration_s)
    return {
        channel: _speech(line, probabilities[channel], whole, settings) if channel in gains else Timeline()
        for channel, line in lines.items()
    }


def _speech(
    line: Line, probabilities: NDArray[np.float32], whole: Span, settings: ActivitySettings
) -> Timeline:
    from models.vad import FRAME_S as VAD_FRAME_S

    levels = line.levels
    rough = _rough_spans(probabilities, VAD_FRAME_S, settings)
    floor_db = _noise_floor(levels, rough)
    exact = Timeline(
        span for rough_span in rough for span in _with_edges(rough_span, levels, floor_db, settings)
    )
    exact = with_neighbours(exact, line, probabilities, floor_db, settings)
    if line.without:
        exact = exact - line.without
    joined = exact.support(settings.min_silence_s).crop(whole)
    return Timeline(span for span in joined if span.duration_s >= settings.min_speech_s)


def _gain(levels: NDArray[np.float32], settings: ActivitySettings) -> float:
    """Every line is brought to one level: the network misses speech that is very quiet or very loud."""
    # A side may say three words in ten minutes: its level is that of what is loud in it, not of the whole.
    loud_db = percentile(levels[levels > loudest_level(levels) - _SPEECH_RANGE_DB], 80)
    return float(
        10 ** (np.clip(settings.target_dbfs - loud_db, -settings.max_gain_db, settings.max_gain_db) / 20)
    )


def _rough_spans(
    probabilities: NDArray[np.float32], frame_s: float, settings: ActivitySettings
) -> tuple[Span, ...]:
    """Spans by two thresholds: in above one, out below the other."""
    spans: list[Span] = []
    start: int | None = None
    for index, value in enumerate(probabilities.tolist()):
        if start is None and value >= settings.threshold:
            start = index
        elif start is not None and value < settings.release:
            spans.append(Span(start * frame_s, index * frame_s))
            start = None
    if start is not None:
        spans.append(Span(start * frame_s, len(probabilities) * frame_s))
    return Timeline(spans).support(settings.min_silence_s).spans


def _noise_floor(levels: NDArray[np.float32], speech: Iterable[Span]) -> float:
    quiet = np.ones(levels.size, dtype=bool)
    for span in speech:
        quiet[int(span.pad(0.1).start_s / FRAME_S) : int(span.pad(0.1).end_s / FRAME_S) + 1] = False
    chosen = levels[quiet] if quiet.sum() >= 20 else levels
    return percentile(chosen, 50 if quiet.sum() >= 20 else 5)


def _with_edges(
    span: Span, levels: NDArray[np.float32], floor_db: float, settings: ActivitySettings
) -> Iterator[Span]:
    """The span from where its energy rises out of the noise to where it falls back, without its silent pauses."""
    reach = round(settings.edge_reach_s / FRAME_S)
    first, last = round(span.start_s / FRAME_S), min(round(span.end_s / FRAME_S), levels.size)
    if last <= first:
        return
    peak_db = percentile(levels[first:last], 95)
    least_db = max(floor_db + settings.edge_over_noise_db, peak_db - settings.edge_under_peak_db)
    begin = max(0, first - reach)
    active = np.flatnonzero(levels[begin : last + reach] >= min(least_db, peak_db - 3.0)) + begin
    inside = active[(active >= first) & (active < last)]
    if not inside.size or peak_db < settings.silent_dbfs:
        return
    start = _follow(active[active <= inside[0]][::-1])
    end = _follow(active[active >= inside[-1]])
    spoken = active[(active >= start) & (active <= end)]
    # The network bridges pauses that the energy shows.
    for run in np.split(spoken, np.flatnonzero(np.diff(spoken) > settings.longest_closure_s / FRAME_S) + 1):
        yield Span(
            max(0.0, int(run[0]) * FRAME_S - settings.pad_s),
            min((int(run[-1]) + 1) * FRAME_S + settings.pad_s, levels.size * FRAME_S),
        )


def _follow(frames: NDArray[np.intp]) -> int:
    """The last frame reached from the first one without a hole of more than 50 ms."""
    holes = np.flatnonzero(np.abs(np.diff(frames)) > 5)
    return int(frames[holes[0]] if holes.size else frames[-1])
