"""A person's saved views of the queue, and the drafts of what was typed and not sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.review.queue import Filters
from pipeline.review.rights import Person
from pipeline.review.saying import ToldError
from pipeline.store.coach_tables import Draft, SavedView

MOST_VIEWS = 30
LONGEST_NAME = 60
LONGEST_DRAFT = 20_000
"""Characters of all that a person may have typed about one call without sending it."""


class ViewError(ToldError):
    """A view can't be kept; the message says why."""


def views_of(session: Session, person: Person) -> list[SavedView]:
    """A person's views by name."""
    query = select(SavedView).where(SavedView.user == person.id).order_by(SavedView.name)
    return list(session.scalars(query))


def keep_view(session: Session, person: Person, name: str, filters: Filters) -> SavedView:
    """Keep filters under a name; one of the same name is replaced. Raises ViewError."""
    name = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ViewError("view_name", most=LONGEST_NAME)
    mine = SavedView.user == person.id
    view = session.scalar(select(SavedView).where(mine, SavedView.name == name))
    if view is None:
        if (session.scalar(select(func.count()).select_from(SavedView).where(mine)) or 0) >= MOST_VIEWS:
            raise ViewError("many_views", most=MOST_VIEWS)
        view = SavedView(user=person.id, name=name, created_at=datetime.now(UTC))
        session.add(view)
    view.query = filters.text()
    session.flush()
    return view


def drop_view(session: Session, person: Person, view: int) -> bool:
    """Take a view of one's own away; whether there was one."""
    row = session.get(SavedView, view)
    if row is None or row.user != person.id:
        return False
    session.delete(row)
    return True


def draft_of(session: Session, person: Person, call: int) -> Mapping[str, str]:
    """What the person has typed about a call and not sent."""
    row = session.get(Draft, (person.id, call))
    return {} if row is None else row.fields


def keep_draft(session: Session, person: Person, call: int, fields: Mapping[str, str]) -> None:
    """Keep what is typed; nothing typed, nothing kept. Raises ViewError where it is too much."""
    filled = {key[:200]: text for key, text in fields.items() if text}
    if sum(map(len, filled.values())) > LONGEST_DRAFT:
        raise ViewError("long_draft", most=LONGEST_DRAFT)
    row = session.get(Draft, (person.id, call))
    if not filled:
        session.execute(delete(Draft).where(Draft.user == person.id, Draft.call == call))
        return
    if row is None:
        session.add(Draft(user=person.id, call=call, fields=filled, at=datetime.now(UTC)))
    else:
        row.fields, row.at = filled, datetime.now(UTC)
