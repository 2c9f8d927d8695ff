"""The call list that lies beside the recordings, and the names that calls go by.

A mistake in one cell loses that cell, never the recording: it is listed as ``file: row n, column →
message`` and the field stays unknown. Rows are counted as a spreadsheet shows them, the header being row
1.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.call_bytes import decoded
from pipeline.call_claims import Taken, with_agent
from pipeline.call_fields import FIELDS, further, holds_signs, read_field
from pipeline.call_names import derive_call_id
from pipeline.call_rows import csv_rows, json_rows
from pipeline.config_messages import shown
from pipeline.errors import ConfigError, printable, why
from pipeline.kinds import OUTCOMES, near
from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord

__all__ = [
    "Assigned",
    "CallList",
    "assign",
    "derive_call_id",
    "joined",
    "no_outcome",
    "parse_call_list",
    "read_call_list",
    "row_record",
    "unknown_outcomes",
]

MAX_BYTES = 64 << 20
MOST_TOLD = 10_000
"""Mistakes of one list that are told; of the others, how many there are."""
MAX_CELL = 65_536
MAX_NAME = 4096
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]{2}")
_HALF = re.compile("[\ud800-\udfff]")
"""What JSON can say and nothing can store."""


@dataclass(frozen=True, slots=True)
class CallList:
    """Rows in their order, and every mistake found. A ``call_id`` that was not given is empty.

    ``contested`` holds the files that rows of different agents claim: nobody's until a person has put the list right.
    """

    name: str
    records: tuple[CallRecord, ...]
    mistakes: tuple[str, ...] = ()
    contested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assigned:
    """Recordings with their rows, by file; rows whose recording is missing; mistakes that show only now.

    ``contested``: recordings that rows of different agents claim.
    """

    records: Mapping[str, CallRecord]
    missing: tuple[CallRecord, ...] = ()
    mistakes: tuple[str, ...] = ()
    contested: frozenset[str] = frozenset()


def read_call_list(path: str | Path, *, profile: Profile = EMPTY) -> CallList:
    """Read ``calls.csv`` or ``calls.jsonl``.

    UTF-8 with or without a byte order mark, UTF-16 with one, or GB18030 (as Excel saves CSV in China). What may be Big5 is
    refused: read as GB18030 it would give other names without a sign.

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
        raise ConfigError([f"{file}: file → can't be read: {why(error)}"]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([f"{file}: file → larger than {MAX_BYTES:,} bytes, the most that is accepted"])
    return parse_call_list(
        raw, name=str(file), lines=file.suffix.lower() in {".jsonl", ".ndjson"}, profile=profile
    )


def parse_call_list(raw: bytes, *, name: str, lines: bool = False, profile: Profile = EMPTY) -> CallList:
    """Read a call list's bytes, JSON in ``lines`` or CSV. Raises as `read_call_list` does."""
    text = decoded(raw, name)
    taken = Taken(profile)
    rows = json_rows(text, name, taken.mistakes) if lines else csv_rows(text, name, taken.mistakes)
    for number, row in rows:
        at = f"{name}: row {number}"
        record = row_record(row, at, profile, taken.mistakes)
        if record is not None:
            taken.add(record, at=at, place=f"row {number}")
    return _list(name, taken)


def joined(lists: Sequence[CallList], *, profile: Profile = EMPTY) -> CallList:
    """Several lists as one; a file or a ``call_id`` that stands in two is told, and counts where it stands first."""
    taken = Taken(profile)
    for each in lists:
        taken.mistakes += each.mistakes
        taken.contested |= each.contested
    for each in lists:
        for record in each.records:
            place = f"{each.name}: {record.file}"
            taken.add(record, at=place, place=place)
    return _list(" + ".join(each.name for each in lists) or "call list", taken)


def _list(name: str, taken: Taken) -> CallList:
    told, more = (
        [printable(mistake) for mistake in taken.mistakes[:MOST_TOLD]],
        len(taken.mistakes) - MOST_TOLD,
    )
    if more > 0:
        told.append(f"{name}: {more:,} mistakes more; put right what is told and look again")
    return CallList(name, tuple(taken.records), tuple(told), frozenset(taken.contested))


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
        records[file] = replace(with_agent(record, profile), file=file, call_id=call_id)
    named = [replace(r, call_id=r.call_id or derive_call_id(r.file, "0" * 64, taken=())) for r in missing]
    doubled = calls.contested if calls is not None else frozenset()
    contested = frozenset(file for file, record in rows.items() if record.file in doubled)
    return Assigned(records, tuple(named), tuple(mistakes), contested)


def unknown_outcomes(calls: CallList | None, words: Collection[str] | None) -> Iterator[str]:
    """Words in the list's outcomes that none of these is, each told once."""
    if calls is None or words is None:
        return
    unknown: dict[str, list[str]] = {}
    for record in calls.records:
        said = (record.outcome or "").strip()
        if said and no_outcome(said, words):
            unknown.setdefault(said, []).append(record.file)
    for said, files in unknown.items():
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield f"{calls.name}: {files[0]}{more}, outcome → {no_outcome(said, words)}"


def no_outcome(said: str, words: Collection[str]) -> str:
    """What is to be told of a word that names no outcome; empty where it names one."""
    if not {said.casefold(), said.casefold().replace(" ", "_")}.isdisjoint(word.casefold() for word in words):
        return ""
    return (
        f"{shown(said)} is no outcome that is known{near(said, words) or '.'} "
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


def _wrong_name(file: Any) -> str | None:
    """What stands against a recording's name."""
    if file is not None and not isinstance(file, str):
        return f"a recording's name is accepted, a text, not {shown(file)}"
    file = (file or "").strip()
    if not file:
        return "a recording's name is required"
    if len(file) > MAX_NAME:
        return f"a name of up to {MAX_NAME:,} characters is accepted, not {len(file):,}"
    hidden = next((char for char in file if unicodedata.category(char) in ("Cc", "Cs")), None)
    if hidden is not None:
        return f"printable characters are accepted in a recording's name; this one holds U+{ord(hidden):04X}"
    if _URL.match(file):
        return "a recording's name, or its path from the list's folder, is accepted, not an address (URL)"
    return None


def row_record(
    row: Mapping[str, Any], where: str, profile: Profile, mistakes: list[str]
) -> CallRecord | None:
    """What a row says; None where it names no recording that can be looked for, which is told among ``mistakes``."""
    if (wrong := _wrong_name(file := row.get("file"))) is not None:
        mistakes.append(f"{where}, file → {wrong}; the row is left out")
        return None
    given: dict[str, Any] = {}
    extra: dict[str, str] = {}
    for column, value in row.items():
        if column in ("", "file") or value is None:
            continue
        text = value.strip() if isinstance(value, str) else _text(value)
        if refused := _refused(column, value, text):
            mistakes.append(f"{where}, {column} → {refused}")
            continue
        try:
            if column not in FIELDS:
                extra[column] = further(column, text)
            elif text:
                given[column] = read_field(column, text, profile)
        except ValueError as error:
            mistakes.append(f"{where}, {column} → {error}")
    return CallRecord(
        file=_path(str(file)), call_id=given.pop("call_id", ""), listed=True, extra=extra, **given
    )


def _refused(column: str, value: Any, text: str) -> str:
    """What is to be told of a cell that no column takes; empty where it may be read."""
    if _HALF.search(text) or _HALF.search(column):
        return "half of a character (a surrogate) is in it; whole ones are accepted"
    if holds_signs(column):
        return "a column's name of printable characters is accepted; the cell is left out"
    if len(text) > MAX_CELL:
        return f"up to {MAX_CELL:,} characters are accepted, not {len(text):,}"
    if isinstance(value, (dict, list, bool)) and column in FIELDS:
        return "text or a number is accepted; the cell is left out"
    return ""


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
