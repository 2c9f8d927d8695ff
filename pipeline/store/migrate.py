"""Bringing a store's tables to the version that this code knows; the migrations ship with the package.

Alembic is loaded only where there is something to bring up: every command asks for the version, and Alembic takes longer to
load than many of them to run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from pipeline.store.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x63616C6C  # "call": one bringing-up at a time on a server


def head() -> str:
    """The newest version that this code knows."""
    return max(_known())


def current(connection: Connection) -> str | None:
    """The version of a store's tables; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def bring_up(engine: Engine, *, create: bool = True) -> tuple[str | None, str]:
    """Bring the tables up to date, all steps or none.

    Returns
    -------
    tuple
        The version before (None: there were no tables) and after.

    Raises
    ------
    StoreError
        The store is newer than this code; or it is older, or empty, and ``create`` is False.
    """
    newest = head()
    with engine.connect() as connection:
        before = current(connection)
    if before == newest:
        return before, newest
    if before is not None and before not in _known():
        raise StoreError(
            f"the store is of version {before}, newer than this program; install its newer version"
        )
    if not create:
        what = "holds no tables yet" if before is None else f"is of version {before}"
        raise StoreError(f"the store {what}; `callgauge store migrate` brings it up to date")
    with engine.execution_options(callgauge_writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if current(connection) != newest:
            from alembic import command

            command.upgrade(_config(connection), "head")
    return before, newest


def _known() -> frozenset[str]:
    """All versions: the numbers that the migrations' files begin with."""
    return frozenset(step.name.split("_")[0] for step in (_FOLDER / "versions").glob("[0-9]*.py"))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def tables(engine: Engine) -> frozenset[str]:
    """Names of the tables that are there."""
    return frozenset(inspect(engine).get_table_names())
