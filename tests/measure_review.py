"""How long the coaching app's pages take, asked over HTTP by somebody signed in: python tests/measure_review.py URL.

Fill a store first: python tests/fill_store.py URL --agents 50 --days 140; python tests/fill_words.py URL.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import time
from urllib.parse import quote

import httpx
from review_server import serving
from sqlalchemy import func, select

from pipeline.review.gate import COOKIE
from pipeline.review.people import add_user, begin, find_user
from pipeline.store import Store, open_store
from pipeline.store.tables import Call

NAME = "measure"
SEARCHES = ("价格", "太贵了", "我们 可以", '"不需要" -价格', "price", "N54321", "绝无此词", "的")


def asked(store: Store) -> dict[str, str]:
    """What is measured: name and path."""
    with store.reading() as session:
        middle = session.scalar(select(func.max(Call.id) / 2))
        call_id = session.scalar(select(Call.call_id).where(Call.id >= middle).order_by(Call.id).limit(1))
    paths = {
        "queue": "/queue", "queue, every call": "/queue?reason=all&state=any", "queue, vetoed": "/queue?reason=fatal",
        "queue, one agent": "/queue?agent=A007", "call": f"/calls/{quote(str(call_id), safe='')}",
    }  # fmt: skip
    paths |= {f"search {words}": f"/search?q={quote(words)}" for words in SEARCHES}
    paths["search 价格, one agent"] = f"/search?q={quote('价格')}&agent=A007&speaker=customer"
    paths["search 价格, two days"] = f"/search?q={quote('价格')}&since=2025-01-02&until=2025-01-03"
    return {**paths, "trends, 12 weeks": "/trends"}


def measure(store: Store, times: int) -> None:
    """Print median and slowest of each, and the processor's part (of this process, which asks and serves)."""
    with store.writing() as session:
        user = find_user(session, NAME) or add_user(
            session, NAME, role="admin", password=secrets.token_hex(16)
        )
        secret, _ = begin(session, user)
    with serving(store) as port, httpx.Client(cookies={COOKIE: secret}, timeout=60) as client:
        for name, path in asked(store).items():
            took, worked = [], []
            for _ in range(times + 1):
                started, before = time.perf_counter(), time.process_time()
                answer = client.get(f"http://127.0.0.1:{port}{path}")
                took.append(1000 * (time.perf_counter() - started))
                worked.append(1000 * (time.process_time() - before))
                assert answer.status_code == 200, (path, answer.status_code)
            first, *rest = took
            print(  # noqa: T201 - a program that talks to whoever runs it
                f"{name:26} {statistics.median(rest):6.0f} ms  slowest {max(rest):6.0f}  first {first:6.0f}"
                f"  processor {statistics.median(worked):6.0f}",
                flush=True,
            )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--times", type=int, default=15)
    given = parser.parse_args()
    with open_store(given.url) as store:
        measure(store, given.times)


if __name__ == "__main__":
    main()
