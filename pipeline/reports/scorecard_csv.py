"""Scorecards as CSV: UTF-8, one row an agent, criterion, call or follow-up; no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

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
    calls["started"] = [moment.isoformat() for moment in calls["started"].dt.to_pydatetime()]
    calls["fatal"] = [" ".join(names) if isinstance(names, list) else "" for names in calls["fatal"]]
    calls["flags"] = flag_column(cards.calls["call"].tolist(), cards.attention)
    return calls


def follow_frame(found: Sequence[FollowUp]) -> pd.DataFrame:
    """The follow-up list as a table."""
    columns: dict[str, list[Any]] = {name: [getattr(each, name) for each in found] for name in FOLLOW_COLUMNS}
    columns["started_at"] = [moment.isoformat() for moment in columns["started_at"]]
    columns["due"] = [day.isoformat() if day else "" for day in columns["due"]]
    return pd.DataFrame(columns)


def to_csv(table: pd.DataFrame) -> str:
    """A table as CSV text; nothing where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*(_cells(column) for _, column in table.items()), strict=True))
    return text.getvalue()


def _cells(column: pd.Series) -> list[object]:
    known = column.round(4) if pd.api.types.is_float_dtype(column) else column
    return [_cell(value) for value in known.tolist()]


def _cell(value: object) -> object:
    if isinstance(value, str):
        return neutral(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or value is pd.NA or value != value else value
