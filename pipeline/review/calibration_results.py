"""What a closed round came to: agreement of people by criterion, and the machine against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.scorecard_stats import share_interval
from pipeline.review.agreement import alpha
from pipeline.review.calibration import Round
from pipeline.store.calibration_tables import CalibrationCall, CalibrationVerdict
from pipeline.store.review_tables import User
from pipeline.store.tables import Call, CriterionRow

RANKS = ("fail", "partial", "pass")
"""Verdicts that are ranked; the others leave the ordinal alpha."""
ENOUGH = 0.667
"""Krippendorff's least alpha for tentative conclusions."""


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion of one call: the machine's verdict and each person's."""

    call_id: str
    criterion: str
    machine: str | None
    people: Mapping[str, str]

    @property
    def majority(self) -> str | None:
        """What most people said; None where nobody did, or as many said something else."""
        counts = Counter(self.people.values()).most_common(2)
        if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
            return None
        return counts[0][0]

    @property
    def differs(self) -> bool:
        """Whether people differ, or the machine from what most of them said."""
        split = len(set(self.people.values())) > 1
        return split or (self.majority is not None and self.machine not in (None, self.majority))


@dataclass(frozen=True, slots=True)
class Agreement:
    """One criterion: people's alpha, and how often the machine said what most people did.

    ``pairable`` are verdicts on calls that two people or more judged. ``low`` and ``high`` are Wilson's interval of the
    machine's share, None where nothing could be compared.
    """

    criterion: str
    nominal: float | None
    ordinal: float | None
    pairable: int
    agreed: int
    compared: int
    low: float | None
    high: float | None

    @property
    def unclear(self) -> bool:
        """Whether people understand the criterion differently."""
        return self.nominal is not None and self.nominal < ENOUGH


def agreement(criterion: str, rows: Sequence[Row]) -> Agreement:
    """One criterion's agreement over its calls. Pure."""
    units = [tuple(row.people.values()) for row in rows]
    ranked = [tuple(value for value in unit if value in RANKS) for unit in units]
    compared = [row for row in rows if row.majority is not None and row.machine is not None]
    agreed = sum(row.machine == row.majority for row in compared)
    interval = share_interval(agreed, len(compared))
    return Agreement(
        criterion, alpha(units), alpha(ranked, level="ordinal", order=RANKS), sum(len(u) for u in units if len(u) > 1),
        agreed, len(compared), *(interval or (None, None)),
    )  # fmt: skip


def results(session: Session, found: Round) -> tuple[list[Agreement], list[Row]]:
    """A closed round's agreement by criterion, and every verdict."""
    rows = _rows(session, found)
    by_criterion = {each: [row for row in rows if row.criterion == each] for each in found.criteria}
    return [agreement(criterion, own) for criterion, own in by_criterion.items()], rows


def _rows(session: Session, found: Round) -> list[Row]:
    machine = {
        (call, criterion): verdict
        for call, criterion, verdict in session.execute(
            select(Call.call_id, CriterionRow.criterion, CriterionRow.verdict)
            .join(CalibrationCall, CalibrationCall.score == CriterionRow.score)
            .join(Call, Call.id == CalibrationCall.call)
            .where(CalibrationCall.round == found.id, CriterionRow.criterion.in_(found.criteria))
        )
        if verdict != "needs_review"  # the machine left it to people
    }
    people: dict[tuple[str, str], dict[str, str]] = {}
    for call, criterion, name, verdict in session.execute(
        select(Call.call_id, CalibrationVerdict.criterion, User.name, CalibrationVerdict.verdict)
        .join(Call, Call.id == CalibrationVerdict.call)
        .join(User, User.id == CalibrationVerdict.user)
        .where(CalibrationVerdict.round == found.id)
        .order_by(User.name)
    ):
        people.setdefault((call, criterion), {})[name] = verdict
    return [
        Row(call, criterion, machine.get((call, criterion)), people.get((call, criterion), {}))
        for criterion in found.criteria
        for call in found.calls
    ]
