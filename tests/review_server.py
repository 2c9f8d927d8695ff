"""The coaching app behind a real uvicorn on loopback, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from pipeline.review.app import create_app
from pipeline.review.people import begin, find_user
from pipeline.review.server import options
from pipeline.store import Store


def token_of(store: Store, name: str) -> str:
    """A token for somebody, as `callgauge users token` makes one."""
    with store.writing() as session:
        user = find_user(session, name)
        assert user is not None
        return begin(session, user, kind="token", label="test")[0]


@contextmanager
def serving(store: Store) -> Iterator[int]:
    """Serve a store; the port."""
    running = uvicorn.Server(uvicorn.Config(create_app(store), port=0, **options()))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.02)
    try:
        yield running.servers[0].sockets[0].getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()
