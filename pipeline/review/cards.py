"""Scorecards for whoever may see them: a team's agents, one agent's own figures. The figures are the reports'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError, printable
from pipeline.profile import Profile
from pipeline.reports.period import Period, parse_period
from pipeline.reports.scorecard import NOBODY
from pipeline.reports.scorecard_build import Scorecards, build_scorecards
from pipeline.review.cases import UnseenError
from pipeline.review.reading import FIRST, LAST, UnreadableError
from pipeline.review.rights import SCOPED, Person
from pipeline.store import Store
from pipeline.store.review_tables import AgentTeam
from pipeline.store.tables import Call


def seen_agent(session: Session, person: Person, agent_id: str) -> None:
    """Raises UnseenError where there is no such agent, or none that this person may see: nobody is told which."""
    if "\x00" in agent_id:  # no database is asked for a NUL
        raise UnseenError("no_agent", it="")
    team = session.scalar(select(AgentTeam.team).where(AgentTeam.agent_id == agent_id))
    called = session.scalar(select(Call.id).where(Call.agent_id == agent_id).limit(1)) is not None
    if person.role == "agent":
        seen = agent_id == person.agent_id
    elif person.role in SCOPED and person.team is not None:
        seen = team == person.team
    else:
        seen = person.may("see") and (called or team is not None)
    if not seen:
        raise UnseenError("no_agent", it=agent_id)


def agents_of(session: Session, person: Person, profile: Profile) -> list[tuple[str, str]]:
    """Ids and names of the agents that are in a team, for whoever chooses among them; the names as the profile has them."""
    query = select(AgentTeam.agent_id).order_by(AgentTeam.agent_id)
    mine = query if person.team is None else query.where(AgentTeam.team == person.team)
    known = {agent.id: agent.names[0] if agent.names else "" for agent in profile.agents}
    return [(agent, known.get(agent, "")) for agent in session.scalars(mine)]


def seen_calls(session: Session, person: Person, agent_id: str) -> frozenset[str]:
    """Ids of an agent's calls that a person sees now: not those that they judge blind."""
    return frozenset(session.scalars(select(Call.call_id).where(Call.agent_id == agent_id, person.scope())))


def team_of(session: Session, person: Person) -> tuple[str, ...] | None:
    """The agents that a person's scope is made of; None: everybody."""
    if person.role == "agent":
        return (person.agent_id,) if person.agent_id else ()
    if person.role not in SCOPED or person.team is None:
        return None
    query = select(AgentTeam.agent_id).where(AgentTeam.team == person.team).order_by(AgentTeam.agent_id)
    return tuple(session.scalars(query))


def month_of(session: Session, person: Person, asked: str, profile: Profile) -> Period:
    """The period asked for; where none is, the month of the last call that the person sees. Raises UnreadableError."""
    if not asked.strip():
        query = select(Call.started_at).where(Call.started_at.is_not(None), person.scope())
        last = session.scalar(query.order_by(Call.started_at.desc()).limit(1))
        return parse_period((last or datetime.now(UTC)).astimezone(profile.zone).strftime("%Y-%m"))
    try:
        period = parse_period(asked)
    except ConfigError as error:
        raise UnreadableError("filter_period", it=printable(asked)[:40]) from error
    if not FIRST <= period.start <= LAST:
        raise UnreadableError("period_bounds", it=period.text, first=FIRST.year, last=LAST.year)
    return period


def after(period: Period) -> Period:
    """The period of the same kind that follows."""
    return parse_period(period.end.isoformat()[: len(period.text)])


@dataclass(frozen=True, slots=True)
class TeamTable:
    """The figures of each agent that a person sees, the best mean first; no rank and grade below ``min_calls``."""

    rows: tuple[dict[str, Any], ...]
    min_calls: int


def team_table(store: Store, person: Person, period: Period, profile: Profile) -> TeamTable:
    """A team's table. Ranks are those among everybody, as on the agents' own cards."""
    made = build_scorecards(store, period, profile, now=datetime.now(UTC))
    with store.reading() as session:
        mine = team_of(session, person)
        teams = {
            row.agent_id: row.team for row in session.execute(select(AgentTeam.agent_id, AgentTeam.team))
        }
    rows = tuple(
        {**row, "team": row["team"] or teams.get(row["agent_id"], "")}
        for row in plain_rows(made.agents)
        if row["agent_id"] != NOBODY and (mine is None or row["agent_id"] in mine)
    )
    return TeamTable(rows, made.settings.min_calls)


def agent_card(
    store: Store, person: Person, agent_id: str, period: Period, profile: Profile
) -> Scorecards | None:
    """One agent's scorecard; None where the agent has no call in the period. Raises UnseenError."""
    with store.reading() as session:
        seen_agent(session, person, agent_id)
    try:
        cards = build_scorecards(store, period, profile, now=datetime.now(UTC), agent_id=agent_id)
    except ConfigError:  # neither a call in the period nor a name in the profile
        return None
    return cards if agent_id in set(cards.agents.get("agent_id", ())) else None


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows, with None for what it has no value for."""
    if table.empty:
        return []
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
