"""Appraisals in the store, and the frozen scores that they rest on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.card_query import FACTS, CallFact
from pipeline.store.period_tables import AppraisalRow
from pipeline.store.tables import Call, CriterionRow, RecordingRow, Score


class Points(NamedTuple):
    """What one criterion gave in one score."""

    score: int
    criterion: str
    verdict: str
    points: float | None
    max_points: float | None


def canonical(data: Any) -> bytes:
    """JSON data as bytes that are the same wherever it is the same: keys sorted, no spaces."""
    return json.dumps(
        data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def digest_of(data: Any) -> str:
    """SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(data)).hexdigest()


def points_of(session: Session, scores: Sequence[int]) -> list[Points]:
    """All criteria of some scores, in a fixed order."""
    found: list[Points] = []
    for i in range(0, len(scores), 500):
        rows = session.execute(
            select(
                CriterionRow.score, CriterionRow.criterion, CriterionRow.verdict, CriterionRow.points,
                CriterionRow.max_points,
            )
            .where(CriterionRow.score.in_(scores[i : i + 500]))
            .order_by(CriterionRow.score, CriterionRow.criterion)
        )  # fmt: skip
        found += [Points(*row) for row in rows]
    return found


def frozen_facts(session: Session, call_ids: Sequence[tuple[str, int | None]]) -> list[CallFact]:
    """Calls with the score that is named beside each, whichever counts today; what is gone is left out."""
    wanted = dict(call_ids)
    found: list[CallFact] = []
    names = sorted(wanted)
    for i in range(0, len(names), 500):
        part = names[i : i + 500]
        scores = [score for name in part if (score := wanted[name]) is not None]
        rows = session.execute(
            select(*FACTS)
            .join(RecordingRow, RecordingRow.sha256 == Call.recording_sha256)
            .outerjoin(Score, (Score.call == Call.id) & Score.id.in_(scores))
            .where(Call.call_id.in_(part))
        )
        found += [CallFact(*row) for row in rows]
    return sorted(found, key=lambda fact: (fact.started_at, fact.call))


def row_digests(facts: Sequence[CallFact], points: Sequence[Points]) -> dict[str, str]:
    """Call id → digest of all that a score's rows say: a later change of any of them shows."""
    by_score: dict[int, list[Points]] = {}
    for each in points:
        by_score.setdefault(each.score, []).append(each)
    return {
        fact.call_id: digest_of(
            [
                fact.agent_id, fact.campaign, fact.started_at.isoformat(), fact.score, fact.version, fact.made_by,
                fact.percent, list(fact.fatal or ()), fact.needs_review, fact.outcome, fact.talk_s,
                fact.standard_sha256, fact.fingerprint, fact.result_file,
                [list(each) for each in by_score.get(fact.score or 0, [])],
            ]
        )
        for fact in facts
    }  # fmt: skip


def latest(session: Session, agent_id: str, period: str) -> AppraisalRow | None:
    """The newest number of an agent's appraisal."""
    return session.scalar(
        select(AppraisalRow)
        .where(AppraisalRow.agent_id == agent_id, AppraisalRow.period == period)
        .order_by(AppraisalRow.number.desc())
        .limit(1)
    )


def all_numbers(session: Session, agent_id: str | None, period: str) -> list[AppraisalRow]:
    """Every number of a period's appraisals, of one agent or of all."""
    query = select(AppraisalRow).where(AppraisalRow.period == period)
    if agent_id is not None:
        query = query.where(AppraisalRow.agent_id == agent_id)
    return list(session.scalars(query.order_by(AppraisalRow.agent_id, AppraisalRow.number)))


def seal_of(row: AppraisalRow, *, signed_by: str, signed_at: datetime) -> str:
    """What joins an appraisal's content with who signed it and when."""
    moment = signed_at.isoformat(timespec="seconds")
    return digest_of([row.agent_id, row.period, row.number, row.body_sha256, row.reason, signed_by, moment])
