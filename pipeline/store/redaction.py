"""Taking words and names out of a call's rows; its files are another matter (`removal`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pipeline.store.elsewhere import TAKEN_OUT, strip_elsewhere, strip_flags
from pipeline.store.files import FileArea, Kept
from pipeline.store.forgetting import keep_rows, keep_suppressed
from pipeline.store.night_tables import Alert
from pipeline.store.parts import in_parts
from pipeline.store.period_tables import FollowUpMark
from pipeline.store.review_tables import ReviewAct
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score

QUOTES, WORDS = ("quote",), ("quote", "text", "reason", "actions")
_CODE = re.compile(r"[a-z0-9_.:-]{1,40}")


def strip_quotes(session: Session, calls: Sequence[int]) -> int:
    """Take out what findings, follow-ups and the history quote of a call; returns how many findings had a quote."""
    gone = 0
    for part in in_parts(calls):
        scores = select(Score.id).where(Score.call.in_(part))
        for row in session.scalars(select(FindingRow).where(FindingRow.score.in_(scores))):
            gone += row.quote is not None
            row.quote, row.detail = None, plain_detail(row.detail)
        for score in session.scalars(select(Score).where(Score.call.in_(part), Score.follow_up.is_not(None))):
            score.follow_up = {"text": None, "when": (score.follow_up or {}).get("when")}
        _history(session, part, QUOTES)
    return gone


def plain_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A finding's detail without words: numbers, truths, and codes such as ``severe``."""
    return {
        key: value
        for key, value in detail.items()
        if isinstance(value, bool | int | float | None) or (isinstance(value, str) and _CODE.fullmatch(value))
    }


def without_quotes(area: FileArea, sha256: str) -> Kept | None:
    """A result's file written anew without what it quotes; None where it is gone."""
    try:
        data = json.loads(area.read(sha256, "result"))
    except FileNotFoundError:
        return None
    for finding in data["findings"]:
        finding["quote"], finding["detail"] = None, plain_detail(finding["detail"])
    if data["outcome"].get("follow_up"):
        data["outcome"]["follow_up"]["text"] = None
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    return area.put(text.encode(), "result")


def strip_person(
    session: Session, calls: Sequence[int], now: datetime, *, known_by: str | None = None
) -> int:
    """Leave nothing in a call's rows that says who was called, nor anybody's words about them.

    A request not to be called outlives them, as a digest of the customer's id and of ``known_by``.
    """
    strip_quotes(session, calls)
    keep_suppressed(session, calls, known_by)
    gone = 0
    for part in in_parts(calls):
        keep_rows(session, part)
        for call in session.scalars(select(Call).where(Call.id.in_(part))):
            gone += call.forgotten_at is None
            call.customer_id, call.forgotten_at = None, call.forgotten_at or now
            call.file = f"#-{call.recording_sha256[:8]}"
            call.record = {**call.record, "customer_id": None, "notes": None, "extra": {}}
        for score in session.scalars(select(Score).where(Score.call.in_(part))):
            score.follow_up = None
        session.execute(update(FollowUpMark).where(FollowUpMark.call.in_(part)).values(note=None))
        _history(session, part, WORDS)
        strip_elsewhere(session, part)
    return gone


def strip_scores(session: Session, calls: Sequence[int]) -> int:
    """Empty the scores of calls; their rows stay, since the history and the ledger point at them."""
    gone = 0
    for part in in_parts(calls):
        scores = list(session.scalars(select(Score.id).where(Score.call.in_(part))))
        for table in (CriterionRow, FindingRow):
            session.execute(delete(table).where(table.score.in_(scores)))
        strip_flags(session, part)
        session.execute(delete(Alert).where(Alert.call.in_(part)))
        session.execute(delete(FollowUpMark).where(FollowUpMark.call.in_(part)))
        empty = dict.fromkeys(("percent", "percent_before_fatal", "grade", "talk_s", "agent_talk_s"))
        sums = dict.fromkeys(("points", "max_points", "coverage", "outcome_confidence"), 0.0)
        session.execute(
            update(Score)
            .where(Score.call.in_(part))
            .values(**empty, **sums, fatal=[], needs_review=False, outcome="undetermined")
        )
        session.execute(
            update(Call).where(Call.id.in_(part)).values(agent_id=None, agent_name=None, started_at=None)
        )
        for call in session.scalars(select(Call).where(Call.id.in_(part))):
            call.record = {**call.record, "agent_id": None, "agent_name": None, "started_at": None}
        gone += len(scores)
    return gone


def _history(session: Session, calls: Sequence[int], names: Sequence[str]) -> None:
    for act in session.scalars(select(ReviewAct).where(ReviewAct.call.in_(calls))):
        data = {key: TAKEN_OUT if key in names and value else value for key, value in act.data.items()}
        told = data.get("finding")
        if isinstance(told, dict) and told.get("quote"):
            data["finding"] = {**told, "quote": TAKEN_OUT}
        if data != act.data:
            act.data = data
