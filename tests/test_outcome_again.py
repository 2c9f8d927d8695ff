"""How a call ended, read a second time: both readings joined."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reader import Read, load_reader
from pipeline.analysis.outcome_again import (
    FILE,
    LAST_TURNS,
    OutcomeJoin,
    joined,
    load_join,
    network_shares,
)
from pipeline.analysis.outcome_model import LABELS
from pipeline.kinds import OUTCOMES
from pipeline.learning.join_acts import digest_of_all
from pipeline.learning.join_outcome import join_of
from pipeline.learning.taught import ENDS

KINDS = tuple(f"outcome={label}" for label in LABELS)
shares = st.lists(st.floats(0.001, 1), min_size=8, max_size=8).map(lambda own: np.array(own) / sum(own))
odds = st.lists(st.floats(-9, 9), min_size=16, max_size=16).map(lambda own: np.array(own).reshape(2, 8))


def said(*turns: float) -> tuple[tuple[tuple[int, Read], ...], ...]:
    """One sentence a turn, the network saying so much for the first label."""
    none = np.zeros((0, 1), dtype=np.float32)
    return tuple(((0, Read(np.array([odd, *[0.0] * 7]), (), none)),) for odd in turns)


def test_the_end_of_a_call_and_the_whole_of_it() -> None:
    found = network_shares(said(*[-2.0] * 4, *[3.0] * LAST_TURNS), KINDS, LABELS)
    assert found.shape == (2, 8)
    assert found[0, 0] == 3.0
    assert found[1, 0] == pytest.approx((4 * -2.0 + LAST_TURNS * 3.0) / (4 + LAST_TURNS))
    assert not found[:, 1:].any()


@pytest.mark.parametrize("reading", [(), ((),), ((), (), ())])
def test_of_a_call_without_words_the_network_says_nothing(reading: tuple[()]) -> None:
    assert not network_shares(reading, KINDS, LABELS).any()


@given(shares, odds, st.integers(0, 7))
def test_both_readings_make_probabilities_and_each_has_a_say(
    first: np.ndarray, network: np.ndarray, label: int
) -> None:
    join = load_join()
    before = joined(join, first, network)
    assert before.sum() == pytest.approx(1)
    more = network.copy()
    more[:, label] += 1.0
    assert joined(join, first, more)[label] >= before[label]
    likelier = first.copy()
    likelier[label] = min(1.0, 2 * likelier[label])
    assert joined(join, likelier, network)[label] >= before[label] - 1e-12


def test_a_reading_that_knows_nothing_is_given_no_weight() -> None:
    chance = np.random.default_rng(3)
    truth = chance.integers(0, 8, 400)
    right = np.full((400, 8), 0.02)
    right[np.arange(400), truth] = 0.86
    noise = chance.normal(size=(400, 2, 8))
    join = join_of(right, noise, truth)
    assert join.first > 5 * max(abs(join.at_the_end), abs(join.whole))
    assert (joined(join, right, noise).argmax(axis=1) == truth).mean() > 0.98


def test_one_reading_may_outvote_the_other() -> None:
    join = OutcomeJoin(1.0, 0.5, 0.5, (0.0,) * 8)
    first = np.array([0.9, *[0.1 / 7] * 7])
    against = np.zeros((2, 8))
    against[:, 1] = 8.0
    assert joined(join, first, against).argmax() == 1


def test_the_shipped_figures_are_those_of_the_calls_and_the_network() -> None:
    raw = (resources.files("pipeline.lexicons") / FILE).read_text(encoding="utf-8")
    assert json.loads(raw)["digest"] == digest_of_all()


def test_the_network_knows_every_outcome() -> None:
    assert set(ENDS) == {f"outcome={label}" for label in OUTCOMES}
    assert set(ENDS) <= set(load_reader().kinds)
