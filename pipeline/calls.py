"""The call list that lies beside the recordings, and the names that calls go by.

A mistake in one cell loses that cell, never the recording: it is listed as ``file: row n, column →
message`` and the field stays unknown. Rows are counted as a spreadsheet shows them, the header being row
1.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.call_fields import FIELDS, read_field
from pipeline.call_names import derive_call_id, printable
from pipeline.call_rows import Mistakes, csv_rows, json_rows
from pipeline.config_messages import shown
from pipeline.errors import ConfigError
from pipeline.kinds import OUTCOMES, near
from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord

__all__ = [
    "Assigned",
    "CallList",
    "assign",
    "derive_call_id",
    "parse_call_list",
    "read_call_list",
    "unknown_outcomes",
]

MAX_BYTES = 64 << 20
MAX_ROWS = 1_000_000
MAX_CELL = 65_536
_HALF = re.compile("[\ud800-\udfff]")
"""What JSON can say and nothing can store."""


@dataclass(frozen=True, slots=True)
class CallList:
    """Rows in their order, and every mistake found. A ``call_id`` that was not given is empty.

    ``spoilt`` counts the rows that could not be read as they are written: lost, or with a cell that was.
    """

    name: str
    records: tuple[CallRecord, ...]
    mistakes: tuple[str, ...] = ()
    spoilt: int = 0


@dataclass(frozen=True, slots=True)
class Assigned:
    """Recordings with their rows, by file; rows whose recording is missing; mistakes that show only now."""

    records: Mapping[str, CallRecord]
    missing: tuple[CallRecord, ...] = ()
    mistakes: tuple[str, ...] = ()


def read_call_list(path: str | Path, *, profile: Profile = EMPTY) -> CallList:
    """Read ``calls.csv`` or ``calls.jsonl``.

    UTF-8 with or without a byte order mark, UTF-16 with one, or GB18030 (as Excel saves CSV in China).

    Raises
    ------
    ConfigError
        The file can't be read at all: absent, too large, no known encoding, no ``file`` column.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{file}: file → can't be read: {error.strerror or error}"]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([f"{file}: file → larger than {MAX_BYTES:,} bytes, the most that is accepted"])
    return parse_call_list(
        raw, name=str(file), lines=file.suffix.lower() in {".jsonl", ".ndjson"}, profile=profile
    )


def parse_call_list(raw: bytes, *, name: str, lines: bool = False, profile: Profile = EMPTY) -> CallList:
    """Read a call list's bytes, JSON in ``lines`` or CSV. Raises as `read_call_list` does."""
    text = _decoded(raw, name)
    mistakes = Mistakes()
    rows = json_rows(text, name, mistakes) if lines else csv_rows(text, name, mistakes)
    records: list[CallRecord] = []
    files: dict[str, int] = {}
    ids: dict[str, int] = {}
    for number, row in rows:
        if len(records) >= MAX_ROWS:
            mistakes.append(f"{name}: row {number} → more than {MAX_ROWS:,} rows; the rest is left out")
            break
        record = _record(row, f"{name}: row {number}", profile, mistakes)
        if record is None:
            continue
        if record.file in files:
            mistakes.append(
                f"{name}: row {number}, file → {record.file} stands in row {files[record.file]} already"
            )
            continue
        files[record.file] = number
        if record.call_id and record.call_id in ids:
            mistakes.append(
                f"{name}: row {number}, call_id → {record.call_id} is taken by row {ids[record.call_id]}; "
                "one is derived"
            )
            record = replace(record, call_id="")
        ids.setdefault(record.call_id, number)
        records.append(record)
    return CallList(name, tuple(records), tuple(mistakes), mistakes.spoilt)


def assign(
    calls: CallList | None, recordings: Iterable[tuple[str, str]], *, profile: Profile = EMPTY
) -> Assigned:
    """Give each recording its row of the call list, and a call id where it has none.

    Parameters
    ----------
    recordings
        Name relative to the folder, with ``/``, and sha256 of each recording.
    profile
        Fills in the agent's name from the id, or the id from a name that only one agent has.
    """
    found = sorted(recordings)
    listed = list(calls.records) if calls is not None else []
    rows, missing, mistakes = _matched(
        listed, [file for file, _ in found], calls.name if calls is not None else ""
    )
    taken = {record.call_id for record in listed if record.call_id}
    records: dict[str, CallRecord] = {}
    for file, digest in found:
        record = rows.get(file) or CallRecord(file=file, call_id="")
        call_id = record.call_id
        if not call_id:
            call_id = derive_call_id(file, digest, taken=taken)
            taken.add(call_id)
        records[file] = replace(_agent(record, profile), file=file, call_id=call_id)
    named = [replace(r, call_id=r.call_id or derive_call_id(r.file, "0" * 64, taken=())) for r in missing]
    return Assigned(records, tuple(named), tuple(mistakes))


def unknown_outcomes(calls: CallList | None, words: Collection[str] | None) -> Iterator[str]:
    """Words in the list's outcomes that none of these is, each told once."""
    if calls is None or words is None:
        return
    known = {word.casefold() for word in words}
    unknown: dict[str, list[str]] = {}
    for record in calls.records:
        said = (record.outcome or "").strip()
        if said and known.isdisjoint({said.casefold(), said.casefold().replace(" ", "_")}):
            unknown.setdefault(said, []).append(record.file)
    for said, files in unknown.items():
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield (
            f"{calls.name}: {files[0]}{more}, outcome → {shown(said)} is no outcome that is known{near(said, words) or '.'} "
            f"Accepted: {', '.join(OUTCOMES)}, or a wording that the standard names"
        )


def _matched(
    listed: list[CallRecord], files: list[str], name: str
) -> tuple[dict[str, CallRecord], list[CallRecord], list[str]]:
    """Rows by recording: the same path, else the same name where only one recording and one row have it."""
    exact = {_path(file): file for file in files}
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(PurePosixPath(_path(file)).name, []).append(file)
    rows: dict[str, CallRecord] = {}
    missing: list[CallRecord] = []
    mistakes: list[str] = []
    rest: list[CallRecord] = []
    for record in listed:
        if (there := exact.get(_path(record.file))) is not None:
            rows[there] = record
        else:
            rest.append(record)
    for record in rest:
        near = [f for f in by_name.get(PurePosixPath(_path(record.file)).name, ()) if f not in rows]
        if len(near) == 1:
            rows[near[0]] = record
            continue
        if near:
            mistakes.append(
                f"{name}: {record.file}, file → {len(near)} recordings have this name; give the folder too"
            )
        missing.append(record)
    return rows, missing, mistakes


def _path(file: str) -> str:
    plain = unicodedata.normalize("NFC", file.strip().replace("\\", "/"))
    while plain.startswith("./"):
        plain = plain[2:]
    return plain


def _agent(record: CallRecord, profile: Profile) -> CallRecord:
    agent = profile.agent(record.agent_id)
    if agent is None and record.agent_id is None and record.agent_name is not None:
        agent = profile.agent_named(record.agent_name)
    if agent is None:
        return record
    name = record.agent_name or (agent.names[0] if agent.names else None)
    return replace(record, agent_id=agent.id, agent_name=name)


def _decoded(raw: bytes, name: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError([f"{name}: file → neither UTF-8 nor GB18030; save it as UTF-8"])


def _record(row: Mapping[str, Any], where: str, profile: Profile, mistakes: Mistakes) -> CallRecord | None:
    file = str(row.get("file") or "").strip()
    if not file or len(file) > 4096 or any(unicodedata.category(char) in ("Cc", "Cs") for char in file):
        mistakes.spoil(f"{where}, file → a recording's name is required")
        return None
    given: dict[str, Any] = {}
    extra: dict[str, str] = {}
    for column, value in row.items():
        if column in ("", "file") or value is None:
            continue
        text = value.strip() if isinstance(value, str) else _text(value)
        if _HALF.search(text) or _HALF.search(column):
            mistakes.append(
                f"{where}, {printable(column)} → half of a character (a surrogate) is in it; whole ones are accepted"
            )
        elif len(text) > MAX_CELL:
            mistakes.spoil(
                f"{where}, {column} → up to {MAX_CELL:,} characters are accepted, not {len(text):,}"
            )
        elif column not in FIELDS:
            extra[column] = text
        elif text:
            try:
                given[column] = read_field(column, text, profile)
            except ValueError as error:
                mistakes.append(f"{where}, {column} → {error}")
    return CallRecord(file=_path(file), call_id=given.pop("call_id", ""), listed=True, extra=extra, **given)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
