"""The queue: calls that wait for a person, with reasons, by filters. Nothing counts rows, so it stays quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, Text, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from pipeline.reports.labels import labels
from pipeline.review.reading import after_call, of_agent, read_choice, read_one, read_percent, within_dates
from pipeline.review.reading import read_date as _date
from pipeline.review.reading import read_text as _text
from pipeline.review.rights import Person
from pipeline.store.day_tables import Flag
from pipeline.store.night_tables import Alert
from pipeline.store.review_tables import AgentTeam, Review, User
from pipeline.store.tables import Call, CriterionRow, Score

PAGE = 50
FLAGGED = {
    "low": "low",
    "heard": "finding",
    "outlier": "outlier",
    "new_agent": "new_agent",
    "sample": "sample",
}
"""Reasons that the standard's flags give → the kind of flag; alerts tell of complaints the same night."""
REASONS = ("appeal", "fatal", "needs_review", "alert", *FLAGGED)
STATES = ("open", "done", "any")
FAULT = "fault"
"""As ``verdict``: any of `FAULTS`, and what a criterion is asked for where nothing else is said."""
FAULTS = ("fail", "partial", "needs_review")
VERDICTS = (FAULT, *FAULTS, "pass", "not_measurable", "not_applicable")
NOBODY = "-"
"""As ``assigned``: calls that nobody has taken on."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show. ``reason`` is one of `REASONS`, ``flagged`` (any of them) or ``all`` (every call)."""

    reason: str = "flagged"
    state: str = "open"
    agent: str | None = None
    team: str | None = None
    since: date | None = None
    until: date | None = None
    criterion: str | None = None
    verdict: str | None = None
    outcome: str | None = None
    least: float | None = None
    most: float | None = None
    assigned: str | None = None
    before: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], *, reason: str = "flagged", state: str = "open") -> Filters:
        """Filters from a query string. Raises UnreadableError."""
        criterion, verdict = _text(query.get("criterion")), read_one(query.get("verdict"), VERDICTS)
        return cls(
            reason=read_choice(query.get("reason"), (*REASONS, "flagged", "all"), reason),
            state=read_choice(query.get("state"), STATES, state),
            agent=_text(query.get("agent")),
            team=_text(query.get("team")),
            since=_date(query.get("since")),
            until=_date(query.get("until")),
            criterion=criterion,
            verdict=verdict or (FAULT if criterion is not None else None),
            outcome=read_one(query.get("outcome"), labels().texts["outcomes"]),
            least=read_percent(query.get("least")),
            most=read_percent(query.get("most")),
            assigned=_text(query.get("assigned")),
            before=_text(query.get("before")),
        )

    def plain(self) -> dict[str, str]:
        """As a query string's names and values, those that say something."""
        pairs = {name: getattr(self, name) for name in self.__slots__ if name != "before"}
        return {name: str(value) for name, value in pairs.items() if value is not None}

    def text(self) -> str:
        """As a query string."""
        return urlencode(self.plain())


@dataclass(frozen=True, slots=True)
class Item:
    """One call in the queue."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    started_at: datetime | None
    campaign: str | None
    outcome: str
    percent: float | None
    grade: str | None
    made_by: str
    state: str
    assigned: str | None
    reasons: tuple[str, ...]


def queue(
    session: Session, person: Person, filters: Filters, *, limit: int = PAGE
) -> tuple[list[Item], str | None]:
    """A page of calls, the last to come first, and the id after which the next page begins (None: no more)."""
    query = _query(person).where(*_conditions(filters)).order_by(Call.id.desc()).limit(limit + 1)
    if filters.before is not None:
        query = after_call(session, query, person, filters.before)
    rows = session.execute(query).all()
    items = [_item(row) for row in rows[:limit]]
    return items, items[-1].call_id if len(rows) > limit else None


def _alerted() -> ColumnElement[bool]:
    return exists().where(Alert.call == Call.id, Alert.doubtful.is_(False), Alert.kind != "fatal")


def _flags() -> dict[str, ColumnElement[bool]]:
    return {
        "appeal": func.coalesce(Review.open_appeals, 0) > 0,
        "fatal": cast(Score.fatal, Text) != "[]",
        "needs_review": Score.needs_review.is_(True),
        "alert": _alerted(),
        **{
            reason: exists().where(Flag.score == Call.current_score_id, Flag.kind == kind)
            for reason, kind in FLAGGED.items()
        },
    }


def _query(person: Person) -> Select[Any]:
    flags = [condition.label(f"is_{name}") for name, condition in _flags().items()]
    shown: list[Any] = [Call, Score, Review.state, User.name, AgentTeam.team, *flags]
    return (
        select(*shown)
        .join(Score, Score.id == Call.current_score_id)
        .outerjoin(Review, Review.call == Call.id)
        .outerjoin(User, User.id == Review.assigned)
        .outerjoin(AgentTeam, AgentTeam.agent_id == Call.agent_id)
        .where(person.scope())
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    flags = _flags()
    made: list[ColumnElement[bool]] = []
    if filters.reason == "flagged":
        made.append(or_(*flags.values()))
    elif filters.reason != "all":
        made.append(flags[filters.reason])
    if filters.state == "done":
        made.append(Review.state == "done")
    elif filters.state == "open":
        made.append(or_(Review.state.is_(None), Review.state != "done", Review.open_appeals > 0))
    for column, value in (
        (AgentTeam.team, filters.team), (Score.outcome, filters.outcome),
        (User.name, None if filters.assigned == NOBODY else filters.assigned),
    ):  # fmt: skip
        if value is not None:
            made.append(column == value)
    if filters.agent is not None:
        made.append(of_agent(filters.agent))
    if filters.assigned == NOBODY:
        made.append(Review.assigned.is_(None))
    if filters.least is not None:
        made.append(Score.percent >= filters.least)
    if filters.most is not None:
        made.append(Score.percent <= filters.most)
    return [*made, *within_dates(filters.since, filters.until), *_criterion(filters)]


def _criterion(filters: Filters) -> list[ColumnElement[bool]]:
    if filters.verdict is None:
        return []
    parts = [CriterionRow.score == Score.id]
    if filters.criterion is not None:
        parts.append(CriterionRow.criterion == filters.criterion)
    wanted = FAULTS if filters.verdict == FAULT else (filters.verdict,)
    return [exists().where(*parts, CriterionRow.verdict.in_(wanted))]


def _item(row: Any) -> Item:
    call, score, state, assigned, team = row[0], row[1], row[2], row[3], row[4]
    reasons = tuple(name for name, flagged in zip(_flags(), row[5:], strict=True) if flagged)
    return Item(
        call.call_id, call.agent_id, call.agent_name, team, call.started_at, call.campaign, score.outcome,
        score.percent, score.grade, score.made_by, state or "open", assigned, reasons,
    )  # fmt: skip
