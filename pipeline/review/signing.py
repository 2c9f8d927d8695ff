"""Signing in and out, and the assets."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from pipeline.review import audit, people
from pipeline.review.attempts import begin_attempt, end_attempt
from pipeline.review.gate import COOKIE
from pipeline.review.passwords import LONGEST, SHORTEST, is_right
from pipeline.review.rendering import asset, is_current, page, render
from pipeline.review.saying import Refusal
from pipeline.review.web import (
    CheckedForm,
    StoreOf,
    address_of,
    from_elsewhere,
    inside,
    is_same,
    read_form,
    signed_in_of,
    store_of,
)
from pipeline.store.review_tables import User

router = APIRouter()
_BEFORE = "callgauge_login"


@router.get("/assets/{digest}/{name}")
def assets(digest: str, name: str) -> Response:
    """Styles and scripts; a page of another version gets those that there are, and is to keep nothing of them."""
    found = asset(name)
    if found is None:
        raise Refusal(404, "no_page")
    kind, content = found
    kept = {"cache-control": "private, max-age=31536000, immutable"} if is_current(digest, name) else {}
    return Response(content, media_type=kind, headers=kept)


@router.get("/login")
def login_page(request: Request) -> Response:
    """The form; its token against forgery stands in a cookie of its own until somebody has signed in."""
    return _form(request, next_=request.query_params.get("next", ""))


@router.post("/login")
async def login(request: Request) -> Response:
    """Sign in: slowly where the name or address has failed too often."""
    form = await read_form(request)
    kept = request.cookies.get(_BEFORE, "")
    if from_elsewhere(request) or not is_same(form.get("csrf_token", ""), kept):
        return _form(request, wrong="login_old", status=403, next_=form.get("next", ""))
    name, password = form.get("username", "").replace("\x00", ""), form.get("password", "")
    state, secret = await run_in_threadpool(_try, request, name, password)
    if secret is None:
        return _form(
            request, wrong=state, status=429 if state == "login_wait" else 401, next_=form.get("next", "")
        )
    answer = RedirectResponse(inside(form.get("next", "")), 303)
    _set_cookie(request, answer, COOKIE, secret)
    answer.delete_cookie(_BEFORE, path="/login")
    return answer


@router.post("/logout")
def logout(request: Request, form: CheckedForm, store: StoreOf) -> Response:
    """End the session."""
    came = signed_in_of(request)
    with store.writing() as session:
        people.end(session, came.digest)
        audit.put_down(session, "logout", person=came.person, address=address_of(request))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/account")
def account_page(request: Request) -> Response:
    """The form for changing one's own password."""
    return page(request, "account.html.j2", wrong="", shortest=SHORTEST)


@router.post("/account")
def change_password(request: Request, form: CheckedForm, store: StoreOf) -> Response:
    """Change one's own password; every session and token ends, this one too. Wrong guesses count as at signing in."""
    came, address = signed_in_of(request), address_of(request)
    state, _ = _known(request, came.person.name, form.get("password", ""))
    new = form.get("new", "")
    if not state and not SHORTEST <= len(new) <= LONGEST:
        state = "password_length"
    if state:
        return page(request, "account.html.j2", status=422, wrong=state, shortest=SHORTEST)
    with store.writing() as session:
        people.set_password(session, session.get_one(User, came.person.id), new)
        audit.put_down(session, "password", person=came.person, address=address)
    return RedirectResponse("/login", 303)


def _try(request: Request, name: str, password: str) -> tuple[str, str | None]:
    wrong, user = _known(request, name, password)
    if user is None:
        return wrong, None
    address = address_of(request)
    before: people.SignedIn | None = request.state.signed_in
    with store_of(request).writing() as session:
        if before is not None:  # the cookie that it stands in is about to be overwritten
            people.end(session, before.digest)
        secret, _ = people.begin(session, user)
        audit.put_down(session, "login", person=people.person_of(user), address=address)
    return "", secret


def _known(request: Request, name: str, password: str) -> tuple[str, User | None]:
    """The user of this name and password, else what to say; a failure is put down."""
    store, address = store_of(request), address_of(request)
    with store.writing() as session:
        attempt = begin_attempt(session, name, address)
    if attempt is None:
        return "login_wait", None
    with store.reading() as session:
        user = people.find_user(session, name)
    known = user is not None and user.disabled_at is None
    right = is_right(password, user.password_hash if user is not None and known else None)
    with store.writing() as session:
        if right:
            end_attempt(session, attempt)
        else:
            audit.put_down(session, "login_failed", person=None, name=name, address=address)
    return ("", user) if right else ("login_wrong", None)


def _form(request: Request, *, wrong: str = "", status: int = 200, next_: str = "") -> Response:
    token = request.cookies.get(_BEFORE) or secrets.token_urlsafe(32)
    with request.app.state.store.reading() as session:
        no_admin = not people.has_admin(session)
    shown = render("login.html.j2", token=token, wrong=wrong, next=inside(next_), no_admin=no_admin)
    answer = HTMLResponse(shown, status)
    _set_cookie(request, answer, _BEFORE, token, path="/login")
    return answer


def _set_cookie(request: Request, answer: Response, name: str, value: str, path: str = "/") -> None:
    same: Any = "lax" if name == COOKIE else "strict"
    answer.set_cookie(
        name, value, path=path, httponly=True, samesite=same, secure=request.url.scheme == "https"
    )
