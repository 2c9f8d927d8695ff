"""Scorecards as pages: the team's, and one agent's, which the agent sees too."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from pipeline.reports.labels import labels
from pipeline.reports.scorecard_build import AgentHabits, Scorecards
from pipeline.reports.scorecard_criteria import Habit
from pipeline.reports.scorecard_page import PLOT_WIDTH, Plot
from pipeline.review import audit, cards
from pipeline.review.plans import plans_of
from pipeline.review.rendering import page
from pipeline.review.rights import Person
from pipeline.review.web import PersonOf, StoreOf, address_of, profile_of
from pipeline.store.card_query import Heard

router = APIRouter()
_LISTED_CALLS = 200


@router.get("/scorecards")
def team_page(request: Request, store: StoreOf, person: PersonOf) -> Response:
    """Every agent that the person sees; an agent goes on to the own card."""
    if not person.may("queue"):
        return RedirectResponse(f"/scorecards/{quote(person.agent_id or '', safe='')}", 303)
    profile = profile_of(request)
    with store.reading() as session:
        period = cards.month_of(session, person, request.query_params.get("period", ""), profile)
    table = cards.team_table(store, person, period, profile)
    with store.writing() as session:
        audit.put_down(
            session, "saw_scorecards", person=person, address=address_of(request), period=period.text
        )
    return page(
        request, "cards.html.j2", period=period, following=cards.after(period), min_calls=table.min_calls,
        rows=[(row, _plot(row, None)) for row in table.rows], **_texts(),
    )  # fmt: skip


@router.get("/scorecards/{agent_id:path}")
def agent_page(request: Request, agent_id: str, store: StoreOf, person: PersonOf) -> Response:
    """One agent's card of a period, with the calls behind it and the coaching plans."""
    profile = profile_of(request)
    with store.reading() as session:
        cards.seen_agent(session, person, agent_id)
        period = cards.month_of(session, person, request.query_params.get("period", ""), profile)
    made = cards.agent_card(store, person, agent_id, period, profile)
    with store.reading() as session:
        values = _values(session, person, agent_id, made)
    with store.writing() as session:
        audit.put_down(
            session, "saw_scorecard", person=person, address=address_of(request), agent=agent_id,
            period=period.text,
        )  # fmt: skip
    return page(
        request, "card.html.j2", period=period, following=cards.after(period), agent_id=agent_id, **values,
        **_texts(),
    )  # fmt: skip


def _values(session: Session, person: Person, agent_id: str, made: Scorecards | None) -> dict[str, Any]:
    plans = plans_of(session, person, agent_id=agent_id)
    if made is None:
        return {"cards": None, "plans": plans}
    row = cards.plain_rows(made.agents)[0]
    order = {each.id: place for place, each in enumerate(made.view.criteria)}
    criteria = sorted(
        cards.plain_rows(made.criteria), key=lambda each: order.get(each["criterion"], len(order))
    )
    seen = cards.seen_calls(session, person, agent_id)
    calls = made.calls[made.calls["call_id"].isin(seen)].sort_values("started", ascending=False)
    return {
        "cards": made, "row": row, "plot": _plot(row, made.everybody), "plans": plans,
        "habits": _habits(made.habits.get(agent_id, AgentHabits()), seen), "targets": made.targets.get(agent_id, ()),
        "criteria": [(made.view.criterion(each["criterion"]), each) for each in criteria if each["judged"]],
        "trend": [each for each in cards.plain_rows(made.trend) if each["agent_id"] == agent_id],
        "calls": cards.plain_rows(calls.head(_LISTED_CALLS)), "more": max(0, len(calls) - _LISTED_CALLS),
    }  # fmt: skip


def _habits(habits: AgentHabits, seen: Collection[str]) -> AgentHabits:
    """Habits with only those calls to hear that somebody sees."""

    def shown(pairs: tuple[tuple[Habit, Heard | None], ...]) -> tuple[tuple[Habit, Heard | None], ...]:
        return tuple((habit, heard if heard and heard.call_id in seen else None) for habit, heard in pairs)

    return AgentHabits(shown(habits.best), shown(habits.weak))


def _plot(row: dict[str, Any], everybody: float | None) -> Plot | None:
    if row["score_mean"] is None:
        return None
    return Plot(row["score_mean"], row["score_low"], row["score_high"], everybody)


def _texts() -> dict[str, Any]:
    """What the templates of the reports' scorecards call their labels by."""
    return {
        "w": labels().texts["cards"],
        "c": labels().texts["columns"],
        "width": PLOT_WIDTH,
        "share": _share,
    }


def _share(rate: float | None) -> str:
    return "–" if rate is None else f"{rate * 100:.0f} %"
