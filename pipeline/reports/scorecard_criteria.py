"""Criteria by agent against everybody, and each agent's best and weakest habits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.reports.scorecard import NOBODY
from pipeline.reports.scorecard_stats import share_interval
from pipeline.store.card_query import VerdictCount

VERDICTS = ("pass", "partial", "fail", "needs_review", "not_measurable", "not_applicable")
MIN_JUDGED = 3  # our default: a habit shows in no fewer calls
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Habit:
    """A criterion that an agent keeps well or badly, and the score of a call to hear for it."""

    criterion: str
    rate: float
    team_rate: float | None
    judged: int
    score: int


def criteria_table(counts: Sequence[VerdictCount], agent_id: str | None = None) -> pd.DataFrame:
    """One row an agent and criterion, of one agent where ``agent_id`` is given.

    ``rate`` is (pass + ½ partial) ÷ judged, as in the scoring; ``team_rate`` the same of all agents together;
    ``low`` and ``high`` are Wilson's interval of the rate. Not judged: needs review, not measurable, not applicable.
    """
    columns = ["agent_id", "criterion", *VERDICTS, "judged", "rate", "low", "high", "team_rate"]
    if not counts:
        return pd.DataFrame(columns=columns)
    raw = pd.DataFrame(list(counts), columns=list(VerdictCount._fields))
    raw["agent_id"] = raw["agent_id"].astype(object).where(raw["agent_id"].notna(), NOBODY)
    table = raw.pivot_table(
        index=["agent_id", "criterion"], columns="verdict", values="calls", aggfunc="sum", fill_value=0
    )
    table = table.reindex(columns=list(VERDICTS), fill_value=0).astype(int).reset_index()
    table.columns.name = None
    table["judged"] = table[["pass", "partial", "fail"]].sum(axis=1)
    table["met"] = table["pass"] + table["partial"] / 2
    whole = table.groupby("criterion")[["met", "judged"]].sum()
    team = (whole["met"] / whole["judged"]).where(whole["judged"] > 0)
    table["team_rate"] = table["criterion"].map(team)
    if agent_id is not None:
        table = table[table["agent_id"] == agent_id].reset_index(drop=True)
    table["rate"] = (table["met"] / table["judged"]).where(table["judged"] > 0)
    ends = [share_interval(hits, int(n)) for hits, n in zip(table["met"], table["judged"], strict=True)]
    table["low"] = [each[0] if each else None for each in ends]
    table["high"] = [each[1] if each else None for each in ends]
    return table[columns]


def habits(
    table: pd.DataFrame, counts: Sequence[VerdictCount], agent_id: str, *, scored: Sequence[str]
) -> tuple[tuple[Habit, ...], tuple[Habit, ...]]:
    """An agent's best and weakest criteria, three each at most.

    Only criteria that give points (``scored``, heaviest first) and were judged often enough; the best keeps at least
    half of what it asks, the weakest misses something; nothing stands in both.
    """
    mine = table[
        (table["agent_id"] == agent_id) & (table["judged"] >= MIN_JUDGED) & table["criterion"].isin(scored)
    ]
    latest = {
        (each.criterion, each.verdict): each.latest_score
        for each in counts
        if (each.agent_id or NOBODY) == agent_id and each.latest_score is not None
    }
    heavy = {name: place for place, name in enumerate(scored)}
    rows = sorted(mine.to_dict("records"), key=lambda row: (row["rate"], heavy[row["criterion"]]))
    weak = [row for row in rows if row["rate"] < 1][:SHOWN]
    names = {row["criterion"] for row in weak}
    best = [row for row in reversed(rows) if row["rate"] >= 0.5 and row["criterion"] not in names][:SHOWN]
    return (
        tuple(_habit(row, latest, ("pass", "partial", "fail")) for row in best),
        tuple(_habit(row, latest, ("fail", "partial", "pass")) for row in weak),
    )


def _habit(row: dict, latest: dict[tuple[str, str], int], order: Sequence[str]) -> Habit:
    score = next(
        latest[row["criterion"], verdict] for verdict in order if (row["criterion"], verdict) in latest
    )
    team = None if pd.isna(row["team_rate"]) else float(row["team_rate"])
    return Habit(row["criterion"], float(row["rate"]), team, int(row["judged"]), int(score))
