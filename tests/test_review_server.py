"""A real uvicorn: what is too large, and what comes too slowly, gets a clear answer and holds nothing up."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from review_calls import fill
from review_server import serving, token_of

from pipeline.review import gate, server
from pipeline.store import open_store

SOON_S = 1.0


@dataclass(frozen=True)
class Served:
    port: int
    token: str

    def asks(self, *parts: bytes, pause_s: float = 0.0) -> tuple[int, bytes]:
        """Send a request in parts; the answer's status and all that came before the server hung up or fell silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as wire:
            for part in parts:
                try:
                    wire.sendall(part)
                except (BrokenPipeError, ConnectionResetError):
                    break
                time.sleep(pause_s)
            came = b""
            try:
                while piece := wire.recv(65536):
                    came += piece
            except (TimeoutError, ConnectionResetError):
                pass
        return int(came.split(b" ", 2)[1]), came

    def head(self, path: str, *headers: str, method: str = "POST") -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            "host: x",
            f"authorization: Bearer {self.token}",
            "connection: close",
        ]
        return "\r\n".join([*lines, *headers, "", ""]).encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    patch = pytest.MonkeyPatch()
    patch.setattr(gate, "BODY_S", SOON_S)
    patch.setattr(server.LimitedProtocol, "head_s", SOON_S)
    patch.setattr(server.LimitedProtocol, "unread_s", 2 * SOON_S)
    patch.setattr(server.LimitedProtocol, "stalled_s", SOON_S)
    with open_store(str(folder / "s.db")) as store:
        fill(store, folder)
        with serving(store) as port:
            yield Served(port, token_of(store, "root"))
    patch.undo()


ACTS = "/api/v1/calls/call-a1/acts"


def test_it_answers(served):
    status, came = served.asks(served.head("/api/v1/me", method="GET"))
    assert status == 200
    assert json.loads(came.split(b"\r\n\r\n", 1)[1])["name"] == "root"


@pytest.mark.parametrize("path", [ACTS, "/api/v1/calibration", "/calls/call-a1/acts", "/login"])
def test_what_says_it_is_too_large_is_refused_before_it_comes(served, path):
    cookie = () if path == "/login" else ("content-type: application/json",)
    status, came = served.asks(served.head(path, "content-length: 1000000000", *cookie))
    assert status == (413 if path != "/calls/call-a1/acts" else 401)  # a token opens the API alone
    if status == 413:
        assert b"too much was sent" in came and b"connection: close" in came.lower()


@pytest.mark.parametrize("path", [ACTS, "/login"])
def test_what_grows_too_large_is_cut_off(served, path):
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    begun = served.head(path, "transfer-encoding: chunked", "content-type: application/json")
    status, came = served.asks(begun, *[chunk] * 8, b"0\r\n\r\n")
    assert status == 413
    assert b"too much was sent" in came


@pytest.mark.parametrize("path", [ACTS, "/login"])
def test_a_body_that_does_not_come_is_not_waited_for(served, path):
    status, came = served.asks(
        served.head(path, "content-length: 100", "content-type: application/json"), b'{"a'
    )
    assert status == 408
    assert b"took too long" in came


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"GET /login HTTP/1.1\r\n",),
        tuple(bytes([each]) for each in b"GET /login HTTP/1.1\r\nhost: xxxxxxxxxxxx"),
    ],
    ids=["nothing", "a line", "a byte now and then"],
)
def test_a_head_that_does_not_come_is_not_waited_for(served, parts):
    status, came = served.asks(*parts, pause_s=0.05)
    assert status == 408
    assert b"took too long" in came


def test_a_head_that_is_too_large_is_refused(served):
    for size in (33_000, 70_000, 400_000):  # also one that comes at once
        status, _ = served.asks(served.head("/login", "x-much: " + "x" * size, method="GET"))
        assert status == 431, size
    status, _ = served.asks(served.head("/login", "x-much: " + "x" * 31_000, method="GET"))
    assert status == 200


def test_a_second_request_on_one_connection_has_its_own_time(served):
    get = served.head("/login", method="GET").replace(b"connection: close", b"connection: keep-alive")
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as wire:
        for _ in range(3):
            wire.sendall(get)
            assert wire.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(SOON_S * 0.6)
            while not _silent(wire):
                pass


def _silent(wire: socket.socket) -> bool:
    wire.settimeout(0.05)
    try:
        return not wire.recv(65536)
    except TimeoutError:
        return True
    finally:
        wire.settimeout(20)


def test_slow_ones_hold_up_nobody(served):
    waiting = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(50)]
    for wire in waiting:
        wire.sendall(b"GET /login HTTP/1.1\r\n")
    assert served.asks(served.head("/api/v1/me", method="GET"))[0] == 200
    for wire in waiting:
        wire.close()


def ends_after(wire: socket.socket, *, most_s: float, drip: bytes = b"") -> float:
    """Seconds until the server ends a connection, sending a byte now and then and reading nothing."""
    began = time.monotonic()
    while time.monotonic() - began < most_s:
        time.sleep(0.1)
        try:
            wire.sendall(drip)
            wire.getpeername()
        except OSError:
            break
        if wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or not alive(wire):
            break
    return time.monotonic() - began


def alive(wire: socket.socket) -> bool:
    """Whether the connection is neither closed nor reset, as the kernel has it (Linux); what came stays unread."""
    return wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED


ESTABLISHED = 1


@pytest.mark.parametrize("path", ["/calls/call-a1/acts", "/nowhere", "/login"])
def test_a_body_that_drips_in_behind_its_answer_holds_no_connection(served, path):
    """A stranger is turned away before the body is read; it may not come for ever all the same."""
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 60000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as wire:
        wire.sendall(head % path.encode())
        assert ends_after(wire, most_s=8 * SOON_S, drip=b"x") < 6 * SOON_S


def test_an_answer_that_nobody_takes_holds_no_connection(served):
    get = b"GET /login HTTP/1.1\r\nhost: x\r\n\r\n"
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(("127.0.0.1", served.port))
        wire.settimeout(0.5)
        ended = False
        began = time.monotonic()
        while not ended and time.monotonic() - began < 15 * SOON_S:
            try:
                wire.sendall(get * 50)  # one behind the other; no answer is read
            except TimeoutError:
                ended = not alive(wire)
            except OSError:
                ended = True
        assert ended
    assert served.asks(served.head("/api/v1/me", method="GET"))[0] == 200


def test_connections_that_drip_are_all_gone_after_a_while(served):
    """Slow heads, slow bodies and slow readers together, on loopback, for a few seconds."""
    wires = [socket.create_connection(("127.0.0.1", served.port), timeout=20) for _ in range(60)]
    for number, wire in enumerate(wires):
        wire.sendall(
            b"GET /" if number % 2 else b"POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n"
        )
    began = time.monotonic()
    while (left := [wire for wire in wires if alive(wire)]) and time.monotonic() - began < 8 * SOON_S:
        for wire in left:
            with contextlib.suppress(OSError):
                wire.sendall(b"x")
        time.sleep(0.2)
    for wire in wires:
        wire.close()
    assert left == []
