"""The JSON API under ``/api/v1``: the same calls, the same deeds, the same rights as the pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import select

from pipeline.reports.call_json import to_json
from pipeline.review import audit
from pipeline.review.acts import do
from pipeline.review.api_errors import ERRORS, Told
from pipeline.review.asked import Asked
from pipeline.review.cases import Case, history_of, load_case, seen_call
from pipeline.review.pages import sound_of
from pipeline.review.queue import PAGE, Filters, Item, queue
from pipeline.review.standing import Deed
from pipeline.review.web import PersonOf, StoreOf, address_of, checked_api, needs, signed_in_of
from pipeline.store.review_tables import User

router = APIRouter(dependencies=[Depends(checked_api)])


class Me(BaseModel):
    """Who asks. ``csrf_token`` goes into the header X-CSRF-Token of a session's requests that change something."""

    name: str
    role: str
    team: str | None
    agent_id: str | None
    rights: list[str]
    csrf_token: str


class Listed(BaseModel):
    """One call of a list."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    started_at: str | None
    campaign: str | None
    outcome: str
    percent: float | None
    grade: str | None
    made_by: str
    state: str
    assigned: str | None
    reasons: list[str]


class Page(BaseModel):
    """Calls, and what to give as ``before`` to get the next ones."""

    calls: list[Listed]
    next: str | None


class DeedOut(BaseModel):
    """One act of a review's history."""

    id: int
    rev: int
    at: str
    by: str
    role: str
    act: str
    target: str | None
    answers: int | None
    undone: bool = False
    data: dict[str, Any]


class CaseOut(BaseModel):
    """A call: the machine's result in the form callgauge/call/1, the human score, and where the review stands."""

    call: dict[str, Any]
    human_score: dict[str, Any] | None
    rev: int
    state: str
    assigned: str | None
    open_appeals: int
    history: list[DeedOut]


class PersonOut(BaseModel):
    """Somebody who may, or might once, sign in."""

    name: str
    role: str
    team: str | None
    agent_id: str | None
    disabled: bool


class DoneOut(BaseModel):
    """What an act came to."""

    act: int
    rev: int
    percent: float | None


@router.get("/me", responses=ERRORS)
def me(request: Request, person: PersonOf) -> Me:
    """Who asks, and what they may do."""
    return Me(**person.plain(), csrf_token=signed_in_of(request).csrf)


@router.get("/calls", responses=ERRORS)
def calls(
    request: Request, store: StoreOf, person: PersonOf,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    reason: str = "all", state: str = "any", agent: str = "", team: str = "", since: str = "", until: str = "",
    criterion: str = "", verdict: str = "", outcome: str = "", least: str = "", most: str = "", assigned: str = "",
    before: str = "",
) -> Page:  # fmt: skip
    """Calls that the person sees, the last to come first; filters that can't be read are refused (422)."""
    filters = Filters.of(request.query_params, reason="all", state="any")
    with store.reading() as session:
        items, following = queue(session, person, filters, limit=limit)
    return Page(calls=[_listed(item) for item in items], next=following)


@router.get("/audit", responses=ERRORS)
def audit_lines(
    request: Request, store: StoreOf, before: Annotated[int | None, Query(ge=1, le=2**53)] = None
) -> list[dict[str, Any]]:
    """The audit log, the newest first."""
    needs(request, "audit")
    with store.reading() as session:
        lines = audit.newest(session, before=before)
    return [
        {"id": line.id, "at": line.at.isoformat(), "name": line.name, "address": line.address, "event": line.event,
         "call_id": line.call, "detail": line.detail}
        for line in lines
    ]  # fmt: skip


@router.get("/people", responses=ERRORS)
def people(request: Request, store: StoreOf) -> list[PersonOut]:
    """Everybody who may sign in; people are added on the server."""
    needs(request, "people")
    with store.reading() as session:
        users = session.scalars(select(User).order_by(User.name)).all()
    return [
        PersonOut(
            name=user.name, role=user.role, team=user.team, agent_id=user.agent_id, disabled=user.disabled_at is not None
        )
        for user in users
    ]  # fmt: skip


@router.get("/calls/{call_id:path}/audio", responses=ERRORS, response_class=Response)
def audio(request: Request, call_id: str) -> Response:
    """A call's sound (FLAC, masked), whole or in ranges."""
    return sound_of(request, call_id)


@router.get("/calls/{call_id:path}/history", responses=ERRORS)
def history(call_id: str, store: StoreOf, person: PersonOf) -> list[DeedOut]:
    """What was done about a call, the oldest first."""
    with store.reading() as session:
        deeds = history_of(session, seen_call(session, person, call_id).id)
    return _deeds(deeds)


@router.post(
    "/calls/{call_id:path}/acts",
    responses={**ERRORS, 409: {"model": Told}},
)
def act(
    request: Request, call_id: str, asked: Annotated[Asked, Body()], store: StoreOf, person: PersonOf
) -> DoneOut:
    """Do one thing about a call. 409 where somebody else did something since ``rev``: it says what."""
    done = do(store, person, call_id, asked, address=address_of(request))
    return DoneOut(act=done.act, rev=done.rev, percent=done.percent)


@router.get("/calls/{call_id:path}", responses=ERRORS)
def call(request: Request, call_id: str, store: StoreOf, person: PersonOf) -> CaseOut:
    """One call with both scores."""
    with store.reading() as session:
        case = load_case(store, session, person, call_id)
        told = audit.lately(session, "saw", person, call_id)
    if not told:
        with store.writing() as session:
            audit.put_down(session, "saw", person=person, address=address_of(request), call=call_id)
    return _case(case)


def _case(case: Case) -> CaseOut:
    from dataclasses import replace

    human = to_json(replace(case.result, score=case.score))["score"] if case.standing.judged else None
    return CaseOut(
        call=to_json(case.result), human_score=human, rev=case.rev, state=case.state, assigned=case.assigned,
        open_appeals=case.standing.open_appeals, history=_deeds(case.history),
    )  # fmt: skip


def _deeds(deeds: tuple[Deed, ...]) -> list[DeedOut]:
    undone = {deed.answers for deed in deeds if deed.act == "undo"}
    return [DeedOut(**{**deed_json(deed), "undone": deed.id in undone}) for deed in deeds]


def deed_json(deed: Deed) -> dict[str, Any]:
    """One act as JSON data."""
    return {
        "id": deed.id, "rev": deed.rev, "at": deed.at.isoformat(), "by": deed.name, "role": deed.role, "act": deed.act,
        "target": deed.target, "answers": deed.answers, "data": dict(deed.data),
    }  # fmt: skip


def _listed(item: Item) -> Listed:
    started = item.started_at.isoformat() if item.started_at else None
    return Listed(
        call_id=item.call_id, agent_id=item.agent_id, agent_name=item.agent_name, team=item.team, started_at=started,
        campaign=item.campaign, outcome=item.outcome, percent=item.percent, grade=item.grade, made_by=item.made_by,
        state=item.state, assigned=item.assigned, reasons=list(item.reasons),
    )  # fmt: skip
