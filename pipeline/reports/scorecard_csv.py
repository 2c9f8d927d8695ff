"""Scorecards as CSV: UTF-8, one row an agent, criterion, call or follow-up; no text that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import pandas as pd

from pipeline.reports.calls_csv import neutral
from pipeline.reports.follow_ups import FollowUp
from pipeline.reports.scorecard_build import Scorecards
from pipeline.reports.scorecard_flags import flag_column

AGENT_FIRST = (
    "agent_id", "agent_name", "calls", "scored", "score_mean", "score_sd", "score_low", "score_high", "rank", "grade",
    "averaged", "provisional", "connects", "connect_rate", "talk_s",
)  # fmt: skip
CALL_COLUMNS = (
    "call_id", "agent_id", "agent_name", "started", "campaign", "duration_s", "talk_s", "agent_talk_s", "outcome",
    "connect", "percent", "percent_before_fatal", "grade", "coverage", "fatal", "provisional", "human",
    "machine_percent", "corrected",
)  # fmt: skip
FOLLOW_COLUMNS = tuple(field.name for field in fields(FollowUp))


def agents_frame(cards: Scorecards) -> pd.DataFrame:
    """What ``agents.csv`` holds: shares as ratios, means to two decimals, targets a column each."""
    agents = cards.agents.copy()
    if agents.empty:
        return pd.DataFrame(columns=list(AGENT_FIRST))
    names = dict.fromkeys(each.name for reached in cards.targets.values() for each in reached)
    for name in names:
        mine = {
            agent: each for agent, reached in cards.targets.items() for each in reached if each.name == name
        }
        agents[f"target_{name}"] = agents["agent_id"].map(
            {agent: each.expected for agent, each in mine.items()}
        )
        agents[f"target_{name}_reached"] = agents["agent_id"].map(
            {agent: each.reached for agent, each in mine.items()}
        )
    return agents[[*AGENT_FIRST, *(name for name in agents.columns if name not in AGENT_FIRST)]]


def calls_frame(cards: Scorecards) -> pd.DataFrame:
    """What ``calls.csv`` and the sheet of calls hold."""
    calls = cards.calls[list(CALL_COLUMNS)].copy()
    calls["started"] = [moment.isoformat() for moment in calls["started"]]
    calls["fatal"] = [" ".join(names) if isinstance(names, list) else "" for names in calls["fatal"]]
    calls["flags"] = flag_column(cards.calls["call"].tolist(), cards.attention)
    return calls


def follow_frame(found: Sequence[FollowUp]) -> pd.DataFrame:
    """The follow-up list as a table."""
    rows = [{name: getattr(each, name) for name in FOLLOW_COLUMNS} for each in found]
    table = pd.DataFrame(rows, columns=list(FOLLOW_COLUMNS))
    table["started_at"] = [each.started_at.isoformat() for each in found]
    table["due"] = [each.due.isoformat() if each.due else "" for each in found]
    return table


def to_csv(table: pd.DataFrame) -> str:
    """A table as CSV text; nothing where nothing is known."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = pd.Series([_cell(value) for value in safe[name]], index=safe.index, dtype=object)
        elif pd.api.types.is_bool_dtype(safe[name]):
            safe[name] = ["true" if value else "false" for value in safe[name]]
        elif pd.api.types.is_float_dtype(safe[name]):
            safe[name] = safe[name].round(4)
    return safe.to_csv(index=False, lineterminator="\r\n")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return neutral(value)
    return "" if pd.isna(value) else value  # type: ignore[call-overload]  # a single value, not a column
