"""Targets from a file beside the profile: a supervisor sets them without touching what the company is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.config import Document, Frozen, load_yaml, validate
from pipeline.errors import ConfigError, why
from pipeline.goals import Target
from pipeline.profile import Name, Profile

NUMBERS = ("calls", "connects", "interested", "score")
COLUMNS = ("agent_id", "period", *NUMBERS)


class _File(Frozen):
    targets: dict[Name, Target] = Field(default_factory=dict)


def with_targets(profile: Profile, path: str | Path) -> Profile:
    """The profile with a file's targets, which go before its own.

    A YAML file says ``targets:`` as a profile does. A CSV file has the columns ``agent_id, period, calls, connects,
    interested, score``: without a period a row is a day's goal, with one (``2025-03``) the whole period's; the agent
    ``default`` is everybody who has no row.

    Raises
    ------
    ConfigError
        Every mistake in it.
    """
    read = validate(_File, _csv(Path(path)) if str(path).lower().endswith(".csv") else load_yaml(path))
    targets = dict(profile.targets)
    for agent, given in read.targets.items():
        own = targets.get(agent, Target())
        numbers = {
            name: getattr(given, name) if getattr(given, name) is not None else getattr(own, name)
            for name in NUMBERS
        }
        targets[agent] = Target(**numbers, periods={**own.periods, **given.periods})
    return profile.model_copy(update={"targets": targets})


def _csv(path: Path) -> Document:
    """Rows as the YAML form has them; every row's mistakes are told with its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: file → can't be read: {why(error)}"]) from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    mistakes: list[str] = []
    targets: dict[str, dict[str, Any]] = {}
    try:
        names = tuple(rows.fieldnames or ())
        if "agent_id" not in names or set(names) - set(COLUMNS):
            raise ConfigError(
                [f"{path}: header → the columns {', '.join(COLUMNS)} are accepted, agent_id among them"]
            )
        for line, row in enumerate(rows, 2):
            goal = dict(_numbers(row, f"{path}: line {line}", mistakes))
            agent, period = (row["agent_id"] or "").strip(), (row.get("period") or "").strip()
            if not agent:
                mistakes.append(f"{path}: line {line} → agent_id is empty")
            mine = targets.setdefault(agent, {"periods": {}})
            place = mine["periods"].setdefault(period, {}) if period else mine
            if twice := sorted(place.keys() & goal.keys()):
                mistakes.append(
                    f"{path}: line {line} → {', '.join(twice)} of {agent} {period or 'a day'} is given twice"
                )
            place.update(goal)
    except csv.Error as error:
        mistakes.append(f"{path}: line {rows.line_num} → {error}")
    if mistakes:
        raise ConfigError(mistakes)
    return Document(str(path), {"targets": targets}, {})


def _numbers(row: dict[str, Any], where: str, mistakes: list[str]) -> Iterator[tuple[str, float | int]]:
    for name in NUMBERS:
        text = (row.get(name) or "").strip()
        if not text:
            continue
        try:
            number = float(text)
            yield name, int(number) if name != "score" and number.is_integer() else number
        except ValueError:
            mistakes.append(f"{where} → {name}: a number is accepted, not {text!r}")
