"""When a channel speaks: Silero VAD for what is speech, energy for where exactly it begins and ends.

The network decides in steps of 32 ms and lags at the edges; overlaps of half a second decide about interruptions, so
each edge is moved to where the channel's energy rises out of its own noise. Tones (ringing, DTMF, beeps) are taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import Channels, Samples
from pipeline.intervals import Span, Timeline

TURN_GAP_S = 0.7
"""Inner gaps shorter than this belong to a turn (STANDARD.md, definition of a turn)."""
FRAME_S = 0.01
_FRAMES_HEARD = 10
_SPEECH_RANGE_DB = 20.0


@dataclass(frozen=True, slots=True)
class ActivitySettings:
    """How speech is told from the rest; our defaults, measured on telephone sound at 8 kHz."""

    threshold: float = 0.3
    release: float = 0.2
    min_silence_s: float = 0.15
    min_speech_s: float = 0.12
    pad_s: float = 0.02
    edge_reach_s: float = 0.25
    longest_closure_s: float = 0.2
    edge_over_noise_db: float = 8.0
    edge_under_peak_db: float = 28.0
    silent_dbfs: float = -68.0
    target_dbfs: float = -26.0
    faint_probability: float = 0.05
    faint_over_noise_db: float = 15.0
    faint_under_peak_db: float = 20.0
    faint_reach_s: float = 0.3
    faint_least_s: float = 0.08
    max_gain_db: float = 30.0
    dither_dbfs: float = -58.0


DEFAULTS = ActivitySettings()


def turns_of(speech: Timeline) -> Timeline:
    """Turns of one side: its speech with inner gaps under 0.7 s closed."""
    return speech.support(TURN_GAP_S)


def frame_levels(blocks: Iterable[Samples], rate_hz: int) -> NDArray[np.float32]:
    """Level of each 10 ms in dBFS, without its DC; shape ``(ceil(seconds × 100),)``, digital silence is -120."""
    step = round(FRAME_S * rate_hz)
    levels: list[NDArray[np.float32]] = []
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = joined.size // step * step
        levels.append(_levels(joined[:whole].reshape(-1, step)))
        rest = joined[whole:]
    if rest.size:
        levels.append(_levels(rest.reshape(1, -1)))
    return np.concatenate(levels) if levels else np.zeros(0, dtype=np.float32)


def loudest_level(levels: NDArray[np.float32]) -> float:
    """The level in dBFS that a tenth of a second in all reaches; -120 where there is less sound than that."""
    return (
        float(np.partition(levels, -_FRAMES_HEARD)[-_FRAMES_HEARD])
        if levels.size >= _FRAMES_HEARD
        else -120.0
    )


def _without(levels: NDArray[np.float32], spans: Timeline) -> NDArray[np.float32]:
    left = levels.copy()
    for span in spans:
        left[int(span.start_s / FRAME_S) : int(span.end_s / FRAME_S) + 1] = -120.0
    return left


def _levels(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(20 * np.log10(np.maximum(frames.std(axis=1), 1e-6)), dtype=np.float32)


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
    tonal: Timeline | None = None,
    settings: ActivitySettings = DEFAULTS,
) -> Timeline:
    """When one channel speaks.

    Parameters
    ----------
    channels
        Sound at 16 kHz.
    levels
        Its :func:`frame_levels`, where they are known already.
    without
        Stretches that are known to be no speech, such as tones.
    tonal
        Stretches that hold one pitch, too short to be surely a tone: speech only where the network hears it.

    Returns
    -------
    Timeline
        Spans of speech with pauses of 0.15 s and more left out; edges within about 50 ms.
    """
    from models.vad import FRAME_S as VAD_FRAME_S
    from models.vad import speech_probabilities

    levels = frame_levels(channels.blocks(channel), channels.rate_hz) if levels is None else levels
    heard = _without(levels, without) if without else levels
    if loudest_level(heard) < settings.silent_dbfs:
        return Timeline()
    gain = _gain(heard, settings)
    probabilities = speech_probabilities(_prepared(channels.blocks(channel), gain, settings))
    rough = _rough_spans(probabilities, VAD_FRAME_S, settings)
    floor_db = _noise_floor(levels, rough)
    exact = Timeline(
        span for rough_span in rough for span in _with_edges(rough_span, levels, floor_db, settings)
    )
    exact = _with_neighbours(exact, levels, probabilities, floor_db, tonal or Timeline(), settings)
    if without:
        exact = exact - without
    joined = exact.support(settings.min_silence_s).crop(Span(0.0, channels.duration_s))
    return Timeline(span for span in joined if span.duration_s >= settings.min_speech_s)


def _gain(levels: NDArray[np.float32], settings: ActivitySettings) -> float:
    """Every line is brought to one level: the network misses speech that is very quiet or very loud."""
    # A side may say three words in ten minutes: its level is that of what is loud in it, not of the whole.
    loud_db = float(np.percentile(levels[levels > loudest_level(levels) - _SPEECH_RANGE_DB], 80))
    return float(
        10 ** (np.clip(settings.target_dbfs - loud_db, -settings.max_gain_db, settings.max_gain_db) / 20)
    )


def _prepared(blocks: Iterable[Samples], gain: float, settings: ActivitySettings) -> Iterator[Samples]:
    """Blocks without DC (a one-pole high-pass at 13 Hz, state carried), with gain and a little noise.

    The noise stands in for the line's: between digital silences the network takes speech for something else.
    """
    from scipy.signal import lfilter

    noise = np.random.default_rng(0)
    amplitude = np.float32(10 ** (settings.dither_dbfs / 20))
    state = None
    for block in blocks:
        if state is None:
            state = np.array([-block[0]], dtype=np.float32)
        filtered, state = lfilter(
            np.array([1.0, -1.0], np.float32), np.array([1.0, -0.995], np.float32), block, zi=state
        )
        hiss = noise.standard_normal(block.size, dtype=np.float32) * amplitude
        yield np.clip(filtered * np.float32(gain) + hiss, -1.0, 1.0).astype(np.float32)


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
    return float(np.percentile(chosen, 50 if quiet.sum() >= 20 else 5))


def _with_edges(
    span: Span, levels: NDArray[np.float32], floor_db: float, settings: ActivitySettings
) -> Iterator[Span]:
    """The span from where its energy rises out of the noise to where it falls back, without its silent pauses."""
    reach = round(settings.edge_reach_s / FRAME_S)
    first, last = round(span.start_s / FRAME_S), min(round(span.end_s / FRAME_S), levels.size)
    if last <= first:
        return
    peak_db = float(np.percentile(levels[first:last], 95))
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


def _with_neighbours(
    speech: Timeline,
    levels: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    floor_db: float,
    tonal: Timeline,
    settings: ActivitySettings,
) -> Timeline:
    """Speech with the loud stretches beside it that the network only half believes in.

    It may sleep through the first word after a silence (a 喂 as loud as the rest); loud, not taken for noise, and next
    to speech is enough then.
    """
    if not speech:
        return speech
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
        and tonal.crop(span).duration_s < span.duration_s / 2
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


def _follow(frames: NDArray[np.intp]) -> int:
    """The last frame reached from the first one without a hole of more than 50 ms."""
    holes = np.flatnonzero(np.abs(np.diff(frames)) > 5)
    return int(frames[holes[0]] if holes.size else frames[-1])
