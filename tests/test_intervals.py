"""The algebra of intervals, against sets of whole seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intervals import Span, Timeline

_END = 40
_spans = st.tuples(st.integers(0, _END), st.integers(0, _END)).map(lambda ends: Span(min(ends), max(ends)))
_timelines = st.lists(_spans, max_size=8).map(Timeline)


def _seconds(timeline: Timeline) -> set[int]:
    return {second for span in timeline for second in range(int(span.start_s), int(span.end_s))}


@given(_timelines, _timelines)
def test_algebra_agrees_with_sets(a: Timeline, b: Timeline) -> None:
    assert _seconds(a & b) == _seconds(a) & _seconds(b)
    assert _seconds(a | b) == _seconds(a) | _seconds(b)
    assert _seconds(a - b) == _seconds(a) - _seconds(b)


@given(_timelines, _spans)
def test_gaps_and_crop_share_the_window_between_them(a: Timeline, window: Span) -> None:
    inside, free = _seconds(a.crop(window)), _seconds(a.gaps(window))
    assert inside | free == set(range(int(window.start_s), int(window.end_s)))
    assert not inside & free


@given(_timelines, _timelines)
def test_results_are_sorted_apart_and_not_empty(a: Timeline, b: Timeline) -> None:
    for timeline in (a, a | b, a & b, a - b, a.support(2)):
        ends = [time for span in timeline for time in (span.start_s, span.end_s)]
        assert ends == sorted(set(ends))


@given(_timelines, st.integers(1, 5))
def test_support_leaves_no_gap_shorter_than_asked(a: Timeline, gap_s: int) -> None:
    joined = a.support(gap_s)
    assert _seconds(a) <= _seconds(joined)
    assert joined.extent == a.extent
    if joined.extent:
        assert all(gap.duration_s >= gap_s for gap in joined.gaps(joined.extent))


@given(_timelines)
def test_duration_counts_each_second_once(a: Timeline) -> None:
    assert a.duration_s == len(_seconds(a))


def test_half_open() -> None:
    span = Span(1.0, 2.0)
    assert 1.0 in span
    assert 2.0 not in span
    assert span & Span(2.0, 3.0) is None
    assert Timeline([span, Span(2.0, 3.0)]).spans == (Span(1.0, 3.0),)


def test_a_span_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends at or after"):
        Span(2.0, 1.0)
