"""Rows of an inbox's call lists that name a recording: which list and row, never what stands in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.call_bytes import decoded
from pipeline.call_rows import csv_rows, json_rows
from pipeline.errors import ConfigError, why
from pipeline.intake import CALL_LISTS, lies_in
from pipeline.nightly.shared import lists_of, place_of
from pipeline.store.night_tables import LedgerEntry


def rows_of(session: Session, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """``calls.csv, row 3`` for each row that names one of these files, of whichever inbox.

    Lists on shared storage are fetched. Where that isn't to be had it is told, and those of other inboxes are read.
    """
    keys = {entry.id for entry in entries}
    for inbox in dict.fromkeys(entry.inbox for entry in entries):
        known = session.execute(select(LedgerEntry.id, LedgerEntry.file).where(LedgerEntry.inbox == inbox))
        others = {_plain(file) for key, file in known if key not in keys}
        try:
            with lists_of(place_of(inbox)) as lists:
                for entry in entries:
                    if entry.inbox == inbox:
                        yield from _rows(lists, _plain(entry.file), others)
        except Exception as error:  # whatever a storage's package raises: what was asked goes on
            told = error if isinstance(error, ConfigError) else why(error)
            yield f"perhaps rows of {inbox}, whose call lists can't be read: {told}"


def _rows(lists: Path, wanted: PurePosixPath, others: Collection[PurePosixPath]) -> Iterator[str]:
    """Rows in the inbox's list and in those of the folders on the way to a file."""
    for folder in reversed(wanted.parents):
        for name in CALL_LISTS:
            path = Path(lists, folder, name)
            if lies_in(path, lists):
                shown = (folder / name).as_posix()
                yield from (f"{shown}, row {number}" for number in _numbers(path, folder, wanted, others))


def _numbers(
    path: Path, folder: PurePosixPath, wanted: PurePosixPath, others: Collection[PurePosixPath]
) -> Iterator[int]:
    read = csv_rows if path.suffix == ".csv" else json_rows
    try:
        for number, row in read(decoded(path.read_bytes(), path.name), path.name, []):
            named = _plain(str(row.get("file") or "").strip().replace("\\", "/"))
            exact = folder / named
            # a row may leave out folders, unless it names another recording so
            if exact == wanted or (exact not in others and _ends(wanted, named)):
                yield number
    except (OSError, UnicodeError, ConfigError):
        return  # the next night tells what is wrong with it


def _plain(file: str) -> PurePosixPath:
    return PurePosixPath(unicodedata.normalize("NFC", file))


def _ends(wanted: PurePosixPath, named: PurePosixPath) -> bool:
    return bool(named.parts) and wanted.parts[-len(named.parts) :] == named.parts
