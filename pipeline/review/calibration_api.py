"""Calibration in the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from pipeline.reports.call_json import to_json
from pipeline.review.api_errors import ERRORS
from pipeline.review.calibration import (
    Round,
    blind_call,
    close_round,
    judge,
    make_round,
    own_verdicts,
    round_of,
    rounds,
)
from pipeline.review.calibration_forms import NewRound, OneVerdict, Verdicts
from pipeline.review.calibration_pages import blind_result, blind_sound, put_down, saw
from pipeline.review.calibration_results import Agreement, Row, results
from pipeline.review.web import Key, PersonOf, StoreOf, checked_api, needs

router = APIRouter(dependencies=[Depends(checked_api)])


class RoundOut(BaseModel):
    """A round; ``done`` is how many of the ``wanted`` verdicts each person has given."""

    id: int
    name: str
    made_by: str
    made_at: str
    closed_at: str | None
    criteria: list[str]
    calls: list[str]
    people: list[str]
    wanted: int
    done: dict[str, int]


class AgreementOut(BaseModel):
    """One criterion: Krippendorff's alpha of people, and the machine against most of them."""

    criterion: str
    alpha_nominal: float | None
    alpha_ordinal: float | None
    pairable: int
    machine_agreed: int
    machine_compared: int
    machine_low: float | None
    machine_high: float | None


class RowOut(BaseModel):
    """All verdicts on one criterion of one call."""

    call_id: str
    criterion: str
    machine: str | None
    people: dict[str, str]
    majority: str | None


class FullRoundOut(RoundOut):
    """A round with what it came to; both are null until it is closed."""

    agreement: list[AgreementOut] | None
    verdicts: list[RowOut] | None


class BlindOut(BaseModel):
    """A call of a round as who judges it sees it: words, and one's own verdicts."""

    call_id: str
    criteria: list[str]
    transcript: dict[str, Any]
    mine: list[OneVerdict]


@router.get("/calibration", responses=ERRORS)
def listed(request: Request, store: StoreOf) -> list[RoundOut]:
    """Rounds that the person makes or judges in, the newest first."""
    person = needs(request, "queue")
    with store.reading() as session:
        return [RoundOut(**_plain(found)) for found in rounds(session, person)]


@router.post("/calibration", responses=ERRORS)
def make(request: Request, asked: NewRound, store: StoreOf, person: PersonOf) -> RoundOut:
    """Begin a round."""
    with store.writing() as session:
        key = make_round(session, person, **asked.model_dump())
        put_down(session, request, person, "calibration_made", key)
        return RoundOut(**_plain(round_of(session, person, key)))


@router.get("/calibration/{key}", responses=ERRORS)
def one(key: Key, store: StoreOf, person: PersonOf) -> FullRoundOut:
    """One round, with its results once it is closed."""
    with store.reading() as session:
        found = round_of(session, person, key)
        if found.is_open:
            return FullRoundOut(**_plain(found), agreement=None, verdicts=None)
        agreed, rows = results(session, found)
    return FullRoundOut(
        **_plain(found), agreement=[_agreement(each) for each in agreed], verdicts=[_row(each) for each in rows]
    )  # fmt: skip


@router.post("/calibration/{key}/close", responses=ERRORS)
def close(request: Request, key: Key, store: StoreOf, person: PersonOf) -> RoundOut:
    """Close a round for good."""
    with store.writing() as session:
        found = close_round(session, person, key)
        put_down(session, request, person, "calibration_closed", key)
        return RoundOut(**_plain(found))


@router.get("/calibration/{key}/calls/{call_id:path}/audio", responses=ERRORS, response_class=Response)
def audio(request: Request, key: Key, call_id: str) -> Response:
    """The sound of a call that the person judges, whole or in ranges."""
    return blind_sound(request, key, call_id)


@router.post("/calibration/{key}/calls/{call_id:path}/verdicts", responses=ERRORS)
def verdicts(
    request: Request, key: Key, call_id: str, asked: Verdicts, store: StoreOf, person: PersonOf
) -> RoundOut:
    """Give verdicts on a call; later ones take the place of earlier ones until the round is closed."""
    with store.writing() as session:
        found = judge(session, person, key, call_id, asked.given)
        put_down(session, request, person, "calibration_judged", key, call_id)
        return RoundOut(**_plain(found))


@router.get("/calibration/{key}/calls/{call_id:path}", responses=ERRORS)
def blind(request: Request, key: Key, call_id: str, store: StoreOf, person: PersonOf) -> BlindOut:
    """A call that the person judges, without anybody else's verdict."""
    with store.reading() as session:
        found, row = blind_call(session, person, key, call_id)
        words = to_json(blind_result(session, store.files, row))["transcript"]
        own = own_verdicts(session, person, row)
    saw(request, person, call_id)
    mine = [
        OneVerdict.model_validate({"criterion": name, "verdict": each.verdict, "reason": each.reason})
        for name, each in own.items()
    ]
    return BlindOut(call_id=call_id, criteria=list(found.criteria), transcript=words, mine=mine)


def _plain(found: Round) -> dict[str, Any]:
    return {
        "id": found.id, "name": found.name, "made_by": found.made_by, "made_at": found.made_at.isoformat(),
        "closed_at": found.closed_at.isoformat() if found.closed_at else None, "criteria": list(found.criteria),
        "calls": list(found.calls), "people": list(found.people), "wanted": found.wanted, "done": dict(found.done),
    }  # fmt: skip


def _agreement(each: Agreement) -> AgreementOut:
    return AgreementOut(
        criterion=each.criterion, alpha_nominal=each.nominal, alpha_ordinal=each.ordinal, pairable=each.pairable,
        machine_agreed=each.agreed, machine_compared=each.compared, machine_low=each.low, machine_high=each.high,
    )  # fmt: skip


def _row(each: Row) -> RowOut:
    return RowOut(
        call_id=each.call_id, criterion=each.criterion, machine=each.machine, people=dict(each.people),
        majority=each.majority,
    )  # fmt: skip
