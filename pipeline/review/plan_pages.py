"""Coaching plans as pages: all that a person sees, a new one, one with its progress."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from pipeline.reports.standard_view import view_of
from pipeline.review import audit, plans
from pipeline.review.cards import agents_of, seen_agent
from pipeline.review.cases import newest_standard
from pipeline.review.once import once
from pipeline.review.plan_asked import PLAN_ASKED, PLAN_STATES, MakePlan
from pipeline.review.progress import BEFORE, progress_of
from pipeline.review.reading import read_choice
from pipeline.review.rendering import page
from pipeline.review.saying import MistakeError
from pipeline.review.web import CheckedForm, Key, PersonOf, StoreOf, address_of, inside, needs, profile_of

router = APIRouter()
ANY = "any"
"""As ``state``: plans of every state."""


@router.get("/plans")
def plans_page(request: Request, store: StoreOf, person: PersonOf) -> Response:
    """Plans by state, the open ones first to be seen."""
    states = (*PLAN_STATES, ANY)
    state = read_choice(request.query_params.get("state"), states, "open")
    with store.reading() as session:
        found = plans.plans_of(session, person, state=None if state == ANY else state)
        there = bool(found or plans.plans_of(session, person))
    return page(request, "plans.html.j2", plans=found, there=there, state=state, states=states)


@router.get("/plans/new")
def new_page(request: Request, store: StoreOf) -> Response:
    """The form of a new plan, filled with what led here."""
    person = needs(request, "coach")
    given = {name: request.query_params.get(name, "")[:300] for name in ("agent", "criterion", "call", "at")}
    with store.reading() as session:
        if given["agent"]:
            seen_agent(session, person, given["agent"])
        standard = newest_standard(session)
        agents = agents_of(session, person, profile_of(request))
    return page(
        request, "plan_new.html.j2", given=given, agents=agents,
        standard=view_of(standard) if standard is not None else None,
    )  # fmt: skip


@router.post("/plans")
def make(request: Request, form: CheckedForm) -> Response:
    """Begin a plan."""
    person = needs(request, "coach")
    try:
        asked = MakePlan.model_validate(form)
    except ValidationError as error:
        raise MistakeError(error) from error
    address = address_of(request)
    made = once(request, form, lambda session: plans.make_plan(session, person, asked, address=address))
    return RedirectResponse(f"/plans/{made}", 303)


@router.get("/plans/{plan_id}")
def plan_page(request: Request, plan_id: Key, store: StoreOf, person: PersonOf) -> Response:
    """One plan: what was agreed, moments to hear, and how the habit fares since."""
    with store.reading() as session:
        plan = plans.seen_plan(session, person, plan_id)
        progress = progress_of(
            session, plan.agent_id, plan.criterion, since=plan.since, until=datetime.now(UTC),
            zone=profile_of(request).zone,
        )  # fmt: skip
    with store.writing() as session:
        audit.put_down(session, "saw_plan", person=person, address=address_of(request), plan=plan_id)
    return page(
        request, "plan.html.j2", plan=plan, progress=progress, before_days=BEFORE.days, states=PLAN_STATES
    )


@router.post("/plans/{plan_id}/acts")
def act(request: Request, plan_id: Key, form: CheckedForm, person: PersonOf) -> Response:
    """Do one thing about a plan."""
    try:
        asked = PLAN_ASKED.validate_python(form)
    except ValidationError as error:
        raise MistakeError(error) from error
    address = address_of(request)
    once(request, form, lambda session: plans.act_on_plan(session, person, plan_id, asked, address=address))
    back = inside(form.get("back", ""))
    return RedirectResponse(back if back != "/" else f"/plans/{plan_id}", 303)
