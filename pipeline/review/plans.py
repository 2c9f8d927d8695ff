"""Coaching plans: an agent, a habit (a criterion), what was agreed and by when, moments to hear, and how it ended.

A plan's state is a fold of its acts, which are only ever added to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.labels import Text, same
from pipeline.review import audit
from pipeline.review.acts import RefusedError, UnfitError
from pipeline.review.cards import seen_agent, team_of
from pipeline.review.cases import UnseenError, newest_standard, seen_call
from pipeline.review.plan_asked import PLAN_NEEDS, MakePlan, PlanAsked
from pipeline.review.reading import kept_day
from pipeline.review.rights import Person
from pipeline.store.coach_tables import Plan, PlanAct

SHOWN = 300


@dataclass(frozen=True, slots=True)
class Action:
    """Something agreed on, and who said last whether it is done."""

    deed: PlanAct
    tick: PlanAct | None

    @property
    def done(self) -> bool:
        """Whether it is done."""
        return self.tick is not None and bool(self.tick.data["done"])


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as its history has made it.

    ``unread`` are days that stand in it and are none; where it is the first one, the plan counts from when it was made.
    """

    id: int
    agent_id: str
    criterion: str
    title: Text
    state: str
    goal: str
    since: date
    until: date | None
    actions: tuple[Action, ...]
    moments: tuple[PlanAct, ...]
    history: tuple[PlanAct, ...]
    unread: tuple[str, ...] = ()

    @property
    def maker(self) -> PlanAct:
        """The act that made it."""
        return self.history[0]


def plans_of(
    session: Session, person: Person, *, agent_id: str | None = None, state: str | None = None
) -> list[PlanView]:
    """Plans that a person sees, the newest first."""
    query = select(Plan).order_by(Plan.id.desc()).limit(SHOWN)
    mine = team_of(session, person)
    if mine is not None:
        query = query.where(Plan.agent_id.in_(mine))
    if agent_id is not None:
        query = query.where(Plan.agent_id == agent_id)
    if state is not None:
        query = query.where(Plan.state == state)
    plans = session.scalars(query).all()
    acts: dict[int, list[PlanAct]] = {}
    chosen = select(PlanAct).where(PlanAct.plan.in_([plan.id for plan in plans])).order_by(PlanAct.id)
    for act in session.scalars(chosen):
        acts.setdefault(act.plan, []).append(act)
    return [_view(session, plan, acts[plan.id]) for plan in plans]


def seen_plan(session: Session, person: Person, plan_id: int) -> PlanView:
    """A plan that this person may see. Raises UnseenError."""
    plan = session.get(Plan, plan_id) if plan_id < 2**53 else None
    if plan is None:
        raise UnseenError("no_plan")
    seen_agent(session, person, plan.agent_id)
    acts = session.scalars(select(PlanAct).where(PlanAct.plan == plan.id).order_by(PlanAct.id)).all()
    return _view(session, plan, acts)


def make_plan(session: Session, person: Person, asked: MakePlan, *, address: str) -> int:
    """Begin a plan, with its first action and moment where they are given; returns its number."""
    if not person.may("coach"):
        raise RefusedError("role", role=person.role)
    seen_agent(session, person, asked.agent_id)
    standard = newest_standard(session)
    if standard is None or asked.criterion not in standard.by_id:
        raise UnfitError("no_criterion_now", it=asked.criterion)
    now = datetime.now(UTC)
    plan = Plan(agent_id=asked.agent_id, criterion=asked.criterion, state="open", created_at=now)
    session.add(plan)
    session.flush()
    since = (asked.since or now.date()).isoformat()
    until = asked.until.isoformat() if asked.until else None
    _write(session, person, plan, "made", {"goal": asked.goal, "since": since, "until": until})
    if asked.action:
        due = asked.due.isoformat() if asked.due else None
        _write(session, person, plan, "action", {"text": asked.action, "due": due})
    if asked.call_id:
        data = {"call_id": asked.call_id, "at_s": asked.at_s or 0}
        _write(session, person, plan, "moment", _moment(session, person, plan, data))
    audit.put_down(session, "did_plan", person=person, address=address, plan=plan.id)
    return plan.id


def act_on_plan(session: Session, person: Person, plan_id: int, asked: PlanAsked, *, address: str) -> int:
    """Do one thing about a plan; returns the act's number.

    Raises
    ------
    UnseenError, RefusedError
        The person doesn't see the plan, or may not do this.
    UnfitError
        The act doesn't fit the plan.
    """
    view = seen_plan(session, person, plan_id)
    if not person.may(PLAN_NEEDS[asked.act]):
        raise RefusedError("role", role=person.role)
    plan = session.get_one(Plan, plan_id)
    data = asked.model_dump(mode="json", exclude={"act", "answers"}, exclude_none=True)
    answers: int | None = getattr(asked, "answers", None)
    if asked.act == "tick" and answers not in {each.deed.id for each in view.actions}:
        raise UnfitError("no_action", it=answers)
    if asked.act == "moment":
        data = _moment(session, person, plan, data)
    if asked.act == "state":
        plan.state = asked.state
    made = _write(session, person, plan, asked.act, data, answers)
    audit.put_down(session, f"did_plan_{asked.act}", person=person, address=address, plan=plan.id)
    return made.id


def _moment(session: Session, person: Person, plan: Plan, data: dict[str, Any]) -> dict[str, Any]:
    """A moment's data, checked: only the agent's own calls that the person sees."""
    if seen_call(session, person, data["call_id"]).agent_id != plan.agent_id:
        raise UnfitError("no_call_of", it=data["call_id"], agent=plan.agent_id)
    return data


def _write(
    session: Session, person: Person, plan: Plan, act: str, data: dict[str, Any], answers: int | None = None
) -> PlanAct:
    row = PlanAct(
        plan=plan.id, user=person.id, name=person.name, role=person.role, at=datetime.now(UTC), act=act,
        answers=answers, data=data,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _view(session: Session, plan: Plan, acts: Sequence[PlanAct]) -> PlanView:
    made = acts[0].data
    days = {name: made.get(name) for name in ("since", "until")}
    since, until = (kept_day(each) if each is not None else None for each in days.values())
    unread = [
        str(days[name]) for name, day in (("since", since), ("until", until)) if day is None and days[name]
    ]
    standard = newest_standard(session)
    criterion = standard.by_id.get(plan.criterion) if standard is not None else None
    title = same(plan.criterion) if criterion is None else Text(criterion.title.zh, criterion.title.en)
    ticks = {act.answers: act for act in acts if act.act == "tick"}
    return PlanView(
        plan.id, plan.agent_id, plan.criterion, title, plan.state, made["goal"],
        since or acts[0].at.date(), until,
        tuple(Action(act, ticks.get(act.id)) for act in acts if act.act == "action"),
        tuple(act for act in acts if act.act == "moment"), tuple(acts), tuple(unread),
    )  # fmt: skip
