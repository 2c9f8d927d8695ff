"""Coaching in the store: calls with a coaching note, and whether the agent has acknowledged it since."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.store.card_query import Window
from pipeline.store.review_tables import ReviewAct
from pipeline.store.tables import Call


class Coached(NamedTuple):
    """A call that somebody coached on. ``done``: the agent has acknowledged the call after the last note."""

    call_id: str
    agent_id: str
    done: bool


def coached(session: Session, window: Window) -> list[Coached]:
    """The coached calls of a window; a note that was taken back counts no more."""
    undo = aliased(ReviewAct)
    undone = select(undo.answers).where(undo.act == "undo", undo.answers.is_not(None))
    acts = {
        name: select(ReviewAct.call, func.max(ReviewAct.rev).label("rev"))
        .where(ReviewAct.act == name, ReviewAct.id.not_in(undone))
        .group_by(ReviewAct.call)
        .subquery()
        for name in ("note", "acknowledge")
    }
    note, seen = acts["note"].c, acts["acknowledge"].c
    query = (
        select(Call.call_id, Call.agent_id, note.rev, seen.rev)
        .join(acts["note"], note.call == Call.id)
        .outerjoin(acts["acknowledge"], seen.call == Call.id)
        .where(Call.started_at >= window.start, Call.started_at < window.end)
        .order_by(Call.started_at, Call.id)
    )
    if window.agent_id == "":
        query = query.where(or_(Call.agent_id.is_(None), Call.agent_id == ""))
    elif window.agent_id is not None:
        query = query.where(Call.agent_id == window.agent_id)
    return [
        Coached(call_id, agent_id or "", acknowledged is not None and acknowledged > noted)
        for call_id, agent_id, noted, acknowledged in session.execute(query)
    ]
