"""Transcripts made elsewhere: one call a line of JSON, read as a stream; a bad line is reported and the others go on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from pipeline.analysis.text import language_of
from pipeline.call_names import printable
from pipeline.types import CallRecord, Speaker, Transcript, Turn

MAX_LINE_BYTES = 16_000_000
MAX_TURNS = 20_000
MAX_TURN_CHARS = 100_000
MAX_ID_CHARS = 200
LANGUAGES = ("zh", "en")
_FIELDS = (
    "file", "call_id", "agent_id", "agent_name", "customer_id", "started_at", "direction", "campaign",
    "ring_count", "agent_channel", "notes", "outcome",
)  # fmt: skip
_TRANSCRIPT = ("language", "turns", "schema")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One call as delivered: its row of the call list and its transcript."""

    record: CallRecord
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be used; ``message`` is ``file: line n, key → what is wrong and what is accepted``."""

    message: str


class _MistakeError(ValueError):
    """What is wrong with one key of a line."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_transcripts(path: Path) -> Iterator[tuple[int, Delivered | BadLine]]:
    """Every line of a file with its number, from 1; blank lines are left out.

    Reads one line at a time, never more than ``MAX_LINE_BYTES`` of it. A ``call_id`` that came before is a bad line.

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
            yield number, _line(path, number, raw, seen)


def parse_call(data: Any, *, file: str = "") -> Delivered:
    """One call from parsed JSON.

    Raises
    ------
    ValueError
        A key is wrong; the message says what is accepted.
    """
    if not isinstance(data, Mapping):
        raise _MistakeError("line", f"a call is a JSON object, not {_kind(data)}")
    call_id = _call_id(data.get("call_id"))
    turns = _turns(data.get("turns"))
    language = _language(data.get("language"), turns)
    roles = _role_confidence(turns)
    record = _record(data, call_id, file)
    return Delivered(record, Transcript(language, turns, role_confidence=roles, roles_from="delivered"))


def _line(path: Path, number: int, raw: bytes, seen: dict[str, int]) -> Delivered | BadLine:
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _bad(path, number, "line", f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        return _bad(path, number, "line", f"no JSON: {error.msg} at column {error.colno}")
    except (RecursionError, ValueError) as error:
        return _bad(path, number, "line", f"no JSON that can be read: {error}")
    try:
        call = parse_call(data, file=path.name)
    except _MistakeError as mistake:
        return _bad(path, number, mistake.key, str(mistake))
    call_id = call.record.call_id
    if call_id in seen:
        return _bad(
            path, number, "call_id", f"{call_id!r} was on line {seen[call_id]} already; each call once"
        )
    seen[call_id] = number
    return call


def _bad(path: Path, number: int, key: str, message: str) -> BadLine:
    return BadLine(f"{path.name}: line {number}, {key} → {message}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _call_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise _MistakeError(
            "call_id", f"text is wanted, got {_kind(value) if value is not None else 'nothing'}"
        )
    if printable(str(value)) != str(value):
        raise _MistakeError(
            "call_id", "holds characters that can't be printed; one line of plain text is wanted"
        )
    if len(str(value)) > MAX_ID_CHARS:
        raise _MistakeError("call_id", f"longer than {MAX_ID_CHARS} characters")
    return str(value).strip()


def _turns(value: Any) -> tuple[Turn, ...]:
    if not isinstance(value, list):
        raise _MistakeError(
            "turns", f"a list of turns is wanted, got {_kind(value) if value is not None else 'nothing'}"
        )
    if len(value) > MAX_TURNS:
        raise _MistakeError("turns", f"{len(value)} turns; up to {MAX_TURNS} are accepted")
    return tuple(_turn(entry, f"turns[{place}]") for place, entry in enumerate(value))


def _turn(entry: Any, key: str) -> Turn:
    if not isinstance(entry, Mapping):
        raise _MistakeError(key, f'an object {{"speaker", "text"}} is wanted, got {_kind(entry)}')
    text = entry.get("text")
    if not isinstance(text, str):
        raise _MistakeError(
            f"{key}.text", f"text is wanted, got {_kind(text) if text is not None else 'nothing'}"
        )
    if len(text) > MAX_TURN_CHARS:
        raise _MistakeError(f"{key}.text", f"longer than {MAX_TURN_CHARS} characters")
    start, end = _time(entry, "start_s", key), _time(entry, "end_s", key)
    if start is not None and end is not None and end < start:
        raise _MistakeError(f"{key}.end_s", f"{end:g} is before start_s {start:g}")
    if start is None or end is None:
        start = end = None
    return Turn(_speaker(entry.get("speaker"), key), text, start, end, 1.0, language=language_of(text))


def _speaker(value: Any, key: str) -> Speaker:
    if value is not None and not isinstance(value, str):
        raise _MistakeError(f"{key}.speaker", f"agent, customer or unknown is wanted, got {_kind(value)}")
    name = (value or "").strip().lower()
    return cast(Speaker, name) if name in ("agent", "customer") else "unknown"


def _time(entry: Mapping[str, Any], name: str, key: str) -> float | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _MistakeError(f"{key}.{name}", f"seconds from 0 on are wanted, got {value!r}")
    return float(value)


def _language(value: Any, turns: tuple[Turn, ...]) -> str:
    if value is None or value in ("", "auto"):
        return language_of(" ".join(turn.text for turn in turns)) or "zh"
    short = value.lower().replace("_", "-").split("-")[0] if isinstance(value, str) else value
    if short in ("cmn", "mandarin", "chinese"):
        return "zh"
    if short == "english":
        return "en"
    if short not in LANGUAGES:
        raise _MistakeError("language", f"{value!r} is unknown; zh, en or nothing are accepted")
    return str(short)


def _role_confidence(turns: tuple[Turn, ...]) -> float:
    """Sides were delivered: sure, unless most of what is said has none."""
    spoken = sum(len(turn.text) for turn in turns)
    unknown = sum(len(turn.text) for turn in turns if turn.speaker == "unknown")
    return 1.0 if not spoken else round(1.0 - unknown / spoken, 3)


def _record(data: Mapping[str, Any], call_id: str, file: str) -> CallRecord:
    direction = data.get("direction") or None
    if direction not in (None, "outbound", "inbound"):
        raise _MistakeError("direction", f"{direction!r} is unknown; outbound or inbound are accepted")
    channel = _whole(data, "agent_channel", most=1)
    extra = {str(key): _plain(value) for key, value in data.items() if key not in (*_FIELDS, *_TRANSCRIPT)}
    listed = any(
        data.get(name) is not None for name in ("agent_id", "customer_id", "notes", "outcome", "started_at")
    )
    return CallRecord(
        file=_text(data, "file") or file,
        call_id=call_id,
        agent_id=_text(data, "agent_id"),
        agent_name=_text(data, "agent_name"),
        customer_id=_text(data, "customer_id"),
        started_at=_moment(data.get("started_at")),
        direction=cast("Literal['outbound', 'inbound'] | None", direction),
        campaign=_text(data, "campaign"),
        ring_count=_whole(data, "ring_count", most=1000),
        agent_channel=cast("Literal[0, 1] | None", channel),
        notes=_text(data, "notes"),
        outcome=_text(data, "outcome"),
        listed=listed,
        extra=extra,
    )


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _MistakeError(key, f"text is wanted, got {_kind(value)}")
    return str(value)


def _whole(data: Mapping[str, Any], key: str, *, most: int) -> int | None:
    value = data.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _MistakeError(key, f"a whole number from 0 to {most} is wanted, got {value!r}")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _MistakeError(
            "started_at", f"{value!r} is no ISO 8601 time, such as 2026-03-10T15:20:00+08:00"
        ) from None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
