"""Hearing and reading what was not masked: a right of its own, a reason each time, every hearing put down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from pipeline.review import audit
from pipeline.review.acts import UnfitError
from pipeline.review.asked import Words
from pipeline.review.cases import original_of, seen_call
from pipeline.review.once import once
from pipeline.review.rendering import original_path, render
from pipeline.review.rights import Person
from pipeline.review.saying import Refusal
from pipeline.review.sound import sound_answer
from pipeline.review.web import (
    CheckedForm,
    PersonOf,
    StoreOf,
    address_of,
    checked_api,
    needs,
    signed_in_of,
    store_of,
)
from pipeline.sealing import BrokenSealError
from pipeline.store.tables import Call

router = APIRouter()
api = APIRouter(dependencies=[Depends(checked_api)])
WINDOW = timedelta(minutes=15)
"""How long a reason that was given opens a call's original."""
_OPENED, _HEARD, _READ = "opened_original", "heard_original", "read_original"
_REASON: TypeAdapter[str] = TypeAdapter(Words)


class Why(BaseModel):
    """Why an original is to be heard."""

    reason: Words


class OriginalOut(BaseModel):
    """What was not masked: its words where they are kept, and where its sound is had for the next minutes."""

    call_id: str
    transcript: dict[str, Any] | None
    audio: str | None


@dataclass(frozen=True, slots=True)
class _Original:
    call: Call
    audio: str | None
    transcript: str | None


@router.get("/originals/{call_id:path}/audio")
def audio(request: Request, call_id: str) -> Response:
    """The recording as it came."""
    return _sound(request, call_id)


@router.get("/originals/{call_id:path}")
def page(request: Request, call_id: str) -> Response:
    """Asks for a reason; then, for some minutes, the words and the sound."""
    person = _entitled(request, call_id)
    store, words = store_of(request), None
    with store.reading() as session:
        found = _found(session, person, call_id)
        opened = audit.lately(session, _OPENED, person, call_id, within=WINDOW)
        agent = found.call.agent_name or found.call.agent_id
    if opened and found.transcript is not None:
        words = _words(request, found.transcript)
        _put_down(request, _READ, call_id)
    sound = f"{original_path(call_id)}/audio" if found.audio else None
    came = signed_in_of(request)
    return HTMLResponse(
        render(
            "original.html.j2", came=came, person=person, call_id=call_id, agent=agent, opened=opened, words=words,
            sound=sound, window=WINDOW,
        )
    )  # fmt: skip


@router.post("/originals/{call_id:path}")
def open_(request: Request, call_id: str, form: CheckedForm) -> Response:
    """Give the reason."""
    person = _entitled(request, call_id)
    try:
        reason = _REASON.validate_python(form.get("reason", ""))
    except ValidationError as error:
        raise UnfitError("original_reason") from error

    def deed(session: Session) -> None:
        _found(session, person, call_id)
        address = address_of(request)
        audit.put_down(session, _OPENED, person=person, address=address, call=call_id, reason=reason)

    once(request, form, deed)
    return RedirectResponse(original_path(call_id), 303)


_ERRORS: dict[int | str, Any] = {
    code: {"description": "refused, with the reason under detail"} for code in (401, 403, 404)
}


@api.get("/originals/{call_id:path}/audio", responses=_ERRORS, response_class=Response)
def audio_api(request: Request, call_id: str) -> Response:
    """A call's recording as it came, after its reason was given."""
    return _sound(request, call_id)


@api.post("/originals/{call_id:path}", responses=_ERRORS)
def open_api(
    request: Request, call_id: str, why: Annotated[Why, Body()], store: StoreOf, person: PersonOf
) -> OriginalOut:
    """Give the reason; the answer holds the unmasked words. Each time is put down."""
    _entitled(request, call_id)
    with store.reading() as session:
        found = _found(session, person, call_id)
    _put_down(request, _OPENED, call_id, reason=why.reason)
    words = _words(request, found.transcript) if found.transcript is not None else None
    if words is not None:
        _put_down(request, _READ, call_id)
    sound = f"/api/v1{original_path(call_id)}/audio" if found.audio else None
    return OriginalOut(call_id=call_id, transcript=words, audio=sound)


def _entitled(request: Request, call_id: str) -> Person:
    """The person, who sees the call and may hear originals. Raises UnseenError (404), then 403."""
    store = store_of(request)
    with store.reading() as session:
        seen_call(session, signed_in_of(request).person, call_id)
    return needs(request, "originals")


def _found(session: Session, person: Person, call_id: str) -> _Original:
    call = seen_call(session, person, call_id)
    sound, words = original_of(session, call)
    if sound is None and words is None:
        raise Refusal(404, "no_original")
    return _Original(call, sound, words)


def _words(request: Request, sha256: str) -> dict[str, Any]:
    try:
        words: dict[str, Any] = json.loads(store_of(request).files.read(sha256, "original_transcript"))
    except (FileNotFoundError, BrokenSealError) as error:
        raise Refusal(404, "lost_words") from error
    return words


def _sound(request: Request, call_id: str) -> Response:
    person = _entitled(request, call_id)
    store = store_of(request)
    with store.reading() as session:
        found = _found(session, person, call_id)
        opened = audit.lately(session, _OPENED, person, call_id, within=WINDOW)
    if not opened:
        raise Refusal(403, "reason_first")
    if found.audio is None:
        raise Refusal(404, "no_recording")
    _put_down(request, _HEARD, call_id, range=request.headers.get("range", "")[:60])
    return sound_answer(request, store.files, found.audio, "original_audio")


def _put_down(request: Request, event: str, call_id: str, **detail: Any) -> None:
    person, address = signed_in_of(request).person, address_of(request)
    with store_of(request).writing() as session:
        audit.put_down(session, event, person=person, address=address, call=call_id, **detail)
