"""Scorecards and coaching plans in the JSON API, under ``/api/v1``; the same rights as the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from pydantic import BaseModel

from pipeline.review import audit, cards, plans
from pipeline.review.api import Told
from pipeline.review.plan_asked import PLAN_STATES, MakePlan, PlanAsked
from pipeline.review.plans import PlanView
from pipeline.review.progress import Rate, progress_of
from pipeline.review.reading import read_text
from pipeline.review.web import PersonOf, StoreOf, address_of, checked_api, needs, profile_of
from pipeline.store.coach_tables import PlanAct

router = APIRouter(dependencies=[Depends(checked_api)])
_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": Told}, 403: {"model": Told}, 404: {"model": Told}, 413: {"model": Told},
    422: {"model": Told},
}  # fmt: skip
PlanId = Annotated[int, Path(ge=1, le=2**53)]
PeriodText = Annotated[
    str, Query(max_length=10, description="YYYY, YYYY-MM or YYYY-MM-DD; else the last month")
]


class Card(BaseModel):
    """An agent's figures in a period; the columns are those of the scorecards' ``agents.csv``."""

    agent_id: str
    agent_name: str
    team: str
    calls: int
    scored: int
    averaged: int
    score_mean: float | None
    score_low: float | None
    score_high: float | None
    rank: int | None
    grade: str | None
    provisional: int
    fatal: int
    reviewed: int
    corrected: int


class Team(BaseModel):
    """The agents that a person sees, the best mean first."""

    period: str
    agents: list[Card]


class RateOut(BaseModel):
    """(pass + ½ partial) ÷ judged, with its 95 % interval."""

    judged: int
    passed: int
    partial: int
    failed: int
    rate: float | None
    low: float | None
    high: float | None


class PlanActOut(BaseModel):
    """One act of a plan's history."""

    id: int
    at: str
    by: str
    role: str
    act: str
    answers: int | None
    data: dict[str, Any]


class PlanOut(BaseModel):
    """A coaching plan with its history; ``unread`` are days that stand in it and are none."""

    id: int
    agent_id: str
    criterion: str
    state: str
    goal: str
    since: date
    until: date | None
    unread: list[str]
    history: list[PlanActOut]


class PlanWithProgress(PlanOut):
    """A coaching plan, and how its habit fares before and since."""

    before: RateOut
    after: RateOut


class PlanDone(BaseModel):
    """What was written: the plan's number and, of an act on it, the act's."""

    plan: int
    act: int | None = None


@router.get("/scorecards", responses=_ERRORS)
def team(request: Request, store: StoreOf, person: PersonOf, period: PeriodText = "") -> Team:
    """Scorecards of the agents that the person sees; an agent gets the own."""
    profile = profile_of(request)
    with store.reading() as session:
        chosen = cards.month_of(session, person, period, profile)
    rows = cards.team_table(store, person, chosen, profile).rows
    with store.writing() as session:
        audit.put_down(
            session, "saw_scorecards", person=person, address=address_of(request), period=chosen.text
        )
    return Team(period=chosen.text, agents=[Card.model_validate(row) for row in rows])


@router.get("/plans", responses=_ERRORS)
def listed(
    store: StoreOf, person: PersonOf, state: Annotated[str, Query(max_length=16)] = "any",
    agent: Annotated[str, Query(max_length=200)] = "",
) -> list[PlanOut]:  # fmt: skip
    """Coaching plans that the person sees, the newest first."""
    wanted = state if state in PLAN_STATES else None
    with store.reading() as session:
        found = plans.plans_of(session, person, state=wanted, agent_id=read_text(agent))
    return [PlanOut(**_plain(plan)) for plan in found]


@router.post("/plans", responses=_ERRORS)
def make(request: Request, asked: Annotated[MakePlan, Body()], store: StoreOf) -> PlanDone:
    """Begin a coaching plan."""
    person = needs(request, "coach")
    with store.writing() as session:
        return PlanDone(plan=plans.make_plan(session, person, asked, address=address_of(request)))


@router.get("/plans/{plan_id}", responses=_ERRORS)
def one(request: Request, plan_id: PlanId, store: StoreOf, person: PersonOf) -> PlanWithProgress:
    """One coaching plan with its progress."""
    with store.reading() as session:
        plan = plans.seen_plan(session, person, plan_id)
        progress = progress_of(
            session, plan.agent_id, plan.criterion, since=plan.since, until=datetime.now(UTC),
            zone=profile_of(request).zone,
        )  # fmt: skip
    with store.writing() as session:
        audit.put_down(session, "saw_plan", person=person, address=address_of(request), plan=plan_id)
    return PlanWithProgress(**_plain(plan), before=_rate(progress.before), after=_rate(progress.after))


@router.post("/plans/{plan_id}/acts", responses=_ERRORS)
def act(
    request: Request, plan_id: PlanId, asked: Annotated[PlanAsked, Body()], store: StoreOf, person: PersonOf
) -> PlanDone:
    """Do one thing about a coaching plan."""
    with store.writing() as session:
        made = plans.act_on_plan(session, person, plan_id, asked, address=address_of(request))
    return PlanDone(plan=plan_id, act=made)


def _plain(plan: PlanView) -> dict[str, Any]:
    return {
        "id": plan.id, "agent_id": plan.agent_id, "criterion": plan.criterion, "state": plan.state, "goal": plan.goal,
        "since": plan.since, "until": plan.until, "unread": list(plan.unread),
        "history": [_act(act) for act in plan.history],
    }  # fmt: skip


def _act(act: PlanAct) -> PlanActOut:
    return PlanActOut(
        id=act.id, at=act.at.isoformat(), by=act.name, role=act.role, act=act.act, answers=act.answers, data=act.data
    )  # fmt: skip


def _rate(rate: Rate) -> RateOut:
    low, high = rate.interval or (None, None)
    return RateOut(
        judged=rate.judged, passed=rate.passed, partial=rate.partial, failed=rate.failed, rate=rate.share, low=low,
        high=high,
    )  # fmt: skip
