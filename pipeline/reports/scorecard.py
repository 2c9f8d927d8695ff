"""Scorecards: what a period's calls say of each agent. Pure: rows in, tables out.

A call is averaged when it reached somebody and has a percentage. Calls with open reviews are averaged too, counted as
provisional and marked. Nobody is ranked or graded below the least number of averaged calls. Scores that a person
confirmed or corrected are told apart from those that only the machine has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.profile import EMPTY, Profile
from pipeline.reports.scorecard_stats import mean_interval, share_interval
from pipeline.store.card_query import NO_CONNECT, CallFact

OUTCOMES = (
    "interested", "not_interested", "call_back", "order_placed", "wrong_person", "voicemail", "no_conversation",
    "undetermined",
)  # fmt: skip
NOBODY = ""
"""Agent id of calls whose agent is not known."""


@dataclass(frozen=True, slots=True)
class CardSettings:
    """What the figures are worked out with.

    Attributes
    ----------
    min_calls
        Averaged calls below which there is no rank and no grade.
    bands
        Grade by the least percentage, from the highest down.
    """

    zone: ZoneInfo
    min_calls: int = 20
    bands: Sequence[tuple[float, str]] = ()
    profile: Profile = field(default=EMPTY)


def call_table(
    facts: Sequence[CallFact], settings: CardSettings, *, machine: Mapping[int, float | None]
) -> pd.DataFrame:
    """One row a call.

    Parameters
    ----------
    facts
        Calls of the period.
    machine
        Scores made by a person → what the machine said before.
    """
    table = pd.DataFrame(list(facts), columns=list(CallFact._fields))
    table["agent_id"] = table["agent_id"].astype(object).where(table["agent_id"].notna(), NOBODY)
    table["campaign"] = table["campaign"].astype(object).where(table["campaign"].notna(), "")
    started = pd.to_datetime(table["started_at"], utc=True).dt.tz_convert(settings.zone)
    table["started"] = started
    table["day"] = started.dt.date
    for name in ("percent", "duration_s", "talk_s", "agent_talk_s", "coverage"):
        table[name] = pd.to_numeric(table[name])
    table["scored"] = table["score"].notna()
    table["connect"] = table["scored"] & ~table["outcome"].isin(NO_CONNECT)
    table["averaged"] = table["connect"] & table["percent"].notna()
    table["provisional"] = table["connect"] & table["needs_review"].eq(True)
    table["vetoed"] = [bool(names) for names in table["fatal"]]
    table["human"] = table["scored"] & table["made_by"].ne("machine")
    told = table["score"].map(machine).where(table["human"])
    table["machine_percent"] = pd.to_numeric(told)
    table["corrected"] = table["human"] & ~_same(table["percent"], table["machine_percent"])
    people = {agent.id: agent for agent in settings.profile.agents}
    for name in ("team", "department"):
        table[name] = [getattr(people.get(agent), name, None) or "" for agent in table["agent_id"]]
    return table


def _same(left: pd.Series, right: pd.Series) -> pd.Series:
    return left.eq(right) | (left.isna() & right.isna())


def agent_table(calls: pd.DataFrame, settings: CardSettings) -> pd.DataFrame:
    """One row an agent, the best mean first; calls without agent come last and are never ranked."""
    like = calls[calls["averaged"]].groupby("campaign")["percent"].mean()
    rows = [
        _agent(str(agent), group, like, settings) for agent, group in calls.groupby("agent_id", sort=True)
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    able = (table["averaged"] >= settings.min_calls) & table["agent_id"].ne(NOBODY)
    ranks = table["score_mean"].where(able).rank(method="min", ascending=False)
    table["rank"] = ranks.astype("Int64")
    table["grade"] = [
        grade_of(mean, settings.bands) if ok else None
        for mean, ok in zip(table["score_mean"], able, strict=True)
    ]
    table["unknown"] = table["agent_id"].eq(NOBODY)
    table = table.sort_values(["unknown", "score_mean", "agent_id"], ascending=[True, False, True])
    return table.drop(columns="unknown").reset_index(drop=True)


def _agent(agent_id: str, calls: pd.DataFrame, like: pd.Series, settings: CardSettings) -> dict[str, object]:
    averaged = calls[calls["averaged"]]
    percents = averaged["percent"].tolist()
    spread = mean_interval(percents)
    connects = int(calls["connect"].sum())
    outcomes = calls.loc[calls["scored"], "outcome"].value_counts()
    known = calls.loc[calls["connect"], "talk_s"].dropna()
    return {
        "agent_id": agent_id,
        "agent_name": name_of(agent_id, calls, settings.profile),
        "team": calls["team"].iloc[0],
        "department": calls["department"].iloc[0],
        "calls": len(calls),
        "scored": int(calls["scored"].sum()),
        "score_mean": mean_of(averaged["percent"]),
        "score_sd": spread[0] if spread else None,
        "score_low": spread[1] if spread else None,
        "score_high": spread[2] if spread else None,
        "averaged": len(averaged),
        "difference_like": mean_of(averaged["percent"] - averaged["campaign"].map(like)),
        "connects": connects,
        **_connect_rate(connects, int(calls["scored"].sum())),
        "talk_s": float(known.sum()) if len(known) else None,
        "talk_known": len(known),
        "duration_s": float(calls["duration_s"].sum()),
        "days": int(calls["day"].nunique()),
        **{f"outcome_{name}": int(outcomes.get(name, 0)) for name in OUTCOMES},
        "fatal": int((calls["vetoed"] & calls["connect"]).sum()),
        "provisional": int(calls["provisional"].sum()),
        "reviewed": int(calls["human"].sum()),
        "corrected": int(calls["corrected"].sum()),
        "score_mean_machine": mean_of(averaged.loc[~averaged["human"], "percent"]),
        "score_mean_human": mean_of(averaged.loc[averaged["human"], "percent"]),
        "score_mean_settled": mean_of(averaged.loc[~averaged["provisional"], "percent"]),
        "no_percent": int((calls["connect"] & calls["percent"].isna()).sum()),
        "campaigns": mix_of(calls),
    }


def _connect_rate(connects: int, scored: int) -> dict[str, float | None]:
    low_high = share_interval(connects, scored)
    return {
        "connect_rate": connects / scored if scored else None,
        "connect_rate_low": low_high[0] if low_high else None,
        "connect_rate_high": low_high[1] if low_high else None,
    }


def mean_of(values: pd.Series) -> float | None:
    """The mean; None of nothing."""
    return float(values.mean()) if len(values) else None


def mix_of(calls: pd.DataFrame) -> str:
    """Campaigns with their share of the calls, the largest first; ``-`` is a call without campaign."""
    shares = calls["campaign"].value_counts(normalize=True)
    ordered = sorted(shares.items(), key=lambda item: (-item[1], str(item[0])))
    return "; ".join(f"{name or '-'} {share * 100:.0f}%" for name, share in ordered)


def name_of(agent_id: str, calls: pd.DataFrame, profile: Profile) -> str:
    """The agent's name: as the profile has it, else as the latest call has it."""
    known = profile.agent(agent_id)
    if known is not None and known.names:
        return known.names[0]
    names = calls["agent_name"].dropna()
    return str(names.iloc[-1]) if len(names) else ""


def grade_of(percent: float | None, bands: Sequence[tuple[float, str]]) -> str | None:
    """The name of the band that a percentage falls into."""
    if percent is None or pd.isna(percent):
        return None
    return next((name for least, name in bands if round(percent, 1) >= least), None)


def group_table(calls: pd.DataFrame, by: str) -> pd.DataFrame:
    """Figures of teams or departments, of everybody with ``by="all"``; calls of nobody's team are left out."""
    chosen = calls.assign(all="all")
    chosen = chosen[chosen[by].ne("")]
    rows = []
    for name, group in chosen.groupby(by, sort=True):
        averaged = group[group["averaged"]]
        spread = mean_interval(averaged["percent"].tolist())
        rows.append(
            {
                "name": name, "agents": int(group["agent_id"].nunique()), "calls": len(group),
                "scored": int(group["scored"].sum()), "connects": int(group["connect"].sum()),
                "averaged": len(averaged), "score_mean": mean_of(averaged["percent"]),
                "score_low": spread[1] if spread else None, "score_high": spread[2] if spread else None,
                "talk_s": float(group.loc[group["connect"], "talk_s"].sum()),
                "interested": int(group["outcome"].isin(("interested", "order_placed")).sum()),
                "fatal": int((group["vetoed"] & group["connect"]).sum()),
                "provisional": int(group["provisional"].sum()), "reviewed": int(group["human"].sum()),
                "corrected": int(group["corrected"].sum()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
