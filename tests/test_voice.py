"""Loudness, clipping and rate of speech as figures and findings."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import placed, speech, telephone

from pipeline.analysis.voice import count_units, find, measure
from pipeline.audio import Channels, listen
from pipeline.types import Measure, Sound, Speaker, Transcript, Turn

NAMES = [
    "agent_loudness_lufs", "customer_loudness_lufs", "loudness_difference_lu", "agent_clipped_ratio", "agent_speech_rate",
]  # fmt: skip
STARTS = (1.0, 9.0, 17.0, 25.0, 33.0)


def _transcript(*turns: tuple[Speaker, float, float, str], language: str = "zh") -> Transcript:
    return Transcript(language, tuple(Turn(who, text, start, end, 0.9) for who, start, end, text in turns))


def _call(levels_dbfs: list[float]) -> tuple[Transcript, Sound]:
    agent = placed(
        42,
        *(
            (at, speech(4, dbfs=level, seed=n))
            for n, (at, level) in enumerate(zip(STARTS, levels_dbfs, strict=False))
        ),
    )
    customer = placed(
        42, *((at + 5, speech(2, dbfs=-30, pitch_hz=210, seed=n)) for n, at in enumerate(STARTS))
    )
    sound = listen(Channels.of(telephone(agent, noise_dbfs=-70), telephone(customer, noise_dbfs=-70)))
    turns = [("agent", at, at + 4, "您好") for at in STARTS[: len(levels_dbfs)]]
    return _transcript(*turns), sound.label({0: "agent", 1: "customer"})


def _by_name(measures: list[Measure]) -> dict[str, Measure]:
    assert [m.name for m in measures] == NAMES
    return {m.name: m for m in measures}


def test_balance_is_agent_minus_customer() -> None:
    transcript, sound = _call([-24.0] * 5)
    by_name = _by_name(measure(transcript, sound))
    assert by_name["loudness_difference_lu"].value == pytest.approx(6.0, abs=1.0)
    assert by_name["agent_clipped_ratio"].value == 0.0
    assert find(transcript, sound) == []


@pytest.mark.parametrize(
    ("levels", "turns"),
    [
        ([-24, -24, -10, -24, -24], [2]),
        ([-24, -24, -24, -10, -10], [3]),
        ([-10, -24, -24, -24, -10], [1, 4]),
        ([-24, -14, -24, -14, -24], []),
        ([-24, -24, -24, -24, -8], [4]),
        ([-24, -8, -24, -8, -24], [1, 3]),
    ],
    ids=[
        "one loud turn",
        "louder from there",
        "soft in between",
        "under the bound",
        "the last",
        "two loud turns",
    ],
)
def test_level_jumps(levels: list[float], turns: list[int]) -> None:
    transcript, sound = _call(levels)
    jumps = [finding for finding in find(transcript, sound) if finding.kind == "level_jump"]
    assert [jump.turn for jump in jumps] == turns
    assert all(jump.quote is None and jump.speaker == "agent" for jump in jumps)


def test_clipping_is_found_where_it_is() -> None:
    driven = np.clip(speech(4, dbfs=-20, seed=3) * 20, -1, 1)
    agent = placed(20, (1.0, speech(4, dbfs=-20)), (10.0, driven))
    heard = listen(Channels.of(agent, placed(20, (6.0, speech(3, dbfs=-20, pitch_hz=210)))))
    sound = heard.label({0: "agent", 1: "customer"})
    transcript = _transcript(("agent", 1, 5, "您好"), ("customer", 6, 9, "您好"), ("agent", 10, 14, "您好"))
    clipped = [finding for finding in find(transcript, sound) if finding.kind == "clipping"]
    assert {finding.speaker for finding in clipped} == {"agent"}
    assert all((f.start_s or 0) >= 9.9 and (f.end_s or 99) <= 14.1 for f in clipped)
    assert _by_name(measure(transcript, sound))["agent_clipped_ratio"].value > 0.001


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("您好，我是华信传媒的小李。", "zh", 11),
        ("这个APP很好用", "zh", 6),
        ("打8折，只要300元", "zh", 9),
        ("We're calling about your plan.", "en", 5),
        ("It's 20 dollars a month, co-pay included", "en", 7),
        ("我们的 CPM plan", "en", 5),
        ("……", "zh", 0),
    ],
)
def test_units_by_script(text: str, language: str, units: int) -> None:
    assert count_units(text, language) == units


def test_speech_rate_divides_by_the_agents_turns() -> None:
    transcript = _transcript(
        ("agent", 0, 6, "字" * 20), ("customer", 6, 20, "字" * 99), ("agent", 20, 24, "字" * 20)
    )
    rate = _by_name(measure(transcript, None))["agent_speech_rate"]
    assert (rate.value, rate.unit, rate.method) == (240.0, "chars/min", "turn_times")
    english = _transcript(("agent", 0, 30, "one two three four five " * 15), language="en")
    assert _by_name(measure(english, None))["agent_speech_rate"].value == 150.0


def test_not_measurable() -> None:
    untimed = Transcript("zh", (Turn("agent", "您好", None, None, 1.0),))
    codes = [m.reason.code for m in measure(untimed, None) if m.reason]
    assert codes == ["no_sound"] * 4 + ["no_times"]
    mono = listen(Channels.of(speech(5))).label(None)
    codes = [m.reason.code for m in measure(Transcript("zh", (), role_confidence=0.3), mono) if m.reason]
    assert codes == ["mono"] * 4 + ["sides_unsure"]


def test_a_dead_customer_leaves_the_agents_level() -> None:
    heard = listen(Channels.of(telephone(speech(6)), np.zeros(96_000)))
    by_name = _by_name(measure(Transcript("zh", ()), heard.label({0: "agent", 1: "customer"})))
    assert by_name["agent_loudness_lufs"].measurable
    for name in ("customer_loudness_lufs", "loudness_difference_lu"):
        reason = by_name[name].reason
        assert reason is not None
        assert reason.code == "no_customer_speech"
