"""What else holds words of calls or of those who judged them: the search index, drafts, reasons of calibration."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from pipeline.store.calibration_tables import CalibrationVerdict
from pipeline.store.coach_tables import Draft
from pipeline.store.day_tables import Flag
from pipeline.store.search_index import forget_words


def strip_elsewhere(session: Session, calls: Sequence[int]) -> None:
    """Take these calls' words out of all that is kept beside their rows."""
    forget_words(session, calls)
    session.execute(delete(Draft).where(Draft.call.in_(calls)))
    session.execute(update(CalibrationVerdict).where(CalibrationVerdict.call.in_(calls)).values(reason=None))


def strip_flags(session: Session, calls: Sequence[int]) -> None:
    """Take away why these calls were to be heard, which tells what their scores were."""
    session.execute(delete(Flag).where(Flag.call.in_(calls)))
