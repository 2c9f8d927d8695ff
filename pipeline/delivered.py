"""Transcripts made elsewhere: one call a line of JSON, read as a stream; a bad line is reported and the others go on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.analysis.text import UNSEEN, language_of
from pipeline.beside_turns import impossible
from pipeline.delivered_fields import MistakeError, halves, record_of, seconds_of, sort_of, speaker_of
from pipeline.delivered_language import language_told
from pipeline.errors import printable, why
from pipeline.json_once import DoubledKeyError, loads_once
from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord, Transcript, Turn

MAX_LINE_BYTES = 16_000_000
MAX_TURNS = 20_000
MAX_TURN_CHARS = 100_000
MAX_ID_CHARS = 200


@dataclass(frozen=True, slots=True)
class Delivered:
    """One call as delivered: its row of the call list, its transcript, and what was left out of it, told as of a `BadLine`."""

    record: CallRecord
    transcript: Transcript
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be used; ``message`` is ``file: line n, key → what is wrong and what is accepted``."""

    message: str


def read_transcripts(path: Path, profile: Profile = EMPTY) -> Iterator[tuple[int, Delivered | BadLine]]:
    """Every line of a file with its number, from 1; blank lines are left out.

    Reads one line at a time, never more than ``MAX_LINE_BYTES`` of it. A ``call_id`` that came before is a bad line. The
    profile's time zone is that of a ``started_at`` without one.

    Raises
    ------
    OSError
        The file can't be read.
    """
    seen: dict[str, int] = {}
    with path.open("rb") as stream:
        number = 0
        while raw := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                while raw and not raw.endswith(b"\n"):
                    raw = stream.readline(MAX_LINE_BYTES)
                message = f"longer than {MAX_LINE_BYTES} bytes; a line holds one call"
                yield number, _bad(path, number, "line", message)
                continue
            if not raw.strip(b" \t\r\n\xef\xbb\xbf"):
                continue
            yield number, _line(path, number, raw, seen, profile)


def parse_call(data: Any, *, file: str = "", profile: Profile = EMPTY) -> Delivered:
    """One call from parsed JSON; its notes are told as ``key → message``.

    Raises
    ------
    ValueError
        A key is wrong; the message says what is accepted.
    """
    if not isinstance(data, Mapping):
        raise MistakeError("line", f"a call is a JSON object, not {sort_of(data)}")
    call_id = _call_id(data.get("call_id"))
    notes: dict[str, str] = {}
    turns = _turns(data.get("turns"), notes)
    language = language_told(data.get("language"), turns)
    for mistake in impossible(turns, language):
        raise mistake
    roles = _role_confidence(turns)
    record = record_of(data, call_id, file, profile, notes)
    transcript = Transcript(language, turns, role_confidence=roles, roles_from="delivered")
    return Delivered(record, transcript, tuple(notes.values()))


def _line(path: Path, number: int, raw: bytes, seen: dict[str, int], profile: Profile) -> Delivered | BadLine:
    try:
        data = loads_once(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _bad(path, number, "line", f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        return _bad(path, number, "line", f"no JSON: {error.msg} at column {error.colno}")
    except DoubledKeyError as error:
        return _bad(path, number, error.key, str(error))
    except (RecursionError, ValueError) as error:
        return _bad(path, number, "line", f"no JSON that can be read: {why(error)}")
    if b"\\u" in raw and (half := next(halves(data), None)) is not None:
        return _bad(path, number, half, "holds half of a surrogate pair; whole characters are accepted")
    try:
        call = parse_call(data, file=path.name, profile=profile)
    except MistakeError as mistake:
        return _bad(path, number, mistake.key, str(mistake))
    call_id = call.record.call_id
    if call_id in seen:
        return _bad(
            path, number, "call_id", f"{call_id!r} was on line {seen[call_id]} already; each call once"
        )
    seen[call_id] = number
    return replace(call, notes=tuple(f"{path.name}: line {number}, {note}" for note in call.notes))


def _bad(path: Path, number: int, key: str, message: str) -> BadLine:
    return BadLine(f"{path.name}: line {number}, {key} → {message}")


def _call_id(value: Any) -> str:
    if isinstance(value, str) and not value.strip():
        raise MistakeError("call_id", "is empty; a name that no other call has is wanted")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise MistakeError(
            "call_id", f"text is wanted, got {sort_of(value) if value is not None else 'nothing'}"
        )
    if printable(str(value)) != str(value):
        raise MistakeError(
            "call_id", "holds characters that can't be printed; one line of plain text is wanted"
        )
    if len(str(value)) > MAX_ID_CHARS:
        raise MistakeError("call_id", f"longer than {MAX_ID_CHARS} characters")
    return str(value).strip()


def _turns(value: Any, notes: dict[str, str]) -> tuple[Turn, ...]:
    if not isinstance(value, list):
        raise MistakeError(
            "turns", f"a list of turns is wanted, got {sort_of(value) if value is not None else 'nothing'}"
        )
    if len(value) > MAX_TURNS:
        raise MistakeError("turns", f"{len(value)} turns; up to {MAX_TURNS} are accepted")
    return tuple(_turn(entry, f"turns[{place}]", notes) for place, entry in enumerate(value))


def _turn(entry: Any, key: str, notes: dict[str, str]) -> Turn:
    if not isinstance(entry, Mapping):
        raise MistakeError(key, f'an object {{"speaker", "text"}} is wanted, got {sort_of(entry)}')
    text = entry.get("text")
    if not isinstance(text, str):
        raise MistakeError(
            f"{key}.text", f"text is wanted, got {sort_of(text) if text is not None else 'nothing'}"
        )
    if len(text) > MAX_TURN_CHARS:
        raise MistakeError(f"{key}.text", f"longer than {MAX_TURN_CHARS} characters")
    start, end = seconds_of(entry, "start_s", key), seconds_of(entry, "end_s", key)
    if start is not None and end is not None and end < start:
        raise MistakeError(f"{key}.end_s", f"{end:g} is before start_s {start:g}")
    if (start is None) != (end is None):
        lacking = "start_s" if start is None else "end_s"
        notes.setdefault(
            "time", f"{key}.{lacking} → is missing; a turn with one time alone counts as having none"
        )
        start = end = None
    speaker = speaker_of(entry.get("speaker"), key, notes)
    text = re.sub(UNSEEN, "", text)
    return Turn(speaker, text, start, end, 1.0, language=language_of(text))


def _role_confidence(turns: tuple[Turn, ...]) -> float:
    """Sides were delivered: sure, unless most of what is said has none."""
    spoken = sum(len(turn.text) for turn in turns)
    unknown = sum(len(turn.text) for turn in turns if turn.speaker == "unknown")
    return 1.0 if not spoken else round(1.0 - unknown / spoken, 3)
