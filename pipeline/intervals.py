"""One interval type and its algebra: silence, overlap and talk time are one-liners on it.

Times are seconds from the start of the recording; spans are half-open, ``[start_s, end_s)``. The vocabulary follows
pyannote.core's ``Segment`` and ``Timeline``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SLACK_S = 0.1
"""So far may known times lie out of order or beyond the recording: they are rounded, and starts set to the sound."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time in seconds; empty when it ends where it starts."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.start_s <= self.end_s:
            raise ValueError(f"a span ends at or after its start, got [{self.start_s}, {self.end_s})")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def __and__(self, other: Span) -> Span | None:
        """What both share, or None where they share nothing."""
        start, end = max(self.start_s, other.start_s), min(self.end_s, other.end_s)
        return Span(start, end) if start < end else None

    def __contains__(self, time_s: float) -> bool:
        return self.start_s <= time_s < self.end_s

    def pad(self, margin_s: float) -> Span:
        """The span grown by a margin on both sides, never before 0."""
        return Span(max(0.0, self.start_s - margin_s), self.end_s + margin_s)


class Timeline:
    """A sorted set of spans that neither touch nor overlap.

    Examples
    --------
    >>> agent = Timeline([Span(0, 2), Span(3, 5)])
    >>> customer = Timeline([Span(1.5, 3.5)])
    >>> (agent & customer).duration_s
    1.0
    >>> [ (s.start_s, s.end_s) for s in (agent | customer).gaps(Span(0, 6)) ]
    [(5, 6)]
    """

    __slots__ = ("spans",)

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans: tuple[Span, ...] = _merge(spans, gap_s=0.0)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and self.spans == other.spans

    def __hash__(self) -> int:
        return hash(self.spans)

    def __repr__(self) -> str:
        return f"Timeline({list(self.spans)!r})"

    @property
    def duration_s(self) -> float:
        """Seconds covered."""
        return sum(span.duration_s for span in self.spans)

    @property
    def extent(self) -> Span | None:
        """From the first start to the last end; None when empty."""
        return Span(self.spans[0].start_s, self.spans[-1].end_s) if self.spans else None

    def __or__(self, other: Timeline) -> Timeline:
        return Timeline((*self.spans, *other.spans))

    def __and__(self, other: Timeline) -> Timeline:
        shared: list[Span] = []
        mine, theirs = 0, 0
        while mine < len(self.spans) and theirs < len(other.spans):
            common = self.spans[mine] & other.spans[theirs]
            if common:
                shared.append(common)
            if self.spans[mine].end_s <= other.spans[theirs].end_s:
                mine += 1
            else:
                theirs += 1
        return Timeline(shared)

    def __sub__(self, other: Timeline) -> Timeline:
        if not self.spans:
            return self
        whole = Span(self.spans[0].start_s, self.spans[-1].end_s)
        return self & other.gaps(whole)

    def gaps(self, within: Span) -> Timeline:
        """What ``within`` holds and this timeline doesn't."""
        free: list[Span] = []
        cursor = within.start_s
        for span in self.crop(within):
            if span.start_s > cursor:
                free.append(Span(cursor, span.start_s))
            cursor = span.end_s
        if cursor < within.end_s:
            free.append(Span(cursor, within.end_s))
        return Timeline(free)

    def crop(self, within: Span) -> Timeline:
        """The part that lies inside ``within``."""
        return Timeline(common for span in self.spans if (common := span & within))

    def support(self, gap_s: float) -> Timeline:
        """Spans joined across inner gaps shorter than ``gap_s``."""
        joined = Timeline()
        joined.spans = _merge(self.spans, gap_s=gap_s)
        return joined

    def at(self, time_s: float) -> Span | None:
        """The span that holds this moment, if one does."""
        return next((span for span in self.spans if time_s in span), None)


def _merge(spans: Iterable[Span], *, gap_s: float) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if span.duration_s <= 0:
            continue
        if merged and (span.start_s <= merged[-1].end_s or span.start_s - merged[-1].end_s < gap_s):
            if span.end_s > merged[-1].end_s:
                merged[-1] = Span(merged[-1].start_s, span.end_s)
        else:
            merged.append(span)
    return tuple(merged)


def hold_times(spans: Iterable[tuple[float | None, float | None]], *, end_s: float | None = None) -> None:
    """Hold that spans lie within a recording and in order; those without times are left out.

    Raises
    ------
    ValueError
        One ends before it starts or beyond the recording, starts before those that stand before it, or is no number.
    """
    latest = 0.0
    last = math.inf if end_s is None else end_s + SLACK_S
    for start_s, until_s in spans:
        if start_s is None or until_s is None:
            continue
        if not (latest - SLACK_S <= start_s <= until_s <= last and math.isfinite(until_s)):
            raise ValueError(f"{start_s} to {until_s} s is no time of the recording")
        latest = max(latest, start_s)
