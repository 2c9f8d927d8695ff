"""The pages: one call with its sound, the audit log, people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from pipeline.reports.call_page import page_values
from pipeline.reports.labels import Text
from pipeline.reports.standard_view import view_of
from pipeline.review import audit
from pipeline.review.acts import APPEAL_WINDOW
from pipeline.review.asked import KINDS, NEEDS, VERDICTS
from pipeline.review.cases import Case, load_case
from pipeline.review.people import reviewers
from pipeline.review.plan_asked import PLAN_NEEDS
from pipeline.review.plans import plans_of
from pipeline.review.reading import read_place
from pipeline.review.rendering import call_path, page, texts
from pipeline.review.rights import Person
from pipeline.review.saying import Refusal
from pipeline.review.sound import sound_answer
from pipeline.review.standing import UNDOABLE, Deed
from pipeline.review.views import draft_of
from pipeline.review.web import PersonOf, StoreOf, address_of, needs, signed_in_of, store_of
from pipeline.store.review_tables import User

router = APIRouter()
LOOK_EVERY_S = 15
"""How often an open call's page asks whether somebody else did something."""


@router.get("/")
def home(person: PersonOf) -> Response:
    """Where a person's day begins."""
    return RedirectResponse("/queue" if person.may("queue") else "/mine", 303)


@router.get("/audit")
def audit_page(request: Request, store: StoreOf) -> Response:
    """Who saw, heard, did or was refused what."""
    needs(request, "audit")
    start = read_place(request.query_params.get("before"))
    given = {
        name: request.query_params.get(name, "").replace("\x00", "")[:300]
        for name in ("name", "event", "call")
    }
    with store.reading() as session:
        lines = audit.newest(
            session, before=start, name=given["name"], event=given["event"], call=given["call"]
        )
    return page(request, "audit.html.j2", lines=lines, given=given, events=event_texts())


def event_texts() -> dict[str, Text]:
    """What the events of the audit log are called: those that are named, and every deed about a call or a plan."""
    known = texts()
    named = {key.removeprefix("event_"): text for key, text in known.items() if key.startswith("event_")}
    deeds = {f"did_{act}": known[f"act_{act}"] for act in NEEDS}
    on_plans = {f"did_plan_{act}": known["plan"].join(known[f"act_{act}"]) for act in PLAN_NEEDS}
    return named | deeds | on_plans


@router.get("/people")
def people_page(request: Request, store: StoreOf) -> Response:
    """Everybody who may sign in."""
    needs(request, "people")
    with store.reading() as session:
        users = session.scalars(select(User).order_by(User.name)).all()
    return page(request, "people.html.j2", users=users)


@router.get("/calls/{call_id:path}/audio")
def audio(request: Request, call_id: str, store: StoreOf) -> Response:
    """A call's sound, whole or in ranges."""
    return sound_of(request, call_id)


@router.get("/calls/{call_id:path}")
def call(request: Request, call_id: str) -> Response:
    """One call."""
    return call_page(request, call_id)


def sound_of(request: Request, call_id: str) -> Response:
    """The masked copy of a call's sound; who heard it is put down."""
    store, person = store_of(request), signed_in_of(request).person
    with store.reading() as session:
        case = load_case(store, session, person, call_id)
    return send_sound(request, call_id, case.audio_sha256)


def send_sound(request: Request, call_id: str, sha256: str | None) -> Response:
    """A sound of the store, to somebody whose right to it was looked at already; that it was heard is put down."""
    store, person = store_of(request), signed_in_of(request).person
    with store.reading() as session:
        told = audit.lately(session, "heard", person, call_id)
    if sha256 is None:
        raise Refusal(404, "no_sound")
    answer = sound_answer(request, store.files, sha256, "audio")
    if not told:
        with store.writing() as session:
            audit.put_down(session, "heard", person=person, address=address_of(request), call=call_id)
    return answer


def call_page(request: Request, call_id: str, *, status: int = 200, since: Iterable[Deed] = ()) -> Response:
    """One call's page; ``since`` is what somebody else did while this person looked at an older state."""
    store, person = store_of(request), signed_in_of(request).person
    with store.reading() as session:
        case = load_case(store, session, person, call_id)
        told = audit.lately(session, "saw", person, call_id)
        typed = draft_of(session, person, case.key)
        able = reviewers(session, person) if person.may("assign") else []
        agent = case.result.call.agent_id
        plans = plans_of(session, person, agent_id=agent, state="open") if agent else []
    if not told:
        with store.writing() as session:
            audit.put_down(session, "saw", person=person, address=address_of(request), call=call_id)
    sound = f"{call_path(call_id)}/audio" if case.audio_sha256 else None
    return page(
        request, "case.html.j2", status=status, **_values(case, sound), since=tuple(since), reviewers=able, plans=plans,
        drafts=json.dumps(dict(typed), ensure_ascii=False), look_every_s=LOOK_EVERY_S,
        last_mine=_last_of(case, person),
    )  # fmt: skip


def _last_of(case: Case, person: Person) -> Deed | None:
    """The person's newest deed that can be undone."""
    mine = (
        deed
        for deed in reversed(case.history)
        if deed.user == person.id and deed.act in UNDOABLE and deed.id not in case.standing.undone
    )
    return next(mine, None)


def _values(case: Case, sound: str | None) -> dict[str, Any]:
    machine = {each.id: each for each in case.result.score.criteria}
    human = {each.id: each for each in case.score.criteria}
    to_decide = [name for name, each in human.items() if each.verdict == "needs_review"]
    rejected = {name for name, deed in case.standing.findings.items() if deed.data["ruling"] == "reject"}
    return {
        **page_values(case.result, standard=view_of(case.standard), sound=sound),
        "case": case, "standing": case.standing, "machine": machine, "human": human, "rejected": rejected,
        "to_decide": to_decide,
        "verdicts": VERDICTS, "kinds": KINDS, "undoable": UNDOABLE, "by_id": {f.id: f for f in case.findings},
        "criteria_ids": list(machine), "window": APPEAL_WINDOW,
        "appeal_until": case.scored_at + timedelta(seconds=APPEAL_WINDOW.total_seconds()),
    }  # fmt: skip
