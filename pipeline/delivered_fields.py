"""The values of a transcript made elsewhere, each read with what is accepted; what may be left out is told and dropped."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from pipeline.call_fields import read_field
from pipeline.config_messages import shown
from pipeline.profile import Profile
from pipeline.types import CallRecord, Speaker

FIELDS = (
    "file", "call_id", "agent_id", "agent_name", "customer_id", "started_at", "direction", "campaign",
    "ring_count", "agent_channel", "notes", "outcome",
)  # fmt: skip
TRANSCRIPT = ("language", "turns", "schema")
SPEAKERS: Mapping[str, Speaker] = {
    **dict.fromkeys(("agent", "rep", "坐席", "客服", "销售"), "agent"),
    **dict.fromkeys(("customer", "client", "user", "客户", "顾客", "用户"), "customer"),
    **dict.fromkeys(("unknown", ""), "unknown"),
}
MAX_SECONDS = 1_000_000


class MistakeError(ValueError):
    """What is wrong with one key of a line."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def sort_of(value: Any) -> str:
    """What a value of JSON is, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def speaker_of(value: Any, key: str, notes: dict[str, str]) -> Speaker:
    """Who speaks. Any other word is told, once a call, and is ``unknown``."""
    if value is None:
        return "unknown"
    found = SPEAKERS.get(value.strip().casefold()) if isinstance(value, str) else None
    if found is None:
        accepted = ", ".join(name for name in SPEAKERS if name)
        told = f"{key}.speaker → {shown(value)} is unknown; the turn counts as unknown. Accepted: {accepted}"
        notes.setdefault("speaker", told)
    return found or "unknown"


def seconds_of(entry: Mapping[str, Any], name: str, key: str) -> float | None:
    """A time within the call; None where it isn't given."""
    value = entry.get(name)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= MAX_SECONDS:  # not a number fails every comparison
        raise MistakeError(
            f"{key}.{name}", f"seconds from 0 to {MAX_SECONDS:,} are wanted, got {shown(value)}"
        )
    return float(value)


def record_of(
    data: Mapping[str, Any], call_id: str, file: str, profile: Profile, notes: dict[str, str]
) -> CallRecord:
    """The call's row of a call list, as far as its line holds one."""
    direction = data.get("direction") or None
    if direction not in (None, "outbound", "inbound"):
        raise MistakeError("direction", f"{shown(direction)} is unknown; outbound or inbound are accepted")
    channel = _whole(data, "agent_channel", most=1)
    extra = {str(key): _plain(value) for key, value in data.items() if key not in (*FIELDS, *TRANSCRIPT)}
    # A call list tells what became of a call; a line without that is a transcript with a heading.
    listed = any(name in data for name in ("notes", "outcome"))
    return CallRecord(
        file=_text(data, "file") or file,
        call_id=call_id,
        agent_id=_text(data, "agent_id"),
        agent_name=_text(data, "agent_name"),
        customer_id=_text(data, "customer_id"),
        started_at=_moment(data.get("started_at"), profile, notes),
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
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str) and not (number and abs(value) < math.inf):
        raise MistakeError(key, f"text is wanted, got {sort_of(value)}")
    return str(value)


def _whole(data: Mapping[str, Any], key: str, *, most: int) -> int | None:
    value = data.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise MistakeError(key, f"a whole number from 0 to {most} is wanted, got {shown(value)}")
    return value


def _moment(value: Any, profile: Profile, notes: dict[str, str]) -> Any:
    """When the call began, without an offset in the profile's zone; None, and told, where it can't be read."""
    if value is None or value == "":
        return None
    try:
        return read_field("started_at", str(value).strip(), profile)
    except ValueError as error:
        notes["started_at"] = f"started_at → {error}; the call goes on without it"
        return None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def halves(value: Any, path: str = "") -> Iterator[str]:
    """Keys whose text holds half of a pair of surrogates, which no file can hold as UTF-8."""
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            yield path or "line"
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from halves(inner, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if any("\ud800" <= char <= "\udfff" for char in key):
                yield path or "line"
            yield from halves(inner, f"{path}.{key}" if path else key)
