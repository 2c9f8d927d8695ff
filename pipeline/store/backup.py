"""A copy of the store that can be opened as it is: the database at one moment, then the files it refers to."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from pipeline.errors import ConfigError
from pipeline.modes import tell_if_open
from pipeline.store.database import Store
from pipeline.store.errors import StoreError
from pipeline.store.files import MARK, private_folder
from pipeline.store.sealed import ready
from pipeline.store.tables import StoredFile


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    database: Path
    files: int
    bytes: int
    lost: tuple[str, ...]


def back_up(store: Store, folder: Path) -> Backup:
    """Copy the store into a new or empty folder.

    Files never change, so the database is copied first: each file that it speaks of is there already. SQLite's copy is
    opened by ``--store FOLDER/callgauge.db``; PostgreSQL's is an archive for ``pg_restore``.

    Raises
    ------
    ConfigError
        The folder holds something.
    SealError
        The files are encrypted and the key that checks them is not given.
    StoreError
        ``pg_dump`` is not there or fails.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError([f"{folder}: FOLDER → holds files already; name a new one"])
    private_folder(folder)
    ready(store)
    with store.reading() as session:
        here = StoredFile.removed_at.is_(None)
        rows = session.execute(select(StoredFile.sha256, StoredFile.kind).where(here)).all()
    tell_if_open(folder)
    database = _sqlite(store, folder) if store.place.is_sqlite else _postgres(store, folder)
    area = folder / f"{database.name}.files"
    size, count, lost = 0, 0, []
    for sha256, kind in rows:
        source = store.files.locate(sha256, kind)
        if source is None or not store.files.is_whole(sha256, kind):
            lost.append(f"{kind} {sha256[:12]}")
            continue
        target = area / source.relative_to(store.files.root)
        private_folder(target.parent)
        shutil.copy2(source, target)  # encrypted files stay so
        size, count = size + target.stat().st_size, count + 1
    if store.files.sealed_by():
        private_folder(area)
        shutil.copy2(store.files.root / MARK, area / MARK)
    return Backup(database, count, size, tuple(lost))


def _sqlite(store: Store, folder: Path) -> Path:
    source, target = store.place.sqlite_path, folder / "callgauge.db"
    target.touch(mode=0o600)
    assert source is not None  # noqa: S101 - an SQLite store has a file
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()
    return target


def _postgres(store: Store, folder: Path) -> Path:
    target = folder / "callgauge.dump"
    target.touch(mode=0o600)
    url = store.place.url.set(drivername="postgresql", password=None)
    environment = dict(os.environ)
    if store.place.url.password:
        environment["PGPASSWORD"] = str(store.place.url.password)
    command = ["pg_dump", "--format=custom", f"--file={target}", url.render_as_string(hide_password=False)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command on our own URL
    except FileNotFoundError as error:
        raise StoreError("pg_dump is not installed; it comes with PostgreSQL's client programs") from error
    if done.returncode:
        raise StoreError(
            f"pg_dump failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''}"
        )
    return target
