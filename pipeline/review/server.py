"""The server's own limits: how long a request may take to arrive, and how large its head may be.

uvicorn waits for a request's head as long as the client likes; whoever sends a byte now and then would hold a connection
for ever. The same goes for a body that is answered without being read, and for an answer that nobody takes. Bodies that
are read are limited by `gate`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.review.headers import secured

LARGEST_HEAD = 32 * 1024
"""Bytes of a request's line and headers."""
MOST_CONNECTIONS = 500
"""Connections at once; further requests are answered 503."""
HEAD_S, BODY_S = 10.0, 20.0
"""How long a request's head, and its body, may take."""
UNREAD_S, STALLED_S = BODY_S + 5.0, 60.0
"""After so long a connection ends whose body is still coming, read or not, or whose answer isn't taken (as nginx has it)."""
_TOO_MANY = b"too many connections at once"
_UNREADABLE = b"the request can't be read"
_TOO_SLOW = b"the request took too long to arrive"
_TOO_LARGE = b"the request's headers are too large"


class LimitedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it; 408 where a request's head doesn't arrive in time, 431 where it is too large."""

    head_s, unread_s, stalled_s, most_connections = HEAD_S, UNREAD_S, STALLED_S, MOST_CONNECTIONS
    _timer: asyncio.TimerHandle | None = None
    _body: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _bodied: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base has it
        """Begin to count."""
        super().connection_made(transport)
        self._count()

    def data_received(self, data: bytes) -> None:
        """Take what came; count until a head is whole, and anew for the next one."""
        if self._timer is None and self.conn.their_state is h11.IDLE:
            self._count()
        if self.conn.their_state is h11.IDLE and self._head_size(data) > LARGEST_HEAD:
            self._stop()  # what comes at once is parsed at once, whatever its size
            self._refuse(431, b"Request Header Fields Too Large", _TOO_LARGE)
            return
        if self.conn.their_state is h11.IDLE and len(self.connections) > self.most_connections:
            self._stop()
            self._refuse(503, b"Service Unavailable", _TOO_MANY)
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        coming = self.conn.their_state is h11.SEND_BODY
        if self._body is not None and not (coming and self._bodied is self.cycle):
            self._body.cancel()
            self._body = None
        if coming and self._body is None:
            self._bodied = self.cycle
            self._body = self.loop.call_later(self.unread_s, self.transport.abort)

    def pause_writing(self) -> None:
        """What was answered is not taken: begin to count."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It is."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        self._stop()
        for timer in filter(None, (self._body, self._stalled)):
            timer.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Say that a head is too large, where that is what is wrong; else that it is none."""
        if len(self.conn.trailing_data[0]) > LARGEST_HEAD:
            self._refuse(431, b"Request Header Fields Too Large", _TOO_LARGE)
        elif self.conn.our_state is h11.SEND_BODY:  # an answer is under way; another can't stand in it
            self.transport.close()
        else:
            self._refuse(400, b"Bad Request", _UNREADABLE)

    def _head_size(self, data: bytes) -> int:
        """Bytes of the head that is arriving, as far as it is there."""
        came = self.conn.trailing_data[0] + data
        end = came.find(b"\r\n\r\n")
        return len(came) if end < 0 else end + 4

    def _count(self) -> None:
        self._timer = self.loop.call_later(self.head_s, self._too_slow)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._refuse(408, b"Request Timeout", _TOO_SLOW)

    def _refuse(self, status: int, phrase: bytes, told: bytes) -> None:
        headers = secured(
            [
                (b"content-type", b"text/plain"),
                (b"content-length", b"%d" % len(told)),
                (b"connection", b"close"),
            ]
        )
        lines = [b"HTTP/1.1 %d %b" % (status, phrase), *(b"%b: %b" % each for each in headers), b"", told]
        self.transport.write(b"\r\n".join(lines))
        self.transport.close()


def options() -> dict[str, Any]:
    """What `uvicorn.run` is told beside host and port."""
    return {
        "http": LimitedProtocol, "h11_max_incomplete_event_size": LARGEST_HEAD,
        "timeout_keep_alive": 5, "timeout_graceful_shutdown": 5, "log_level": "warning", "access_log": False,
        "ws": "none", "server_header": False, "proxy_headers": True, "forwarded_allow_ips": "127.0.0.1",
    }  # fmt: skip
