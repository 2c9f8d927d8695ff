"""What to hear first in each call of a list: the finding that most needs a person, not ruled on yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from pipeline.store.review_tables import Review, ReviewAct
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score

_FIRST = {"needs_review": 0, "fail": 1, "partial": 2}
"""Verdicts in the order in which a person is needed."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A finding, and the state of the call's review that goes with it."""

    call_id: str
    rev: int
    finding: str | None
    kind: str
    criterion: str
    start_s: float
    end_s: float | None
    quote: str | None


def hints(session: Session, call_ids: Sequence[str]) -> dict[str, Hint]:
    """Call id → the finding to hear; calls without any are left out."""
    if not call_ids:
        return {}
    ruled = _ruled(session, call_ids)
    best: dict[str, tuple[tuple[int, float], Hint]] = {}
    for row in _rows(session, call_ids):
        if row.finding not in row.findings or (row.call, row.finding) in ruled:
            continue
        order = (_FIRST[row.verdict], row.confidence)
        if row.call_id not in best or order < best[row.call_id][0]:
            best[row.call_id] = order, Hint(
                row.call_id, row.rev or 0, row.finding, row.kind, row.criterion, row.start_s, row.end_s, row.quote
            )  # fmt: skip
    return {name: hint for name, (_, hint) in best.items()}


def _rows(session: Session, call_ids: Sequence[str]) -> Sequence[Any]:
    query = (
        select(
            Call.id.label("call"), Call.call_id, Review.rev, CriterionRow.criterion, CriterionRow.verdict,
            CriterionRow.findings, FindingRow.finding, FindingRow.kind, FindingRow.start_s, FindingRow.end_s,
            FindingRow.quote, FindingRow.confidence,
        )
        .join(Score, Score.id == Call.current_score_id)
        .join(CriterionRow, and_(CriterionRow.score == Score.id, CriterionRow.verdict.in_(_FIRST)))
        .join(FindingRow, and_(FindingRow.score == Score.id, FindingRow.start_s.is_not(None)))
        .outerjoin(Review, Review.call == Call.id)
        .where(Call.call_id.in_(call_ids))
        .order_by(FindingRow.start_s)
    )  # fmt: skip
    return session.execute(query).all()


def _ruled(session: Session, call_ids: Sequence[str]) -> set[tuple[int, str | None]]:
    """Findings that somebody ruled on and didn't take back, and those that people added."""
    query = (
        select(
            ReviewAct.call, ReviewAct.target, ReviewAct.id, ReviewAct.act, ReviewAct.answers, ReviewAct.rev
        )
        .join(Call, Call.id == ReviewAct.call)
        .where(Call.call_id.in_(call_ids), ReviewAct.act.in_(("finding", "missed", "undo")))
    )
    rows = session.execute(query).all()
    undone = {row.answers for row in rows if row.act == "undo"}
    return {
        (row.call, f"h{row.rev}" if row.act == "missed" else row.target)
        for row in rows
        if row.act != "undo" and row.id not in undone
    }
