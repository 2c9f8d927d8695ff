"""Finding what a torn write, a lost file or a killed run left behind, and mending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.modes import is_open
from pipeline.sealing import KEY_FILE_VARIABLE, KEY_VARIABLE, BrokenSealError, SealError
from pipeline.store.database import Store
from pipeline.store.day_check import wrong_days
from pipeline.store.faults import Fault
from pipeline.store.night_tables import LedgerEntry, Run
from pipeline.store.reasons import REASONS, STATES
from pipeline.store.sealed import ready, remember
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
    ready(store)  # without its key an encrypted file would look damaged
    faults = [*_integrity(store), *_modes(store, mend)]
    with store.writing() as session:
        faults += _files(store, session, mend)
        faults += _calls(session, mend)
        faults += _ledger(session, mend)
        session.flush()
        faults += [
            Fault("day_sums", f"{agent or '-'} {day}", mend) for day, agent in wrong_days(session, mend=mend)
        ]
        faults += check_search(store.files, session, mend)
        if not mend:
            session.rollback()
    return faults


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many files were brought under the newest key, and which could not be read."""

    key: str
    files: int
    damaged: tuple[str, ...]


def rekey(store: Store) -> Rekeyed:
    """Bring every file under the newest key. The caller holds the nightly lock. Raises SealError without a key.

    The area is marked by both keys until the last file is done, so that a run that is cut off leaves all readable.
    """
    newest = store.files.keys.newest
    if newest is None:
        raise SealError(f"there is no key to encrypt with; set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}")
    ready(store)
    store.files.mark()
    done, damaged = 0, []
    for sha256, kind, path in list(store.files.each()):
        try:
            done += bool(sha256) and store.files.reseal(path)
        except BrokenSealError:
            damaged.append(f"{kind} {sha256[:12]}")
    if not damaged:
        store.files.mark(only=True)
    remember(store)
    return Rekeyed(newest, done, tuple(damaged))


def _integrity(store: Store) -> Iterator[Fault]:
    if not store.place.is_sqlite:
        return
    with store.engine.connect() as connection:
        for (told,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if told != "ok":
                yield Fault("database", str(told), False)
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield Fault("reference", f"{row[0]} row {row[1]} points at no row of {row[2]}", False)


def _modes(store: Store, mend: bool) -> Iterator[Fault]:
    """What others than the owner may read: stores of older versions, copies that somebody made by hand."""
    database = store.place.sqlite_path
    own = [database] if database is not None else []
    for path in (store.place.files, *own, *(path for sha256, _, path in store.files.each() if sha256)):
        if is_open(path):
            if mend:
                with suppress(OSError):  # a disk that keeps no modes
                    path.chmod(path.stat().st_mode & 0o700)
            yield Fault("open_to_others", path.name, mend and not is_open(path))


def _files(store: Store, session: Session, mend: bool) -> Iterator[Fault]:
    rows = {row.sha256: row for row in session.scalars(select(StoredFile))}
    whole: set[str] = set()
    for sha256, kind, path in list(store.files.each()):
        if not sha256:
            yield Fault("left_over", path.name, _remove(path, mend))
        elif sha256 not in rows or rows[sha256].removed_at is not None:
            yield Fault("no_row", f"{kind} {sha256[:12]}", _remove(path, mend))
        elif not store.files.is_whole(sha256, kind):
            yield Fault("damaged_file", f"{kind} {sha256[:12]}", _remove(path, mend))
        else:
            whole.add(sha256)
    now = datetime.now(UTC)
    for sha256, row in rows.items():
        if sha256 in whole:
            row.lost_at = None
        elif row.lost_at is None and row.removed_at is None:
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
