"""Keeping the daily sums and the flags right: days on which something changed are counted anew, and only those.

Nothing is added to or taken from a sum in place: an agent's day is counted whole from its calls, so a new version of a
score, a person's ruling and a call that comes late are all the same to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, literal_column, select, text
from sqlalchemy.orm import Session

from pipeline.store.database import Store
from pipeline.store.day_counts import criteria_of_days, sums_of_days
from pipeline.store.day_tables import ChangedDay, DayCalls, DayCriteria, DayZone
from pipeline.store.flags import flag_days
from pipeline.store.tables import Call

BATCH = 5
"""Days counted in one transaction."""
_LOCK = 0x64617973  # "days": one counter at a time on a server


def freshen(
    store: Store,
    zone: ZoneInfo,
    *,
    adopt: bool = False,
    told: Callable[[int], None] | None = None,
) -> ZoneInfo:
    """Count anew what has changed; the zone that the kept days are of.

    Parameters
    ----------
    zone
        The zone for a store that has none yet; with ``adopt`` it takes the place of another one, and all days are
        counted anew.
    told
        Called with how many days are still to be counted, after each transaction.
    """
    kept = _zone(store, zone, adopt=adopt)
    while True:
        with store.reading() as session:
            if session.scalar(select(ChangedDay.id).limit(1)) is None:
                return kept
        with store.writing() as session:
            due = _due(session, kept)
            for day, agents in sorted(due.items()):
                recount(session, day, sorted(agents), kept)
            flag_days(session, due, kept)
        if told is not None:
            with store.reading() as session:
                told(session.scalar(select(func.count(func.distinct(ChangedDay.day)))) or 0)


def moments(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First moment of a day and of the next one."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _zone(store: Store, zone: ZoneInfo, *, adopt: bool) -> ZoneInfo:
    with store.reading() as session:
        row = session.get(DayZone, 1)
        if row is not None and (row.zone == zone.key or not adopt):
            return ZoneInfo(row.zone)
    with store.writing() as session:
        _alone(session)
        row = session.get(DayZone, 1, populate_existing=True)
        if row is None:
            session.add(DayZone(id=1, zone=zone.key))
            return zone
        row.zone = zone.key
        count_all_again(session)
    return zone


def count_all_again(session: Session) -> None:
    """Forget every sum and put all days down as changed."""
    for table in (DayCalls, DayCriteria, ChangedDay):
        session.execute(delete(table))
    day = utc_day(session)
    known = select(func.coalesce(Call.agent_id, literal_column("''")), day).where(
        Call.started_at.is_not(None)
    )
    session.execute(insert(ChangedDay).from_select(["agent_id", "day"], known.distinct()))


def utc_day(session: Session) -> Any:
    """The day in UTC on which a call started, in the database's words."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return literal_column(
        "date(calls.started_at)" if sqlite else "(calls.started_at AT TIME ZONE 'UTC')::date"
    )


def _alone(session: Session) -> None:
    """SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _due(session: Session, zone: ZoneInfo) -> Mapping[date, set[str]]:
    """Take some of the changed days away; local day → agents to count anew.

    They go before the counting: what is put down in the meantime stays for the next time.
    """
    _alone(session)
    days = session.scalars(select(ChangedDay.day).distinct().order_by(ChangedDay.day).limit(BATCH)).all()
    taken = session.execute(
        delete(ChangedDay).where(ChangedDay.day.in_(days)).returning(ChangedDay.day, ChangedDay.agent_id)
    )
    due: dict[date, set[str]] = {}
    for day, agent_id in {(row.day, row.agent_id) for row in taken}:
        for local in local_days(day, zone):
            due.setdefault(local, set()).add(agent_id)
    return due


def local_days(day: date, zone: ZoneInfo) -> Iterable[date]:
    """The days of a zone that share a moment with a day of UTC."""
    start, end = moments(day, ZoneInfo("UTC"))
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    return {first, last}


def recount(session: Session, day: date, agents: Sequence[str], zone: ZoneInfo) -> None:
    """Count some agents' day anew from their calls."""
    span = moments(day, zone)
    for table, counted in ((DayCalls, sums_of_days), (DayCriteria, criteria_of_days)):
        for start in range(0, len(agents), 500):
            part = agents[start : start + 500]
            session.execute(delete(table).where(table.day == day, table.agent_id.in_(part)))
            query = counted(day, *span, agents=part)
            session.execute(insert(table).from_select(list(query.selected_columns.keys()), query))
