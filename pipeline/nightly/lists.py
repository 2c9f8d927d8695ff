"""Call lists in the inbox and its folders, joined into one whose rows name files from the inbox's root."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.beside_names import orphans
from pipeline.call_claims import with_agent
from pipeline.call_names import kept_name
from pipeline.calls import Assigned, CallList, assign, joined, read_call_list, unknown_outcomes
from pipeline.endings import Apart, is_hidden
from pipeline.errors import ConfigError
from pipeline.intake import CALL_LISTS, lies_in, listed_apart, passed_over_lists
from pipeline.nightly.inbox import Ready
from pipeline.profile import Profile
from pipeline.standing import open_folders
from pipeline.types import CallRecord

HELD = frozenset({"1", "y", "yes", "true", "hold", "held", "是", "暂缓"})
"""What in a column named ``hold`` keeps a call from being scored."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of the call lists matched to files, rows without file, and every mistake found.

    ``contested``: files that rows of different agents claim.
    """

    rows: dict[str, CallRecord]
    given_ids: frozenset[str]
    missing: tuple[CallRecord, ...]
    mistakes: tuple[str, ...]
    contested: frozenset[str] = frozenset()


def read_lists(
    inbox: Path, seen: Mapping[str, Ready], *, profile: Profile, outcomes: Collection[str] | None = None,
    transcripts: Sequence[str] = (), unread: Sequence[str] = (),
) -> Listing:  # fmt: skip
    """Read every ``calls.csv`` and ``calls.jsonl`` under the inbox and match their rows to files, given with their states.

    A row's file is looked for beside its list. A list that can't be read at all is a mistake, and its folder's calls
    go on without rows: a night doesn't stop for it. ``outcomes``: as in `pipeline.intake.take_in`.
    ``transcripts``: names of delivered ones; those without a recording are told. ``unread``: what is to be told of lists that
    could not be fetched.
    """
    found = [_read(path, inbox, profile) for path in call_lists(inbox)]
    known = joined(found, profile=profile)
    others: dict[str, Apart] = {
        file: why for file, why in seen.items() if why == "hidden" or why == "archive"
    }
    closed = tuple(file for file in seen if file.endswith("/"))
    files = [(file, "0" * 64) for file in seen if file not in others and file not in closed]
    assigned: Assigned = assign(known, files, profile=profile)
    given = frozenset(record.call_id for record in known.records if record.call_id)

    def as_listed(record: CallRecord) -> CallRecord:
        """An id that no list gives is derived when the content is known, not here."""
        return record if record.call_id in given else replace(record, call_id="")

    rows = {file: as_listed(record) for file, record in assigned.records.items() if record.listed}
    missing = tuple(
        with_agent(as_listed(record), profile)
        for record in assigned.missing
        if record.file not in others and not record.file.startswith(closed)  # what is there can't be known
    )
    apart = listed_apart(assigned.missing, others)
    told = (
        *unread,
        *_passed_over(inbox),
        *known.mistakes,
        *assigned.mistakes,
        *apart,
        *unknown_outcomes(known, outcomes),
        *orphans(transcripts, seen),
    )
    return Listing(rows, given, missing, told, assigned.contested)


def call_lists(inbox: Path) -> Iterator[Path]:
    """Every call list under an inbox that counts."""
    folders = sorted(folder for folder, _inner, _names in open_folders(inbox, {}))
    for path in (folder / name for name in CALL_LISTS for folder in folders):
        if not is_hidden(path.relative_to(inbox)) and lies_in(path, inbox):
            yield path


def _passed_over(inbox: Path) -> Iterator[str]:
    """Workbooks and the like in folders for which no list counts, theirs or one above them."""
    listed = {path.parent for path in call_lists(inbox)}
    for here, inner, _names in open_folders(inbox, {}):
        if here in listed:
            inner.clear()
            continue
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from passed_over_lists(here)


def _read(path: Path, inbox: Path, profile: Profile) -> CallList:
    try:
        read = read_call_list(path, profile=profile)
    except ConfigError as error:
        return CallList(kept_name(str(path)), (), tuple(kept_name(mistake) for mistake in error.mistakes))
    folder = kept_name(path.parent.relative_to(inbox).as_posix())
    if folder == ".":
        return read
    moved = tuple(replace(record, file=f"{folder}/{record.file}") for record in read.records)
    return replace(read, records=moved, contested=frozenset(f"{folder}/{file}" for file in read.contested))


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
