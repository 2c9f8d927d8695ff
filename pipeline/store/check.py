"""Finding what a torn write, a lost file or a killed run left behind, and mending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.database import Store
from pipeline.store.faults import Fault
from pipeline.store.night_tables import LedgerEntry, Run
from pipeline.store.reasons import REASONS, STATES
from pipeline.store.search_check import check_search
from pipeline.store.tables import Call, Score, StoredFile


def check_store(store: Store, *, mend: bool) -> list[Fault]:
    """Hold the store against itself and its files against their digests.

    The caller holds `pipeline.store.lock.nightly_lock`, so that nothing found is somebody's work in progress.

    Parameters
    ----------
    mend
        Put right what can be: left-over and unreferenced files go, damaged and missing ones are marked as lost (the
        next night writes them anew from the recording), runs that were killed are closed.
    """
    faults = [*_integrity(store)]
    with store.writing() as session:
        faults += _files(store, session, mend)
        faults += _calls(session, mend)
        faults += _ledger(session, mend)
        faults += check_search(store.files, session, mend)
        if not mend:
            session.rollback()
    return faults


def _integrity(store: Store) -> Iterator[Fault]:
    if not store.place.is_sqlite:
        return
    with store.engine.connect() as connection:
        for (told,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if told != "ok":
                yield Fault("database", str(told), False)
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield Fault("reference", f"{row[0]} row {row[1]} points at no row of {row[2]}", False)


def _files(store: Store, session: Session, mend: bool) -> Iterator[Fault]:
    rows = {row.sha256: row for row in session.scalars(select(StoredFile))}
    whole: set[str] = set()
    for sha256, kind, path in list(store.files.each()):
        if not sha256:
            yield Fault("left_over", path.name, _remove(path, mend))
        elif sha256 not in rows:
            yield Fault("no_row", f"{kind} {sha256[:12]}", _remove(path, mend))
        elif not store.files.is_whole(sha256, kind):
            yield Fault("damaged_file", f"{kind} {sha256[:12]}", _remove(path, mend))
        else:
            whole.add(sha256)
    now = datetime.now(UTC)
    for sha256, row in rows.items():
        if sha256 in whole:
            row.lost_at = None
        elif row.lost_at is None:
            row.lost_at = now
            yield Fault("lost_file", f"{row.kind} {sha256[:12]}", mend)


def _remove(path: Path, mend: bool) -> bool:
    if mend:
        path.unlink(missing_ok=True)
    return mend


def _calls(session: Session, mend: bool) -> Iterator[Fault]:
    newest = select(Score.call, func.max(Score.version).label("version")).group_by(Score.call).subquery()
    rows = session.execute(
        select(Call, Score)
        .join(newest, newest.c.call == Call.id)
        .join(Score, (Score.call == Call.id) & (Score.version == newest.c.version))
        .where((Call.current_version != newest.c.version) | Call.current_score_id.is_(None))
    ).all()
    for call, score in rows:
        call.current_version, call.current_score_id = score.version, score.id
        yield Fault("current_score", call.call_id, mend)


def _ledger(session: Session, mend: bool) -> Iterator[Fault]:
    unscored = select(LedgerEntry).outerjoin(Call, Call.id == LedgerEntry.call)
    unscored = unscored.where(LedgerEntry.state == "scored", Call.current_score_id.is_(None))
    for entry in session.scalars(unscored):
        entry.state, entry.reason = "pending", "queued"
        yield Fault("unscored", entry.file, mend)
    known: Callable[[str | None], bool] = lambda reason: reason is None or reason in REASONS  # noqa: E731 - two uses
    for state, reason in session.execute(select(LedgerEntry.state, LedgerEntry.reason).distinct()):
        if state not in STATES or not known(reason):
            yield Fault("unknown_state", f"{state} {reason}", False)
    for run in session.scalars(select(Run).where(Run.state == "running")):
        run.state, run.ended_at = "interrupted", datetime.now(UTC)
        yield Fault("killed_run", f"run {run.id} of {run.night}", mend)
