"""Targets (article 9.1) against what was reached. Pure.

The profile gives them a day (calls, connects, interested) and on average (score), or for a whole period. Over a longer
period a day's target counts once for each day on which the agent called, since nobody tells the store who was on leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.goals import Goal, Target

DAILY = ("calls", "connects", "interested")


@dataclass(frozen=True, slots=True)
class Reached:
    """One target: what was expected, what came, and whether it was reached (None: nothing to judge by)."""

    name: str
    expected: float
    actual: float | None

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached."""
        return None if self.actual is None else self.actual >= self.expected

    @property
    def share(self) -> float | None:
        """What part of the target was reached, at most 1."""
        if self.actual is None:
            return None
        return 1.0 if self.expected <= 0 else min(1.0, self.actual / self.expected)


def targets_of(row: dict[str, Any], target: Target | None, period: str) -> tuple[Reached, ...]:
    """An agent's targets in a period: those of the very period, else a day's. An order counts as interested."""
    if target is None:
        return ()
    interested = row["outcome_interested"] + row["outcome_order_placed"]
    actual = {"calls": row["calls"], "connects": row["connects"], "interested": interested}
    own = target.periods.get(period, Goal())
    found = []
    for name in DAILY:
        whole, daily = getattr(own, name), getattr(target, name)
        if whole is not None or daily is not None:
            expected = whole if whole is not None else daily * row["days"]
            found.append(Reached(name, float(expected), float(actual[name])))
    score = target.score if own.score is None else own.score
    if score is not None:
        mean = row["score_mean"]
        found.append(Reached("score", score, None if mean is None or mean != mean else round(mean, 1)))
    return tuple(found)
