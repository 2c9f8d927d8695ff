"""Trends, and the calls behind their figures, as pages and in the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from pipeline.review import audit
from pipeline.review.api_errors import ERRORS
from pipeline.review.charts import stacked
from pipeline.review.heard import PAGE, HeardCall, HeardFilters, heard
from pipeline.review.rendering import page
from pipeline.review.trends import MOST_WEEKS, WEEKS, Series, TrendFilters, trends
from pipeline.review.web import StoreOf, address_of, checked_api, needs

router = APIRouter()
api = APIRouter(dependencies=[Depends(checked_api)])
SECTIONS = ("objections", "refusal_reasons", "competitors", "products")


class SeriesOut(BaseModel):
    """Calls of each week."""

    name: str
    counts: list[int]
    total: int


class TrendsOut(BaseModel):
    """Weeks by their Mondays, and calls in which something was heard."""

    weeks: list[str]
    objections: list[SeriesOut]
    refusal_reasons: list[SeriesOut]
    competitors: list[SeriesOut]
    products: list[SeriesOut]


class WordsOut(BaseModel):
    """What was heard at a second (masked)."""

    speaker: str
    start_s: float | None
    quote: str | None


class HeardOut(BaseModel):
    """A call with what was heard in it."""

    call_id: str
    agent_id: str | None
    agent_name: str | None
    started_at: str | None
    campaign: str | None
    outcome: str
    words: list[WordsOut]


class HeardPage(BaseModel):
    """Calls, and what to give as ``before`` to get the next ones."""

    calls: list[HeardOut]
    next: str | None


@router.get("/trends")
def trends_page(request: Request, store: StoreOf) -> Response:
    """Objections, reasons of refusal, competitors and products by week."""
    person = needs(request, "queue")
    filters = TrendFilters.of(request.query_params)
    with store.reading() as session:
        found = trends(session, person, filters)
    sections = {name: getattr(found, name) for name in SECTIONS}
    return page(
        request, "trends.html.j2", filters=filters, weeks=found.weeks, week=timedelta(days=6), sections=sections,
        charts={name: stacked([each.counts for each in series]) for name, series in sections.items()},
        most_weeks=MOST_WEEKS,
    )  # fmt: skip


@router.get("/heard")
def heard_page(request: Request, store: StoreOf) -> Response:
    """Calls in which something of a kind was heard."""
    person = needs(request, "queue")
    filters = HeardFilters.of(request.query_params)
    with store.reading() as session:
        calls, following = heard(session, person, filters)
    with store.writing() as session:
        audit.put_down(
            session,
            "looked_up",
            person=person,
            address=address_of(request),
            **filters.plain(),
            calls=len(calls),
        )
    return page(request, "heard.html.j2", filters=filters, calls=calls, following=following)


@api.get("/trends", responses=ERRORS)
def trends_out(
    request: Request, store: StoreOf, weeks: Annotated[int, Query(ge=1, le=MOST_WEEKS)] = WEEKS, agent: str = "",
    team: str = "", campaign: str = "",
) -> TrendsOut:  # fmt: skip
    """Calls of the last weeks in which customers objected, refused, or somebody named a competitor or a product."""
    person = needs(request, "queue")
    with store.reading() as session:
        found = trends(session, person, TrendFilters.of(request.query_params))
    return TrendsOut(
        weeks=[week.isoformat() for week in found.weeks],
        **{name: [_series(each) for each in getattr(found, name)] for name in SECTIONS},
    )


@api.get("/heard", responses=ERRORS)
def heard_out(
    request: Request, store: StoreOf, kind: str = "objection", sort: str = "", since: str = "", until: str = "",
    agent: str = "", team: str = "", campaign: str = "", before: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> HeardPage:  # fmt: skip
    """Calls in which findings of a kind were made, with their words; filters that can't be read are left out."""
    person = needs(request, "queue")
    filters = HeardFilters.of(request.query_params)
    with store.reading() as session:
        calls, following = heard(session, person, filters, limit=limit)
    with store.writing() as session:
        audit.put_down(
            session,
            "looked_up",
            person=person,
            address=address_of(request),
            **filters.plain(),
            calls=len(calls),
        )
    return HeardPage(calls=[_heard(each) for each in calls], next=following)


def _series(each: Series) -> SeriesOut:
    return SeriesOut(name=each.name, counts=list(each.counts), total=each.total)


def _heard(each: HeardCall) -> HeardOut:
    started = each.started_at.isoformat() if each.started_at else None
    return HeardOut(
        call_id=each.call_id, agent_id=each.agent_id, agent_name=each.agent_name, started_at=started,
        campaign=each.campaign, outcome=each.outcome,
        words=[WordsOut(speaker=one.speaker, start_s=one.start_s, quote=one.quote) for one in each.words],
    )  # fmt: skip
