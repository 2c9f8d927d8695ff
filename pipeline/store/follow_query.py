"""Follow-ups in the store: what was agreed, what was done, who must not be called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.errors import ConfigError
from pipeline.store.card_query import NO_CONNECT
from pipeline.store.period_tables import FollowUpMark
from pipeline.store.tables import Call, Score

WANTED = ("interested", "call_back")
"""Outcomes after which somebody is to be contacted again, whether or not a time was agreed."""


class Agreed(NamedTuple):
    """A call after which the customer is to be contacted again."""

    call: int
    call_id: str
    agent_id: str | None
    agent_name: str | None
    customer_id: str | None
    campaign: str | None
    started_at: datetime
    outcome: str
    outcome_confidence: float
    follow_up: dict[str, Any] | None
    needs_review: bool


class Marked(NamedTuple):
    """A follow-up that somebody marked as done."""

    call: int
    done_by: str
    done_at: datetime
    note: str | None


def agreed(
    session: Session, *, until: datetime, since: datetime | None = None, agent_id: str | None = None
) -> list[Agreed]:
    """Calls before ``until`` that ask for a follow-up, the oldest first."""
    query = (
        select(
            Call.id, Call.call_id, Call.agent_id, Call.agent_name, Call.customer_id, Call.campaign, Call.started_at,
            Score.outcome, Score.outcome_confidence, Score.follow_up, Score.needs_review,
        )
        .join(Score, Score.id == Call.current_score_id)
        .where(Call.started_at < until, or_(Score.outcome.in_(WANTED), cast(Score.follow_up, Text) != "null"))
    )  # fmt: skip  # JSON keeps nothing as its word ``null``
    if since is not None:
        query = query.where(Call.started_at >= since)
    if agent_id is not None:
        query = query.where(Call.agent_id == agent_id)
    rows = [Agreed(*row) for row in session.execute(query.order_by(Call.started_at, Call.id))]
    return [row for row in rows if row.outcome in WANTED or row.follow_up]


def marks(session: Session, calls: Sequence[int]) -> dict[int, Marked]:
    """The latest mark of each call that was not taken back."""
    found: dict[int, Marked] = {}
    for i in range(0, len(calls), 500):
        rows = session.execute(
            select(FollowUpMark.call, FollowUpMark.done_by, FollowUpMark.done_at, FollowUpMark.note)
            .where(FollowUpMark.call.in_(calls[i : i + 500]), FollowUpMark.undone_at.is_(None))
            .order_by(FollowUpMark.id)
        )
        found.update((row[0], Marked(*row)) for row in rows)
    return found


def called_again(session: Session, calls: Sequence[int], *, until: datetime) -> dict[int, str]:
    """Call → id of the next call that reached the same customer: what a follow-up may have become."""
    later = aliased(Call)
    found: dict[int, str] = {}
    for i in range(0, len(calls), 500):
        rows = session.execute(
            select(Call.id, later.call_id)
            .join(later, (later.customer_id == Call.customer_id) & (later.started_at > Call.started_at))
            .join(Score, Score.id == later.current_score_id)
            .where(
                Call.id.in_(calls[i : i + 500]), Call.customer_id != "", Score.outcome.not_in(NO_CONNECT),
                later.started_at < until,
            )
            .order_by(later.started_at.desc(), later.id.desc())
        )  # fmt: skip
        found.update((call, call_id) for call, call_id in rows)  # the earliest comes last and stays
    return found


def mark_done(session: Session, call_ids: Sequence[str], *, by: str, at: datetime, note: str | None) -> int:
    """Mark follow-ups as done; one that is marked already stays as it is. Says how many are new.

    Raises
    ------
    ConfigError
        A call is not in the store; then none is marked.
    """
    rows = session.execute(select(Call.call_id, Call.id).where(Call.call_id.in_(call_ids)))
    known = {row.call_id: row.id for row in rows}
    if unknown := [each for each in call_ids if each not in known]:
        raise ConfigError([f"--done: {each} → no call of this id is in the store" for each in unknown])
    there = marks(session, list(known.values()))
    new = sorted({call for call in known.values() if call not in there})
    session.add_all(FollowUpMark(call=call, done_by=by, done_at=at, note=note) for call in new)
    return len(new)
