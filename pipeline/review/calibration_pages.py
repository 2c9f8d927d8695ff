"""Calibration as pages: rounds, one round with its results, one call judged blind."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.reports.standard_view import StandardView, view_of
from pipeline.review import audit
from pipeline.review.asked import VERDICTS
from pipeline.review.calibration import (
    blind_call,
    close_round,
    judge,
    make_round,
    own_verdicts,
    round_of,
    rounds,
)
from pipeline.review.calibration_forms import form_verdicts, new_round
from pipeline.review.calibration_results import results
from pipeline.review.cases import standard_of
from pipeline.review.once import once
from pipeline.review.pages import send_sound
from pipeline.review.rendering import blind_path, page
from pipeline.review.results import stored_result
from pipeline.review.rights import Person
from pipeline.review.web import (
    CheckedForm,
    Key,
    PersonOf,
    StoreOf,
    address_of,
    needs,
    signed_in_of,
    store_of,
)
from pipeline.store import FileArea
from pipeline.store.calibration_tables import CalibrationCall
from pipeline.store.tables import Call, Score
from pipeline.types import CallResult

router = APIRouter()


@router.get("/calibration")
def rounds_page(request: Request, store: StoreOf) -> Response:
    """Rounds that a person makes or judges in, and the form for a new one."""
    person = needs(request, "queue")
    with store.reading() as session:
        found = rounds(session, person)
    return page(request, "calibration.html.j2", rounds=found, given=request.query_params.getlist("call"))


@router.post("/calibration")
def make(request: Request, form: CheckedForm, person: PersonOf) -> Response:
    """Begin a round."""
    asked = new_round(form)

    def deed(session: Session) -> int:
        key = make_round(session, person, **asked.model_dump())
        put_down(session, request, person, "calibration_made", key)
        return key

    key = once(request, form, deed)
    return RedirectResponse(f"/calibration/{key}", 303)


@router.get("/calibration/{key}")
def round_page(request: Request, key: Key, store: StoreOf, person: PersonOf) -> Response:
    """One round: who has judged how much, and once it is closed what it came to."""
    with store.reading() as session:
        found = round_of(session, person, key)
        agreed, rows = ([], []) if found.is_open else results(session, found)
        view = standard_view(session, key)
        seen = set(session.scalars(select(Call.call_id).where(Call.call_id.in_(found.calls), person.scope())))
    return page(
        request, "calibration_round.html.j2", round=found, agreed=agreed, view=view, seen=seen,
        differing=[row for row in rows if row.differs], rows=rows,
    )  # fmt: skip


@router.post("/calibration/{key}/close")
def close(request: Request, key: Key, form: CheckedForm, person: PersonOf) -> Response:
    """Close a round for good."""

    def deed(session: Session) -> None:
        close_round(session, person, key)
        put_down(session, request, person, "calibration_closed", key)

    once(request, form, deed)
    return RedirectResponse(f"/calibration/{key}", 303)


@router.get("/calibration/{key}/calls/{call_id:path}/audio")
def audio(request: Request, key: Key, call_id: str) -> Response:
    """A call's sound, for whoever judges it blind."""
    return blind_sound(request, key, call_id)


@router.get("/calibration/{key}/calls/{call_id:path}")
def blind_page(request: Request, key: Key, call_id: str, store: StoreOf, person: PersonOf) -> Response:
    """One call with its words and sound, without anybody's verdict but one's own."""
    with store.reading() as session:
        found, row = blind_call(session, person, key, call_id)
        result = blind_result(session, store.files, row)
        own = own_verdicts(session, person, row)
        view = standard_view(session, key)
        has_sound = session.get_one(Score, row.score).audio_file is not None
    saw(request, person, call_id)
    place = found.calls.index(call_id)
    return page(
        request, "calibration_call.html.j2", round=found, call_id=call_id, place=place, own=own, view=view,
        turns=result.transcript.turns, started_at=result.call.started_at, verdicts=VERDICTS, has_sound=has_sound,
        following=found.calls[place + 1] if place + 1 < len(found.calls) else None,
    )  # fmt: skip


@router.post("/calibration/{key}/calls/{call_id:path}")
def judged(
    request: Request, key: Key, call_id: str, form: CheckedForm, store: StoreOf, person: PersonOf
) -> Response:
    """Take down somebody's verdicts and go on to the next call."""
    given = form_verdicts(form)

    def deed(session: Session) -> None:
        judge(session, person, key, call_id, given)
        put_down(session, request, person, "calibration_judged", key, call_id)

    once(request, form, deed)
    with store.reading() as session:
        found = round_of(session, person, key)
    place = found.calls.index(call_id) + 1
    onward = blind_path(key, found.calls[place]) if place < len(found.calls) else f"/calibration/{key}"
    return RedirectResponse(onward, 303)


def blind_sound(request: Request, key: int, call_id: str) -> Response:
    """The sound of a call of a round; who heard it is put down."""
    person = signed_in_of(request).person
    with store_of(request).reading() as session:
        _, row = blind_call(session, person, key, call_id)
        sound = session.get_one(Score, row.score).audio_file
    return send_sound(request, call_id, sound)


def blind_result(session: Session, files: FileArea, row: CalibrationCall) -> CallResult:
    """The result that people are held against; only its words are for whoever judges."""
    score = session.get_one(Score, row.score)
    return stored_result(session, files, session.get_one(Call, row.call), score)


def standard_view(session: Session, key: int) -> StandardView:
    """Titles of a round's criteria, by the standard of its first call."""
    query = select(Score.standard_sha256).join(CalibrationCall, CalibrationCall.score == Score.id)
    sha256 = session.scalars(
        query.where(CalibrationCall.round == key).order_by(CalibrationCall.place).limit(1)
    ).one()
    return view_of(standard_of(session, sha256))


def saw(request: Request, person: Person, call_id: str) -> None:
    """Put down, once in some minutes, that somebody saw a call's words."""
    store = store_of(request)
    with store.reading() as session:
        told = audit.lately(session, "saw", person, call_id)
    if not told:
        with store.writing() as session:
            audit.put_down(session, "saw", person=person, address=address_of(request), call=call_id)


def put_down(
    session: Session, request: Request, person: Person, event: str, key: int, call_id: str | None = None
) -> None:
    """A line of the audit log about a round."""
    audit.put_down(session, event, person=person, address=address_of(request), call=call_id, round=key)
