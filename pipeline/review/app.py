"""The coaching app as ASGI: gate, pages, API, and errors told without a word of a call."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from pipeline import __version__
from pipeline.errors import kind_and_place
from pipeline.profile import EMPTY, Profile
from pipeline.reports.labels import Text
from pipeline.review import (
    api,
    api_coaching,
    calibration_api,
    calibration_pages,
    card_pages,
    judging,
    originals,
    pages,
    plan_pages,
    queue_pages,
    rule_pages,
    search_pages,
    signing,
    trend_pages,
)
from pipeline.review.acts import ConflictError, RefusedError
from pipeline.review.cases import UnseenError
from pipeline.review.gate import Gate
from pipeline.review.rendering import render
from pipeline.review.saying import ToldError, say
from pipeline.review.web import refuse
from pipeline.store import Store

_log = logging.getLogger(__name__)


def create_app(store: Store, profile: Profile = EMPTY) -> Any:
    """The app over an open store, which stays the caller's to close; the profile names agents and gives targets."""
    app = FastAPI(
        title="Callgauge review",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.store, app.state.profile = store, profile
    app.include_router(signing.router, include_in_schema=False)
    app.include_router(judging.router, include_in_schema=False)
    app.include_router(originals.router, include_in_schema=False)
    app.include_router(originals.api, prefix="/api/v1")
    app.include_router(api.router, prefix="/api/v1")
    for part in (search_pages, trend_pages, rule_pages):
        app.include_router(part.api, prefix="/api/v1")
    app.include_router(calibration_api.router, prefix="/api/v1")
    app.include_router(api_coaching.router, prefix="/api/v1")
    for part in (
        search_pages, trend_pages, rule_pages, calibration_pages, queue_pages, card_pages, plan_pages, pages,
    ):  # fmt: skip
        app.include_router(part.router, include_in_schema=False)
    app.add_exception_handler(UnseenError, _unseen)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(ToldError, _unfit)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ConflictError, _conflict)
    app.add_exception_handler(HTTPException, _told)
    app.add_middleware(Gate, store=store, broken=_broken)
    return app


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _answer(
    request: Request, status: int, told: Text | None, headers: Any = None, *, plain: str = ""
) -> Response:
    """The API says it in English, ``plain`` where nothing of ours is told; a page in both languages."""
    if _is_api(request):
        return JSONResponse({"detail": told.en if told else plain}, status, headers)
    came = getattr(request.state, "signed_in", None)
    page = render("error.html.j2", status=status, detail=told, came=came)
    return HTMLResponse(page, status, headers)


def _unseen(request: Request, error: Exception) -> Response:
    refuse(request, "unseen", str(request.path_params.get("call_id", ""))[:300] or None)
    # of an address a page's own words say enough; of a form, which of its fields names nothing that is to be seen
    told = getattr(error, "told", None) if request.method == "POST" and not _is_api(request) else None
    return _answer(request, 404, told, plain="no such call")


def _refused(request: Request, error: Exception) -> Response:
    refuse(request, "act", str(request.path_params.get("call_id", ""))[:300] or None)
    return _answer(request, 403, getattr(error, "told", None))


def _unfit(request: Request, error: Exception) -> Response:
    return _answer(request, 422, getattr(error, "told", None))


def _invalid(request: Request, error: Exception) -> Response:
    """What is wrong where. Not what was sent: it may be long, somebody's words, or halves of characters."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    if not _is_api(
        request
    ):  # a page's path with a number that none can have; pages read the rest by themselves
        return _answer(request, 404, say("no_page"))
    told = [{name: each[name] for name in ("type", "loc", "msg")} for each in error.errors()]
    return Response(json.dumps({"detail": told}), 422, media_type="application/json")


def _conflict(request: Request, error: Exception) -> Response:
    assert isinstance(error, ConflictError)  # noqa: S101 - registered for it alone
    if not _is_api(request):
        return pages.call_page(request, str(request.path_params["call_id"]), status=409, since=error.since)
    since = [api.deed_json(deed) for deed in error.since]
    return JSONResponse({"detail": str(error), "rev": error.rev, "since": since}, 409)


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return _answer(
        request, error.status_code, getattr(error, "told", None), error.headers, plain=str(error.detail)
    )


def _broken(request: Request, error: Exception) -> Response:
    """Its kind and place alone go into the log: its message may hold words of a call."""
    route = getattr(request.scope.get("route"), "path", "before any page")
    _log.error("%s %s: %s at %s", request.method, route, *kind_and_place(error))
    return _answer(request, 500, say("broken"))
