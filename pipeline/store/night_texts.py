"""Names taken out of what nights told: their summaries, and the artifacts of the Prefect database beside the store."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.call_names import shown_name, without_numbers
from pipeline.errors import ConfigError, printable
from pipeline.store.files import private_folder

_ARTIFACTS = ("artifact", "artifact_collection")


class _Names:
    """The names of calls that never came, as they may stand in a text or in a table."""

    def __init__(self, names: Collection[str]) -> None:
        forms = {form for name in names for form in (name, printable(name), shown_name(name, None))}
        self.cells = {form for form in forms | {without_numbers(form) for form in forms} if form}
        lines = sorted({form.replace("`", "'") for form in self.cells}, key=len, reverse=True)
        self._lines = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, lines))})(?![^\W_])")

    def text(self, text: str) -> str:
        """A text without the lines that tell of them."""
        return "".join(line for line in text.splitlines(keepends=True) if not self._lines.search(line))

    def table(self, rows: list[Any]) -> list[Any]:
        """A table of calls without theirs."""
        return [row for row in rows if not self._is_theirs(row)]

    def _is_theirs(self, row: Any) -> bool:
        return (
            isinstance(row, dict)
            and str(row.get("why", "")).startswith("missing")
            and row.get("call") in self.cells
        )


def take_out(files: Path, names: Collection[str]) -> None:
    """Take the names of calls that never came out of what nights told.

    Raises
    ------
    ConfigError
        The Prefect database can't be written now.
    """
    if not names:
        return
    known = _Names(names)
    for path in sorted((files / "nights").glob("*/summary.md")):
        _summary(path, known)
    database = files / "prefect" / "prefect.db"
    if not database.is_file():
        return
    try:
        _artifacts(database, known)
    except sqlite3.Error as error:
        told = f"{database}: file → can't be written: {error}; run forget again when nothing else uses it"
        raise ConfigError([told]) from error


def without_customers(nights: Path, calls: set[str]) -> None:
    """Take the customer out of the alerts that past nights wrote."""
    for path in sorted(nights.glob("*/alerts.json")) if calls else ():
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # damaged: it may name the customer, and `store alerts` makes it anew
            path.unlink()
            continue
        mine = [alert for alert in data["alerts"] if alert["call_id"] in calls and alert["customer_id"]]
        for alert in mine:
            alert["customer_id"] = None
        if mine:
            private_folder(path.parent)
            beside = path.with_name(".alerts.tmp")
            beside.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            beside.chmod(0o600)
            beside.replace(path)


def _summary(path: Path, known: _Names) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    kept = known.text(text)
    if kept == text:
        return
    private_folder(path.parent)
    beside = path.with_name(".summary.tmp")
    beside.write_text(kept, encoding="utf-8")
    beside.chmod(0o600)
    beside.replace(path)


def _artifacts(database: Path, known: _Names) -> None:
    with closing(sqlite3.connect(database, timeout=30.0)) as opened:
        opened.execute("PRAGMA secure_delete = ON")
        for table in _ARTIFACTS:
            # the names of tables are our own
            rows = opened.execute(f"SELECT id, data FROM {table} WHERE data IS NOT NULL").fetchall()  # noqa: S608
            changed = [(kept, key) for key, data in rows if (kept := _cleared(data, known)) != data]
            opened.executemany(f"UPDATE {table} SET data = ? WHERE id = ?", changed)  # noqa: S608
        opened.commit()
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _cleared(data: str, known: _Names) -> str:
    """An artifact's data: a text, or a table as text within."""
    try:
        held = json.loads(data)
        table = json.loads(held) if isinstance(held, str) and held.startswith("[") else held
    except ValueError:
        return known.text(data)
    if isinstance(table, list):
        kept = known.table(table)
        if len(kept) == len(table):
            return data
        return json.dumps(json.dumps(kept) if isinstance(held, str) else kept)
    kept_text = known.text(held) if isinstance(held, str) else held
    return data if kept_text == held else json.dumps(kept_text)
