"""The ledger: what was received in a night and what became of each file. Read from the store alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.call_names import shown_name
from pipeline.store.night_tables import NIGHTLY, LedgerEntry, MissingCall, Run
from pipeline.store.reasons import MISSING, STATES, reason_of
from pipeline.store.tables import Call, Score

SCHEMA = "callgauge/ledger/1"


@dataclass(frozen=True, slots=True)
class Line:
    """One received file, or one call that was listed and never came (state ``missing``)."""

    file: str
    call_id: str | None
    sha256: str | None
    state: str
    reason: str | None
    percent: float | None
    message: str | None = None
    attempts: int = 0
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """All that came in one night."""

    date: date
    lines: tuple[Line, ...]
    runs: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Received = scored + excluded + failed + pending; missing apart from them."""
        found = {state: sum(line.state == state for line in self.lines) for state in (*STATES, MISSING)}
        return {"received": sum(found[state] for state in STATES), **found}


def night_of(session: Session, night: date | None = None) -> Night | None:
    """One night; without a date the latest that was run. None where none was run at all."""
    if night is None:
        night = session.scalar(select(func.max(Run.night)).where(Run.kind == NIGHTLY))
        if night is None:
            return None
    runs = session.scalar(select(func.count(Run.id)).where(Run.night == night, Run.kind == NIGHTLY)) or 0
    rows = session.execute(
        select(LedgerEntry, Call.call_id, Score.percent, Score.version)
        .outerjoin(Call, Call.id == LedgerEntry.call)
        .outerjoin(Score, Score.id == Call.current_score_id)
        .where(LedgerEntry.night == night)
        .order_by(LedgerEntry.file, LedgerEntry.id)
    )
    lines = [_line(entry, call_id, percent, version) for entry, call_id, percent, version in rows]
    missing = session.scalars(
        select(MissingCall)
        .where(MissingCall.night == night, MissingCall.closed_at.is_(None))
        .order_by(MissingCall.file)
    )
    lines += [Line(each.file, each.call_id or None, None, MISSING, MISSING, None) for each in missing]
    return Night(night, tuple(lines), runs)


def _line(entry: LedgerEntry, call_id: str | None, percent: float | None, version: int | None) -> Line:
    scored = entry.state == "scored"
    return Line(
        entry.file, call_id or entry.call_id, entry.sha256, entry.state, entry.reason,
        percent if scored else None, entry.message, entry.attempts, version if scored else None,
    )  # fmt: skip


def to_json(night: Night) -> dict[str, Any]:
    """A night as plain JSON data, form ``callgauge/ledger/1``; a number in a file's name is ``#``, as everywhere."""
    return {
        "schema": SCHEMA,
        "date": night.date.isoformat(),
        **night.counts,
        "runs": night.runs,
        "calls": [_call(line) for line in night.lines],
    }


def _call(line: Line) -> dict[str, Any]:
    reason = reason_of(line.reason)
    return {
        "file": shown_name(line.file, line.sha256),
        "call_id": line.call_id,
        "sha256": line.sha256,
        "state": line.state,
        "reason": None if reason is None else {"code": reason.code, "zh": reason.zh, "en": reason.en},
        "percent": line.percent,
        "message": line.message,
        "attempts": line.attempts,
        "version": line.version,
    }
