"""What scorecards are worked out from: sums by agent and campaign, kept by the day or counted from calls. Pure but for reading.

Both ways come to the same sums (`tests/test_tally.py` holds one against the other).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from pipeline.reports.period import Period
from pipeline.store import day_query
from pipeline.store.day_tables import SUMS


@dataclass(frozen=True, slots=True)
class Sums:
    """A row an agent and campaign with the columns `SUMS`; each agent's days with calls, and name."""

    table: pd.DataFrame
    days: Mapping[str, int]
    names: Mapping[str, str]


def kept_sums(session: Session, period: Period) -> Sums:
    """A period's sums as the store keeps them."""
    rows = day_query.agent_sums(session, period.start, period.end)
    return Sums(
        pd.DataFrame(rows, columns=["agent_id", "campaign", *SUMS]),
        day_query.agent_days(session, period.start, period.end),
        day_query.agent_names(session, period.start, period.end),
    )


def sums_of_calls(calls: pd.DataFrame) -> Sums:
    """The same, counted from a table of calls (`pipeline.reports.scorecard.call_table`)."""
    averaged, human, open_ = calls["averaged"], calls["human"], calls["provisional"]
    tenths = (calls["percent"] * 10).round().where(averaged, 0).astype(int)
    known = calls["connect"] & calls["talk_s"].notna()
    counted = {
        "calls": 1,
        "scored": calls["scored"],
        "connects": calls["connect"],
        "averaged": averaged,
        "tenths": tenths,
        "tenths_squared": tenths**2,
        "human_averaged": averaged & human,
        "human_tenths": tenths.where(human, 0),
        "open_averaged": averaged & open_,
        "open_tenths": tenths.where(open_, 0),
        "no_percent": calls["connect"] & calls["percent"].isna(),
        "fatal": calls["connect"] & calls["vetoed"],
        "provisional": open_,
        "reviewed": human,
        "corrected": calls["corrected"],
        "talk_known": known,
        "talk_ms": (calls["talk_s"] * 1000).round().where(known, 0).astype(int),
        "duration_ms": (calls["duration_s"] * 1000).round().fillna(0).astype(int),
        **{
            name: calls["scored"] & calls["outcome"].eq(name.removeprefix("outcome_"))
            for name in SUMS
            if name.startswith("outcome_")
        },
    }
    table = pd.DataFrame(counted, index=calls.index).astype(int)
    table = table.groupby([calls["agent_id"], calls["campaign"]]).sum().reset_index()
    named = calls[calls["agent_name"].notna()]
    return Sums(
        table,
        {str(agent): int(count) for agent, count in calls.groupby("agent_id")["day"].nunique().items()},
        {str(agent): str(name) for agent, name in named.groupby("agent_id")["agent_name"].last().items()},
    )
