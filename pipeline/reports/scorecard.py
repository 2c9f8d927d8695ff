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
from pipeline.reports.scorecard_stats import mean_interval, share_interval, spread_of
from pipeline.reports.scorecard_sums import Sums
from pipeline.store.card_query import NO_CONNECT, CallFact
from pipeline.store.day_tables import SUMS

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
    return table


def _same(left: pd.Series, right: pd.Series) -> pd.Series:
    return left.eq(right) | (left.isna() & right.isna())


def agent_table(sums: Sums, settings: CardSettings) -> pd.DataFrame:
    """One row an agent, the best mean first; calls without agent come last and are never ranked."""
    whole = sums.table.groupby("campaign")[["tenths", "averaged"]].sum()
    like = whole["tenths"] / whole["averaged"].where(whole["averaged"] > 0)
    expected = (
        (sums.table["averaged"] * sums.table["campaign"].map(like).fillna(0))
        .groupby(sums.table["agent_id"])
        .sum()
        .to_dict()
    )
    mixes = {
        str(agent): mix_of(rows) for agent, rows in sums.table.groupby("agent_id")[["campaign", "calls"]]
    }
    totals = sums.table.groupby("agent_id", sort=True)[list(SUMS)].sum().to_dict("index")
    rows = [
        _agent(
            str(agent),
            {str(name): int(n) for name, n in total.items()},
            float(expected[agent]),
            sums,
            settings,
        )
        | {"campaigns": mixes[str(agent)]}
        for agent, total in totals.items()
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


def _agent(
    agent_id: str, n: Mapping[str, int], expected: float, sums: Sums, settings: CardSettings
) -> dict[str, object]:
    person = settings.profile.agent(agent_id)
    return {
        "agent_id": agent_id,
        "agent_name": person.names[0] if person and person.names else sums.names.get(agent_id, ""),
        "team": (person.team if person else None) or "",
        "department": (person.department if person else None) or "",
        "calls": n["calls"],
        "scored": n["scored"],
        **_mean(n),
        "averaged": n["averaged"],
        "difference_like": _tenth(n["tenths"] - expected, n["averaged"]),
        "connects": n["connects"],
        **_connect_rate(n["connects"], n["scored"]),
        "talk_s": n["talk_ms"] / 1000 if n["talk_known"] else None,
        "talk_known": n["talk_known"],
        "duration_s": n["duration_ms"] / 1000,
        "days": sums.days.get(agent_id, 0),
        **{name: n[name] for name in SUMS if name.startswith("outcome_")},
        "fatal": n["fatal"],
        "provisional": n["provisional"],
        "reviewed": n["reviewed"],
        "corrected": n["corrected"],
        "score_mean_machine": _tenth(n["tenths"] - n["human_tenths"], n["averaged"] - n["human_averaged"]),
        "score_mean_human": _tenth(n["human_tenths"], n["human_averaged"]),
        "score_mean_settled": _tenth(n["tenths"] - n["open_tenths"], n["averaged"] - n["open_averaged"]),
        "no_percent": n["no_percent"],
    }


def _tenth(tenths: float, count: int) -> float | None:
    """The mean in percent of a sum in tenths; None of nothing."""
    return tenths / 10 / count if count else None


def _mean(n: Mapping[str, int]) -> dict[str, float | None]:
    mean = _tenth(n["tenths"], n["averaged"])
    spread = spread_of(n["averaged"], n["tenths"], n["tenths_squared"])
    ends = mean_interval(n["averaged"], mean, None if spread is None else spread / 10)
    return {
        "score_mean": mean,
        "score_sd": None if spread is None else spread / 10,
        "score_low": ends[0] if ends else None,
        "score_high": ends[1] if ends else None,
    }


def _connect_rate(connects: int, scored: int) -> dict[str, float | None]:
    low_high = share_interval(connects, scored)
    return {
        "connect_rate": connects / scored if scored else None,
        "connect_rate_low": low_high[0] if low_high else None,
        "connect_rate_high": low_high[1] if low_high else None,
    }


def mix_of(rows: pd.DataFrame) -> str:
    """Campaigns with their share of the calls, the largest first; ``-`` is a call without campaign."""
    counts = dict(zip(rows["campaign"], rows["calls"], strict=True))
    whole = sum(counts.values())
    ordered = sorted(
        ((name, count / whole) for name, count in counts.items()), key=lambda item: (-item[1], str(item[0]))
    )
    return "; ".join(f"{name or '-'} {share * 100:.0f}%" for name, share in ordered)


def grade_of(percent: float | None, bands: Sequence[tuple[float, str]]) -> str | None:
    """The name of the band that a percentage falls into."""
    if percent is None or pd.isna(percent):
        return None
    return next((name for least, name in bands if round(percent, 1) >= least), None)


def group_table(sums: Sums, by: str, settings: CardSettings) -> pd.DataFrame:
    """Figures of teams or departments, of everybody with ``by="all"``; calls of nobody's team are left out."""
    people = {agent.id: agent for agent in settings.profile.agents}
    chosen = sums.table.assign(all="all")
    for kind in ("team", "department"):
        chosen[kind] = [getattr(people.get(agent), kind, None) or "" for agent in chosen["agent_id"]]
    chosen = chosen[chosen[by].ne("")]
    rows = []
    for name, group in chosen.groupby(by, sort=True):
        n = {column: int(group[column].sum()) for column in SUMS}
        rows.append(
            {
                "name": name, "agents": int(group["agent_id"].nunique()), "calls": n["calls"],
                "scored": n["scored"], "connects": n["connects"], "averaged": n["averaged"], **_mean(n),
                "talk_s": n["talk_ms"] / 1000,
                "interested": n["outcome_interested"] + n["outcome_order_placed"], "fatal": n["fatal"],
                "provisional": n["provisional"], "reviewed": n["reviewed"], "corrected": n["corrected"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
