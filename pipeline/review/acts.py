"""Doing something about a call: rights, the newest state seen, history, and the score that follows, all or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.review import audit
from pipeline.review.asked import MUST_SEE, NEEDS, Asked
from pipeline.review.cases import Case, load_case, seen_call
from pipeline.review.people import find_user, person_of
from pipeline.review.rights import Person
from pipeline.review.saying import ToldError
from pipeline.review.standing import UNDOABLE, Deed, signature_of
from pipeline.store import Store
from pipeline.store.database import insert_into
from pipeline.store.keep import keep_human_score
from pipeline.store.review_tables import Review, ReviewAct
from pipeline.store.tables import Call, CriterionRow, Score
from pipeline.types import CallScore

APPEAL_WINDOW = timedelta(days=14)
"""How long after a score an agent may appeal against it."""
_EVERYBODY = Person(0, "", "auditor", None, None)
"""Sees every call and may change none."""
_JUDGING = frozenset({"finding", "missed", "verdict", "ruling", "undo"})


class RefusedError(ToldError):
    """The person has no right to this, whatever the call's state."""


class ConflictError(ToldError):
    """Somebody else did something since; ``since`` says what."""

    def __init__(self, since: tuple[Deed, ...], rev: int) -> None:
        super().__init__("conflict")
        self.since, self.rev = since, rev


class UnfitError(ToldError):
    """The act doesn't fit the call: there is nothing of that name, or its time is over."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to."""

    act: int
    rev: int
    percent: float | None


def do(store: Store, person: Person, call_id: str, asked: Asked, *, address: str) -> Done:
    """Do one thing about a call.

    Raises
    ------
    UnseenError, RefusedError
        The person doesn't see the call, or may not do this.
    ConflictError
        The act judges, and the person had not seen the newest state.
    UnfitError
        The act doesn't fit the call.
    """
    with store.writing() as session:
        return do_in(store, session, person, call_id, asked, address=address)


def do_in(
    store: Store, session: Session, person: Person, call_id: str, asked: Asked, *, address: str
) -> Done:
    """The same as `do`, in a transaction of the caller's."""
    key = seen_call(session, person, call_id).id
    if not person.may(NEEDS[asked.act]):
        raise RefusedError("role", role=person.role)
    review = _locked(session, key)  # before it is read, or two would judge by the same state
    case = load_case(store, session, person, call_id)
    _check_newest(case, asked)
    target, data = _fitting(session, case, person, asked)
    row = _write(session, case, person, review, asked, target, data)
    after = load_case(store, session, person, call_id)
    _follow(session, after, review, row)
    audit.put_down(
        session, f"did_{asked.act}", person=person, address=address, call=call_id, act=row.id, target=target
    )
    return Done(row.id, row.rev, after.score.percent)


def reapply(store: Store) -> int:
    """Where a night has scored a call anew, let what people judged count again; returns for how many calls."""
    made = 0
    judged = select(ReviewAct.call).where(ReviewAct.act.in_(_JUDGING)).distinct()
    with store.reading() as session:
        query = select(Call.id, Call.call_id).join(Score, Score.id == Call.current_score_id)
        waiting = session.execute(query.where(Score.made_by == "machine", Call.id.in_(judged))).all()
    for key, call_id in waiting:
        with store.writing() as session:
            _locked(session, key)  # else what a removal takes meanwhile would be written down again
            case = load_case(store, session, _EVERYBODY, call_id)
            if not case.standing.judged or _is_carried(session, key):
                continue
            machine = session.get_one(Score, case.machine_id)
            last = case.history[-1]
            now = datetime.now(UTC)
            keep_human_score(session, machine, case.score, case.findings, act=last.id, at=now)
            made += 1
    return made


def _is_carried(session: Session, key: int) -> bool:
    """Whether somebody else, for whom the lock waited, has done it."""
    query = select(Score.made_by).join(Call, Call.current_score_id == Score.id).where(Call.id == key)
    return session.scalars(query).one() == "human"


def _locked(session: Session, key: int) -> Review:
    """The call's review, held; of two that begin it at the same moment one finds it begun."""
    begun = insert_into(session, Review).values(
        call=key, rev=0, state="open", assigned=None, open_appeals=0, updated_at=datetime.now(UTC)
    )
    session.execute(begun.on_conflict_do_nothing())
    return session.get_one(Review, key, with_for_update=True, populate_existing=True)


def _check_newest(case: Case, asked: Asked) -> None:
    if asked.act not in MUST_SEE:
        return
    if asked.rev is None:
        raise UnfitError("rev_missing")
    if asked.rev != case.rev:
        raise ConflictError(tuple(deed for deed in case.history if deed.rev > asked.rev), case.rev)


def _write(
    session: Session, case: Case, person: Person, review: Review, asked: Asked, target: str | None,
    data: dict[str, Any],
) -> ReviewAct:  # fmt: skip
    review.rev += 1
    review.updated_at = datetime.now(UTC)
    row = ReviewAct(
        call=case.key, rev=review.rev, score=case.machine_id, user=person.id, name=person.name, role=person.role,
        at=review.updated_at, act=asked.act, target=target, answers=getattr(asked, "answers", None), data=data,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _follow(session: Session, after: Case, review: Review, row: ReviewAct) -> None:
    """The review's state and, where a judgement changed it, a new version of the score."""
    review.open_appeals = after.standing.open_appeals
    if row.act == "state":
        review.state = row.data["state"]
    if row.act == "assign":
        review.assigned = row.data["user"]
    if row.act not in _JUDGING:
        return
    call = session.get_one(Call, after.key)
    current = session.get_one(Score, call.current_score_id)
    if current.made_by == "machine" and not after.standing.judged:
        return
    if _differs(session, current, after.score) or current.made_by == "machine":
        machine = session.get_one(Score, after.machine_id)
        keep_human_score(session, machine, after.score, after.findings, act=row.id, at=row.at)


def _differs(session: Session, current: Score, score: CallScore) -> bool:
    rows = session.scalars(select(CriterionRow).where(CriterionRow.score == current.id))
    kept = {row.criterion: (row.verdict, row.points, tuple(row.findings)) for row in rows}
    now = {each.id: (each.verdict, each.points, tuple(each.findings)) for each in score.criteria}
    same = (current.percent, current.needs_review, tuple(current.fatal))
    return kept != now or same != (score.percent, score.needs_review, tuple(score.fatal))


def _fitting(session: Session, case: Case, person: Person, asked: Asked) -> tuple[str | None, dict[str, Any]]:
    """The act's target and data, checked against the call."""
    data = asked.model_dump(mode="json", exclude={"act", "rev", "target", "answers"}, exclude_none=True)
    target: str | None = getattr(asked, "target", None)
    criteria = {each.id for each in case.result.score.criteria}
    if asked.act == "finding":
        named = next((each for each in case.result.findings if each.id == target), None)
        if named is None:
            raise UnfitError("no_finding", it=target)
        data["finding"] = signature_of(named)
    if asked.act in ("verdict", "appeal") and target not in criteria:
        raise UnfitError("no_criterion", it=target)
    if asked.act == "missed":
        _check_missed(case, asked, criteria)
    if asked.act == "verdict" and target in case.standing.settled and not person.may("rule_finally"):
        raise UnfitError("ruled_finally", it=target)
    if asked.act == "appeal":
        _check_appeal(case, str(target))
    if asked.act == "ruling":
        _check_ruling(case, person, asked)
    if asked.act == "undo":
        _check_undo(case, person, asked.answers)
    if asked.act == "assign":
        data["user"] = _assignee(session, case, asked.to)
    return target, data


def _check_missed(case: Case, asked: Any, criteria: set[str]) -> None:
    if asked.target is not None and asked.target not in criteria:
        raise UnfitError("no_criterion", it=asked.target)
    if asked.end_s < asked.start_s:
        raise UnfitError("ends_before")
    turns = case.result.transcript.turns
    if asked.turn is not None and asked.turn >= len(turns):
        raise UnfitError("no_turn", it=asked.turn)
    if asked.quote is not None and (asked.turn is None or asked.quote not in turns[asked.turn].text):
        raise UnfitError("strange_quote")


def _check_appeal(case: Case, target: str) -> None:
    if datetime.now(UTC) - case.scored_at > APPEAL_WINDOW:
        raise UnfitError("appeal_late", days=APPEAL_WINDOW.days)
    for appeal in case.standing.appeals:
        if appeal.deed.target == target and (appeal.is_open or appeal.is_final):
            raise UnfitError("appealed", it=target)


def _check_ruling(case: Case, person: Person, asked: Any) -> None:
    appeal = next((each for each in case.standing.appeals if each.deed.id == asked.answers), None)
    if appeal is None:
        raise UnfitError("no_appeal", it=asked.answers)
    if asked.final and not person.may("rule_finally"):
        raise RefusedError("final_is_supervisors")
    if appeal.is_final or (not appeal.is_open and not person.may("rule_finally")):
        raise UnfitError("ruled")
    if asked.decision == "upheld" and asked.verdict is None:
        raise UnfitError("upheld_needs_verdict")
    if asked.decision == "denied" and asked.verdict is not None:
        raise UnfitError("denied_has_no_verdict")


def _check_undo(case: Case, person: Person, act: int) -> None:
    deed = next((each for each in case.history if each.id == act), None)
    if deed is None or deed.act not in UNDOABLE or deed.id in case.standing.undone:
        raise UnfitError("not_undoable", it=act)
    if deed.user != person.id:
        raise RefusedError("undo_own")
    if deed.act == "verdict" and deed.target in case.standing.settled and not person.may("rule_finally"):
        raise UnfitError("ruled_finally", it=deed.target)


def _assignee(session: Session, case: Case, name: str | None) -> int | None:
    """Who is given the call: somebody who judges, and sees it."""
    if name is None:
        return None
    row = find_user(session, name)
    if row is None or row.disabled_at is not None or not person_of(row).may("judge"):
        raise UnfitError("no_reviewer", it=name)
    if session.scalar(select(Call.id).where(Call.id == case.key, person_of(row).scope())) is None:
        raise UnfitError("other_team", it=name)
    return row.id
