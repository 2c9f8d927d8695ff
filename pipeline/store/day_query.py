"""A period's figures from the daily sums: as many rows come out as agents and campaigns, however many calls there are."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.card_query import Mean, VerdictCount
from pipeline.store.day_counts import COLUMN_OF
from pipeline.store.day_tables import SUMS, DayCalls, DayCriteria


def agent_sums(session: Session, start: date, end: date) -> list[dict[str, Any]]:
    """Sums of the days from ``start`` to before ``end``, a row an agent and campaign."""
    columns = [func.sum(getattr(DayCalls, name)).label(name) for name in SUMS]
    query = select(DayCalls.agent_id, DayCalls.campaign, *columns)
    rows = session.execute(
        _within(query, DayCalls, start, end).group_by(DayCalls.agent_id, DayCalls.campaign)
    )
    return [
        {"agent_id": agent, "campaign": campaign, **dict(zip(SUMS, map(int, counts), strict=True))}
        for agent, campaign, *counts in rows
    ]


def agent_days(session: Session, start: date, end: date) -> dict[str, int]:
    """On how many days each agent called."""
    query = select(DayCalls.agent_id, func.count(func.distinct(DayCalls.day)))
    rows = session.execute(_within(query, DayCalls, start, end).group_by(DayCalls.agent_id))
    return {row[0]: row[1] for row in rows}


def agent_names(session: Session, start: date, end: date) -> dict[str, str]:
    """Each agent's name as the latest day has it."""
    query = select(DayCalls.agent_id, DayCalls.agent_name, func.max(DayCalls.day).label("latest"))
    query = query.where(DayCalls.agent_name.is_not(None)).group_by(DayCalls.agent_id, DayCalls.agent_name)
    rows = session.execute(_within(query, DayCalls, start, end).order_by("latest"))
    return {row.agent_id: row.agent_name for row in rows}


def standard_counts(session: Session, start: date, end: date, agent_id: str | None) -> dict[str, int]:
    """Digest of each standard that scores were made by → how many."""
    query = select(DayCalls.standard_sha256, func.sum(DayCalls.scored)).where(DayCalls.standard_sha256 != "")
    query = _within(query, DayCalls, start, end, agent_id).group_by(DayCalls.standard_sha256)
    return {digest: int(count) for digest, count in session.execute(query)}


def verdict_sums(session: Session, start: date, end: date) -> list[VerdictCount]:
    """Verdicts on connected calls by agent and criterion, as `pipeline.store.card_query.verdict_counts` has them."""
    counts = [func.sum(getattr(DayCriteria, column)) for column in COLUMN_OF.values()]
    last = [func.max(getattr(DayCriteria, f"last_{name}")) for name in ("passed", "partial", "failed")]
    query = select(DayCriteria.agent_id, DayCriteria.criterion, *counts, *last)
    query = _within(query, DayCriteria, start, end).group_by(DayCriteria.agent_id, DayCriteria.criterion)
    found = []
    for agent, criterion, *values in session.execute(query):
        latest = dict(zip(("pass", "partial", "fail"), values[len(COLUMN_OF) :], strict=True))
        found += [
            VerdictCount(agent, criterion, verdict, int(count), latest.get(verdict))
            for verdict, count in zip(COLUMN_OF, values, strict=False)
            if count
        ]
    return found


def kept_means(session: Session, start: date, end: date, agent_id: str | None) -> list[Mean]:
    """Mean score by agent, for trends."""
    query = select(DayCalls.agent_id, func.sum(DayCalls.averaged), func.sum(DayCalls.tenths))
    query = _within(query, DayCalls, start, end, agent_id).group_by(DayCalls.agent_id)
    return [
        Mean(agent, int(count), float(tenths) / 10 / int(count))
        for agent, count, tenths in session.execute(query)
        if count
    ]


def _within(query: Any, table: Any, start: date, end: date, agent_id: str | None = None) -> Any:
    """A select of one of the tables of days with its bounds; typed loosely, since each select has its own columns."""
    query = query.where(table.day >= start, table.day < end)
    return query if agent_id is None else query.where(table.agent_id == agent_id)
