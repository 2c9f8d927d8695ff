"""Interruptions from the sound on calls whose every on- and offset is known; ``tests/measure_sound.py`` prints more."""

from __future__ import annotations

import functools

import pytest
from clip_pools import sample_calls
from measure_sound import LINES, Measured, measured
from overlap_calls import HARD_EVENTS, Line, Pool, make_call

from pipeline.audio import Channels, listen


@functools.cache
def _pool(language: str) -> Pool:
    return sample_calls(language)


def _all(language: str, lines: dict[str, Line], seeds: range, *, real_words: bool = False) -> Measured:
    total = Measured()
    for number, (kind, line) in enumerate(lines.items()):
        own = range(seeds.start + 100 * number, seeds.stop + 100 * number)
        total += measured(_pool(language), line, kind, own, real_words=real_words)
    return total


@pytest.mark.parametrize("language", ["zh", "en"])
def test_interruptions_on_a_few_lines(language: str) -> None:
    chosen = {kind: LINES[kind] for kind in ("plain", "echo -28")}
    got = _all(language, chosen, range(600, 601))
    assert got.score.hits >= 4
    assert got.score.f1 >= 0.85, got.score.notes
    assert max(abs(lu) for lu, _ in got.figures) < 1.0
    assert sum(abs(share) for _, share in got.figures) / len(got.figures) < 0.05


@pytest.mark.models
@pytest.mark.parametrize("language", ["zh", "en"])
def test_interruptions_on_every_line(language: str) -> None:
    got = _all(language, LINES, range(700, 702))
    assert got.events > 150
    assert got.score.f1 >= 0.9, got.score.notes
    assert got.score.extra <= 4, got.score.notes
    assert max(abs(lu) for lu, _ in got.figures) < 1.0


@pytest.mark.models
@pytest.mark.parametrize("language", ["zh", "en"])
def test_interruptions_by_the_words_that_are_heard(language: str) -> None:
    """With nods, coughs, laughs, completions and voices behind: nothing of it is an interruption, and the words are Whisper's."""
    total = Measured()
    for number, kind in enumerate(("plain", "noisy", "babble -20")):
        own = range(8000 + 10 * number, 8001 + 10 * number)
        total += measured(_pool(language), LINES[kind], kind, own, real_words=True, kinds=HARD_EVENTS)
    assert total.score.hits >= 4
    assert total.score.f1 >= 0.85, total.score.notes
    assert total.score.extra <= 1, total.score.notes
    assert max(abs(lu) for lu, _ in total.figures) < 1.0
    assert max(abs(rate) for _, rate in total.figures) < 0.05


def test_truth_is_by_the_definition() -> None:
    """Every kind of event is laid, and no backchannel is ever true."""
    call = make_call("all", _pool("zh"), seed=1, line=Line(), events=14)
    nods = {(one.side, one.start_s) for one in call.said if one.backchannel}
    assert nods
    assert call.truth
    assert not nods & {(true.side, true.start_s) for true in call.truth}
    for true in call.truth:
        assert true.end_s - true.start_s >= 0.5


@pytest.mark.parametrize("gain_db", [-25.0, -40.0])
def test_a_leak_is_nobody_speaking(gain_db: float) -> None:
    """Only one side speaks: what leaks into the other channel is no speech of that side."""
    call = make_call("leak", _pool("en"), seed=5, line=Line(noise_dbfs=-62.0), events=6)
    alone = call.sides[0]
    other = alone * 10 ** (gain_db / 20)
    heard = listen(Channels.of(alone, other))
    assert heard.sides[1].speech.duration_s < 0.05 * heard.sides[0].speech.duration_s
