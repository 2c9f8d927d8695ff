"""The cost model: its formula and its simulation agree, and both answer simple cases exactly."""

from __future__ import annotations

import pytest

from flows.capacity import Costs, expected_s, gpu_machine_s, simulated_s, workers_for


def test_one_worker_and_calls_of_one_length() -> None:
    costs = Costs(ratio=0.1, per_call_s=0.5, start_s=10.0, mean_call_s=100.0, spread=1e-9, failing=0.0)
    assert expected_s(20, 1, costs) == pytest.approx(10 + 20 * 10.5)
    assert simulated_s(20, 1, costs) == pytest.approx(10 + 20 * 10.5, rel=0.01)


@pytest.mark.parametrize(("calls", "workers"), [(1000, 2), (1000, 8), (20_000, 16), (100_000, 128)])
def test_formula_and_simulation_agree(calls: int, workers: int) -> None:
    nights = [simulated_s(calls, workers, Costs(), seed=seed) for seed in range(3)]
    assert expected_s(calls, workers, Costs()) == pytest.approx(sum(nights) / len(nights), rel=0.06)


def test_least_workers() -> None:
    for calls, hours in ((1000, 1.0), (100_000, 8.0)):
        workers = workers_for(calls, hours, Costs())
        assert expected_s(calls, workers, Costs()) <= hours * 3600 < expected_s(calls, workers - 1, Costs())
    with pytest.raises(ValueError, match="no number of workers"):
        workers_for(1000, 0.001, Costs())


def test_a_gpu_and_its_cores_work_at_the_same_time() -> None:
    costs = Costs(rest_ratio=0.02, per_call_s=0.0, start_s=0.0, mean_call_s=100.0, failing=0.0)
    assert gpu_machine_s(1000, 16, 0.01, costs) == pytest.approx(1000)  # the GPU sets the pace
    assert gpu_machine_s(1000, 1, 0.01, costs) == pytest.approx(2000)  # one core can't keep it busy
