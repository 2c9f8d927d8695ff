"""What is done on a call's page: one form a deed, then back to the page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from pipeline.review.acts import UnfitError, do
from pipeline.review.asked import ASKED
from pipeline.review.rendering import call_path
from pipeline.review.web import CheckedForm, PersonOf, StoreOf, address_of

router = APIRouter()


@router.post("/calls/{call_id:path}/acts")
def act(request: Request, call_id: str, form: CheckedForm, store: StoreOf, person: PersonOf) -> Response:
    """Do one thing about a call."""
    try:
        asked = ASKED.validate_python(form)
    except ValidationError as error:
        told = error.errors()[0]
        where = ".".join(map(str, told["loc"][1:])) or "act"
        raise UnfitError(f"{where}: {told['msg']}") from error
    do(store, person, call_id, asked, address=address_of(request))
    tail = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{call_path(call_id)}{tail}", 303)
