"""The gate before every page: who comes, what a stranger may have, how much may be sent, headers on each answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from time import monotonic
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.review import people
from pipeline.review.headers import secured
from pipeline.review.people import SignedIn
from pipeline.review.rendering import OPEN_ASSETS, render
from pipeline.review.saying import Refusal
from pipeline.review.server import BODY_S
from pipeline.store import Store

Broken = Callable[[Request, Exception], Response]
COOKIE = "callgauge_session"
LARGEST_BODY = 64 * 1024
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]*")
_OPEN = re.compile(rf"/login|/assets/\w+/({'|'.join(map(re.escape, sorted(OPEN_ASSETS)))})")


class TooLargeError(Refusal):
    """More was sent than any form of ours holds. The connection ends, since the rest is not read."""

    def __init__(self) -> None:
        super().__init__(413, "too_large", {"connection": "close"})


class TooSlowError(Refusal):
    """What was announced did not arrive in time."""

    def __init__(self) -> None:
        super().__init__(408, "too_slow", {"connection": "close"})


class Gate:
    """ASGI around the whole app; puts a `SignedIn` under ``scope["state"]["signed_in"]``.

    Parameters
    ----------
    app, store
        What it stands before, and where people and their sessions are.
    broken
        Tells and answers what nobody foresaw. It ends here: a server would log it with the words of a call in it.
    """

    def __init__(self, app: ASGIApp, *, store: Store, broken: Broken) -> None:
        self.app = app
        self.store = store
        self.broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun: list[bool] = []
        shown = _with_headers(scope, send, begun)
        try:
            await self._let_in(scope, receive, shown)
        except Exception as error:
            answer = await run_in_threadpool(self.broken, Request(scope), error)
            if not begun:
                await answer(scope, receive, shown)

    async def _let_in(self, scope: Scope, receive: Receive, shown: Send) -> None:
        if not _is_address(scope):
            await JSONResponse({"detail": "the address can't be read"}, 400)(scope, receive, shown)
            return
        came = await run_in_threadpool(self._who, scope)
        scope.setdefault("state", {})["signed_in"] = came
        if came is None and not _OPEN.fullmatch(scope["path"]):
            await _turn_away(scope)(scope, receive, shown)
            return
        try:
            if _announced(scope) > LARGEST_BODY:
                raise TooLargeError
            await self.app(scope, _Limited(receive), shown)
        except (TooLargeError, TooSlowError) as error:  # what the app itself has not told
            answer = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
            await answer(scope, receive, shown)

    def _who(self, scope: Scope) -> SignedIn | None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        bearer = headers.get(b"authorization", b"").decode("latin-1")
        kind, secret = "session", _cookie(headers.get(b"cookie", b"").decode("latin-1"))
        if scope["path"].startswith("/api/") and bearer[:7].lower() == "bearer ":
            kind, secret = "token", bearer[7:].strip()
        if not secret or len(secret) > 200:
            return None
        with self.store.reading() as session:
            came, write = people.signed_in(session, secret, kind=kind)
        if came is not None and write:
            with self.store.writing() as session:
                people.seen(session, came.digest)
        return came


class _Limited:
    """Counts what is sent, and how long it takes."""

    def __init__(self, receive: Receive) -> None:
        self.receive, self.bytes, self.whole = receive, 0, False
        self.until = monotonic() + BODY_S

    async def __call__(self) -> Message:
        if self.whole:  # from here on it is waited for the client to go, however long that takes
            return await self.receive()
        try:
            message = await asyncio.wait_for(self.receive(), max(0.0, self.until - monotonic()))
        except TimeoutError as error:
            raise TooSlowError from error
        self.whole = not message.get("more_body", False)
        self.bytes += len(message.get("body", b""))
        if self.bytes > LARGEST_BODY:
            raise TooLargeError
        return message


def _is_address(scope: Scope) -> bool:
    """Whether the host is a host and nothing else, so that no path can be told in it; no path holds a NUL."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    try:
        _ = urlsplit(f"//{host}").port  # raises where it is no number
    except ValueError:
        return False
    return _HOST.fullmatch(host) is not None and "\x00" not in scope["path"]


def _announced(scope: Scope) -> int:
    """Bytes that a request says it will send; the server has checked that it is a number."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


def _cookie(header: str) -> str | None:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar else None


def _turn_away(scope: Scope) -> Response:
    """A stranger is sent to sign in and told nothing else, whether the page exists or not."""
    path = scope["path"]
    if (
        scope["method"] in ("GET", "HEAD")
        and not path.startswith(("/api", "/assets/"))
        and "/audio" not in path
    ):
        back = "" if path == "/" else f"?next={quote(path)}"
        return RedirectResponse(f"/login{back}", 303)
    headers = {"www-authenticate": "Bearer"}
    if scope["method"] == "POST" and not path.startswith("/api"):  # a form of a page whose session has ended
        return HTMLResponse(render("error.html.j2", status=401, detail=None, came=None), 401, headers)
    return JSONResponse({"detail": "sign in first"}, 401, headers)


def _with_headers(scope: Scope, send: Send, begun: list[bool]) -> Send:
    async def shown(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.append(True)
            headers = secured(message["headers"], tls=scope["scheme"] == "https")
            message = {**message, "headers": headers}
        await send(message)

    return shown
