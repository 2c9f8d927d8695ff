"""Packs speech, not time, into windows for the recogniser, and maps what was heard there back to real times.

A telephone channel is silent most of the time. Its stretches of speech, with a little real sound left
on either side, are laid one behind the other into as few windows as will hold them, cut in the longest
pauses, so that sentences stay whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from pipeline.intervals import Span, Timeline
from pipeline.speech.protocol import Samples, Sound

SAMPLE_RATE_HZ = 16_000
_CUT_COST = 0.4
_CLEAR_PAUSE_S = 0.7


@dataclass(frozen=True, slots=True)
class PackSettings:
    """How speech is laid into windows.

    Attributes
    ----------
    window_s
        Longest window. 15 s costs half of 30 s an encoded second and was heard better.
    margin_s
        Real sound kept on either side of a stretch of speech.
    gap_s
        Digital silence before each stretch of speech in the window.
    search_s
        How far back from a full window's end the quietest moment of unbroken speech is looked for.
    """

    window_s: float = 15.0
    margin_s: float = 0.3
    gap_s: float = 0.3
    search_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it lies in its window."""

    span: Span
    at_s: float

    @property
    def end_at_s(self) -> float:
        """Where it ends in the window."""
        return self.at_s + self.span.duration_s


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces of one channel, packed."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        """Length of the packed sound."""
        return self.pieces[-1].end_at_s

    @property
    def start_s(self) -> float:
        """Where its first piece begins in the recording."""
        return self.pieces[0].span.start_s

    @property
    def end_s(self) -> float:
        """Where its last piece ends in the recording."""
        return self.pieces[-1].span.end_s

    def samples(self, audio: Sound) -> Samples:
        """The packed sound, cut from the channel's samples at 16 kHz."""
        packed = np.zeros(_index(self.duration_s), dtype=np.float32)
        for piece in self.pieces:
            sound = audio[_index(piece.span.start_s) : _index(piece.span.end_s)]
            start = _index(piece.at_s)
            packed[start : start + len(sound)] = sound[: len(packed) - start]
        return packed

    def piece_at(self, time_s: float) -> Piece:
        """The piece that holds a moment of the window; the nearest one outside."""
        for piece in self.pieces:
            if time_s < piece.end_at_s:
                return piece
        return self.pieces[-1]

    def to_real(self, time_s: float, piece: Piece) -> float:
        """A moment of the window as seconds of the recording, kept inside ``piece``."""
        return min(max(piece.span.start_s + time_s - piece.at_s, piece.span.start_s), piece.span.end_s)


@dataclass(frozen=True, slots=True)
class WindowSounds(Sequence[Samples]):
    """The packed sound of each window, cut from its channel when it is asked for: hours of it never lie in memory."""

    windows: Sequence[Window]
    channels: Sequence[Sound]

    def __len__(self) -> int:
        return len(self.windows)

    @overload
    def __getitem__(self, index: int) -> Samples: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Samples]: ...

    def __getitem__(self, index: int | slice) -> Samples | Sequence[Samples]:
        if isinstance(index, slice):
            return WindowSounds(self.windows[index], self.channels)
        window = self.windows[index]
        return window.samples(self.channels[window.channel])


def pack(audio: Sound, activity: Timeline, *, channel: int, settings: PackSettings) -> list[Window]:
    """Windows of one channel.

    Parameters
    ----------
    audio
        The channel, mono float32 at 16 kHz.
    activity
        Where somebody speaks in it.
    """
    whole = Span(0.0, len(audio) / SAMPLE_RATE_HZ)
    kept = Timeline(span.pad(settings.margin_s) for span in activity).crop(whole)
    parts = [part for span in kept for part in _split(span, audio, settings)]
    return [Window(channel, _lay(group, settings.gap_s)) for group in _groups(parts, settings)]


def _index(time_s: float) -> int:
    return round(time_s * SAMPLE_RATE_HZ)


def _lay(spans: Sequence[Span], gap_s: float) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at_s = 0.0
    for span in spans:
        pieces.append(Piece(span, at_s + gap_s))
        at_s += gap_s + span.duration_s
    return tuple(pieces)


def _groups(parts: Sequence[Span], settings: PackSettings) -> list[Sequence[Span]]:
    """As few windows as hold all parts, cut in the longest pauses that so few windows allow.

    Each window costs the encoder the same however full it is, so their number counts first (1 each); a cut in no
    pause costs ``_CUT_COST`` of a window and a cut in a long one almost nothing. Shortest path over the cuts.
    """
    best = [0.0] + [float("inf")] * len(parts)
    cut_at = [0] * (len(parts) + 1)
    for end in range(1, len(parts) + 1):
        pause_s = parts[end].start_s - parts[end - 1].end_s if end < len(parts) else float("inf")
        length_s = 0.0
        for start in range(end - 1, -1, -1):
            length_s += parts[start].duration_s + settings.gap_s
            if length_s > settings.window_s and start < end - 1:
                break
            cost = best[start] + 1.0 + _CUT_COST * math.exp(-pause_s / _CLEAR_PAUSE_S)
            if cost < best[end]:
                best[end], cut_at[end] = cost, start
    groups: list[Sequence[Span]] = []
    end = len(parts)
    while end:
        groups.append(parts[cut_at[end] : end])
        end = cut_at[end]
    return groups[::-1]


def _split(span: Span, audio: Sound, settings: PackSettings) -> list[Span]:
    """A span longer than a window, cut at its quietest moments."""
    parts: list[Span] = []
    longest_s = settings.window_s - settings.gap_s
    while span.duration_s > longest_s:
        low_s = span.start_s + longest_s - settings.search_s
        cut_s = _quietest(audio, Span(low_s, span.start_s + longest_s))
        parts.append(Span(span.start_s, cut_s))
        span = Span(cut_s, span.end_s)
    return [*parts, span]


def _quietest(audio: Sound, span: Span, *, frame_s: float = 0.1) -> float:
    frame = _index(frame_s)
    part = audio[_index(span.start_s) : _index(span.end_s)]
    count = len(part) // frame
    if count < 2:
        return span.end_s
    energy = np.square(part[: count * frame].reshape(count, frame), dtype=np.float64).sum(axis=1)
    return span.start_s + (int(np.argmin(energy)) + 0.5) * frame_s
