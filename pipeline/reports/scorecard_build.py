"""A period's scorecards from the store: reading, then the pure parts in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.profile import Profile
from pipeline.reports.follow_ups import FollowUp, follow_ups
from pipeline.reports.labels import Text
from pipeline.reports.period import Period
from pipeline.reports.scorecard import CardSettings, agent_table, call_table, group_table
from pipeline.reports.scorecard_criteria import Habit, criteria_table, habits
from pipeline.reports.scorecard_figures import CountedFigures, Figures, KeptFigures
from pipeline.reports.scorecard_flags import Attention, attention, with_attention
from pipeline.reports.scorecard_targets import Reached, targets_of
from pipeline.reports.standard_view import CriterionText, StandardView
from pipeline.standards.library import DEFAULT, load_standard
from pipeline.standards.schema import Standard
from pipeline.store import Store
from pipeline.store import card_query as query
from pipeline.store.card_query import Heard, Window
from pipeline.store.flags import standard_by
from pipeline.store.tally import freshen

LISTED_CALLS = 400_000
"""Calls of a period up to which all are listed one by one; a month of 200 agents has some 250,000."""
LOWEST = 300
"""Calls listed of each agent where there are more: those with the lowest scores."""


@dataclass(frozen=True, slots=True)
class StandardUse:
    """A standard and how many of the period's scores were made by it."""

    sha256: str
    id: str
    version: str
    calls: int


@dataclass(frozen=True, slots=True)
class AgentHabits:
    """Best and weakest habits, each with the call to hear for it."""

    best: tuple[tuple[Habit, Heard | None], ...] = ()
    weak: tuple[tuple[Habit, Heard | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Scorecards:
    """All that the reports of a period show. ``trend`` has a row an agent and earlier period."""

    period: Period
    settings: CardSettings
    standard: Standard
    view: StandardView
    used: tuple[StandardUse, ...]
    calls: pd.DataFrame
    agents: pd.DataFrame
    criteria: pd.DataFrame
    groups: Mapping[str, pd.DataFrame]
    trend: pd.DataFrame
    habits: Mapping[str, AgentHabits]
    targets: Mapping[str, tuple[Reached, ...]]
    follow_ups: tuple[FollowUp, ...]
    without_start: int
    idle: tuple[str, ...]
    everybody: float | None = None
    attention: Attention = field(default_factory=lambda: Attention({}, {}, {}, {}))


def build_scorecards(
    store: Store, period: Period, profile: Profile, *, now: datetime, agent_id: str | None = None
) -> Scorecards:
    """Read a period and work out its scorecards. What has changed since the last time is counted first.

    Parameters
    ----------
    profile
        Says whose day it is: where its zone isn't the one that the store keeps its daily sums in, all is counted from the
        calls, which takes longer.
    agent_id
        One agent's card only, still held against everybody.
    now
        What overdue follow-ups are told by, with offset.

    Raises
    ------
    ConfigError
        ``agent_id`` is neither in the profile nor in the store's calls of the period.
    """
    kept = freshen(store, profile.zone)
    with store.reading() as session:
        source = (KeptFigures if kept.key == profile.zone.key else CountedFigures)(session, period, profile)
        return _build(session, source, period, profile, now, agent_id)


def _build(
    session: Session, source: Figures, period: Period, profile: Profile, now: datetime, agent_id: str | None
) -> Scorecards:
    sums = source.sums()
    if agent_id is not None and agent_id not in sums.days and profile.agent(agent_id) is None:
        raise ConfigError([f"--agent: {agent_id} → has no call in {period.text} and isn't in the profile"])
    used = _used(session, source.standards(agent_id))
    standard = _standard(session, used)
    bands = tuple((band.min, band.zh) for band in standard.bands)
    settings = CardSettings(profile.zone, standard.appraisal.min_calls, bands, profile)
    counts = source.verdicts()
    criteria = criteria_table(counts, agent_id)
    agents = _with_criteria(_only(agent_table(sums, settings), agent_id), criteria)
    groups = {by: group_table(sums, by, settings) for by in ("all", "department", "team", "campaign")}
    everybody = groups["all"]["score_mean"][0] if len(groups["all"]) else None
    busy = set(sums.days)
    window = Window(*period.moments(profile.zone), agent_id)
    listed = _listed(session, window, agents)
    seen = attention(session, window)
    agents = with_attention(agents, seen)
    human = [fact.score for fact in listed if fact.score is not None and fact.made_by != "machine"]
    found = _habits(standard, agents, criteria, counts)
    return Scorecards(
        period, settings, standard, view_of(standard), used,
        call_table(listed, settings, machine=query.machine_percents(session, human)), agents, criteria, groups,
        _trend(source, period, agent_id), _heard(session, found), _targets(agents, profile, period),
        follow_ups(session, profile, now=now, since=window.start, until=window.end, agent_id=agent_id),
        query.calls_without_start(session),
        () if agent_id else tuple(each.id for each in profile.agents if each.id not in busy), everybody, seen,
    )  # fmt: skip


def _listed(session: Session, window: Window, agents: pd.DataFrame) -> list[query.CallFact]:
    """The calls that are listed one by one: all, or each agent's lowest where there are too many."""
    if (agents["calls"].sum() if len(agents) else 0) <= LISTED_CALLS:
        return query.call_facts(session, window)
    return [
        fact
        for agent in agents["agent_id"]
        for fact in query.lowest_facts(session, Window(window.start, window.end, str(agent)), most=LOWEST)
    ]


def _habits(
    standard: Standard, agents: pd.DataFrame, criteria: pd.DataFrame, counts: Sequence[query.VerdictCount]
) -> dict[str, tuple[tuple[Habit, ...], tuple[Habit, ...]]]:
    """Each agent's best and weakest habits among the criteria that give points, the heaviest first."""
    heavy = [each.id for each in sorted(standard.criteria, key=lambda c: -c.weight) if each.weight > 0]
    names = agents["agent_id"] if len(agents) else ()
    return {str(agent): habits(criteria, counts, str(agent), scored=heavy) for agent in names}


def _targets(agents: pd.DataFrame, profile: Profile, period: Period) -> dict[str, tuple[Reached, ...]]:
    return {
        str(row["agent_id"]): targets_of(
            {str(key): value for key, value in row.items()},
            profile.target_of(str(row["agent_id"])),
            period.text,
        )
        for row in agents.to_dict("records")
    }


def _only(agents: pd.DataFrame, agent_id: str | None) -> pd.DataFrame:
    if agent_id is None or agents.empty:
        return agents
    return agents[agents["agent_id"] == agent_id].reset_index(drop=True)


def _used(session: Session, counted: Mapping[str, int]) -> tuple[StandardUse, ...]:
    rows = query.standards_used(session, list(counted))
    return tuple(
        StandardUse(digest, rows[digest].standard, rows[digest].version, count)
        for digest, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )


def _standard(session: Session, used: Sequence[StandardUse]) -> Standard:
    """The standard that most of the period's calls were judged by, as the store has it."""
    return standard_by(session, used[0].sha256) if used else load_standard(DEFAULT)


def view_of(standard: Standard) -> StandardView:
    """What the reports need to know of a standard."""
    criteria = tuple(
        CriterionText(
            each.id, each.section, each.article, each.title.zh, each.title.en, each.weight, each.advisory
        )
        for each in standard.criteria
    )
    sections = {name: Text(both.zh, both.en) for name, both in standard.sections.items()}
    return StandardView(
        standard.id, standard.version, criteria, standard.title.zh, standard.title.en, sections
    )


def _with_criteria(agents: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Adds how many verdicts could not be given for want of what can be measured, or wait for a person."""
    if agents.empty:
        return agents
    sums = criteria.groupby("agent_id")[["not_measurable", "needs_review", "judged"]].sum()
    for name, source in (
        ("verdicts_not_measurable", "not_measurable"), ("verdicts_needs_review", "needs_review"), ("verdicts_judged", "judged"),
    ):  # fmt: skip
        agents[name] = agents["agent_id"].map(sums[source]).fillna(0).astype(int)
    return agents


def _trend(source: Figures, period: Period, agent_id: str | None) -> pd.DataFrame:
    rows = [
        {
            "period": each.text,
            "agent_id": mean.agent_id or "",
            "averaged": mean.calls,
            "score_mean": mean.mean,
        }
        for each in period.run_up()
        for mean in source.means(each, agent_id)
    ]
    return pd.DataFrame(rows, columns=["period", "agent_id", "averaged", "score_mean"])


def _heard(
    session: Session, found: Mapping[str, tuple[tuple[Habit, ...], tuple[Habit, ...]]]
) -> dict[str, AgentHabits]:
    wanted = [
        (each.score, each.criterion)
        for best, weak in found.values()
        for part in (best, weak)
        for each in part
    ]
    told = query.heard(session, wanted)
    return {
        agent: AgentHabits(
            tuple((each, told.get((each.score, each.criterion))) for each in best),
            tuple((each, told.get((each.score, each.criterion))) for each in weak),
        )
        for agent, (best, weak) in found.items()
    }
