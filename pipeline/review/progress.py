"""How a habit fares before and after a day: pass rates with their counts and intervals. Pure but for one query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.scorecard_stats import share_interval
from pipeline.store.card_query import JUDGED, NO_CONNECT
from pipeline.store.tables import Call, CriterionRow, Score

BEFORE = timedelta(days=90)
"""How far back what came before is counted."""
WEEKS = 13
_ORDER = ("pass", "partial", "fail")


@dataclass(frozen=True, slots=True)
class Rate:
    """(pass + ½ partial) ÷ judged, as in the scoring, with Wilson's interval; no rate where nothing was judged."""

    passed: int = 0
    partial: int = 0
    failed: int = 0

    @property
    def judged(self) -> int:
        """How many calls."""
        return self.passed + self.partial + self.failed

    @property
    def share(self) -> float | None:
        """The rate."""
        return (self.passed + self.partial / 2) / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true rate lies, with 95 % confidence."""
        return share_interval(self.passed + self.partial / 2, self.judged)


@dataclass(frozen=True, slots=True)
class Progress:
    """The habit before and after, and week by week since."""

    before: Rate
    after: Rate
    weeks: tuple[tuple[date, Rate], ...]

    @property
    def apart(self) -> bool:
        """Whether the intervals leave no doubt that the rate changed."""
        old, new = self.before.interval, self.after.interval
        return bool(old and new and (old[1] < new[0] or new[1] < old[0]))


def progress_of(
    session: Session, agent_id: str, criterion: str, *, since: date, until: datetime, zone: ZoneInfo
) -> Progress:
    """Read the verdicts that count, of calls that reached somebody, and sum them up."""
    first = datetime.combine(since, time(), zone)
    query = (
        select(Call.started_at, CriterionRow.verdict)
        .join(Score, Score.id == Call.current_score_id)
        .join(CriterionRow, CriterionRow.score == Score.id)
        .where(
            Call.agent_id == agent_id, CriterionRow.criterion == criterion, CriterionRow.verdict.in_(JUDGED),
            Score.outcome.not_in(NO_CONNECT), Call.started_at >= first - BEFORE, Call.started_at <= until,
        )
    )  # fmt: skip
    facts = [
        (started.astimezone(zone).date(), verdict) for started, verdict in session.execute(query) if started
    ]
    return sum_progress(facts, since)


def sum_progress(facts: Sequence[tuple[date, str]], since: date) -> Progress:
    """Days and verdicts summed up.

    Examples
    --------
    >>> made = sum_progress([(date(2025, 3, 1), "fail"), (date(2025, 3, 9), "pass")], date(2025, 3, 3))
    >>> made.before.share, made.after.share, [(day.day, rate.judged) for day, rate in made.weeks]
    (0.0, 1.0, [(3, 1)])
    """
    by_week: dict[date, list[str]] = {}
    for day, verdict in facts:
        if day >= since:
            by_week.setdefault(since + timedelta(days=(day - since).days // 7 * 7), []).append(verdict)
    return Progress(
        _rate(verdict for day, verdict in facts if day < since),
        _rate(verdict for day, verdict in facts if day >= since),
        tuple((week, _rate(by_week[week])) for week in sorted(by_week)[-WEEKS:]),
    )


def _rate(verdicts: Iterable[str]) -> Rate:
    given = list(verdicts)
    return Rate(*(given.count(name) for name in _ORDER))
