"""What else holds words of calls or of those who judged them: the search index, drafts, calibration, coaching plans."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from pipeline.store.calibration_tables import CalibrationVerdict
from pipeline.store.coach_tables import Draft, PlanAct
from pipeline.store.day_tables import Flag
from pipeline.store.search_index import forget_words
from pipeline.store.tables import Call

TAKEN_OUT = "[removed]"
"""Stands for somebody's own words in a history; the database lets nothing else of an act be changed."""


def strip_elsewhere(session: Session, calls: Sequence[int]) -> None:
    """Take these calls' words out of all that is kept beside their rows."""
    forget_words(session, calls)
    session.execute(delete(Draft).where(Draft.call.in_(calls)))
    session.execute(update(CalibrationVerdict).where(CalibrationVerdict.call.in_(calls)).values(reason=None))
    _plans(session, calls)


def _plans(session: Session, calls: Sequence[int]) -> None:
    """What was written about moments of these calls."""
    names = set(session.scalars(select(Call.call_id).where(Call.id.in_(calls))))
    for act in session.scalars(select(PlanAct).where(PlanAct.act == "moment")):
        if act.data.get("call_id") in names and act.data.get("text") not in (None, TAKEN_OUT):
            act.data = {**act.data, "text": TAKEN_OUT}


def strip_flags(session: Session, calls: Sequence[int]) -> None:
    """Take away why these calls were to be heard, which tells what their scores were."""
    session.execute(delete(Flag).where(Flag.call.in_(calls)))
