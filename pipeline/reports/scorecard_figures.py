"""Where a period's figures come from: the store's daily sums, or the calls one by one where the zone is another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import pandas as pd
from sqlalchemy.orm import Session

from pipeline.profile import Profile
from pipeline.reports.period import Period
from pipeline.reports.scorecard import CardSettings, call_table
from pipeline.reports.scorecard_sums import Sums, kept_sums, sums_of_calls
from pipeline.store import card_query, day_query
from pipeline.store.card_query import Mean, VerdictCount, Window


class Figures(Protocol):
    """A period's figures of everybody."""

    def sums(self) -> Sums:
        """Sums by agent and campaign."""

    def verdicts(self) -> Sequence[VerdictCount]:
        """Verdicts by agent and criterion."""

    def standards(self, agent_id: str | None) -> dict[str, int]:
        """How many scores were made by each standard."""

    def means(self, period: Period, agent_id: str | None) -> Sequence[Mean]:
        """Mean scores of a period, this one or another."""


class KeptFigures:
    """From the daily sums."""

    def __init__(self, session: Session, period: Period, profile: Profile) -> None:
        self._session, self._period = session, period

    def sums(self) -> Sums:
        """Sums by agent and campaign."""
        return kept_sums(self._session, self._period)

    def verdicts(self) -> Sequence[VerdictCount]:
        """Verdicts by agent and criterion."""
        return day_query.verdict_sums(self._session, self._period.start, self._period.end)

    def standards(self, agent_id: str | None) -> dict[str, int]:
        """How many scores were made by each standard."""
        return day_query.standard_counts(self._session, self._period.start, self._period.end, agent_id)

    def means(self, period: Period, agent_id: str | None) -> Sequence[Mean]:
        """Mean scores of a period."""
        return day_query.kept_means(self._session, period.start, period.end, agent_id)


class CountedFigures:
    """From the calls."""

    def __init__(self, session: Session, period: Period, profile: Profile) -> None:
        self._session, self._zone = session, profile.zone
        self._window = Window(*period.moments(profile.zone))

    @cached_property
    def _calls(self) -> pd.DataFrame:
        facts = card_query.call_facts(self._session, self._window)
        human = [fact.score for fact in facts if fact.score is not None and fact.made_by != "machine"]
        machine = card_query.machine_percents(self._session, human)
        return call_table(facts, CardSettings(self._zone), machine=machine)

    def sums(self) -> Sums:
        """Sums by agent and campaign."""
        return sums_of_calls(self._calls)

    def verdicts(self) -> Sequence[VerdictCount]:
        """Verdicts by agent and criterion."""
        return card_query.verdict_counts(self._session, self._window)

    def standards(self, agent_id: str | None) -> dict[str, int]:
        """How many scores were made by each standard."""
        calls = self._calls if agent_id is None else self._calls[self._calls["agent_id"] == agent_id]
        return dict(Counter(calls["standard_sha256"].dropna()))

    def means(self, period: Period, agent_id: str | None) -> Sequence[Mean]:
        """Mean scores of a period."""
        return card_query.means(self._session, Window(*period.moments(self._zone), agent_id))
