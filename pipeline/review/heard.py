"""Calls in which something of a kind was heard, with the words and seconds: what a trend's figures lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from pipeline.review.asked import KINDS
from pipeline.review.reading import after_call, read_date, read_text, within_dates
from pipeline.review.rights import Person
from pipeline.review.trends import NOT_SAID, TrendFilters, near, sort_of
from pipeline.store.tables import Call, FindingRow, Score

PAGE = 50


@dataclass(frozen=True, slots=True)
class HeardFilters:
    """What was heard. ``sort`` is its kind within its kind; of a refusal the reason, ``not_said`` where there is none."""

    kind: str = "objection"
    sort: str | None = None
    since: date | None = None
    until: date | None = None
    among: TrendFilters = field(default_factory=TrendFilters)
    before: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> HeardFilters:
        """Filters from a query string; what can't be read is left out."""
        kind = given.get("kind", "")
        return cls(
            kind if kind in KINDS else "objection", read_text(given.get("sort")), read_date(given.get("since")),
            read_date(given.get("until")), TrendFilters.of(given), read_text(given.get("before")),
        )  # fmt: skip

    def plain(self) -> dict[str, str]:
        """As a query string's names and values, those that say something."""
        pairs = {"kind": self.kind, "sort": self.sort, "since": self.since, "until": self.until}
        return {**{n: str(v) for n, v in pairs.items() if v is not None}, **self.among.plain()}


@dataclass(frozen=True, slots=True)
class Words:
    """What was heard at a second."""

    speaker: str
    start_s: float | None
    quote: str | None


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A call with what was heard in it."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    started_at: datetime | None
    campaign: str | None
    outcome: str
    has_sound: bool
    words: tuple[Words, ...]


def heard(
    session: Session, person: Person, filters: HeardFilters, *, limit: int = PAGE
) -> tuple[list[HeardCall], str | None]:
    """Calls that fit, the newest first, and the id after which the next page begins (None: no more)."""
    fits = _fits(filters)
    query = (
        select(Call, Score)
        .join(Score, Score.id == Call.current_score_id)
        .where(
            person.scope(), *filters.among.conditions(), *within_dates(filters.since, filters.until),
            exists().where(FindingRow.score == Call.current_score_id, *fits),
        )
        .order_by(Call.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if filters.before is not None:
        query = after_call(session, query, person, filters.before)
    rows = session.execute(query).all()
    said = _words(session, [score.id for _, score in rows[:limit]], fits)
    found = [
        HeardCall(
            call.call_id, call.agent_id, call.agent_name, call.started_at, call.campaign, score.outcome,
            score.audio_file is not None, tuple(said.get(score.id, ())),
        )
        for call, score in rows[:limit]
    ]  # fmt: skip
    return found, found[-1].call_id if len(rows) > limit else None


def _fits(filters: HeardFilters) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = [FindingRow.kind == filters.kind]
    if filters.sort is None:
        return made
    if filters.kind != "refusal":
        return [*made, sort_of(FindingRow) == filters.sort]
    objection = aliased(FindingRow)
    if filters.sort == NOT_SAID:
        return [*made, ~exists().where(near(FindingRow, objection))]
    return [*made, exists().where(near(FindingRow, objection), sort_of(objection) == filters.sort)]


def _words(session: Session, scores: list[int], fits: Any) -> dict[int, list[Words]]:
    found: dict[int, list[Words]] = {}
    rows = session.scalars(
        select(FindingRow).where(FindingRow.score.in_(scores), *fits).order_by(FindingRow.start_s)
    )
    for row in rows:
        found.setdefault(row.score, []).append(Words(row.speaker, row.start_s, row.quote))
    return found
