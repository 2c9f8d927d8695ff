"""Sessions: nobody's cookie outlives its person's rights, two people never act for each other, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from review_calls import PASSWORD, fill
from starlette.testclient import TestClient
from test_review_judging import HARD_SELL
from test_review_rights import field

from pipeline.review import people
from pipeline.review.app import create_app
from pipeline.review.signing import COOKIE
from pipeline.store import Store, open_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("sessions")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        for name in ("moves", "leaves", "falls", "renews"):
            with opened.writing() as session:
                people.add_user(session, name, role="coach", password=PASSWORD, team="一组")
        yield opened


def sign_in(client: TestClient, name: str) -> TestClient:
    token = field(client.get("/login").text, "csrf_token")
    form = {"username": name, "password": PASSWORD, "csrf_token": token}
    assert client.post("/login", data=form).status_code == 303
    return client


def browser(store: Store, name: str | None = None) -> TestClient:
    client = TestClient(create_app(store), follow_redirects=False, client=("10.8.0.1", 1))
    return sign_in(client, name) if name else client


def test_a_session_that_somebody_else_chose_is_never_taken_over(store):
    """Fixation: the cookie that was there before signing in, planted or an old one, opens nothing afterwards."""
    client = browser(store)
    client.cookies.set(COOKIE, "planted")
    sign_in(client, "coach1")
    other = browser(store)
    other.cookies.set(COOKIE, "planted")
    assert other.get("/queue").status_code == 303
    known = browser(store, "coach1")
    before = known.cookies[COOKIE]
    sign_in(known, "free")
    assert known.cookies[COOKIE] != before
    other = browser(store)
    other.cookies.set(COOKIE, before)
    assert other.get("/queue").status_code == 303  # the session that was signed in over has ended


@pytest.mark.parametrize("what", ["disabled", "another team", "another role", "a new password"])
def test_what_changes_about_a_person_ends_the_session(store, what):
    names = {
        "disabled": "leaves",
        "another team": "moves",
        "another role": "falls",
        "a new password": "renews",
    }
    name = names[what]
    client = browser(store, name)
    assert client.get("/calls/call-a1").status_code == 200
    with store.writing() as session:
        user = people.find_user(session, name)
        assert user is not None
        if what == "disabled":
            people.disable(session, user)
        elif what == "another team":
            people.change(session, user, role=None, team="二组", agent_id=None)
        elif what == "another role":
            people.change(session, user, role="agent", team=None, agent_id="nobody")
        else:
            people.set_password(session, user, PASSWORD)
    for path in ("/calls/call-a1", "/calls/call-a1/audio", "/api/v1/calls/call-a1"):
        assert client.get(path).status_code in (303, 401)
    if what == "another team":
        moved = browser(store, name)
        assert moved.get("/calls/call-a1").status_code == 404
        assert moved.get("/calls/call-b1").status_code == 200


def test_two_tabs_with_two_people_do_nothing_for_each_other(store):
    """The second signs in, in the same browser: what the first tab still sends is refused, not done in the other's name."""
    client = browser(store, "coach1")
    old = field(client.get("/calls/call-a1").text, "csrf_token")
    sign_in(client, "root")
    form = {"act": "comment", "text": "whose is it?", "csrf_token": old}
    assert client.post("/calls/call-a1/acts", data=form).status_code == 403
    assert client.post("/logout", data={"csrf_token": old}).status_code == 403
    assert client.get("/people").status_code == 200


def test_after_signing_out_nothing_is_left_to_go_back_to(store):
    client = browser(store, "coach1")
    page = client.get("/calls/call-a1")
    assert page.headers["cache-control"] == "no-store"
    assert "no-store" in client.get("/calls/call-a1/audio").headers["cache-control"]
    assert client.post("/logout", data={"csrf_token": field(page.text, "csrf_token")}).status_code == 303
    assert client.get("/calls/call-a1").status_code == 303


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_behind_a_proxy_that_speaks_tls_cookies_are_secure(store, scheme, secure):
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    app = ProxyHeadersMiddleware(create_app(store), trusted_hosts="127.0.0.1")
    client = TestClient(app, follow_redirects=False, client=("127.0.0.1", 1))
    head = {"x-forwarded-proto": scheme, "x-forwarded-for": "203.0.113.7"}
    first = client.get("/login", headers=head)
    cookie = first.headers["set-cookie"].split(";")[0].partition("=")
    form = {"username": "root", "password": PASSWORD, "csrf_token": field(first.text, "csrf_token")}
    answer = client.post("/login", data=form, headers={**head, "cookie": f"{cookie[0]}={cookie[2]}"})
    assert answer.status_code == 303
    for each in (*first.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")):
        assert "httponly" in each.lower() or "max-age=0" in each.lower()
        if COOKIE in each:
            assert ("secure" in each.lower().replace(" ", "").split(";")) is secure


def test_a_judgement_sent_twice_is_done_once_and_none_is_lost(store):
    client = browser(store, "free")
    token = client.get("/api/v1/me").json()["csrf_token"]
    rev = client.get("/api/v1/calls/call-b1").json()["rev"]
    asked = {"act": "verdict", "target": HARD_SELL, "verdict": "fail", "reason": "x", "rev": rev}
    send = lambda: client.post(  # noqa: E731
        "/api/v1/calls/call-b1/acts", json=asked, headers={"x-csrf-token": token}
    )
    assert [send().status_code for _ in range(2)] == [200, 409]
    history = client.get("/api/v1/calls/call-b1/history").json()
    assert [each["act"] for each in history].count("verdict") == 1
