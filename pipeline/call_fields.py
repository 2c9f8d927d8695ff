"""One cell of the call list read into its field; a message says what is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipeline.call_names import printable
from pipeline.profile import Profile

__all__ = ["FIELDS", "read_field"]

_EXCEL = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_LOOSE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_DIRECTIONS = {
    "outbound": "outbound", "out": "outbound", "呼出": "outbound", "去电": "outbound", "外呼": "outbound",
    "inbound": "inbound", "in": "inbound", "呼入": "inbound", "来电": "inbound",
}  # fmt: skip


def _plain(text: str, _profile: Profile) -> str:
    return text


def _call_id(text: str, _profile: Profile) -> str:
    if len(text) > 200 or printable(text) != text:
        raise ValueError("up to 200 printable characters are accepted; one is derived")
    return text


def _started_at(text: str, profile: Profile) -> datetime:
    """ISO 8601, or as spreadsheets write it (2025/3/4 9:30); without offset in the profile's zone."""
    moment: datetime | None = None
    try:
        if match := _EXCEL.match(text) or _LOOSE.match(text):
            moment = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
        elif re.search(r"\d[T ]\d", text):
            moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year <= 9000:
        raise ValueError(f"a date and time such as 2025-03-04T09:30:00+08:00 is accepted, not {text[:60]!r}")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=profile.zone)


def _direction(text: str, _profile: Profile) -> str:
    found = _DIRECTIONS.get(text.casefold())
    if found is None:
        raise ValueError(f"outbound or inbound is accepted, not {text[:60]!r}")
    return found


def _ring_count(text: str, _profile: Profile) -> int:
    number = _whole(text)
    if number is None or not 0 <= number <= 1000:
        raise ValueError(f"a whole number from 0 up is accepted, not {text[:60]!r}")
    return number


def _agent_channel(text: str, _profile: Profile) -> int:
    number = _whole(text)
    if number not in (0, 1):
        raise ValueError(f"0 or 1 is accepted, not {text[:60]!r}")
    return number


def _whole(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,9})(?:\.0+)?", text)
    return int(match.group(1)) if match else None


FIELDS: Mapping[str, Callable[[str, Profile], Any]] = {
    "file": _plain, "call_id": _call_id, "agent_id": _plain, "agent_name": _plain, "customer_id": _plain,
    "started_at": _started_at, "direction": _direction, "campaign": _plain, "ring_count": _ring_count,
    "agent_channel": _agent_channel, "notes": _plain, "outcome": _plain,
}  # fmt: skip


def read_field(column: str, text: str, profile: Profile) -> Any:
    """The value of a cell that isn't empty. Raises ValueError that says what is accepted."""
    return FIELDS[column](text, profile)
