"""How long each kind of data is kept: rules by campaign as YAML, and what they say is due. Nothing here removes anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import AfterValidator, BeforeValidator, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from pipeline.config import Frozen, load_yaml, validate
from pipeline.config_messages import shown
from pipeline.errors import ConfigError
from pipeline.store.holds import held_calls
from pipeline.store.parts import in_parts
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score, StoredFile

RETENTION_VARIABLE = "CALLGAUGE_RETENTION"
FOREVER = "forever"
LONGEST = 36_500
Kind = Literal["original_audio", "original_transcript", "audio", "transcript", "quotes", "scores"]


def _days(value: Any) -> int | str:
    if value == FOREVER:
        return FOREVER
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST:
        return value
    raise ValueError(f"whole days from 1 to {LONGEST}, or {FOREVER}, are accepted, not {shown(value)}")


Days = Annotated[int | str, BeforeValidator(_days)]


class Rules(Frozen):
    """Days that each kind is kept, counted from the call; None takes the default's."""

    original_audio: Days | None = None
    original_transcript: Days | None = None
    audio: Days | None = None
    transcript: Days | None = None
    quotes: Days | None = None
    scores: Days | None = None


def _campaign(name: str) -> str:
    """A campaign as call lists can name it: their cells come without blanks around, and another name would never hold."""
    if name != name.strip() or not name:
        raise ValueError(f"a campaign's name without blanks around it is accepted, not {shown(name)}")
    return normalize("NFC", name)


Campaign = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_campaign)]


class Retention(Frozen):
    """A retention file. What neither it nor its default names is kept for ever."""

    default: Rules = Rules()
    campaigns: dict[Campaign, Rules] = Field(default_factory=dict)

    def days(self, kind: Kind, campaign: str | None) -> int | None:
        """How many days a kind of a campaign's data is kept; None is for ever."""
        own = self.campaigns.get(normalize("NFC", campaign or ""), self.default)  # é in one sign or two
        days = getattr(own, kind)
        days = getattr(self.default, kind) if days is None else days
        return None if days in (None, FOREVER) else int(days)


FILE_COLUMNS = {
    "original_audio": Score.original_audio_file, "original_transcript": Score.original_transcript_file,
    "audio": Score.audio_file, "transcript": Score.transcript_file, "result": Score.result_file,
}  # fmt: skip
_FILE_KINDS: tuple[Kind, ...] = ("original_audio", "original_transcript", "audio", "transcript")


@dataclass(frozen=True, slots=True)
class FileItem:
    """One file that goes, and the call it goes for."""

    call: int
    call_id: str
    kind: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is to go: files, calls whose quotes go, calls whose scores go. ``held`` would be due and must stay."""

    files: tuple[FileItem, ...] = ()
    quotes: tuple[int, ...] = ()
    scores: tuple[int, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.files or self.quotes or self.scores)


def load_retention(path: Path | None) -> Retention:
    """Read retention rules; None is the file that ``CALLGAUGE_RETENTION`` names.

    Raises
    ------
    ConfigError
        There are none, or they are wrong; every mistake is named.
    """
    named = path or os.environ.get(RETENTION_VARIABLE)
    if not named:
        raise ConfigError(
            [f"--retention: FILE → say how long data is kept (YAML), or set {RETENTION_VARIABLE}"]
        )
    return validate(Retention, load_yaml(named))


def find_due(session: Session, rules: Retention, now: datetime) -> Due:
    """What the rules say is to go by now, held calls apart."""
    query = select(Call.id, Call.call_id, Call.campaign, Call.started_at, Call.created_at).order_by(Call.id)
    # a list may put a call into the years to come; it was there when it was taken in
    rows = [
        (call, call_id, campaign, min(begun or taken, taken))
        for call, call_id, campaign, begun, taken in session.execute(query)
    ]
    held = held_calls(session)
    due: dict[str, set[int]] = {}
    for kind in (*_FILE_KINDS, "quotes", "scores"):
        chosen = {
            call
            for call, _, campaign, at in rows
            if (days := rules.days(kind, campaign)) is not None and at + timedelta(days=days) <= now
        }
        due[kind] = chosen
    for kind in (*_FILE_KINDS, "quotes"):  # nothing of a call outlives its score
        due[kind] |= due["scores"]
    calls = {call: call_id for call, call_id, _, _ in rows}
    return _without_held(session, due, held, calls)


def _without_held(
    session: Session, due: Mapping[str, set[int]], held: frozenset[int], calls: Mapping[int, str]
) -> Due:
    waiting: set[int] = set()
    files: list[FileItem] = []
    for kind in _FILE_KINDS:
        found = list(files_of(session, sorted(due[kind]), (kind,)))
        waiting |= {item.call for item in found} & held
        files += [item for item in found if item.call not in held]
    quotes = with_quotes(session, sorted(due["quotes"]))
    scores = _having(session, sorted(due["scores"]), CriterionRow)
    waiting |= (set(quotes) | set(scores)) & held
    return Due(
        unshared(session, files), tuple(sorted(set(quotes) - held)), tuple(sorted(set(scores) - held)),
        tuple(sorted(calls[call] for call in waiting)),
    )  # fmt: skip


def files_of(session: Session, calls: Sequence[int], kinds: Sequence[str]) -> Iterator[FileItem]:
    """Files of calls that are still there, each once a call."""
    for part in in_parts(calls):
        for kind in kinds:
            there = FILE_COLUMNS[kind] == StoredFile.sha256
            query = select(Call.id, Call.call_id, StoredFile.sha256, StoredFile.bytes).distinct()
            query = query.join(Score, Score.call == Call.id).join(StoredFile, there)
            query = query.where(Call.id.in_(part), StoredFile.removed_at.is_(None))
            for row in session.execute(query.order_by(Call.id)):
                yield FileItem(row[0], row[1], kind, row[2], row[3])


def successors_of(session: Session, calls: Sequence[int]) -> Iterator[FileItem]:
    """Results without quotes that stand for those that were taken away."""
    old, new = aliased(StoredFile), aliased(StoredFile)
    for part in in_parts(calls):
        query = (
            select(Call.id, Call.call_id, new.sha256, new.bytes).distinct().join(Score, Score.call == Call.id)
        )
        query = query.join(old, Score.result_file == old.sha256).join(new, old.replaced_by == new.sha256)
        for row in session.execute(
            query.where(Call.id.in_(part), new.removed_at.is_(None)).order_by(Call.id)
        ):
            yield FileItem(row[0], row[1], "result", row[2], row[3])


def unshared(session: Session, files: Sequence[FileItem]) -> tuple[FileItem, ...]:
    """Those files that no other call needs: contents may be the same, say of two calls without a word."""
    going: dict[str, set[int]] = {}
    for item in files:
        going.setdefault(item.sha256, set()).add(item.call)
    needed: set[str] = set()
    for part in in_parts(sorted(going)):
        for column in FILE_COLUMNS.values():
            rows = session.execute(select(column, Score.call).where(column.in_(part)))
            needed |= {sha256 for sha256, call in rows if sha256 and call not in going[sha256]}
    return tuple(item for item in files if item.sha256 not in needed)


def with_quotes(session: Session, calls: Sequence[int]) -> list[int]:
    """Those calls that still hold quoted words: in rows, or in a result that was not replaced."""
    found = set(_having(session, calls, FindingRow, FindingRow.quote.is_not(None)))
    return sorted(found | {item.call for item in files_of(session, calls, ("result",))})


def _having(
    session: Session, calls: Sequence[int], table: type[CriterionRow | FindingRow], *conditions: ColumnElement[bool]
) -> list[int]:  # fmt: skip
    found: set[int] = set()
    for part in in_parts(calls):
        query = select(Score.call).join(table, table.score == Score.id)
        found |= set(session.scalars(query.where(Score.call.in_(part), *conditions).distinct()))
    return sorted(found)
