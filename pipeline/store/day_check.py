"""Whether the daily sums are what the calls say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.day_counts import criteria_of_days, sums_of_days
from pipeline.store.day_tables import ChangedDay, DayCalls, DayCriteria, DayZone
from pipeline.store.tables import Call
from pipeline.store.tally import local_days, moments, recount, utc_day


def wrong_days(session: Session, *, mend: bool) -> Iterator[tuple[date, str]]:
    """Each day and agent whose sums aren't those of the calls; with ``mend`` they are counted anew.

    What is put down as changed is not wrong, only not counted yet.
    """
    row = session.get(DayZone, 1)
    if row is None:
        return
    zone = ZoneInfo(row.zone)
    known = session.scalars(select(utc_day(session)).where(Call.started_at.is_not(None)).distinct())
    days = {local for day in known for local in local_days(_date(day), zone)}
    days |= {
        *session.scalars(select(DayCalls.day).distinct()),
        *session.scalars(select(DayCriteria.day).distinct()),
    }
    waiting = {
        (local, changed.agent_id)
        for changed in session.execute(select(ChangedDay.day, ChangedDay.agent_id).distinct())
        for local in local_days(changed.day, zone)
    }
    for day in sorted(days):
        wrong = sorted(_differing(session, day, zone) - {agent for local, agent in waiting if local == day})
        yield from ((day, agent) for agent in wrong)
        if mend and wrong:
            recount(session, day, wrong, zone)


def _date(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _differing(session: Session, day: date, zone: ZoneInfo) -> set[str]:
    wrong: set[str] = set()
    for table, counted in ((DayCalls, sums_of_days), (DayCriteria, criteria_of_days)):
        query = counted(day, *moments(day, zone), agents=None)
        names = list(query.selected_columns.keys())
        kept = select(*[getattr(table, name) for name in names]).where(table.day == day)
        place = names.index("agent_id")
        differ = _plain(session.execute(query)) ^ _plain(session.execute(kept))
        wrong |= {str(row[place]) for row in differ}
    return wrong


def _plain(rows: Any) -> set[tuple[Any, ...]]:
    """Rows as whole numbers and texts; a server gives some sums as decimals."""
    return {
        tuple(value if value is None or isinstance(value, str | date) else int(value) for value in row)
        for row in rows
    }
