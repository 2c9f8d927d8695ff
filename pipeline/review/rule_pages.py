"""Rule quality as a page, in the API, and as a change of the standard to download."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.standard_view import view_of
from pipeline.review.api_errors import ERRORS
from pipeline.review.cases import standard_of
from pipeline.review.rendering import local, page
from pipeline.review.rights import Person
from pipeline.review.rule_quality import Quality, bounds, by_criterion, by_rule, proposal, rulings
from pipeline.review.saying import Refusal
from pipeline.review.web import StoreOf, checked_api, needs
from pipeline.standards import list_standards
from pipeline.standards.schema import Standard
from pipeline.store.tables import StandardText

router = APIRouter()
api = APIRouter(dependencies=[Depends(checked_api)])


class RuleOut(BaseModel):
    """Rulings on one rule's findings. ``advice`` is ``few, fine, watch`` or ``weak``; low and high are Wilson's interval."""

    kind: str
    sort: str | None
    criterion: str | None
    confirmed: int
    rejected: int
    missed: int
    precision: float | None
    low: float | None
    high: float | None
    advice: str


class QualityOut(BaseModel):
    """Rules, criteria, and the change of the standard that is proposed (YAML; null where there is none)."""

    rules: list[RuleOut]
    criteria: list[RuleOut]
    least_rulings: int
    least_precision: float
    confidence: float
    proposal: str | None


@router.get("/rules")
def rules_page(request: Request, store: StoreOf) -> Response:
    """How precise each rule is by people's rulings."""
    person = needs(request, "queue")
    with store.reading() as session:
        rules, criteria, text = _quality(session, person)
        standard = _newest(session)
    return page(
        request, "rules.html.j2", rules=rules, criteria=criteria, proposal=text, bounds=bounds(),
        view=view_of(standard) if standard is not None else None,
    )  # fmt: skip


@router.get("/rules/proposal.yaml")
def rules_proposal(request: Request, store: StoreOf) -> Response:
    """The proposed change of the standard as a file."""
    person = needs(request, "queue")
    with store.reading() as session:
        _, _, text = _quality(session, person)
    if text is None:
        raise Refusal(404, "no_proposal")
    name = 'attachment; filename="standard-proposal.yaml"'
    return Response(text, media_type="application/yaml", headers={"content-disposition": name})


@api.get("/rules", responses=ERRORS)
def rules(request: Request, store: StoreOf) -> QualityOut:
    """How precise each rule is by people's rulings on calls that the person sees."""
    person = needs(request, "queue")
    with store.reading() as session:
        found, criteria, text = _quality(session, person)
    limits = bounds()
    return QualityOut(
        rules=[_out(each) for each in found], criteria=[_out(each) for each in criteria],
        least_rulings=limits.least_rulings, least_precision=limits.least_precision, confidence=limits.confidence,
        proposal=text,
    )  # fmt: skip


def _quality(session: Session, person: Person) -> tuple[list[Quality], list[Quality], str | None]:
    ruled = rulings(session, person)
    criteria = by_criterion(ruled, bounds())
    standard = _newest(session)
    text = None
    if standard is not None:
        ships = standard.id in {info.id for info in list_standards()}
        today = local(datetime.now(UTC)).date()
        text = proposal(standard, criteria, author=person.name, today=today, ships=ships)
    return by_rule(ruled, bounds()), criteria, text


def _newest(session: Session) -> Standard | None:
    sha256 = session.scalar(select(StandardText.sha256).order_by(StandardText.first_used_at.desc()).limit(1))
    return standard_of(session, sha256) if sha256 is not None else None


def _out(each: Quality) -> RuleOut:
    return RuleOut(
        kind=each.kind, sort=each.sort, criterion=each.criterion, confirmed=each.confirmed, rejected=each.rejected,
        missed=each.missed, precision=each.precision, low=each.low, high=each.high, advice=each.advice,
    )  # fmt: skip
