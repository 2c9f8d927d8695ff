"""Rounds of calibration: made by a supervisor, judged blind, closed for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from pipeline.review.acts import RefusedError, UnfitError
from pipeline.review.asked import VERDICTS
from pipeline.review.cases import UnseenError
from pipeline.review.people import find_user, person_of
from pipeline.review.rights import Person
from pipeline.store.calibration_tables import (
    CalibrationCall,
    CalibrationPerson,
    CalibrationRound,
    CalibrationVerdict,
)
from pipeline.store.review_tables import User
from pipeline.store.tables import Call, CriterionRow, Score

MOST_CALLS, MOST_PEOPLE, MOST_CRITERIA = 50, 20, 45
"""A form holds no more, and nobody judges more with care."""
_SEES_ALL = frozenset({"admin", "standard_owner", "auditor"})


@dataclass(frozen=True, slots=True)
class Round:
    """A round as people see it. ``done`` is how many verdicts each person has given, by name."""

    id: int
    name: str
    made_by: str
    made_by_id: int
    made_at: datetime
    closed_at: datetime | None
    criteria: tuple[str, ...]
    calls: tuple[str, ...]
    people: tuple[str, ...]
    done: Mapping[str, int]

    @property
    def is_open(self) -> bool:
        """Whether people still judge."""
        return self.closed_at is None

    @property
    def wanted(self) -> int:
        """Verdicts that each person is asked for."""
        return len(self.calls) * len(self.criteria)

    def may_close(self, person: Person) -> bool:
        """Whether this person may close it: whoever made it, or an administrator."""
        own = person.id == self.made_by_id or person.role == "admin"
        return self.is_open and own and person.may("calibrate")


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict with its reason."""

    verdict: str
    reason: str | None = None


def make_round(
    session: Session, person: Person, *, name: str, calls: Sequence[str], people: Sequence[str],
    criteria: Sequence[str],
) -> int:  # fmt: skip
    """Begin a round; its id. Without ``criteria`` all that every call's score has, less the advisory ones.

    Raises
    ------
    RefusedError
        The role may not do this.
    UnfitError
        A call is not seen or not scored, somebody may not judge, or a criterion is none of some call's.
    """
    if not person.may("calibrate"):
        raise RefusedError("role", role=person.role)
    calls, people = list(dict.fromkeys(calls)), list(dict.fromkeys(people))
    if not 1 <= len(calls) <= MOST_CALLS or not 2 <= len(people) <= MOST_PEOPLE:
        raise UnfitError("round_size", calls=MOST_CALLS, people=MOST_PEOPLE)
    scores = [_machine_score(session, person, call_id) for call_id in calls]
    judges = [_judge(session, each) for each in people]
    chosen = _criteria(session, [score.id for score in scores], criteria)
    made = CalibrationRound(
        name=name, criteria=chosen, made_by=person.id, made_at=datetime.now(UTC), closed_by=None, closed_at=None
    )  # fmt: skip
    session.add(made)
    session.flush()
    for place, score in enumerate(scores):
        session.add(CalibrationCall(round=made.id, call=score.call, score=score.id, place=place))
    session.add_all(CalibrationPerson(round=made.id, user=user) for user in judges)
    session.flush()
    return made.id


def _machine_score(session: Session, person: Person, call_id: str) -> Score:
    query = select(Score).join(Call, Call.id == Score.call).where(Call.call_id == call_id, person.scope())
    newest = query.where(Score.made_by == "machine").order_by(Score.version.desc()).limit(1)
    score = session.scalar(newest)
    if score is None:
        raise UnfitError("no_scored_call", it=call_id)
    return score


def _judge(session: Session, name: str) -> int:
    user = find_user(session, name)
    if user is None or user.disabled_at is not None or not person_of(user).may("judge"):
        raise UnfitError("no_reviewer", it=name)
    return user.id


def _criteria(session: Session, scores: Sequence[int], wanted: Sequence[str]) -> list[str]:
    rows = session.execute(
        select(CriterionRow.criterion, func.count(), func.max(CriterionRow.max_points))
        .where(CriterionRow.score.in_(scores), CriterionRow.advisory.is_(False))
        .group_by(CriterionRow.criterion)
        .order_by(CriterionRow.criterion)
    ).all()
    known = [criterion for criterion, count, _ in rows if count == len(scores)]
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise UnfitError("not_shared", it=", ".join(unknown))
    chosen = list(dict.fromkeys(wanted)) or known
    if not 1 <= len(chosen) <= MOST_CRITERIA:
        raise UnfitError("many_criteria", most=MOST_CRITERIA)
    return chosen


def rounds(session: Session, person: Person) -> list[Round]:
    """Rounds that this person made or judges in; administrators, auditors and owners see all. The newest first."""
    if not person.may("queue"):
        return []
    mine = select(CalibrationPerson.round).where(CalibrationPerson.user == person.id)
    seen = or_(CalibrationRound.made_by == person.id, CalibrationRound.id.in_(mine))
    condition = true() if person.role in _SEES_ALL else seen
    found = session.scalars(
        select(CalibrationRound).where(condition).order_by(CalibrationRound.id.desc()).limit(200)
    )
    return [_round(session, row) for row in found]


def round_of(session: Session, person: Person, key: int) -> Round:
    """One round. Raises UnseenError where there is none that this person may see; who reviews no more sees none."""
    row = session.get(CalibrationRound, key) if person.may("queue") else None
    made = _round(session, row) if row is not None else None
    if made is None or not (
        person.role in _SEES_ALL or made.made_by_id == person.id or person.name in made.people
    ):
        raise UnseenError("no_round", it=key)
    return made


def _round(session: Session, row: CalibrationRound) -> Round:
    maker = session.get_one(User, row.made_by)
    calls = session.scalars(
        select(Call.call_id)
        .join(CalibrationCall, CalibrationCall.call == Call.id)
        .where(CalibrationCall.round == row.id)
        .order_by(CalibrationCall.place)
    )
    people = session.execute(
        select(User.name, func.count(CalibrationVerdict.criterion))
        .join(CalibrationPerson, CalibrationPerson.user == User.id)
        .outerjoin(
            CalibrationVerdict,
            (CalibrationVerdict.round == CalibrationPerson.round) & (CalibrationVerdict.user == User.id),
        )
        .where(CalibrationPerson.round == row.id)
        .group_by(User.name)
        .order_by(User.name)
    )
    done = {name: count for name, count in people}  # noqa: C416 - rows are typed by their columns only this way
    return Round(
        row.id, row.name, maker.name, maker.id, row.made_at, row.closed_at, tuple(row.criteria), tuple(calls),
        tuple(done), done,
    )  # fmt: skip


def blind_call(session: Session, person: Person, key: int, call_id: str) -> tuple[Round, CalibrationCall]:
    """A call of an open round for somebody who judges in it; its words and sound are theirs no longer than that.

    Raises UnseenError.
    """
    found, row = _judged_call(session, person, key, call_id)
    if not found.is_open:
        raise UnseenError("no_open_round_call", it=call_id)
    return found, row


def _judged_call(session: Session, person: Person, key: int, call_id: str) -> tuple[Round, CalibrationCall]:
    found = round_of(session, person, key)
    row = session.scalar(
        select(CalibrationCall)
        .join(Call, Call.id == CalibrationCall.call)
        .where(CalibrationCall.round == key, Call.call_id == call_id)
    )
    if row is None or person.name not in found.people or not person.may("judge"):
        raise UnseenError("no_round_call", it=call_id)
    return found, row


def own_verdicts(session: Session, person: Person, row: CalibrationCall) -> dict[str, Given]:
    """What this person said of a call, by criterion."""
    found = session.scalars(
        select(CalibrationVerdict).where(
            CalibrationVerdict.round == row.round,
            CalibrationVerdict.call == row.call,
            CalibrationVerdict.user == person.id,
        )
    )
    return {each.criterion: Given(each.verdict, each.reason) for each in found}


def judge(session: Session, person: Person, key: int, call_id: str, given: Mapping[str, Given]) -> Round:
    """Take down a person's verdicts on one call; later ones take the place of earlier ones.

    Raises
    ------
    UnseenError
        No such call of a round that this person judges in.
    UnfitError
        The round is closed, or has no such criterion.
    """
    found, row = _judged_call(session, person, key, call_id)
    held = session.get_one(CalibrationRound, key, with_for_update=True, populate_existing=True)
    if held.closed_at is not None:
        raise UnfitError("round_closed")
    strange = [
        each for each, one in given.items() if each not in found.criteria or one.verdict not in VERDICTS
    ]
    if strange:
        raise UnfitError("not_in_round", it=", ".join(strange))
    for criterion, one in given.items():
        session.merge(
            CalibrationVerdict(
                round=key, call=row.call, user=person.id, criterion=criterion, verdict=one.verdict,
                reason=one.reason, at=datetime.now(UTC),
            )
        )  # fmt: skip
    session.flush()
    return round_of(session, person, key)


def close_round(session: Session, person: Person, key: int) -> Round:
    """Close a round for good. Raises UnseenError, RefusedError, UnfitError where it is closed already."""
    found = round_of(session, person, key)
    row = session.get_one(CalibrationRound, key, with_for_update=True, populate_existing=True)
    if row.closed_at is not None:
        raise UnfitError("round_closed")
    if not found.may_close(person):
        raise RefusedError("close_own")
    row.closed_by, row.closed_at = person.id, datetime.now(UTC)
    session.flush()
    return round_of(session, person, key)
