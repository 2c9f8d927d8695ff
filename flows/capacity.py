"""How many machines for how many calls: the cost model of ``docs/cost-model.md`` as a formula and as a simulation.

``python -m flows.capacity --calls 100000 --hours 8``. Nothing here is guessed at run time: every parameter is an option
with the measured value as its default, and the document says how each was measured.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured.

    Attributes
    ----------
    ratio
        Seconds of one worker's work by seconds of call.
    per_call_s
        Work that doesn't depend on the call's length: files, rows, scheduler.
    start_s
        From a worker's start until its first call is done, beyond that call's own work: imports, models.
    rest_ratio
        The part of ``ratio`` that stays on the processor where a GPU recognises: decoding, speech activity, analysis.
    mean_call_s, spread
        Length of calls: mean in seconds, and sigma of the logarithm.
    failing
        Share of calls that are worked on twice.
    """

    ratio: float = 0.085
    rest_ratio: float = 0.02
    per_call_s: float = 0.1
    start_s: float = 20.0
    mean_call_s: float = 180.0
    spread: float = 0.8
    failing: float = 0.01


MEASURED = Costs()


def expected_s(calls: int, workers: int, costs: Costs) -> float:
    """Wall time by formula: start, mean work shared out evenly, and half of a long call at the end."""
    work_s = calls * (1 + costs.failing) * (costs.mean_call_s * costs.ratio + costs.per_call_s)
    longest_s = _quantile(costs, 1 - 1 / max(2, calls)) * costs.ratio
    tail_s = longest_s / 2 if workers > 1 else 0.0
    return costs.start_s + work_s / workers + tail_s


def gpu_machine_s(calls: int, cores: int, gpu_ratio: float, costs: Costs) -> float:
    """Wall time by formula of a machine with one GPU: the slower of the two, since they work at the same time.

    Parameters
    ----------
    gpu_ratio
        The GPU's seconds by seconds of call, all of its workers together.
    """
    again = calls * (1 + costs.failing)
    on_cores_s = again * (costs.mean_call_s * costs.rest_ratio + costs.per_call_s) / cores
    return costs.start_s + max(on_cores_s, again * costs.mean_call_s * gpu_ratio)


def workers_for(calls: int, hours: float, costs: Costs) -> int:
    """Least workers that end within so many hours, by formula."""
    low, high = 1, 1
    while expected_s(calls, high, costs) > hours * 3600:
        if high > 1_000_000:
            raise ValueError(f"no number of workers does {calls} calls in {hours:g} hours")
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        if expected_s(calls, middle, costs) <= hours * 3600:
            high = middle
        else:
            low = middle + 1
    return high


def simulated_s(calls: int, workers: int, costs: Costs, *, seed: int = 1) -> float:
    """Wall time of one simulated night: calls in the order of arrival, each to the worker that is free first."""
    chance = random.Random(seed)
    lengths = draw_lengths(calls, costs, chance)
    free = [costs.start_s * chance.uniform(0.9, 1.1) for _ in range(workers)]
    heapq.heapify(free)
    again: list[float] = []
    for length in lengths:
        work_s = length * costs.ratio + costs.per_call_s
        heapq.heapreplace(free, free[0] + work_s)
        if chance.random() < costs.failing:
            again.append(work_s)
    for work_s in again:
        heapq.heapreplace(free, free[0] + work_s)
    return max(free)


def draw_lengths(calls: int, costs: Costs, chance: random.Random) -> Sequence[float]:
    """Lengths of calls, log-normal about their mean."""
    middle = math.log(costs.mean_call_s) - costs.spread**2 / 2
    return [chance.lognormvariate(middle, costs.spread) for _ in range(calls)]


def _quantile(costs: Costs, share: float) -> float:
    from statistics import NormalDist

    middle = math.log(costs.mean_call_s) - costs.spread**2 / 2
    return math.exp(middle + costs.spread * NormalDist().inv_cdf(share))


@click.command()
@click.option("--calls", default=1000, show_default=True)
@click.option("--hours", default=8.0, show_default=True, help="In which the night must be done.")
@click.option(
    "--ratio", default=MEASURED.ratio, show_default=True, help="A worker's seconds by seconds of call."
)
@click.option("--per-call", default=MEASURED.per_call_s, show_default=True)
@click.option("--start", default=MEASURED.start_s, show_default=True)
@click.option("--mean-call", default=MEASURED.mean_call_s, show_default=True)
@click.option("--workers-a-machine", default=2, show_default=True)
@click.option("--gpu-ratio", type=float, help="A GPU's seconds by seconds of call, as measured on yours.")
@click.option("--rest-ratio", default=MEASURED.rest_ratio, show_default=True)
def main(
    calls: int,
    hours: float,
    ratio: float,
    per_call: float,
    start: float,
    mean_call: float,
    workers_a_machine: int,
    gpu_ratio: float | None,
    rest_ratio: float,
) -> None:
    """Workers and machines for CALLS a night, by formula and by simulation."""
    costs = Costs(ratio, rest_ratio, per_call, start, mean_call)
    workers = workers_for(calls, hours, costs)
    told = {
        "calls": calls,
        "hours": hours,
        "workers": workers,
        "machines": math.ceil(workers / workers_a_machine),
        "expected_h": round(expected_s(calls, workers, costs) / 3600, 2),
        "simulated_h": round(simulated_s(calls, workers, costs) / 3600, 2),
        "costs": asdict(costs),
    }
    if gpu_ratio is not None:
        cores = max(1, workers_a_machine)
        alone_h = gpu_machine_s(calls, cores, gpu_ratio, costs) / 3600
        told |= {"gpu_machines": math.ceil(alone_h / hours), "one_gpu_machine_h": round(alone_h, 2)}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
