"""Rows of an inbox's call lists that name a recording: which list and row, never what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline.call_bytes import decoded
from pipeline.call_rows import csv_rows, json_rows
from pipeline.errors import ConfigError
from pipeline.intake import CALL_LISTS, lies_in


def rows_of(inbox: str, file: str) -> Iterator[str]:
    """``calls.csv, row 3`` for each row that names a file, in the inbox's list and those of the folders on the way."""
    inner = PurePosixPath(file)
    if "://" in inbox:
        return  # a list on shared storage isn't fetched for it
    for folder in reversed(inner.parents):
        for name in CALL_LISTS:
            path = Path(inbox, folder, name)
            if lies_in(path, Path(inbox)):
                shown = (folder / name).as_posix()
                yield from (f"{shown}, row {number}" for number in _numbers(path, inner))


def _numbers(path: Path, wanted: PurePosixPath) -> Iterator[int]:
    read = csv_rows if path.suffix == ".csv" else json_rows
    try:
        for number, row in read(decoded(path.read_bytes(), path.name), path.name, []):
            named = PurePosixPath(str(row.get("file") or "").replace("\\", "/"))
            if named.name == wanted.name and str(wanted).endswith(str(named)):
                yield number
    except (OSError, UnicodeError, ConfigError):
        return  # the next night tells what is wrong with it
