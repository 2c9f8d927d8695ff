"""Rows of an inbox's call lists that are a person's: which list and row, never what stands in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.call_bytes import decoded
from pipeline.call_rows import csv_rows, json_rows
from pipeline.errors import ConfigError, why
from pipeline.intake import CALL_LISTS, lies_in
from pipeline.nightly.persons_rows import Row, is_theirs, names, rows_in
from pipeline.nightly.shared import exists, lists_of, place_of
from pipeline.store.forgetting import Person, plain_id, taken_digest
from pipeline.store.night_tables import NIGHTLY, LedgerEntry, MissingCall, Run
from pipeline.store.parts import in_parts
from pipeline.store.tables import Call
from pipeline.types import CallRecord


@dataclass(slots=True)
class Listed:
    """What inboxes hold of a person: rows of call lists, to be told, and calls that were listed and never came.

    ``missing``: keys of their rows, each with what its list says, where that still names it. ``names``: what the
    rows and these calls call their recordings.
    """

    told: list[str] = field(default_factory=list)
    missing: dict[int, CallRecord | None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def listed_of(
    session: Session, entries: Sequence[LedgerEntry], person: Person, *, keys: Collection[int], held: Collection[int]
) -> Listed:  # fmt: skip
    """``calls.csv, row 3`` for each row that names one of these files, or is the person's, of whichever inbox.

    Lists on shared storage are fetched. Where that isn't to be had it is told, and those of other inboxes are read. Rows of
    ``held`` calls stay as these do; ``keys`` are those of all calls of the person.
    """
    listed = Listed()
    customers = customers_of(session, person, keys)
    for inbox in _inboxes(session, entries):
        known = session.execute(
            select(LedgerEntry.id, LedgerEntry.file, LedgerEntry.call).where(LedgerEntry.inbox == inbox)
        ).all()
        mine = {entry.id for entry in entries}
        others = {_plain(file) for key, file, _ in known if key not in mine}
        received = {_plain(file) for _, file, _ in known}
        stay = {_plain(file) for _, file, call in known if call in held}
        files = [_plain(entry.file) for entry in entries if entry.inbox == inbox]
        rows: list[Row] = []
        try:
            place = place_of(inbox)
            if files or exists(place):
                with lists_of(place) as lists:
                    rows = [_with_name(row, received) for row in rows_in(lists)]
                    told = {row: None for file in files for row in _rows(lists, file, others)}
                    theirs = list(_theirs(rows, person, customers, stay))
                    told |= {(row.list_name, row.number): None for row in theirs}
                    listed.names |= {row.file for row in theirs if row.record is not None}
                    listed.told += [f"{name}, row {number}" for name, number in sorted(told)]
        except Exception as error:  # whatever a storage's package raises: what was asked goes on
            why_not = error if isinstance(error, ConfigError) else why(error)
            listed.told.append(f"perhaps rows of {inbox}, whose call lists can't be read: {why_not}")
        listed.missing |= _missing(session, inbox, rows, person, customers)
    never = [session.get_one(MissingCall, key) for key in listed.missing]
    listed.names |= {name for each in never for name in (each.file, each.call_id) if name}
    bases = {PurePosixPath(name).name for name in listed.names}  # a list in a folder names its files so
    listed.names |= {name for name in bases if names(name, person)}
    return listed


def _with_name(row: Row, received: Collection[PurePosixPath]) -> Row:
    """A number in a name tells whose a row is only where no recording of that name came: such a call is found by its row."""
    return row if _plain(row.file) in received else replace(row, texts=(*row.texts, row.file))


def customers_of(session: Session, person: Person, keys: Collection[int]) -> set[str]:
    """The ids by which a person's rows are known."""
    if not person.is_number:
        return {person.given}
    parts = in_parts(sorted(keys))
    ids = (
        each for part in parts for each in session.scalars(select(Call.customer_id).where(Call.id.in_(part)))
    )
    return {plain_id(each) for each in ids if each}


def _inboxes(session: Session, entries: Sequence[LedgerEntry]) -> list[str]:
    """Where these files lay, and every other inbox of the store."""
    runs = session.scalars(select(Run.inbox).where(Run.kind == NIGHTLY).distinct().order_by(Run.inbox))
    missing = session.scalars(select(MissingCall.inbox).distinct().order_by(MissingCall.inbox))
    return list(dict.fromkeys((*(entry.inbox for entry in entries), *runs, *missing)))


def _theirs(
    rows: Sequence[Row], person: Person, customers: set[str], stay: Collection[PurePosixPath]
) -> Iterator[Row]:
    """A person's rows; ``customers`` takes in whom a number's rows name, whose other rows are theirs too."""
    if person.is_number:
        told = (row.customer for row in rows if is_theirs(row, person, ()))
        customers |= {plain_id(customer) for customer in told if customer.strip()}
    for row in rows:
        if is_theirs(row, person, customers) and _plain(row.file) not in stay:
            yield row


def _missing(
    session: Session, inbox: str, rows: Sequence[Row], person: Person, customers: Collection[str]
) -> Iterator[tuple[int, CallRecord | None]]:
    """Calls of a person that were listed and never came. One that no list names any more is known by its name alone."""
    named = {row.file: row for row in rows if row.record is not None}
    for each in session.scalars(select(MissingCall).where(MissingCall.inbox == inbox)):
        if taken_digest(each.file) is not None:
            continue
        row = named.get(each.file)
        if row is None or row.record is None:
            if names(f"{each.file}\n{each.call_id}", person):
                yield each.id, None
        elif is_theirs(row, person, customers):
            yield each.id, replace(row.record, file=row.file)


def _rows(lists: Path, wanted: PurePosixPath, others: Collection[PurePosixPath]) -> Iterator[tuple[str, int]]:
    """Rows in the inbox's list and in those of the folders on the way to a file."""
    for folder in reversed(wanted.parents):
        for name in CALL_LISTS:
            path = Path(lists, folder, name)
            if lies_in(path, lists):
                shown = (folder / name).as_posix()
                yield from ((shown, number) for number in _numbers(path, folder, wanted, others))


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
