"""The search as a page and in the API."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from pipeline.reports.labels import labels
from pipeline.review import audit
from pipeline.review.api_errors import ERRORS
from pipeline.review.rendering import page
from pipeline.review.rights import Person
from pipeline.review.search import PAGE, Hit, SearchFilters, find
from pipeline.review.web import PersonOf, StoreOf, address_of, checked_api, needs
from pipeline.store import Store

router = APIRouter()
api = APIRouter(dependencies=[Depends(checked_api)])


class PassageOut(BaseModel):
    """Words of one turn around a hit; ``marks`` are the places in ``text`` of what was looked for."""

    turn: int
    speaker: str
    start_s: float | None
    text: str
    marks: list[tuple[int, int]]


class HitOut(BaseModel):
    """A call that fits; ``turns`` says how many of its turns do, ``passages`` holds the first of them."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    started_at: str | None
    campaign: str | None
    outcome: str
    turns: int
    passages: list[PassageOut]


class FoundOut(BaseModel):
    """Calls that fit, and what to give as ``before`` to get the next ones."""

    hits: list[HitOut]
    next: str | None


@router.get("/search")
def search_page(request: Request, store: StoreOf) -> Response:
    """What was said, looked for."""
    person = needs(request, "see")
    filters = SearchFilters.of(request.query_params)
    hits, following = looked_for(request, store, person, filters, limit=PAGE)
    return page(
        request, "search.html.j2", filters=filters, hits=hits, following=following, asked=bool(filters.query or filters.named),
        outcomes=sorted(labels().texts["outcomes"]),
    )  # fmt: skip


@api.get("/search", responses=ERRORS)
def search(
    request: Request, store: StoreOf, person: PersonOf,
    q: Annotated[str, Query(max_length=200, description='words; "in quotes": together; -word: not there')] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = PAGE,
    agent: str = "", team: str = "", since: str = "", until: str = "", campaign: str = "", outcome: str = "",
    speaker: Literal["", "agent", "customer", "unknown"] = "", before: str = "",
    named: Annotated[str, Query(description="a product or competitor of the profile, by any of its names")] = "",
) -> FoundOut:  # fmt: skip
    """Calls whose masked words fit, the last to come first; filters that can't be read are left out."""
    filters = SearchFilters.of(request.query_params)
    hits, following = looked_for(request, store, person, filters, limit=limit)
    return FoundOut(hits=[_out(hit) for hit in hits], next=following)


def looked_for(
    request: Request, store: Store, person: Person, filters: SearchFilters, *, limit: int
) -> tuple[list[Hit], str | None]:
    """What is found; who looked for what is put down, since passages are shown."""
    if not filters.query and filters.named is None:
        return [], None
    with store.reading() as session:
        found = find(session, person, filters, limit=limit)
    with store.writing() as session:
        _put_down(session, request, person, filters, len(found[0]))
    return found


def _put_down(session: Session, request: Request, person: Person, filters: SearchFilters, hits: int) -> None:
    audit.put_down(
        session, "searched", person=person, address=address_of(request), **filters.plain(), hits=hits,
        before=filters.before,
    )  # fmt: skip


def _out(hit: Hit) -> HitOut:
    started = hit.started_at.isoformat() if hit.started_at else None
    passages = []
    for each in hit.passages:
        words, marks = "", []
        for piece, looked in each.parts:
            if looked:
                marks.append((len(words), len(words) + len(piece)))
            words += piece
        passages.append(
            PassageOut(turn=each.turn, speaker=each.speaker, start_s=each.start_s, text=words, marks=marks)
        )
    return HitOut(
        call_id=hit.call_id, agent_id=hit.agent_id, agent_name=hit.agent_name, team=hit.team, started_at=started,
        campaign=hit.campaign, outcome=hit.outcome, turns=hit.turns, passages=passages,
    )  # fmt: skip
