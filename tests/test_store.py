"""The store: its tables by migration, files by digest, torn writes found and mended, backups that open."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from night_fakes import judged, run_night, the_night, write_wav
from sqlalchemy import inspect, select, text

from pipeline.errors import ConfigError
from pipeline.nightly.tickets import Ticket
from pipeline.store import Store, StoreError, default_url, open_store, place_of
from pipeline.store.backup import back_up
from pipeline.store.check import check_store
from pipeline.store.files import FileArea, Kept
from pipeline.store.keep import Basis, Judged, Made, keep_score
from pipeline.store.night_tables import LedgerEntry, Run
from pipeline.store.reasons import REASONS, STATES
from pipeline.store.search_tables import is_model
from pipeline.store.tables import Base, Call, Score, StoredFile

NIGHT = date(2025, 3, 4)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for number in range(3):
        write_wav(tmp_path / "inbox" / f"c{number}.wav", number)
    return tmp_path / "inbox"


def with_files(store: Store) -> object:
    """Makes results with files of their own."""

    def make(ticket: Ticket) -> Judged:
        name = ticket.record.call_id.encode()
        files: tuple[Kept, ...] = (
            store.files.put(b'{"of": "' + name + b'"}', "result"),
            store.files.put(b'{"turns": "' + name + b'"}', "transcript"),
        )
        return replace(judged(ticket), files=files, said=())

    return make


def test_migrations_make_what_the_models_say(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_model}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_sqlite_is_safe_by_its_settings(store: Store) -> None:
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 10_000


def test_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CALLGAUGE_STORE", raising=False)
    assert default_url().startswith("sqlite:///")
    assert default_url().endswith("callgauge.db")
    monkeypatch.setenv("CALLGAUGE_STORE", f"sqlite:///{tmp_path / 'x.db'}")
    place = place_of()
    assert (place.sqlite_path, place.files) == (tmp_path / "x.db", tmp_path / "x.db.files")
    assert place_of(str(tmp_path / "bare.db")).sqlite_path == tmp_path / "bare.db"
    server = place_of("postgresql://someone:secret@db.example:5432/calls")
    assert "secret" not in str(server)
    assert "secret" in server.text
    assert place_of("x.db", environment={"CALLGAUGE_FILES": "file:///mnt/a%20b"}).files == Path("/mnt/a b")
    with pytest.raises(ConfigError, match="CALLGAUGE_FILES: s3://b/x → a folder that every machine mounts"):
        place_of("x.db", environment={"CALLGAUGE_FILES": "s3://b/x"})
    for wrong in ("mysql://x/y", "sqlite://", "no url://"):
        with pytest.raises(ConfigError, match="--store: URL"):
            place_of(wrong)


def test_no_store_is_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store yet"):
        open_store(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_store_is_refused(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        open_store(store.place.text)


def test_files_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    area = FileArea(tmp_path)
    kept = area.put(b"words", "transcript")
    assert area.put(b"words", "transcript") == kept
    assert area.read(kept.sha256, "transcript") == b"words"
    assert [sha for sha, _, _ in area.each()] == [kept.sha256]
    area.path(kept.sha256, "transcript").write_bytes(b"wor")
    assert not area.is_whole(kept.sha256, "transcript")
    area.put(b"words", "transcript")  # what is damaged is written again
    assert area.is_whole(kept.sha256, "transcript")


def test_scores_are_versions_and_the_same_is_made_once(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT)
    with store.reading() as session:
        call = session.scalars(select(Call)).first()
        first = session.get_one(Score, call.current_score_id)  # type: ignore[union-attr]
    assert call is not None
    basis = Basis(call.id, 1, "rescore", call.recording_sha256, call.record_sha256, first.standard_sha256)
    ticket = Ticket(0, inbox, None, basis)  # type: ignore[arg-type]  # only its basis is read
    made = Made(1, NIGHT, datetime.now(UTC))
    with store.writing() as session:
        second = keep_score(session, judged(ticket, percent=50.0), basis, made).id
    with store.writing() as session:
        assert keep_score(session, judged(ticket, percent=60.0), basis, made).id == second
    with store.reading() as session:
        rows = session.execute(
            select(Score.version, Score.percent).where(Score.call == call.id).order_by(Score.version)
        )
        assert [tuple(row) for row in rows] == [(1, 80.0), (2, 50.0)]


def test_torn_writes_are_found_and_mended(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=NIGHT, make=with_files(store))  # type: ignore[arg-type]
    assert check_store(store, mend=True) == []
    orphan = store.files.put(b"nobody's", "result")  # killed between file and row
    (store.files.path(orphan.sha256, "result").parent / ".tmp-half").write_bytes(b"ha")
    with store.reading() as session:
        rows = session.execute(select(StoredFile.sha256, StoredFile.kind).order_by(StoredFile.sha256)).all()
    (gone, gone_kind), (hurt, hurt_kind) = rows[0], rows[1]
    store.files.remove(gone, gone_kind)
    store.files.path(hurt, hurt_kind).write_bytes(b"{")
    with store.writing() as session:
        session.add(
            Run(kind="nightly", night=NIGHT, inbox="x", state="running", started_at=datetime.now(UTC), code_version="0",
                settings={}, counts={})
        )  # fmt: skip
    seen = check_store(store, mend=False)
    assert {fault.kind for fault in seen} == {
        "no_row",
        "left_over",
        "lost_file",
        "damaged_file",
        "killed_run",
    }
    assert not any(fault.mended for fault in seen)
    assert all(fault.mended for fault in check_store(store, mend=True))
    assert check_store(store, mend=True) == []
    outcome = run_night(store, inbox, on=NIGHT, make=with_files(store))  # type: ignore[arg-type]
    assert 1 <= outcome.worked <= 2  # the calls whose files were lost, and no other
    with store.reading() as session:
        assert session.scalars(select(StoredFile).where(StoredFile.lost_at.is_not(None))).all() == []
    assert check_store(store, mend=False) == []


def test_a_backup_opens_as_it_is(store: Store, inbox: Path, tmp_path: Path) -> None:
    run_night(store, inbox, on=NIGHT, make=with_files(store))  # type: ignore[arg-type]
    done = back_up(store, tmp_path / "backup")
    assert (done.files, done.lost) == (6, ())
    with open_store(f"sqlite:///{done.database}") as copy:
        assert the_night(copy, NIGHT).lines == the_night(store, NIGHT).lines
        assert check_store(copy, mend=False) == []
    with pytest.raises(ConfigError, match="holds files already"):
        back_up(store, tmp_path / "backup")


def test_a_score_can_point_at_no_file_that_has_no_row(store: Store) -> None:
    foreign = {key["referred_table"] for key in inspect(store.engine).get_foreign_keys("scores")}
    assert {"files", "calls", "standards", "recordings", "runs"} <= foreign


def test_an_interrupted_write_leaves_nothing(store: Store, inbox: Path) -> None:
    with pytest.raises(sqlite3.ProgrammingError), store.writing() as session:
        session.execute(text("UPDATE runs SET state = 'x'"))
        raise sqlite3.ProgrammingError("stopped")
    run_night(store, inbox, on=NIGHT)
    with store.reading() as session:
        assert {entry.state for entry in session.scalars(select(LedgerEntry))} == {"scored"}


def test_reasons_are_a_closed_list_in_both_languages() -> None:
    for code, why in REASONS.items():
        assert why.state in STATES, code
        assert why.zh, code
        assert why.en, code


def test_the_files_numbers_are_the_versions_that_alembic_knows() -> None:
    from alembic.script import ScriptDirectory

    from pipeline.store import migrate

    script = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert migrate.head() == script.get_current_head()
    assert migrate._known() == {step.revision for step in script.walk_revisions()}
