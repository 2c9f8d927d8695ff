"""What is done on a call's page: one form a deed, then back to the page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from pipeline.review import views
from pipeline.review.acts import UnfitError, do_in
from pipeline.review.asked import ASKED
from pipeline.review.cases import history_of, seen_call
from pipeline.review.once import once
from pipeline.review.rendering import call_path
from pipeline.review.saying import MistakeError
from pipeline.review.web import CheckedForm, PersonOf, StoreOf, address_of, inside

router = APIRouter()
_FIELDS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


@router.post("/calls/{call_id:path}/acts")
def act(request: Request, call_id: str, form: CheckedForm, store: StoreOf, person: PersonOf) -> Response:
    """Do one thing about a call."""
    try:
        asked = ASKED.validate_python(form)
    except ValidationError as error:
        raise MistakeError(error) from error
    address = address_of(request)
    once(request, form, lambda session: do_in(store, session, person, call_id, asked, address=address).act)
    back = inside(form.get("back", ""))
    if back != "/":  # the deed was done from a list
        return RedirectResponse(back, 303)
    tail = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{call_path(call_id)}{tail}", 303)


@router.post("/calls/{call_id:path}/draft", status_code=204)
def draft(call_id: str, form: CheckedForm, store: StoreOf, person: PersonOf) -> None:
    """Keep what somebody has typed and not sent."""
    try:
        fields = _FIELDS.validate_json(form.get("fields", ""))
        with store.writing() as session:
            views.keep_draft(session, person, seen_call(session, person, call_id).id, fields)
    except ValidationError as error:
        raise UnfitError("draft_form") from error


@router.get("/calls/{call_id:path}/rev")
def newest(call_id: str, store: StoreOf, person: PersonOf) -> dict[str, Any]:
    """The newest state of a call's review, and whose it is: the page asks, to show what others do."""
    with store.reading() as session:
        history = history_of(session, seen_call(session, person, call_id).id)
    return {"rev": history[-1].rev, "by": history[-1].name} if history else {"rev": 0, "by": ""}
