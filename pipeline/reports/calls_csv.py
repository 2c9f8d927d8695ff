"""``calls.csv``: one row a call, the failed ones too.

UTF-8 without a byte order mark, so that any reader finds the first column by its name; spreadsheet
programs are
told the encoding when they import. A text that a spreadsheet would run as a formula gets an apostrophe
before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.reports.call_json import facts_json
from pipeline.types import CallResult

FACTS = (
    "file", "call_id", "state", "reason", "message", "agent_id", "agent_name", "started_at", "direction",
    "campaign",
    "language", "duration_s", "percent", "grade", "coverage", "needs_review", "fatal", "outcome", "sha256",
)  # fmt: skip
MEASURES = (
    "duration_s", "talk_s", "agent_talk_s", "customer_talk_s", "agent_talk_ratio", "mutual_silence_s",
    "longest_silence_s", "agent_loudness_lufs", "customer_loudness_lufs", "loudness_difference_lu",
    "agent_clipped_ratio", "agent_speech_rate", "agent_interruptions", "customer_interruptions", "overlap_s",
    "rings_before_answer", "jargon_per_100_words", "hard_sell_count", "longest_agent_turn_s",
    "customer_reply_gap_s", "opening_complete_s",
)  # fmt: skip
_UNSEEN = (
    "".join(map(chr, (*range(33), 0x7F, 0x85, 0xA0, 0xAD, *range(0x2000, 0x2010), *range(0x2028, 0x2030))))
    + "\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff'\""
)
"""What a spreadsheet passes over, or doesn't show, before the first character that counts."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"＝＋－＠﹦﹢﹣﹫\u2212")
"""Also as full width and small forms, which some programs take for the same."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that gave no result.

    ``state`` is ``failed`` or another that isn't ``scored`` (``excluded``, ``missing`` …); ``reason`` is
    the stable code, ``message`` a sentence for people.
    """

    file: str
    call_id: str
    reason: str
    message: str
    state: str = "failed"
    message_zh: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: column to value, empty where nothing is known."""

    values: Mapping[str, Any] = field(default_factory=dict)


def row_of(result: CallResult) -> Row:
    """The row of a scored call."""
    data = facts_json(result)
    call, score = data["call"], data["score"]
    recording = data["recording"] or {}
    values: dict[str, Any] = {
        "file": result.call.file or recording.get("file"),
        "state": "scored",
        **{name: call[name] for name in ("call_id", "agent_id", "agent_name", "started_at", "direction")},
        **{name: call[name] for name in ("campaign", "language")},
        "duration_s": recording.get("duration_s"),
        **{name: score[name] for name in ("percent", "grade", "coverage", "needs_review")},
        "fatal": " ".join(score["fatal"]),
        "outcome": data["outcome"]["label"],
        "sha256": recording.get("sha256"),
    }
    for name, measure in data["measures"].items():
        if values.get(name) is None:
            values[name] = measure["value"]
    for criterion in score["criteria"]:
        values[criterion["id"]] = criterion["verdict"]
    return Row(values)


def row_of_failure(failure: Failure) -> Row:
    """The row of a file without a result."""
    return Row(
        {
            "file": failure.file,
            "call_id": failure.call_id,
            "state": failure.state,
            "reason": failure.reason,
            "message": failure.message,
        }
    )


def to_csv(rows: Iterable[Row], *, criteria: Sequence[str] = ()) -> str:
    """The table as text.

    Parameters
    ----------
    rows
        In the order wanted.
    criteria
        Criteria of the standard, a column each, so that the columns don't depend on which calls
        succeeded. What the rows hold beyond that follows behind.
    """
    rows = list(rows)
    columns = list(
        dict.fromkeys((*FACTS, *MEASURES, *criteria, *(name for row in rows for name in row.values)))
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([neutral(name) for name in columns])
    for row in rows:
        writer.writerow([_cell(row.values.get(name)) for name in columns])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value}"
    return neutral(str(value))


def neutral(text: str) -> str:
    """Text that no spreadsheet runs as a formula (OWASP, CSV injection).

    Examples
    --------
    >>> neutral("=HYPERLINK(0)")
    "'=HYPERLINK(0)"
    >>> neutral("-")
    '-'
    """
    if text[:1].isalnum() and "\0" not in text:
        return text  # nearly all of them
    text = text.replace("\0", "")
    head = text.lstrip(_UNSEEN)
    # a tab or line break at the very start is a formula's start to some programs
    if len(head) > 1 and (head.startswith(_FORMULA) or text[0] in "\t\r\n"):
        return f"'{text}"
    return text
