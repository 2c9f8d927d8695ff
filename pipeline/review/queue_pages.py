"""The queue as pages: filters, saved views, giving out calls, on to the next one; an agent's own calls."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.labels import labels
from pipeline.reports.standard_view import view_of
from pipeline.review import views
from pipeline.review.acts import do_in
from pipeline.review.asked import Assign
from pipeline.review.cards import agents_of
from pipeline.review.cases import UnseenError, newest_standard
from pipeline.review.hints import hints
from pipeline.review.once import once
from pipeline.review.people import reviewers
from pipeline.review.queue import NOBODY, REASONS, STATES, VERDICTS, Filters, queue
from pipeline.review.rendering import call_path, page
from pipeline.review.rights import Person
from pipeline.review.saying import MistakeError
from pipeline.review.web import CheckedForm, Key, PersonOf, StoreOf, address_of, needs, profile_of
from pipeline.store.review_tables import AgentTeam

router = APIRouter()
_TICKED = "call:"
"""Before a ticked call's id in a form's field names."""


@router.get("/queue")
def queue_page(request: Request, store: StoreOf) -> Response:
    """Calls that wait, by filters."""
    person = needs(request, "queue")
    filters = Filters.of(request.query_params)
    with store.reading() as session:
        items, following = queue(session, person, filters)
        kept = views.views_of(session, person)
        choices = _choices(request, session, person)
        heard = hints(session, [item.call_id for item in items]) if person.may("judge") else {}
    current = filters.text()
    return page(
        request, "queue.html.j2", items=items, filters=filters, following=following, mine=False, hints=heard,
        views=kept, current=current, view=next((view for view in kept if view.query == current), None), **choices,
    )  # fmt: skip


@router.get("/mine")
def mine_page(request: Request, store: StoreOf, person: PersonOf) -> Response:
    """An agent's own calls."""
    filters = Filters.of(request.query_params, reason="all", state="any")
    with store.reading() as session:
        items, following = queue(session, person, filters)
    return page(
        request, "queue.html.j2", items=items, filters=filters, following=following, mine=True, hints={},
        views=(), view=None, current="",
    )  # fmt: skip


@router.get("/next")
def next_call(request: Request, store: StoreOf, person: PersonOf) -> Response:
    """On to the next call of the queue, with the same filters."""
    own = not person.may("queue")
    filters = Filters.of(
        request.query_params, reason="all" if own else "flagged", state="any" if own else "open"
    )
    with store.reading() as session:
        items, _ = queue(session, person, filters, limit=1)
    query = str(request.url.query)
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("before="))
    tail = f"?{kept}" if kept else ""
    return RedirectResponse((call_path(items[0].call_id) if items else "/") + tail, 303)


@router.post("/views")
def keep_view(request: Request, form: CheckedForm) -> Response:
    """Keep the filters shown under a name."""
    person = needs(request, "queue")
    filters = Filters.of(dict(parse_qsl(form.get("query", ""))))
    name = form.get("name", "")
    once(request, form, lambda session: views.keep_view(session, person, name, filters).id)
    return RedirectResponse(f"/queue?{filters.text()}", 303)


@router.post("/views/{view}/drop")
def drop_view(request: Request, view: Key, form: CheckedForm) -> Response:
    """Take a view of one's own away."""
    person = needs(request, "queue")

    def drop(session: Session) -> None:
        if not views.drop_view(session, person, view):
            raise UnseenError("no_view")

    once(request, form, drop)
    return RedirectResponse("/queue", 303)


@router.post("/assign")
def assign(request: Request, form: CheckedForm, store: StoreOf) -> Response:
    """Give the ticked calls to somebody, or take them back from whoever has them."""
    person = needs(request, "assign")
    try:
        given = Assign(act="assign", to=form.get("to"))
    except ValidationError as error:
        raise MistakeError(error) from error
    back = Filters.of(dict(parse_qsl(form.get("query", "")))).text()  # before anything is done

    def give(session: Session) -> None:  # in one order for all, so that nobody waits for who waits for them
        for name in sorted(name for name in form if name.startswith(_TICKED)):
            call_id = name.removeprefix(_TICKED)
            do_in(store, session, person, call_id, given, address=address_of(request))

    once(request, form, give)
    return RedirectResponse(f"/queue?{back}", 303)


def _choices(request: Request, session: Session, person: Person) -> dict[str, Any]:
    """What the filters offer to choose from."""
    teams = select(AgentTeam.team).distinct().order_by(AgentTeam.team)
    standard = newest_standard(session)
    return {
        "agents": agents_of(session, person, profile_of(request)),
        "teams": list(session.scalars(teams)) if person.team is None else [person.team],
        "reviewers": reviewers(session, person),
        "standard": view_of(standard) if standard is not None else None,
        "reasons": REASONS, "states": STATES, "nobody": NOBODY, "verdicts": VERDICTS,
        "outcomes": sorted(labels().texts["outcomes"]),
    }  # fmt: skip
