"""Runs that were killed: closed before anything relies on it, and what they wrote that no row speaks of.

A file is written before its row. Where a run ends between the two, the file may be a whole recording, unmasked, that no
rule of retention and no search for a person would ever find.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import CallgaugeError
from pipeline.store.database import Store
from pipeline.store.night_tables import Run
from pipeline.store.parts import in_parts
from pipeline.store.tables import StoredFile


class EndedRunError(CallgaugeError):
    """The run was closed: what one of its machines still works on is put down no more."""

    code = "interrupted"


def end_stale(session: Session, at: datetime) -> None:
    """Say of runs that never ended that they were stopped: the lock was free, so nobody works on them."""
    for stale in session.scalars(select(Run).where(Run.state == "running")):
        stale.state, stale.ended_at = "interrupted", at


def must_run(session: Session, run: int) -> None:
    """Hold a run open for the transaction's time.

    A machine of a cluster may go on with a call when the run itself is gone: meanwhile its customer may have been
    forgotten, and its files cleared away.

    Raises
    ------
    EndedRunError
        It was closed.
    """
    if session.get_one(Run, run, with_for_update={"read": True}).state != "running":
        raise EndedRunError("the run was closed meanwhile; the next one does what it left")


def clear_up(store: Store) -> int:
    """Close killed runs and take away what they left, half files and whole ones without a row; how many files.

    The caller holds the nightly lock.
    """
    with store.writing() as session:
        end_stale(session, datetime.now(UTC))
    gone = store.files.remove_left_over()
    for path in list(_unowned(store)):
        path.unlink(missing_ok=True)
        gone += 1
    return gone


def _unowned(store: Store) -> Iterator[Path]:
    """Whole files that no row speaks of, or that were to be removed and came back."""
    with store.reading() as session:
        for part in in_parts([(sha256, path) for sha256, _, path in store.files.each() if sha256]):
            named = [sha256 for sha256, _ in part]
            rows = select(StoredFile.sha256).where(
                StoredFile.sha256.in_(named), StoredFile.removed_at.is_(None)
            )
            known = set(session.scalars(rows))
            yield from (path for sha256, path in part if sha256 not in known)
