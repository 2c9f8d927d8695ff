"""Every answer bears the headers that keep pages apart from each other and out of caches, whoever gives it and why."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from review_calls import PASSWORD, fill
from review_server import serving, token_of
from starlette.testclient import TestClient
from test_review_rights import field

from pipeline.review import server
from pipeline.review.app import create_app
from pipeline.review.headers import SECURE
from pipeline.review.signing import COOKIE
from pipeline.store import Store, open_store

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WORDS = "my number is one three eight"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("headers")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        yield opened


@pytest.fixture(scope="module")
def app(store: Store) -> Any:
    return create_app(store)


@pytest.fixture(scope="module")
def clients(app: Any) -> dict[str, TestClient]:
    """A stranger, somebody who may do little and somebody who may do most; what breaks is answered, not raised."""
    made = {}
    for name in ("", "A01", "root"):
        made[name] = client = TestClient(app, follow_redirects=False)
        if name:
            token = field(client.get("/login").text, "csrf_token")
            client.post("/login", data={"username": name, "password": PASSWORD, "csrf_token": token})
            assert client.cookies.get(COOKIE)
    return made


def paths(app: Any) -> list[str]:
    """A path of each route, with a call, a number and an agent that there are, or that there are not."""
    templates = set(_templates(app.routes, ""))
    assert len(templates) > 50
    there = {"call_id:path": "call-a1", "agent_id:path": "A01", "name": "base.js"}

    def filled(template: str, known: bool) -> str:
        return re.sub(r"\{([^}]+)\}", lambda m: there.get(m[1], "1") if known else "7777", template)

    return sorted({filled(each, known) for each in templates for known in (True, False)})


def _templates(routes: Any, prefix: str) -> Iterator[str]:
    for route in routes:
        inner = getattr(route, "original_router", None)  # how FastAPI keeps a router that was taken in
        if inner is None:
            yield prefix + route.path
        else:
            yield from _templates(inner.routes, prefix + route.include_context.prefix)


def bears_all(answer: Any, where: str) -> None:
    missing = [name.decode() for name, _ in SECURE if name.decode() not in answer.headers]
    assert missing == [], f"{where}: {answer.status_code}"
    assert "unsafe" not in answer.headers["content-security-policy"], where


def test_on_every_route_by_every_method_for_everybody(app, clients):
    seen = set()
    for path in (
        *paths(app),
        "/no/such",
        "/api/v1/no-such",
        "/queue/",
        "/assets/0/none.css",
        "/calls/call-a1/",
    ):
        for name, client in clients.items():
            for method in METHODS:
                if path == "/logout" and method == "POST" and name:
                    continue  # without its token it ends nothing, and it is tried elsewhere
                answer = client.request(method, path)
                bears_all(answer, f"{method} {path} as {name or 'a stranger'}")
                seen.add(answer.status_code)
    assert {200, 303, 401, 403, 404, 405} <= seen


def test_on_what_is_too_large_unreadable_or_a_part(clients):
    root = clients["root"]
    token = root.get("/api/v1/me").json()["csrf_token"]
    acts = "/api/v1/calls/call-a1/acts"
    asked: list[tuple[int, str, str, dict[str, Any]]] = [
        (413, "POST", acts, {"content": b"x" * 70_000}),
        (413, "POST", "/login", {"content": b"x" * 70_000}),
        (422, "POST", acts, {"content": b"{", "headers": {"x-csrf-token": token}}),
        (422, "POST", "/plans", {"data": {"csrf_token": token}}),
        (400, "GET", "/queue", {"headers": {"host": "a/b"}}),
        (400, "GET", "/calls/a%00b", {}),
        (200, "GET", "/calls/call-a1/audio", {}),
        (206, "GET", "/calls/call-a1/audio", {"headers": {"range": "bytes=0-9"}}),
        (416, "GET", "/calls/call-a1/audio", {"headers": {"range": "bytes=99999999-"}}),
        (200, "GET", "/rules", {}),
        (200, "GET", "/api/openapi.json", {}),
    ]
    for status, method, path, given in asked:
        answer = root.request(method, path, **given)
        assert answer.status_code == status, path
        bears_all(answer, path)
    assert "no-store" in root.get("/calls/call-a1/audio").headers["cache-control"]


def test_on_what_nobody_foresaw_and_no_word_of_it_in_a_log(app, clients, store, monkeypatch, caplog):
    """Wherever the store breaks: before it is known who comes, while reading and while writing."""

    @contextmanager
    def breaks() -> Iterator[None]:
        raise RuntimeError(WORDS)
        yield

    for part in ("reading", "writing"):
        monkeypatch.setattr(store, part, breaks)
        for path in paths(app):
            answer = clients["root"].get(path)
            bears_all(answer, f"{path}, {part}")
            assert WORDS not in answer.text
        if part == "reading":
            assert clients["root"].get("/queue").status_code == 500
            assert clients["root"].get("/api/v1/me").json().keys() == {"detail"}
        monkeypatch.undo()
    assert "GET /scorecards: RuntimeError at " in caplog.text
    assert WORDS not in caplog.text


def test_over_tls_the_browser_is_held_to_it(app):
    client = TestClient(app, base_url="https://testserver", follow_redirects=False)
    assert "strict-transport-security" in client.get("/no/such").headers


def _asks(port: int, sent: bytes) -> tuple[int, dict[str, str]]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(sent)
        came = b""
        while piece := wire.recv(65536):
            came += piece
    lines = came.split(b"\r\n\r\n", 1)[0].decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), {name.lower(): value for name, value in pairs}


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"no request at all\r\n\r\n"),
        (408, b"GET /login HTTP/1.1\r\n"),
        (431, b"GET /login HTTP/1.1\r\nhost: x\r\nx-much: " + b"x" * 40_000 + b"\r\n\r\n"),
        (503, b"GET /login HTTP/1.1\r\nhost: x\r\n\r\n"),
    ],
)
def test_on_what_the_server_answers_by_itself(store, monkeypatch, status, sent):
    monkeypatch.setattr(server.LimitedProtocol, "head_s", 0.5)
    if status == 503:
        monkeypatch.setattr(server.LimitedProtocol, "most_connections", 0)
    with serving(store) as port:
        came, headers = _asks(port, sent)
    assert came == status
    assert {name.decode() for name, _ in SECURE} <= headers.keys()


def test_no_answer_that_breaks_takes_the_server_s_log_with_it(store, monkeypatch, capfd):
    """A server logs an error that reaches it with its message, and that may quote a call."""
    token = token_of(store, "root")

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(WORDS)

    monkeypatch.setattr("pipeline.review.api.queue", breaks)
    with serving(store) as port:
        head = f"GET /api/v1/calls HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
        status, headers = _asks(port, head.encode())
    assert status == 500
    assert "content-security-policy" in headers
    assert WORDS not in "".join(capfd.readouterr())
