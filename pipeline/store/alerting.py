"""What somebody must know by the morning, and whom nobody may call again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.store.forgetting import suppressed_by_digest
from pipeline.store.night_tables import Alert, Suppression
from pipeline.store.tables import Call, Score
from pipeline.types import Finding

HEARD = ("complaint", "do_not_call")
"""Kinds of finding that are alerts; failed fatal criteria are the third kind, ``fatal``."""
GATE = 0.6
"""Under this a finding is a doubt: told as such, and for a person to hear."""


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert as the file shows it: no words of the call, only where to listen."""

    call_id: str
    agent_id: str | None
    customer_id: str | None
    kind: str
    what: str
    start_s: float | None
    confidence: float | None
    doubtful: bool


@dataclass(frozen=True, slots=True)
class SuppressionLine:
    """One customer on the list; ``customer_id`` is None where the call list named none."""

    customer_id: str | None
    call_id: str
    asked_at: datetime | None
    start_s: float | None
    confidence: float
    doubtful: bool


def raise_alerts(
    session: Session, call: Call, score: Score, findings: Sequence[Finding], night: date
) -> None:
    """Put down the alerts of a call's newest score; those of an older one go, since it no longer counts."""
    session.execute(delete(Alert).where(Alert.call == call.id))
    heard = [finding for finding in findings if finding.kind in HEARD and finding.speaker != "agent"]
    for kind in HEARD:
        best = max((f for f in heard if f.kind == kind), key=lambda f: f.confidence, default=None)
        if best is not None:
            session.add(_alert(call, score, night, kind, best.criterion or kind, best))
    for criterion in score.fatal:
        first = next((f for f in findings if f.criterion == criterion), None)
        session.add(_alert(call, score, night, "fatal", criterion, first, sure=True))
    _suppress(session, call, score, [f for f in heard if f.kind == "do_not_call"], night)


def _alert(
    call: Call,
    score: Score,
    night: date,
    kind: str,
    what: str,
    finding: Finding | None,
    *,
    sure: bool = False,
) -> Alert:
    confidence = finding.confidence if finding else None
    return Alert(
        night=night, call=call.id, score=score.id, kind=kind, what=what, made_at=score.made_at,
        start_s=finding.start_s if finding else None, confidence=confidence,
        doubtful=not sure and confidence is not None and confidence < GATE,
    )  # fmt: skip


def _suppress(session: Session, call: Call, score: Score, heard: list[Finding], night: date) -> None:
    """A request stands once; a later version only corrects whose it is. Only a person lifts it."""
    row = session.scalar(select(Suppression).where(Suppression.call == call.id))
    if row is not None:
        row.customer_id, row.asked_at = call.customer_id, call.started_at
        return
    best = max(heard, key=lambda finding: finding.confidence, default=None)
    if best is not None:
        session.add(
            Suppression(
                night=night, customer_id=call.customer_id, call=call.id, score=score.id, asked_at=call.started_at,
                start_s=best.start_s, confidence=best.confidence, doubtful=best.confidence < GATE,
                made_at=score.made_at,
            )
        )  # fmt: skip


def alerts_of(session: Session, night: date) -> list[AlertLine]:
    """The alerts of one night, complaints first."""
    rows = session.execute(
        select(Alert, Call).join(Call, Call.id == Alert.call).where(Alert.night == night).order_by(Alert.id)
    ).all()
    order = {"complaint": 0, "do_not_call": 1, "fatal": 2}
    lines = [
        AlertLine(
            call.call_id, call.agent_id, call.customer_id, alert.kind, alert.what, alert.start_s,
            alert.confidence, alert.doubtful,
        )
        for alert, call in rows
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (order.get(line.kind, 9), line.call_id, line.what))


def suppressions(session: Session, *, sure_only: bool = False) -> list[SuppressionLine]:
    """Who asked not to be called again, in the order of asking."""
    rows = session.execute(
        select(Suppression, Call.call_id)
        .join(Call, Call.id == Suppression.call)
        .where(Suppression.lifted_at.is_(None))
        .order_by(Suppression.asked_at, Suppression.id)
    ).all()
    return [
        SuppressionLine(row.customer_id, call_id, row.asked_at, row.start_s, row.confidence, row.doubtful)
        for row, call_id in rows
        if not (sure_only and row.doubtful)
    ]


def suppressed_since(session: Session, customers: Sequence[str], *, before: date) -> dict[str, datetime]:
    """Since when customers don't want calls, as known from the nights before one.

    Requests of the same night are left out: whether they are known already would depend on the order of work, and
    nobody could have had the list when the calls were made.
    """
    found: dict[str, datetime] = {}
    unique = sorted(set(customers))
    for start in range(0, len(unique), 500):
        rows = session.execute(
            select(
                Suppression.customer_id, func.min(func.coalesce(Suppression.asked_at, Suppression.made_at))
            )
            .where(
                Suppression.customer_id.in_(unique[start : start + 500]),
                Suppression.night < before,
                Suppression.lifted_at.is_(None),
                Suppression.doubtful.is_(False),
            )
            .group_by(Suppression.customer_id)
        ).all()
        found.update({customer: since for customer, since in rows if customer is not None})
    for customer, row in suppressed_by_digest(session, unique).items():
        if row.night < before and not row.doubtful:
            found[customer] = min(row.asked_at, found.get(customer, row.asked_at))
    return found
