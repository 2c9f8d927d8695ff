"""Call lists in the inbox and its folders, joined into one whose rows name files from the inbox's root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.call_names import kept_name
from pipeline.calls import Assigned, CallList, assign, read_call_list
from pipeline.errors import ConfigError
from pipeline.intake import CALL_LISTS
from pipeline.profile import Profile
from pipeline.types import CallRecord

HELD = frozenset({"1", "y", "yes", "true", "hold", "held", "是", "暂缓"})
"""What in a column named ``hold`` keeps a call from being scored."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of the call lists matched to files, rows without file, and every mistake found."""

    rows: dict[str, CallRecord]
    given_ids: frozenset[str]
    missing: tuple[CallRecord, ...]
    mistakes: tuple[str, ...]


def read_lists(inbox: Path, files: Sequence[str], *, profile: Profile) -> Listing:
    """Read every ``calls.csv`` and ``calls.jsonl`` under the inbox and match their rows to files.

    A row's file is looked for beside its list. A list that can't be read at all is a mistake, and its folder's calls
    go on without rows: a night doesn't stop for it.
    """
    found = [_read(path, inbox, profile) for path in _lists(inbox)]
    known, mistakes = _joined(found)
    assigned: Assigned = assign(known, [(file, "0" * 64) for file in files], profile=profile)
    given = frozenset(record.call_id for record in known.records if record.call_id)

    def as_listed(record: CallRecord) -> CallRecord:
        """An id that no list gives is derived when the content is known, not here."""
        return record if record.call_id in given else replace(record, call_id="")

    rows = {file: as_listed(record) for file, record in assigned.records.items() if record.listed}
    missing = tuple(as_listed(record) for record in assigned.missing)
    return Listing(rows, given, missing, (*mistakes, *assigned.mistakes))


def _lists(inbox: Path) -> Iterator[Path]:
    for name in CALL_LISTS:
        for path in sorted(inbox.rglob(name)):
            hidden = any(part.startswith(".") for part in path.relative_to(inbox).parts)
            if path.is_file() and not hidden and path.resolve().is_relative_to(inbox.resolve()):
                yield path


def _read(path: Path, inbox: Path, profile: Profile) -> CallList:
    try:
        read = read_call_list(path, profile=profile)
    except ConfigError as error:
        return CallList(kept_name(str(path)), (), tuple(kept_name(mistake) for mistake in error.mistakes))
    folder = kept_name(path.parent.relative_to(inbox).as_posix())
    if folder == ".":
        return read
    moved = tuple(replace(record, file=f"{folder}/{record.file}") for record in read.records)
    return replace(read, records=moved)


def _joined(lists: Sequence[CallList]) -> tuple[CallList, tuple[str, ...]]:
    mistakes = [mistake for each in lists for mistake in each.mistakes]
    records: dict[str, CallRecord] = {}
    ids: dict[str, str] = {}
    for each in lists:
        for record in each.records:
            if record.file in records:
                mistakes.append(f"{each.name}: {record.file}, file → stands in another call list already")
                continue
            if record.call_id and record.call_id in ids:
                mistakes.append(
                    f"{each.name}: call_id → {record.call_id} is taken by {ids[record.call_id]}; one is derived"
                )
                record = replace(record, call_id="")
            ids.setdefault(record.call_id, record.file)
            records[record.file] = record
    name = " + ".join(each.name for each in lists) or "call list"
    return CallList(name, tuple(records.values())), tuple(mistakes)


def is_held(record: CallRecord) -> bool:
    """Whether the call list asks to leave this call alone for now (column ``hold``)."""
    return str(record.extra.get("hold", "")).strip().casefold() in HELD


def record_data(record: CallRecord) -> dict[str, Any]:
    """A call list's row as JSON data."""
    names = (
        "call_id",
        "agent_id",
        "agent_name",
        "customer_id",
        "direction",
        "campaign",
        "ring_count",
        "agent_channel",
    )
    return {
        **{name: getattr(record, name) for name in names},
        "started_at": record.started_at.isoformat() if record.started_at else None,
        "notes": record.notes,
        "outcome": record.outcome,
        "listed": record.listed,
        "extra": dict(record.extra),
    }
