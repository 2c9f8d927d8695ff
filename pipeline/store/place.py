"""Where the store lies: its database by URL, its files in a folder beside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pipeline.errors import ConfigError
from pipeline.secret import secret

STORE_VARIABLE = "CALLGAUGE_STORE"
FILES_VARIABLE = "CALLGAUGE_FILES"
SECRET_OPTIONS = frozenset({"password", "sslpassword"})
"""Options of a URL's query that are secrets, as a password before the host is one."""
_ACCEPTED = "sqlite:////folder/callgauge.db or postgresql://user@host/name"


@dataclass(frozen=True, slots=True)
class Place:
    """A store's database and the folder of its files."""

    url: URL
    files: Path

    @property
    def sqlite_path(self) -> Path | None:
        """The database's file; None for a server's database."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file of this machine."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def text(self) -> str:
        """The URL with its password, for a process that must open the same store."""
        return self.url.render_as_string(hide_password=False)

    def __str__(self) -> str:
        hidden = {name: "***" for name in self.url.query if name.lower() in SECRET_OPTIONS}
        return self.url.update_query_dict(hidden).render_as_string(hide_password=True)


def holds_secret(url: str) -> bool:
    """Whether a URL holds a password, before its host or among its options."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return bool(made.password) or any(name.lower() in SECRET_OPTIONS for name in made.query)


def default_url() -> str:
    """``CALLGAUGE_STORE`` or the file of ``CALLGAUGE_STORE_FILE``, else an SQLite file in the per-user data folder."""
    given = secret(STORE_VARIABLE)
    if given:
        return given
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('callgauge') / 'callgauge.db'}"


def place_of(url: str | None = None, *, environment: Mapping[str, str] = os.environ) -> Place:
    """The place that a URL (or a bare path to an SQLite file) names; None is the default.

    Raises
    ------
    ConfigError
        The URL can't be read, or its database is of another kind.
    """
    text = url or default_url()
    try:
        made = make_url(text) if "://" in text else _file(text)
    except (ArgumentError, ValueError):  # their words repeat the URL, and with it a password
        raise ConfigError([f"--store: URL → can't be read; accepted: {_ACCEPTED}"]) from None
    kind = made.get_backend_name()
    if kind == "sqlite":
        if not made.database or made.database == ":memory:":
            raise ConfigError([f"--store: URL → an SQLite store is a file; accepted: {_ACCEPTED}"])
        path = Path(made.database).expanduser().absolute()
        made = made.set(drivername="sqlite", database=str(path))
        beside = path.with_name(f"{path.name}.files")
    elif kind == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
        beside = _per_user(made)
    else:
        raise ConfigError([f"--store: URL → {kind} is not served; accepted: {_ACCEPTED}"])
    files = environment.get(FILES_VARIABLE)
    return Place(made, _folder(files) if files else beside)


def _file(path: str) -> URL:
    """An SQLite file by its path, in which no sign is one of a URL's."""
    return URL.create("sqlite", database=str(Path(path).expanduser().resolve()))


def _folder(text: str) -> Path:
    """The file area as a path or a ``file://`` URL: its writes must be whole or not at all, so it is a true folder."""
    if "://" not in text:
        return Path(text).expanduser().absolute()
    url = urlsplit(text)
    if url.scheme != "file" or url.netloc not in ("", "localhost"):
        raise ConfigError(
            [
                f"{FILES_VARIABLE}: {text} → a folder that every machine mounts is accepted, /folder or file:///folder"
            ]
        )
    return Path(unquote(url.path))


def _per_user(url: URL) -> Path:
    """A folder of this machine for a server's database, one a database; several machines set CALLGAUGE_FILES."""
    from platformdirs import user_data_path

    name = f"{url.host}:{url.port}/{url.database}"
    return user_data_path("callgauge") / f"files-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
