"""The follow-up list (articles 8.3, 11): who is to be contacted again, when, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from pipeline.profile import Profile
from pipeline.store import follow_query as query
from pipeline.store.follow_query import Agreed, Marked
from pipeline.store.forgetting import suppressed

State = Literal["overdue", "today", "no_time", "later", "do_not_call", "called_again", "done"]
ORDER: tuple[State, ...] = ("overdue", "today", "no_time", "later", "do_not_call", "called_again", "done")
OPEN: frozenset[State] = frozenset({"overdue", "today", "no_time", "later"})


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up.

    Attributes
    ----------
    agreed
        The customer's or the agent's words, masked.
    when
        As it was heard, or ISO 8601 where it could be resolved; ``due`` is the day then, else None.
    state
        Open: ``overdue, today, no_time, later``. Closed: ``done`` (marked), ``called_again`` (a later call reached the
        same customer). ``do_not_call``: the customer asked not to be called; nobody may follow up.
    by
        Who marked it, or the later call's id.
    """

    call_id: str
    agent_id: str
    agent_name: str
    customer_id: str
    campaign: str
    started_at: datetime
    outcome: str
    agreed: str
    when: str
    due: date | None
    state: State
    by: str = ""
    provisional: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody still has to do it."""
        return self.state in OPEN


def follow_ups(
    session: Session,
    profile: Profile,
    *,
    now: datetime,
    until: datetime,
    since: datetime | None = None,
    agent_id: str | None = None,
) -> tuple[FollowUp, ...]:
    """Follow-ups of the calls from ``since`` to before ``until`` as they stand at ``now``: overdue first."""
    rows = query.agreed(session, until=until, since=since, agent_id=agent_id)
    customers = sorted({row.customer_id for row in rows if row.customer_id})
    calls = [row.call for row in rows]
    marked = query.marks(session, calls)
    never = suppressed(session, customers)
    again = query.called_again(session, calls, until=now)
    found = [
        _follow_up(row, profile.zone, now, marked.get(row.call), never, again.get(row.call)) for row in rows
    ]
    return in_order(found)


def in_order(found: Sequence[FollowUp]) -> tuple[FollowUp, ...]:
    """Overdue first and the longest overdue at the top, what is closed last."""
    return tuple(
        sorted(
            found,
            key=lambda each: (ORDER.index(each.state), each.due or date.max, each.started_at, each.call_id),
        )
    )


def due_of(when: str | None, zone: ZoneInfo) -> datetime | None:
    """The moment by which a follow-up is due: the end of the day where only a day was agreed; None if not known.

    Examples
    --------
    >>> due_of("2025-03-05", ZoneInfo("Asia/Shanghai")).isoformat()
    '2025-03-06T00:00:00+08:00'
    >>> due_of("下周三", ZoneInfo("Asia/Shanghai")) is None
    True
    """
    try:
        moment = datetime.fromisoformat(when or "")
    except ValueError:
        return None
    if len(when or "") <= 10:
        return datetime.combine(moment.date() + timedelta(days=1), time(), zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _follow_up(
    row: Agreed,
    zone: ZoneInfo,
    now: datetime,
    marked: Marked | None,
    never: frozenset[str],
    later: str | None,
) -> FollowUp:
    told = row.follow_up or {}
    when = str(told.get("when") or "")
    until = due_of(when, zone)
    due = None if until is None else (until - timedelta(seconds=1)).astimezone(zone).date()
    state: State
    if marked is not None:
        state = "done"
    elif row.customer_id in never:
        state = "do_not_call"
    elif later is not None:
        state = "called_again"
    elif until is None or due is None:
        state = "no_time"
    else:
        state = "overdue" if until <= now else "today" if due == now.astimezone(zone).date() else "later"
    by = marked.done_by if marked else later if later and state == "called_again" else ""
    return FollowUp(
        row.call_id, row.agent_id or "", row.agent_name or "", row.customer_id or "", row.campaign or "",
        row.started_at.astimezone(zone), row.outcome, str(told.get("text") or ""), when, due, state, by,
        row.needs_review,
    )  # fmt: skip
