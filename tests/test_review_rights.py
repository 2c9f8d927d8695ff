"""Who gets in, who sees what, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from review_calls import CALLS, PASSWORD, PEOPLE, fill
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from pipeline.review.app import create_app
from pipeline.review.people import add_user
from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine, ReviewAct

SignIn = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("review")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        yield opened


@pytest.fixture(scope="module")
def sign_in(store: Store) -> SignIn:
    app = create_app(store)
    known: dict[str, TestClient] = {}

    def enter(name: str) -> TestClient:
        if name not in known:
            known[name] = client = TestClient(app, follow_redirects=False)
            page = client.get("/login")
            token = field(page.text, "csrf_token")
            form = {"username": name, "password": PASSWORD, "csrf_token": token}
            assert client.post("/login", data=form).status_code == 303
        return known[name]

    return enter


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page[:500]
    return found.group(1)


def events(store: Store, event: str) -> list[AuditLine]:
    with store.reading() as session:
        return list(session.scalars(select(AuditLine).where(AuditLine.event == event).order_by(AuditLine.id)))


@pytest.mark.parametrize(
    "path",
    ["/", "/queue", "/mine", "/calls/call-a1", "/calls/call-a1/audio", "/audit", "/people", "/api/v1/calls", "/api/v1/me",
     "/api/openapi.json", "/assets/0/app.css", "/assets/0/review.js", "/assets/base.js/x", "/assets//login.css/x", "/docs",
     "/no/such/page"],
)  # fmt: skip
def test_a_stranger_gets_nothing(store, sign_in, path):
    answer = TestClient(create_app(store), follow_redirects=False).get(path)
    assert answer.status_code in (303, 401)
    assert "A01" not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/login")


def test_the_page_for_signing_in_and_its_assets_are_open(store):
    client = TestClient(create_app(store), follow_redirects=False)
    page = client.get("/login")
    assert page.status_code == 200
    for path in re.findall(r'(?:href|src)="(/[^"]+)"', page.text):
        assert client.get(path).status_code == 200, path


SEES = {
    "root": set(CALLS), "owner": set(CALLS), "audi": set(CALLS), "free": set(CALLS),
    "sup1": {"call-a1", "call-a2"}, "coach1": {"call-a1", "call-a2"}, "A01": {"call-a1", "call-a2"},
    "coach2": {"call-b1", "call/odd 名"}, "bob": {"call-b1", "call/odd 名"},
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_sees_its_own_calls_and_no_other(sign_in, store, name):
    client = sign_in(name)
    listed = {call["call_id"] for call in client.get("/api/v1/calls").json()["calls"]}
    assert listed == SEES[name]
    for call_id in CALLS:
        path = quote(call_id, safe="")
        for address in (f"/calls/{path}", f"/calls/{path}/audio", f"/api/v1/calls/{path}", f"/api/v1/calls/{path}/audio",
                        f"/api/v1/calls/{path}/history"):  # fmt: skip
            assert client.get(address).status_code == (200 if call_id in SEES[name] else 404), address
    refused = {line.call for line in events(store, "denied") if line.name == name}
    assert refused == set(CALLS) - SEES[name]
    assert {line.call for line in events(store, "heard") if line.name == name} == SEES[name]


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_by_role(sign_in, name):
    client, role = sign_in(name), PEOPLE[name]["role"]
    assert client.get("/queue").status_code == (403 if role == "agent" else 200)
    assert client.get("/audit").status_code == (200 if role in ("admin", "auditor") else 403)
    assert client.get("/api/v1/audit").status_code == (200 if role in ("admin", "auditor") else 403)
    assert client.get("/people").status_code == (200 if role == "admin" else 403)
    assert client.get("/mine").status_code == 200


DEEDS = {
    "finding": ({"target": "f9", "ruling": "reject"}, {"admin", "supervisor", "coach"}),
    "missed": ({"kind": "rude", "start_s": 1, "end_s": 2}, {"admin", "supervisor", "coach"}),
    "verdict": ({"target": "talk.no_hard_sell", "verdict": "pass", "reason": "x"}, {"admin", "supervisor", "coach"}),
    "note": ({"text": "x"}, {"admin", "supervisor", "coach"}),
    "state": ({"state": "done"}, {"admin", "supervisor", "coach"}),
    "assign": ({}, {"admin", "supervisor", "coach"}),
    "comment": ({"text": "x"}, {"admin", "supervisor", "coach", "agent"}),
    "acknowledge": ({}, {"agent"}),
    "appeal": ({"target": "talk.no_hard_sell", "reason": "x"}, {"agent"}),
    "ruling": ({"answers": 999, "decision": "denied", "reason": "x"}, {"admin", "supervisor", "coach"}),
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("act", DEEDS)
def test_each_role_tries_every_deed(sign_in, store, name, act):
    client, (body, allowed) = sign_in(name), DEEDS[act]
    token = client.get("/api/v1/me").json()["csrf_token"]
    for call_id in ("call-a2", "call-b1"):
        seen = client.get(f"/api/v1/calls/{call_id}")
        rev = seen.json()["rev"] if seen.status_code == 200 else 0
        asked = {"act": act, "rev": rev, **body}
        answer = client.post(f"/api/v1/calls/{call_id}/acts", json=asked, headers={"x-csrf-token": token})
        if call_id not in SEES[name]:
            assert answer.status_code == 404
        elif PEOPLE[name]["role"] not in allowed:
            assert answer.status_code == 403
        else:
            assert answer.status_code in (200, 422), answer.text  # 422: no such appeal, or appealed already


def test_nothing_is_changed_without_the_token(sign_in, store):
    client = sign_in("free")
    before = client.get("/api/v1/calls/call-b1").json()["rev"]
    form = {"act": "comment", "text": "forged"}
    assert client.post("/calls/call-b1/acts", data=form).status_code == 403
    assert client.post("/calls/call-b1/acts", data={**form, "csrf_token": "wrong"}).status_code == 403
    token = field(client.get("/calls/call-b1").text, "csrf_token")
    elsewhere = {"origin": "https://evil.example"}
    good = {**form, "csrf_token": token}
    assert client.post("/calls/call-b1/acts", data=good, headers=elsewhere).status_code == 403
    assert client.post("/api/v1/calls/call-b1/acts", json=form).status_code == 403
    assert client.post("/logout").status_code == 403
    assert client.get("/api/v1/calls/call-b1").json()["rev"] == before
    assert client.post("/calls/call-b1/acts", data=good).status_code == 303
    other = field(sign_in("coach2").get("/calls/call-b1").text, "csrf_token")
    assert client.post("/calls/call-b1/acts", data={**form, "csrf_token": other}).status_code == 403


def test_sound_comes_in_ranges(sign_in):
    client = sign_in("A01")
    whole = client.get("/calls/call-a1/audio")
    assert whole.status_code == 200
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get("/calls/call-a1/audio", headers={"range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole.content)}"
    tail = client.get("/calls/call-a1/audio", headers={"range": "bytes=-100"})
    assert tail.content == whole.content[-100:]
    beyond = {"range": f"bytes={len(whole.content)}-"}
    assert client.get("/calls/call-a1/audio", headers=beyond).status_code == 416


def test_every_answer_bears_the_headers(sign_in, store):
    stranger = TestClient(create_app(store), follow_redirects=False)
    for answer in (stranger.get("/login"), stranger.get("/"), sign_in("free").get("/calls/call-a1")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    page = sign_in("free").get("/calls/call-a1").text
    assert "<style" not in page
    assert not re.search(r"<script(?! src=)|\son\w+=|\sstyle=", page)


def test_the_cookie_is_out_of_reach_of_scripts(store):
    client = TestClient(create_app(store), follow_redirects=False, base_url="https://testserver")
    token = field(client.get("/login").text, "csrf_token")
    form = {"username": "free", "password": PASSWORD, "csrf_token": token, "next": "//evil.example/x"}
    answer = client.post("/login", data=form)
    assert answer.headers["location"] == "/"
    cookie = next(
        value for value in answer.headers.get_list("set-cookie") if value.startswith("callgauge_session")
    )
    assert {"httponly", "samesite=lax", "secure"} <= {part.strip().lower() for part in cookie.split(";")}
    assert client.get("/queue").status_code == 200
    token = field(client.get("/queue").text, "csrf_token")
    kept = dict(client.cookies)
    assert client.post("/logout", data={"csrf_token": token}).status_code == 303
    client.cookies.update(kept)
    assert client.get("/queue").status_code == 303  # the old cookie opens nothing


def test_too_many_wrong_passwords_must_wait(store):
    client = TestClient(create_app(store), follow_redirects=False, client=("10.9.9.9", 1))
    token = field(client.get("/login").text, "csrf_token")
    wrong = {"username": "root", "password": "not it", "csrf_token": token}
    codes = [client.post("/login", data=wrong).status_code for _ in range(9)]
    assert codes == [401] * 8 + [429]
    assert client.post("/login", data={**wrong, "password": PASSWORD}).status_code == 429
    assert client.post("/login", data={**wrong, "csrf_token": "x"}).status_code == 403
    assert client.post("/login", data={**wrong, "username": "nobody"}).status_code == 401


def test_the_history_can_not_be_edited(sign_in, store):
    client = sign_in("free")
    token = client.get("/api/v1/me").json()["csrf_token"]
    asked = {"act": "comment", "text": "stays"}
    assert (
        client.post("/api/v1/calls/call-b1/acts", json=asked, headers={"x-csrf-token": token}).status_code
        == 200
    )
    for table in (AuditLine, ReviewAct):
        for change in (update(table).values(name="x"), delete(table)):
            with pytest.raises(IntegrityError, match="only added to"), store.writing() as session:
                session.execute(change)


def test_too_much_is_not_read(sign_in):
    answer = sign_in("free").post("/calls/call-a1/acts", content=b"x" * 70_000)
    assert answer.status_code == 413


def test_openapi_says_what_there_is(sign_in):
    described = sign_in("audi").get("/api/openapi.json").json()
    assert "/api/v1/calls/{call_id}/acts" in described["paths"]
    assert not [path for path in described["paths"] if not path.startswith("/api/v1/")]


def test_ones_own_password_ends_all_that_was(store):
    with store.writing() as session:
        add_user(session, "newcomer", role="coach", password=PASSWORD)
    app = create_app(store)

    def enter(password: str) -> tuple[TestClient, int]:
        client = TestClient(app, follow_redirects=False, client=("10.7.7.7", 1))
        token = field(client.get("/login").text, "csrf_token")
        form = {"username": "newcomer", "password": password, "csrf_token": token}
        return client, client.post("/login", data=form).status_code

    (client, _), (other, _) = enter(PASSWORD), enter(PASSWORD)
    form = {"csrf_token": field(client.get("/account").text, "csrf_token"), "new": "an even longer password"}
    assert client.post("/account", data={**form, "csrf_token": "x", "password": PASSWORD}).status_code == 403
    assert client.post("/account", data={**form, "password": "not it"}).status_code == 422
    assert client.post("/account", data={**form, "password": PASSWORD, "new": "short"}).status_code == 422
    assert client.post("/account", data={**form, "password": PASSWORD}).status_code == 303
    for old in (client, other):
        assert old.get("/queue").status_code == 303  # sign in first
    assert enter(PASSWORD)[1] == 401
    client, status = enter("an even longer password")
    assert status == 303
    form["csrf_token"] = field(client.get("/account").text, "csrf_token")
    for _ in range(8):
        answer = client.post("/account", data={**form, "password": "guess"})
    assert "Too many" in answer.text  # whoever finds an open session can't guess on
    assert [line.name for line in events(store, "password")] == ["newcomer"]


def test_the_audit_log_is_searched(sign_in):
    auditor = sign_in("audi")
    sign_in("coach1").get("/calls/call-a1")
    sign_in("free").get("/calls/call-b1")

    def cells(query: str, place: int) -> set[str]:
        rows = auditor.get(f"/audit?{query}").text.split("<tr>")[2:]
        return {re.findall(r"<td>(.*?)</td>", row)[place] for row in rows}

    assert cells("name=coach1&event=saw", 0) == {"coach1"}
    assert cells("call=call-b1", 2) == {"call-b1"}
