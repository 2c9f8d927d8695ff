"""What customers object to, why they refuse and whom they name, by week. Calls are counted, not mentions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from pipeline.review.names import Kind, names
from pipeline.review.reading import midnight, of_agent, read_text, within_dates
from pipeline.review.rendering import local
from pipeline.review.rights import Person
from pipeline.review.search import matching
from pipeline.store.review_tables import AgentTeam
from pipeline.store.tables import Call, FindingRow, Score

LEAST_WEEKS, WEEKS, MOST_WEEKS = 1, 12, 52
NOT_SAID = "not_said"
BEFORE_TURNS, AFTER_TURNS = 3, 1
"""Turns around a refusal in which an objection is its reason (our default)."""


@dataclass(frozen=True, slots=True)
class TrendFilters:
    """Which calls to count."""

    weeks: int = WEEKS
    agent: str | None = None
    team: str | None = None
    campaign: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> TrendFilters:
        """Filters from a query string; what can't be read is left out."""
        typed = given.get("weeks", "")
        weeks = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else WEEKS
        return cls(
            min(MOST_WEEKS, max(LEAST_WEEKS, weeks)), read_text(given.get("agent")), read_text(given.get("team")),
            read_text(given.get("campaign")),
        )  # fmt: skip

    def plain(self) -> dict[str, str]:
        """As a query string's names and values, those that say something; without the weeks."""
        pairs = {"agent": self.agent, "team": self.team, "campaign": self.campaign}
        return {name: value for name, value in pairs.items() if value is not None}

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions on `Call`."""
        made: list[ColumnElement[bool]] = []
        if self.agent is not None:
            made.append(of_agent(self.agent))
        if self.campaign is not None:
            made.append(Call.campaign == self.campaign)
        if self.team is not None:
            made.append(Call.agent_id.in_(select(AgentTeam.agent_id).where(AgentTeam.team == self.team)))
        return made


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a section: calls of each week, oldest first."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Calls of all weeks."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Trends:
    """All sections. ``weeks`` are the Mondays on which they begin; none where no call was made."""

    weeks: tuple[date, ...]
    objections: tuple[Series, ...] = ()
    refusal_reasons: tuple[Series, ...] = ()
    competitors: tuple[Series, ...] = ()
    products: tuple[Series, ...] = ()


def trends(session: Session, person: Person, filters: TrendFilters) -> Trends:
    """The last weeks up to the newest call that the person sees."""
    latest = session.scalar(select(func.max(Call.started_at)).where(person.scope(), *filters.conditions()))
    if latest is None:
        return Trends(())
    day = local(latest).date()
    last = day - timedelta(days=day.weekday())
    weeks = tuple(last - timedelta(weeks=back) for back in reversed(range(filters.weeks)))
    among = _Among(session, person, filters, weeks)
    return Trends(
        weeks, among.objections(), among.reasons(), among.named("competitor"), among.named("product")
    )


class _Among:
    """Counts by week over the calls that somebody sees."""

    def __init__(
        self, session: Session, person: Person, filters: TrendFilters, weeks: Sequence[date]
    ) -> None:
        self._session = session
        self._weeks = len(weeks)
        ends = [midnight(week + timedelta(weeks=1)) for week in weeks]
        self._week = case(*((Call.started_at < end, i) for i, end in enumerate(ends)), else_=-1)
        self._where = (
            person.scope(), *filters.conditions(), *within_dates(weeks[0], weeks[-1] + timedelta(days=6)),
        )  # fmt: skip

    def objections(self) -> tuple[Series, ...]:
        kind = sort_of(FindingRow)
        query = self._calls(kind).join(FindingRow, FindingRow.score == Score.id)
        return self._series(query.where(FindingRow.kind == "objection").group_by(kind))

    def reasons(self) -> tuple[Series, ...]:
        objection = aliased(FindingRow)
        kind = sort_of(objection)
        refused = and_(FindingRow.score == Call.current_score_id, FindingRow.kind == "refusal")
        why = self._calls(kind).join(FindingRow, FindingRow.score == Score.id)
        why = why.where(FindingRow.kind == "refusal").join(objection, near(FindingRow, objection))
        told = self._series(why.group_by(kind))
        bare = (
            select(self._week, func.count())
            .where(
                *self._where, exists().where(refused), ~exists().where(refused, near(FindingRow, objection))
            )
            .group_by(self._week)
        )
        silent = [0] * self._weeks
        for week, count in self._session.execute(bare):
            silent[week] = count
        return (*told, Series(NOT_SAID, tuple(silent))) if any(silent) else told

    def named(self, kind: Kind) -> tuple[Series, ...]:
        made = []
        for thing in names(self._session, kind):
            counts = [0] * self._weeks
            if thing.queries:
                query = select(self._week, func.count()).where(
                    *self._where, matching(self._session, thing.queries)
                )
                for week, count in self._session.execute(query.group_by(self._week)):
                    counts[week] = count
            made.append(Series(thing.name, tuple(counts)))
        return tuple(sorted(made, key=lambda each: -each.total))

    def _calls(self, kind: ColumnElement[Any]) -> Select[Any]:
        """Counts of calls; the score stands between call and findings, so that either end may be begun from."""
        current = and_(Score.call == Call.id, Score.id == Call.current_score_id)
        counted = select(self._week, kind, func.count(Call.id.distinct())).select_from(Call)
        return counted.join(Score, current).where(*self._where).group_by(self._week)

    def _series(self, query: Select[Any]) -> tuple[Series, ...]:
        found: dict[str, list[int]] = {}
        for week, kind, count in self._session.execute(query):
            found.setdefault(kind or "other", [0] * self._weeks)[week] += count
        made = [Series(kind, tuple(counts)) for kind, counts in found.items()]
        return tuple(sorted(made, key=lambda each: (-each.total, each.name)))


def sort_of(finding: Any) -> ColumnElement[Any]:
    """A finding's kind within its kind, as a column: of an objection ``price`` and its like."""
    return finding.detail["kind"].as_string()


def near(refusal: Any, objection: Any) -> ColumnElement[bool]:
    """Whether an objection stands near enough to a refusal to be its reason."""
    return and_(
        objection.score == refusal.score,
        objection.kind == "objection",
        objection.turn.between(refusal.turn - BEFORE_TURNS, refusal.turn + AFTER_TURNS),
    )
