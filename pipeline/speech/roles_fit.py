"""Fits the weights of the cues that tell agent from customer.

A development tool: ``python -m pipeline.speech.roles_fit tests/roles_dialogues.yaml``. Logistic regression
without intercept on the difference of the two sides (each call in both orders at once, so that no channel is
favoured), on growing prefixes of each call, as a sure answer after one turn is worth little.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.speech import roles
from pipeline.types import Turn

_RIDGE = 0.004
_STEPS = 4000


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A written call: its sides' turns, and whether it was kept unseen."""

    language: str
    agent: tuple[Turn, ...]
    customer: tuple[Turn, ...]
    held_out: bool


def read_dialogues(path: Path, *, prefixes: bool) -> Iterator[Dialogue]:
    """Written calls, each whole or as all its prefixes of three turns and more."""
    import yaml

    for raw in yaml.safe_load(path.read_text(encoding="utf-8")):
        lines = raw["turns"]
        for count in range(3, len(lines) + 1) if prefixes else [len(lines)]:
            sides: dict[str, list[Turn]] = {"A": [], "C": []}
            for place, line in enumerate(lines[:count]):
                side, text = line.split(": ", 1)
                sides[side].append(Turn("unknown", text, float(place), place + 1.0, 1.0))
            yield Dialogue(raw["language"], tuple(sides["A"]), tuple(sides["C"]), raw.get("held_out", False))


def fit(dialogues: Sequence[Dialogue]) -> dict[str, float]:
    """Weights by gradient descent on the regularised log loss; cues keep the sign of their meaning."""
    rows = [roles.features(call.agent, call.customer, language=call.language) for call in dialogues]
    names = list(rows[0])
    data = np.array(
        [[row[name] for name in names] for row in rows]
    )  # the agent is first in all: the label is 1
    signs = np.array([-1.0 if name.startswith("customer") else 1.0 for name in names])
    weights = np.zeros(len(names))
    for _ in range(_STEPS):
        wrong = 1.0 / (1.0 + np.exp(data @ weights))
        weights += 0.3 * ((wrong[:, None] * data).mean(axis=0) - _RIDGE * weights)
        weights = np.where(weights * signs > 0, weights, 0.0)
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def main(path: Path) -> None:
    """Print fitted weights and, on the calls that were held out, how often they are right and how sure."""
    calls = list(read_dialogues(path, prefixes=True))
    fitted = fit([call for call in calls if not call.held_out])
    sys.stdout.write("".join(f"{name}: {weight}\n" for name, weight in fitted.items()))
    for held_out in (False, True):
        chosen = [call for call in calls if call.held_out == held_out]
        found = [roles.decide([call.agent, call.customer], language=call.language) for call in chosen]
        sure = [who for who in found if who.confidence >= roles.LEAST_CONFIDENCE]
        right = sum(who.agent_channel == 0 for who in sure)
        sys.stdout.write(
            f"# {'held out' if held_out else 'fitted on'}: {len(chosen)} prefixes, {len(sure)} sure, "
            f"{right} right, "
            f"{sum(who.agent_channel == 0 for who in found)} right of all (with the stored weights)\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
