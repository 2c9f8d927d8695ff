"""The audit log: who saw, heard, did or was refused what; only ever added to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.review.rights import Person
from pipeline.store.review_tables import AuditLine

_AGAIN = timedelta(minutes=10)


def put_down(
    session: Session, event: str, *, person: Person | None, name: str = "", address: str, call: str | None = None,
    **detail: Any,
) -> None:  # fmt: skip
    """Add a line."""
    session.add(
        AuditLine(
            at=datetime.now(UTC), user=person.id if person else None, name=person.name if person else name[:100],
            address=address, event=event, call=call, detail=detail,
        )
    )  # fmt: skip


def lately(session: Session, event: str, person: Person, call: str, *, within: timedelta = _AGAIN) -> bool:
    """Whether the same was put down some minutes ago: a player asks for one sound in many pieces."""
    since = datetime.now(UTC) - within
    query = select(AuditLine.id).where(
        AuditLine.event == event, AuditLine.at >= since, AuditLine.user == person.id, AuditLine.call == call
    )
    return session.scalar(query.limit(1)) is not None


def newest(
    session: Session,
    *,
    before: int | None = None,
    limit: int = 100,
    name: str = "",
    event: str = "",
    call: str = "",
) -> list[AuditLine]:
    """Lines, the newest first; of one person, one event or one call where these are given."""
    query = select(AuditLine).order_by(AuditLine.id.desc()).limit(limit)
    for column, value in ((AuditLine.name, name), (AuditLine.event, event), (AuditLine.call, call)):
        if value:
            query = query.where(column == value)
    if before is not None:
        query = query.where(AuditLine.id < before)
    return list(session.scalars(query))
