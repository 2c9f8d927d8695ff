"""One cell of the call list read into its field; a message says what is accepted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipeline.errors import printable
from pipeline.profile import Profile

__all__ = ["FIELDS", "column_of", "further", "holds_signs", "read_field"]

_EXCEL = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_LOOSE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?$")
_LONGEST_DATE = 100
_TURNS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SIGNS = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_TURNS}\ud800-\udfff]")
"""Control signs but tabs and line breaks, turns of the writing direction, halves of characters."""
_BREAKS = re.compile("[\t\n\r\u2028\u2029]")
_NAMES = re.compile(
    r"(?:.*[_ -])?(?:id|name|department|dept|team|group)|.*(?:编号|工号|姓名|名称|部门|团队|小组)", re.I
)
"""Headings of further columns that name somebody or something; any other may hold a text of several lines."""
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK = (
    r"(?P<before>凌晨|早上|上午|中午|下午|晚上)?\s*(?P<hour>\d{1,2})\s*[:点时]\s*(?P<minute>\d{2})\s*分?"
    r"(?:\s*:?\s*(?P<second>\d{2})\s*秒?)?\s*(?P<after>[ap]\.?m\.?)?$"
)
_WORDED = tuple(
    re.compile(f"^{day}{_CLOCK}", re.IGNORECASE)
    for day in (
        r"(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*[日号]\s*(?:(?:星期|周)[一二三四五六日天])?\s*",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\s+",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH}[ ,-]+(?P<year>\d{{4}})(?:,? at|,)?\s+",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?:,? at|,)?\s+",
    )
)
"""Dates whose order nobody can mistake: the year first, or the month by name. 05/06/2026 is none of them."""
_HALVES = {
    "凌晨": (0, 5), "早上": (4, 11), "上午": (1, 11), "中午": (11, 13), "下午": (12, 18), "晚上": (17, 23),
    "am": (0, 11), "pm": (12, 23),
}  # fmt: skip
"""Hours of the day that each may mean; one that means none of them is refused."""
_DIRECTIONS = {
    "outbound": "outbound", "out": "outbound", "呼出": "outbound", "去电": "outbound", "外呼": "outbound",
    "inbound": "inbound", "in": "inbound", "呼入": "inbound", "来电": "inbound",
}  # fmt: skip


def holds_signs(text: str) -> bool:
    """Whether a text holds what no text of several lines does."""
    return _SIGNS.search(text) is not None


def further(column: str, text: str) -> str:
    """The cell of a column that has no field. Raises ValueError that says what is accepted."""
    if _SIGNS.search(text) or (_BREAKS.search(text) and _NAMES.fullmatch(column)):
        raise ValueError(_not_printable(text))
    return text


def _not_printable(text: str) -> str:
    return f"printable characters are accepted, not {printable(text)[:60]!r}; the cell is left out"


def _notes(text: str, _profile: Profile) -> str:
    """Free text keeps its lines; what else is no text would reach wherever notes are shown or written."""
    return _SIGNS.sub("?", text)


def _named(text: str, _profile: Profile) -> str:
    """What names somebody or something: it is shown on pages, in logs and in terminals, and typed as an argument."""
    if printable(text) != text:
        raise ValueError(_not_printable(text))
    return text


def _call_id(text: str, _profile: Profile) -> str:
    if len(text) > 200 or printable(text) != text:
        raise ValueError("up to 200 printable characters are accepted; one is derived")
    return text


def _started_at(text: str, profile: Profile) -> datetime:
    """ISO 8601, or as spreadsheets write it (2025/3/4 9:30); without offset in the profile's zone."""
    moment: datetime | None = None
    try:
        if len(text) > _LONGEST_DATE:  # the patterns below would take their time over a page of blanks
            raise ValueError
        if match := _EXCEL.match(text) or _LOOSE.match(text):
            moment = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
        elif (worded := _worded(unicodedata.normalize("NFKC", text))) is not None:
            moment = worded
        elif re.search(r"\d[T ]\d", text):
            moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year <= 9000:
        raise ValueError(f"a date and time such as 2025-03-04T09:30:00+08:00 is accepted, not {text[:60]!r}")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=profile.zone)


def _worded(text: str) -> datetime | None:
    """2026年5月12日 下午2:30, 2026/5/12 2:30 PM, 12 May 2026 14:30. Raises ValueError where the hour contradicts its half."""
    match = next(filter(None, (pattern.match(text) for pattern in _WORDED)), None)
    if match is None:
        return None
    part = match.groupdict()
    name = part.get("name")
    month = _MONTHS.index(name[:3].lower()) + 1 if name else int(part["month"] or 0)
    hour = int(part["hour"] or 0)
    for half in filter(None, (part["before"], (part["after"] or "").replace(".", "").lower())):
        hour = _hour_in(hour, half)
    return datetime(
        int(part["year"] or 0),
        month,
        int(part["day"] or 0),
        hour,
        int(part["minute"] or 0),
        int(part["second"] or 0),
    )


def _hour_in(hour: int, half: str) -> int:
    """An hour of twelve within its half of the day; one of twenty-four that lies there stays."""
    least, most = _HALVES[half]
    if half == "am" and hour == 12:
        return 0
    found = next((each for each in (hour, hour + 12) if least <= each <= most), None)
    if found is None:
        raise ValueError(f"{half} {hour}")
    return found


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
    "file": _named, "call_id": _call_id, "agent_id": _named, "agent_name": _named, "customer_id": _named,
    "started_at": _started_at, "direction": _direction, "campaign": _named, "ring_count": _ring_count,
    "agent_channel": _agent_channel, "notes": _notes, "outcome": _named,
}  # fmt: skip


def column_of(heading: str) -> str:
    """The field that a heading means, whatever its capitals (``Call ID``); any other heading as it stands."""
    plain = re.sub(r"[\s-]+", "_", heading.strip().casefold())
    return plain if plain in FIELDS or plain == "hold" else heading.strip()


def read_field(column: str, text: str, profile: Profile) -> Any:
    """The value of a cell that isn't empty. Raises ValueError that says what is accepted."""
    return FIELDS[column](text, profile)
