"""Opening the store: the engine with its settings, sessions, and the version of its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from pipeline.errors import ConfigError, ExtraMissingError
from pipeline.modes import tell_if_open
from pipeline.store import migrate
from pipeline.store.errors import StoreError
from pipeline.store.files import FileArea, private_folder
from pipeline.store.place import Place, place_of

BUSY_MS = 30_000
"""How long one writer waits for another in SQLite."""
WRITES = "callgauge_writes"
_NO_RIGHT = "42501"
"""PostgreSQL's code of a missing privilege."""


class Store:
    """An open store. It doesn't pickle: another process opens it anew by ``place.text``."""

    def __init__(self, place: Place, engine: Engine) -> None:
        self.place = place
        self.engine = engine
        self.files = FileArea(place.files)
        self._writer = engine.execution_options(**{WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self._rights_told(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept together when the block ends well, else none of them."""
        with self._rights_told(), Session(self._writer) as session, session.begin():
            yield session

    @contextmanager
    def _rights_told(self) -> Iterator[None]:
        """Say in words what the database's user may not do. Raises StoreError."""
        try:
            yield
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _NO_RIGHT:
                raise
            raise StoreError(
                f"{self.place}: the user of this database lacks a right: {_told(error)}"
            ) from error

    def flush_log(self) -> None:
        """Let SQLite's log go, which still holds what its pages held before they were overwritten."""
        if self.place.is_sqlite:
            connection = self.engine.raw_connection()
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(url: str | None = None, *, create: bool = True) -> Store:
    """Open a store and bring its tables up to date.

    Parameters
    ----------
    url
        ``sqlite:///…``, ``postgresql://…`` or a path; None is ``CALLGAUGE_STORE``, else the per-user data folder.
    create
        Whether to make one where there is none, and to bring an older one up to date.

    Raises
    ------
    ConfigError
        The URL can't be read, or there is no store and ``create`` is False.
    StoreError
        It can't be reached, or was written by a newer version.
    """
    place = place_of(url)
    path = place.sqlite_path
    if path is not None and not path.exists():
        if not create:
            raise ConfigError(
                [f"--store: {place} → there is no store yet; `callgauge nightly INBOX` makes one"]
            )
        private_folder(path.parent)
        path.touch(mode=0o600)  # SQLite gives its log and index the mode of the database
    engine = make_engine(place)
    try:
        migrate.bring_up(engine, create=create)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StoreError(f"{place}: the store can't be opened: {_told(error)}") from error
    except BaseException:
        engine.dispose()
        raise
    if create:
        private_folder(place.files)
    for each in filter(None, (path, place.files)):
        tell_if_open(each, mend="`callgauge store check` closes it, unless its disk keeps no modes")
    return Store(place, engine)


def make_engine(place: Place) -> Engine:
    """An engine for a store's database; connections are tried before use, since a server may have restarted.

    No error shows what was to be written: it may be somebody's words.
    """
    if place.is_sqlite:
        engine = create_engine(place.url, pool_size=4, max_overflow=28, hide_parameters=True)
        event.listen(engine, "connect", _sqlite_settings)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    try:
        engine = create_engine(
            place.url,
            pool_pre_ping=True,
            pool_size=4,
            max_overflow=28,
            connect_args={"connect_timeout": 10},
            hide_parameters=True,
        )
        event.listen(engine, "handle_error", _without_detail)
        return engine
    except ModuleNotFoundError as error:
        raise ExtraMissingError(
            "PostgreSQL needs an optional part; install it with: pip install 'callgauge[postgres]'"
        ) from error


def _sqlite_settings(connection: Any, _record: object) -> None:
    """Write-ahead log: readers don't wait. NORMAL can lose the last commits with the power, never tear them."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # the driver's own transactions leave out changes of tables
    cursor = connection.cursor()
    for line in (
        f"PRAGMA busy_timeout = {BUSY_MS}", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
        "PRAGMA foreign_keys = ON", "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    ):  # fmt: skip
        cursor.execute(line)
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    """Who means to write takes the lock first: one who turns from reading to writing can't wait for it."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _without_detail(context: ExceptionContext) -> None:
    """Leave of a server's error its first line: its details hold the row that was to be written, a hint or context its values."""
    error = context.original_exception
    if not error.args or not isinstance(error.args[0], str):
        return
    first = (error.args[0].strip().splitlines() or [""])[0]
    if context.sqlalchemy_exception is not None:
        shown = context.sqlalchemy_exception
        shown.args = tuple(str(each).replace(error.args[0], first) for each in shown.args)
    error.args = (first, *error.args[1:])


def insert_into(session: Session, table: type[DeclarativeBase]) -> Any:
    """An insertion that may say what becomes of a row that is there already, in the words of either database."""
    is_postgres = session.get_bind().dialect.name == "postgresql"
    return (postgresql if is_postgres else sqlite).insert(table)


def _told(error: SQLAlchemyError) -> str:
    """The driver's own words, which hold no password."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


def heals(error: BaseException) -> bool:
    """Whether an error of the database may be gone in a moment: it was away, busy or its disk full."""
    from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError

    return isinstance(error, OperationalError | InterfaceError | PendingRollbackError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
