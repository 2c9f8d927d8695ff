"""Figures of time on timelines drawn by hand."""

from __future__ import annotations

import pytest

from pipeline.analysis.timing import find, measure, reply_gaps
from pipeline.intervals import Span, Timeline
from pipeline.types import Measure, Side, Sound, Speaker, Transcript, Turn

NAMES = [
    "duration_s", "talk_s", "mutual_silence_s", "longest_silence_s", "agent_talk_s", "customer_talk_s",
    "agent_talk_ratio", "longest_agent_turn_s", "customer_reply_gap_s", "rings_before_answer",
]  # fmt: skip
AGENT = ((10.0, 14.0), (14.5, 20.0), (30.0, 34.0), (41.0, 43.0))
CUSTOMER = ((21.0, 23.0), (33.0, 37.0))
RINGS = (Span(1.0, 2.0), Span(6.0, 7.0))


def _line(spans: tuple[tuple[float, float], ...]) -> Timeline:
    return Timeline(Span(start, end) for start, end in spans)


def _sound(rings: tuple[Span, ...] = RINGS) -> Sound:
    sides: dict[Speaker, Side] = {
        "agent": Side(_line(AGENT), -20.0, 0.0),
        "customer": Side(_line(CUSTOMER), -20.0, 0.0),
    }
    return Sound(50.0, "two_sides", sides, rings)


def _transcript(*, timed: bool = True) -> Transcript:
    turns: list[tuple[Speaker, float, float]] = [
        ("agent", 10.0, 20.0), ("customer", 21.0, 23.0), ("agent", 30.0, 34.0), ("customer", 33.0, 37.0), ("agent", 41.0, 43.0),
    ]  # fmt: skip
    made = (
        Turn(who, "好", start if timed else None, end if timed else None, 1.0) for who, start, end in turns
    )
    return Transcript("zh", tuple(made))


def _by_name(measures: list[Measure]) -> dict[str, Measure]:
    assert [m.name for m in measures] == NAMES
    return {m.name: m for m in measures}


def test_from_sound() -> None:
    values = {name: m.value for name, m in _by_name(measure(_transcript(), _sound())).items()}
    assert values == {
        "duration_s": 50.0,
        "talk_s": 20.5,
        "mutual_silence_s": 12.5,
        "longest_silence_s": 7.0,
        "agent_talk_s": 15.5,
        "customer_talk_s": 6.0,
        "agent_talk_ratio": 0.721,
        "longest_agent_turn_s": 10.0,
        "customer_reply_gap_s": 0.5,
        "rings_before_answer": 2,
    }


def test_silence_is_what_lies_between_speech() -> None:
    found = [(f.kind, f.start_s, f.end_s) for f in find(_transcript(), _sound())]
    assert found == [
        ("ring", 1.0, 2.0), ("ring", 6.0, 7.0), ("long_silence", 23.0, 30.0), ("long_silence", 37.0, 41.0),
    ]  # fmt: skip
    assert all(f.quote is None for f in find(_transcript(), _sound()))


def test_from_turn_times_says_so() -> None:
    by_name = _by_name(measure(_transcript(), None))
    assert by_name["agent_talk_s"].value == 16.0
    assert by_name["customer_reply_gap_s"].value == 0.5
    assert {m.method for m in by_name.values() if m.measurable} == {"turn_times"}
    assert by_name["rings_before_answer"].reason is not None
    assert by_name["rings_before_answer"].reason.code == "no_sound"
    assert [f.kind for f in find(_transcript(), None)] == ["long_silence", "long_silence"]


def test_without_times_nothing_is_guessed() -> None:
    for figure in measure(_transcript(timed=False), None):
        assert not figure.measurable
        assert figure.reason is not None
        assert figure.reason.zh
        assert figure.reason.en
    assert find(_transcript(timed=False), None) == []


def test_mono_knows_talk_but_not_whose() -> None:
    sound = Sound(50.0, "mono", {"unknown": Side(_line((*AGENT, *CUSTOMER)), -20.0, 0.0)})
    unsure = Transcript("zh", (Turn("unknown", "好", 10.0, 20.0, 1.0),), role_confidence=0.4)
    by_name = _by_name(measure(unsure, sound))
    assert by_name["talk_s"].value == 20.5
    assert by_name["agent_talk_s"].reason is not None
    assert by_name["agent_talk_s"].reason.code == "sides_unsure"
    sure = _by_name(measure(_transcript(), sound))
    assert (sure["agent_talk_s"].value, sure["agent_talk_s"].method) == (16.0, "turn_times")


def test_nobody_speaks() -> None:
    nobody = Side(Timeline(), None, 0.0)
    sound = Sound(50.0, "two_sides", {"agent": nobody, "customer": nobody})
    by_name = _by_name(measure(Transcript("zh", ()), sound))
    assert (by_name["talk_s"].value, by_name["agent_talk_s"].value) == (0.0, 0.0)
    assert {name for name, m in by_name.items() if not m.measurable} == {
        "mutual_silence_s", "longest_silence_s", "agent_talk_ratio", "longest_agent_turn_s", "customer_reply_gap_s",
        "rings_before_answer",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "customer", "expected"),
    [
        (((0, 2),), ((3, 4),), [1.0]),
        (((0, 2), (5, 6)), ((3, 4), (7, 8)), [1.0, 1.0]),
        (((0, 2), (3, 6)), ((7, 8),), [1.0]),
        (((0, 5),), ((1, 2),), []),
        (((0, 5),), ((4, 7),), [0.0]),
        (((2, 5),), ((0, 9),), []),
        ((), ((0, 9),), []),
    ],
    ids=["one", "two", "agent goes on", "inside", "overlapping", "already speaking", "no agent"],
)
def test_reply_gaps(
    agent: tuple[tuple[float, float], ...], customer: tuple[tuple[float, float], ...], expected: list[float]
) -> None:
    assert reply_gaps(_line(agent), _line(customer)) == expected
