"""Whoever has signed in, or hasn't, and sends what nobody thought of: refused in words, never by breaking down."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
from review_calls import PASSWORD, fill
from review_server import serving, token_of
from sqlalchemy import select
from starlette.testclient import TestClient
from test_review_coaching import Page
from test_review_judging import HARD_SELL
from test_review_rights import field

from pipeline.review.app import create_app
from pipeline.review.attempts import MOST_BY_ADDRESS, MOST_BY_NAME, WINDOW
from pipeline.review.web import MOST_FIELDS
from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine, LoginAttempt, ReviewAct

FAR = 10**30


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("hostile")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        yield opened


@pytest.fixture(scope="module")
def root(store: Store) -> Page:
    return Page(store, "root")


def test_more_fields_than_any_form_has_are_refused(store, root):
    form = {f"f{number}": "1" for number in range(MOST_FIELDS)}
    assert root.client.post("/views", data={"csrf_token": root.token, **form}).status_code == 422
    stranger = TestClient(create_app(store), follow_redirects=False)
    assert stranger.post("/login", data={"username": "x", **form}).status_code == 422
    assert stranger.post("/login", data={"username": "x"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://[", "http://[1:2", "https://[x]/", "null"])
def test_an_origin_that_is_no_address_is_elsewhere(store, origin):
    stranger = TestClient(create_app(store), follow_redirects=False)
    answer = stranger.post("/login", data={"username": "x"}, headers={"origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("number", [-FAR, -1, 0, FAR])
def test_numbers_that_no_row_can_have_lead_nowhere(root, number):
    assert "no such page" in root.get(f"/plans/{number}", status=404)
    root.post(f"/plans/{number}/acts", act="comment", text="x", status=404)
    root.post(f"/views/{number}/drop", status=404)
    root.get(f"/calibration/{number}", status=404)
    assert root.client.get(f"/api/v1/plans/{number}").status_code == 422


@pytest.mark.parametrize("period", ["0001", "0031-02", "1969", "2200-01-01", "9997-11", "9998"])
def test_periods_beyond_all_calls_are_refused(root, period):
    for path in ("/scorecards", "/scorecards/A01", "/api/v1/scorecards"):
        root.get(f"{path}?period={period}", status=422)


@pytest.mark.parametrize("day", ["0001-01-01", "0050-06-07", "1969-12-31", "2200-01-01", "9999-12-31"])
def test_days_beyond_all_calls_are_no_plan_s_nor_note_s(root, day):
    asked = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "x"}
    for name in ("since", "until", "due"):
        root.post("/plans", **asked, **{name: day}, status=422)
    root.does("note", text="x", due=day, status=422)


def test_calls_are_given_out_to_names_or_not_at_all(store, root):
    ticked = {"call:call-a1": "1"}
    for wrong in ("x" * 101, "a\x00b"):
        root.post("/assign", to=wrong, **ticked, status=422)
    root.post("/assign", to="coach1", query="since=yesterday", **ticked, status=422)
    with store.reading() as session:
        assert session.scalars(select(ReviewAct).where(ReviewAct.act == "assign")).all() == []


def test_what_is_wrong_with_a_draft_is_told_without_the_program_s_words(root):
    told = root.post("/calls/call-a1/draft", fields=json.dumps({"a": [1]}), status=422)
    assert "a JSON object of texts is accepted" in told
    assert "pydantic" not in told


def asks(port: int, token: str, path: str, host: str) -> bytes:
    """The answer to a request as it is written, which no client would send."""
    head = (
        f"GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(head.encode())
        came = b""
        while piece := wire.recv(65536):
            came += piece
    return came


def test_a_host_is_a_host_and_forges_no_line_of_the_audit_log(store):
    """What the log says of a refusal is what was asked for, not what the header for the host says."""
    with serving(store) as port:
        token = token_of(store, "A01")
        for host in ("[", "[::1", "x/forged?", "x#", "a@b", "x:y", "x:99999999", "a b"):
            for path in ("/login", "/api/v1/audit", "/api/v1/me"):
                assert asks(port, token, path, host).startswith(b"HTTP/1.1 400"), (host, path)
        for host in ("localhost:8080", "[::1]:8080", "calls_1.example", "10.0.0.1"):
            assert asks(port, token, "/api/v1/me", host).startswith(b"HTTP/1.1 200"), host
        assert asks(port, token, "/api/v1/audit", "x").startswith(b"HTTP/1.1 403")
    with store.reading() as session:
        paths = [line.detail["path"] for line in session.scalars(select(AuditLine).where(AuditLine.event == "denied"))
                 if line.name == "A01"]  # fmt: skip
    assert paths == ["/api/v1/audit"]


def refuses_nul(root: Page) -> None:
    """A NUL, which not every database holds, is in no id and no name."""
    for path in ("/calls/a%00b", "/calls/%00/audio", "/api/v1/calls/a%00b/history", "/scorecards/%00"):
        root.get(path, status=400)
    root.get("/plans/new?agent=a%00b", status=404)
    root.get("/api/v1/plans?agent=a%00b")
    root.post("/assign", to="", **{"call:a\x00b": "1"}, status=404)
    root.post("/assign", to="a\x00b", **{"call:call-a1": "1"}, status=422)
    asked = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "x"}
    for name in ("agent_id", "call_id", "criterion", "goal"):
        root.post("/plans", **{**asked, name: "a\x00b"}, status=422)


def test_a_nul_is_in_no_id(root):
    refuses_nul(root)


def guesses_at_once(stores: list[Store], *, names: Sequence[str], addresses: Sequence[str]) -> Counter[int]:
    """Guesses that come together, to servers of the app in turn; how they were answered."""
    apps = [create_app(each) for each in stores]
    together = Barrier(len(names))

    def guess(number: int) -> int:
        stranger = TestClient(apps[number % len(apps)], follow_redirects=False, client=(addresses[number], 1))
        token = field(stranger.get("/login").text, "csrf_token")
        together.wait()
        form = {"username": names[number], "password": f"guess {number}", "csrf_token": token}
        return stranger.post("/login", data=form).status_code

    with ThreadPoolExecutor(together.parties) as pool:
        return Counter(pool.map(guess, range(together.parties)))


@contextmanager
def two_servers(store: Store) -> Iterator[list[Store]]:
    """The store as two processes have it open, which share nothing but the database."""
    with open_store(store.place.text) as other:
        yield [store, other]


def test_guesses_at_once_are_counted_like_guesses_one_by_one(store):
    """As many as come at once would each see that none has failed yet; and each of two servers would count its own."""
    addresses = [f"10.3.0.{number}" for number in range(30)]
    with two_servers(store) as both:
        codes = guesses_at_once(both, names=["audi"] * 30, addresses=addresses)
        assert codes == {401: MOST_BY_NAME, 429: 30 - MOST_BY_NAME}
        again = guesses_at_once(both, names=["audi"] * 4, addresses=addresses[:4])
        assert again == {429: 4}
    with store.reading() as session:
        failed = session.scalars(
            select(AuditLine).where(AuditLine.event == "login_failed", AuditLine.name == "audi")
        )
        assert len(failed.all()) == MOST_BY_NAME


def test_one_network_s_guesses_at_many_names_are_counted_together(store):
    """Of IPv6 everybody is given more addresses than could be counted."""
    count = MOST_BY_ADDRESS + 5
    names = [f"nobody{number}" for number in range(count)]
    with two_servers(store) as both:
        codes = guesses_at_once(both, names=names, addresses=[f"2001:db8:7:7:{n:x}::1" for n in range(count)])
    assert codes == {401: MOST_BY_ADDRESS, 429: 5}


def test_who_gets_in_has_used_no_attempt_up(store):
    app = create_app(store)
    for _ in range(MOST_BY_NAME + 2):
        stranger = TestClient(app, follow_redirects=False, client=("10.4.0.1", 1))
        token = field(stranger.get("/login").text, "csrf_token")
        form = {"username": "owner", "password": PASSWORD, "csrf_token": token}
        assert stranger.post("/login", data=form).status_code == 303


def test_after_the_window_guesses_are_forgotten(store):
    app = create_app(store)

    def guess() -> int:
        stranger = TestClient(app, follow_redirects=False, client=("10.5.0.1", 1))
        token = field(stranger.get("/login").text, "csrf_token")
        return stranger.post(
            "/login", data={"username": "x1", "password": "y", "csrf_token": token}
        ).status_code

    assert [guess() for _ in range(MOST_BY_NAME + 1)][-1] == 429
    with store.writing() as session:
        for row in session.scalars(select(LoginAttempt).where(LoginAttempt.name == "x1")):
            row.at -= WINDOW + timedelta(seconds=1)
    assert guess() == 401
