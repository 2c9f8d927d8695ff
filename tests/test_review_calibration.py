"""Calibration: who makes and sees a round, that it is blind until closed, and what it comes to."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from review_calls import fill
from sqlalchemy import select
from test_review_judging import Somebody
from test_review_rights import field

from pipeline.review.calibration_results import Row, agreement
from pipeline.review.people import change, find_user
from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine

CALLS = ["call-a1", "call-b1", "call/odd 名"]
TALK = "talk.no_interruption"
CRITERIA = [TALK, "talk.plain_language"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
    return folder


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(filled, tmp_path / "store")
    with open_store(str(tmp_path / "store" / "callgauge.db")) as opened:
        yield opened


@pytest.fixture
def enter(store: Store) -> Callable[[str], Somebody]:
    return cache(lambda name: Somebody(store, name))


def post(who: Somebody, path: str, body: Any, status: int = 200) -> Any:
    answer = who.client.post(f"/api/v1{path}", json=body, headers={"x-csrf-token": who.token})
    assert answer.status_code == status, answer.text
    return answer.json()


def begin(who: Somebody, **changes: Any) -> int:
    body = {"name": "March", "calls": CALLS, "people": ["coach1", "free"], "criteria": CRITERIA, **changes}
    return int(post(who, "/calibration", body)["id"])


def says(who: Somebody, key: int, call_id: str, *verdicts: str, status: int = 200) -> Any:
    given = [{"criterion": name, "verdict": each} for name, each in zip(CRITERIA, verdicts, strict=False)]
    return post(
        who, f"/calibration/{key}/calls/{quote(call_id, safe='')}/verdicts", {"verdicts": given}, status
    )


def test_a_round_from_its_making_to_its_results(enter, store):
    root, coach, free = enter("root"), enter("coach1"), enter("free")
    key = begin(root)
    for who, verdicts in ((coach, ("pass", "fail")), (free, ("pass", "partial"))):
        for call_id in CALLS:
            done = says(who, key, call_id, *verdicts)
    assert done["done"] == {"coach1": 6, "free": 6}
    assert done["wanted"] == 6
    says(free, key, "call-b1", "fail")  # thought again
    hidden = free.client.get(f"/api/v1/calibration/{key}").json()
    assert hidden["agreement"] is None and hidden["verdicts"] is None
    post(free, f"/calibration/{key}/close", {}, 403)
    post(root, f"/calibration/{key}/close", {})
    full = coach.client.get(f"/api/v1/calibration/{key}").json()
    hard, plain = full["agreement"]
    # by hand: units (p,p) (p,f) (p,p): 5 passes and 1 fail, 1 of 3 units differs: 1 - 5 * 2 / (2 * 5 * 1)
    assert hard["alpha_nominal"] == hard["alpha_ordinal"] == 0.0
    # (f,p) three times over: all differ, 3 and 3: 1 - 5 * 6 / (2 * 9)
    assert plain["alpha_nominal"] == pytest.approx(1 - 30 / 18)
    assert (hard["pairable"], hard["machine_compared"]) == (6, 2)  # nobody's majority on call-b1
    rows = {(row["call_id"], row["criterion"]): row for row in full["verdicts"]}
    assert rows["call-b1", TALK]["people"] == {"coach1": "pass", "free": "fail"}
    assert rows["call-b1", TALK]["majority"] is None
    assert rows["call-a1", TALK]["machine"] in ("pass", "partial", "fail", None)
    says(free, key, "call-b1", "pass", status=422)
    post(root, f"/calibration/{key}/close", {}, 422)
    page = coach.client.get(f"/calibration/{key}").text
    assert "0.000" in page and "-0.667" in page
    with store.reading() as session:
        events = list(session.scalars(select(AuditLine.event).where(AuditLine.event.like("calibration%"))))
    assert events.count("calibration_judged") == 7
    assert {"calibration_made", "calibration_closed"} <= set(events)


def test_who_judges_sees_no_verdict_until_it_is_closed(enter):
    root, coach, free = enter("root"), enter("coach1"), enter("free")
    key = begin(root)
    says(free, key, "call-a1", "fail", "fail")
    for path in (
        "/calls/call-a1",
        "/calls/call-a1/audio",
        "/api/v1/calls/call-a1",
        "/api/v1/calls/call-a1/history",
    ):
        assert coach.client.get(path).status_code == 404, path
        assert root.client.get(path).status_code == 200, path  # doesn't judge in the round
    assert [call["call_id"] for call in coach.client.get("/api/v1/calls").json()["calls"]] == ["call-a2"]
    assert "call-a1" not in coach.client.get("/queue").text
    hits = coach.client.get("/api/v1/search?q=预算").json()["hits"]
    assert [hit["call_id"] for hit in hits] == ["call-a2"]
    blind = coach.client.get(f"/api/v1/calibration/{key}/calls/call-a1").json()
    assert blind["transcript"]["turns"]
    assert blind["mine"] == []
    assert "findings" not in str(blind)
    page = coach.client.get(f"/calibration/{key}/calls/call-a1")
    assert page.status_code == 200
    assert "checked" not in page.text
    assert "finding" not in page.text
    sound = coach.client.get(f"/calibration/{key}/calls/call-a1/audio", headers={"range": "bytes=0-9"})
    assert sound.status_code == 206
    own = free.client.get(f"/api/v1/calibration/{key}/calls/call-a1").json()["mine"]
    assert {each["criterion"]: each["verdict"] for each in own} == dict.fromkeys(CRITERIA, "fail")
    post(root, f"/calibration/{key}/close", {})
    assert coach.client.get("/calls/call-a1").status_code == 200


def test_no_scorecard_tells_who_judges_what_the_machine_said(enter):
    root, coach = enter("root"), enter("coach1")
    key = begin(root, calls=["call-a1"])
    card = "/scorecards/A01?period=2024-05"
    told = coach.client.get(card).text
    assert "call-a1" not in told
    assert 'href="/calls/call-a2"' in told
    assert 'href="/calls/call-a1"' in root.client.get(card).text
    post(root, f"/calibration/{key}/close", {})
    assert 'href="/calls/call-a1"' in coach.client.get(card).text


@pytest.mark.parametrize(
    ("role", "round_status"), [("agent", 404), ("auditor", 200), ("standard_owner", 200)]
)
def test_who_reviews_no_more_judges_no_more(enter, store, role, round_status):
    """A round opens its calls to its judges, whatever their team; not to those who were judges once."""
    key = begin(enter("root"))
    with store.writing() as session:
        user = find_user(session, "free")
        assert user is not None
        change(session, user, role=role, team=None, agent_id="A01")
    once = Somebody(store, "free")
    blind = f"/calibration/{key}/calls/call-b1"
    for path in (blind, f"{blind}/audio"):
        assert once.client.get(path).status_code == 404, path
        assert once.client.get(f"/api/v1{path}").status_code == 404, path
    says(once, key, "call-b1", "pass", status=404)
    assert once.client.get(f"/calibration/{key}").status_code == round_status
    assert once.client.get("/api/v1/calls/call-a1").status_code == 200  # which it hid from its judges


@pytest.mark.parametrize("name", ["sup1", "coach2", "A01", "bob"])
def test_others_see_nothing_of_it(enter, name):
    key = begin(enter("root"))
    who = enter(name)
    for path in (
        f"/calibration/{key}",
        f"/calibration/{key}/calls/call-a1",
        f"/calibration/{key}/calls/call-a1/audio",
    ):
        assert who.client.get(path).status_code == 404
        assert who.client.get(f"/api/v1{path}").status_code == 404
    says(who, key, "call-a1", "pass", status=404)
    post(who, f"/calibration/{key}/close", {}, 404)


@pytest.mark.parametrize("name", ["audi", "owner", "root"])
def test_who_sees_everything_sees_it_but_judges_not(enter, name):
    key = begin(enter("root"))
    who = enter(name)
    assert who.client.get(f"/calibration/{key}").status_code == 200
    assert who.client.get(f"/calibration/{key}/calls/call-a1").status_code == 404
    says(who, key, "call-a1", "pass", status=404)


@pytest.mark.parametrize("name", ["coach1", "A01", "audi", "owner"])
def test_only_supervisors_begin_one(enter, name):
    post(enter(name), "/calibration", {"name": "x", "calls": ["call-a1"], "people": ["coach1", "free"]}, 403)


@pytest.mark.parametrize(
    "changes",
    [
        {"calls": ["call-b1"]}, {"calls": ["nothing"]}, {"people": ["coach1", "A01"]}, {"people": ["coach1", "coach1"]},
        {"people": ["coach1"]}, {"criteria": ["no.such"]}, {"calls": []}, {"name": ""},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(enter, changes):
    body = {"name": "x", "calls": ["call-a1"], "people": ["coach1", "free"], **changes}
    post(enter("sup1"), "/calibration", body, 422)


def test_without_criteria_it_is_all_that_count(enter):
    made = post(
        enter("sup1"), "/calibration", {"name": "x", "calls": ["call-a2"], "people": ["coach1", "sup1"]}
    )
    assert TALK in made["criteria"]
    assert "time.on_topic" not in made["criteria"]  # advisory
    assert enter("sup1").client.get("/api/v1/calibration").json()[0]["name"] == "x"


def test_by_forms_alone(enter):
    root, coach = enter("root").client, enter("coach1").client
    page = root.get("/calibration?call=call-a1").text
    assert "No rounds yet" in page and "call-a1</textarea>" in page
    form = {"csrf_token": field(page, "csrf_token"), "name": "by hand", "calls": "call-a1\ncall-a2\n", "people": "coach1\nfree",
            "criteria": TALK}  # fmt: skip
    made = root.post("/calibration", data=form)
    assert made.status_code == 303
    path = made.headers["location"]
    page = coach.get(f"{path}/calls/call-a1").text
    given = {"csrf_token": field(page, "csrf_token"), f"v:{TALK}": "partial", f"r:{TALK}": "一次"}
    onward = coach.post(f"{path}/calls/call-a1", data=given)
    assert onward.headers["location"] == f"{path}/calls/call-a2"
    assert "1/2" in coach.get(path).text
    assert 'value="partial" checked' in coach.get(f"{path}/calls/call-a1").text
    assert coach.post(f"{path}/calls/call-a1", data={"csrf_token": given["csrf_token"]}).status_code == 422
    assert coach.post(f"{path}/calls/call-a1", data={f"v:{TALK}": "pass"}).status_code == 403


def test_what_the_machine_left_open_is_not_compared():
    rows = [
        Row("1", "x", "pass", {"a": "pass", "b": "pass"}), Row("2", "x", "fail", {"a": "pass", "b": "pass", "c": "fail"}),
        Row("3", "x", None, {"a": "fail", "b": "fail"}), Row("4", "x", "pass", {}), Row("5", "x", "pass", {"a": "pass"}),
    ]  # fmt: skip
    made = agreement("x", rows)
    assert (made.agreed, made.compared, made.pairable) == (2, 3, 7)
    assert made.low is not None and made.high is not None and 0.2 < made.low < 2 / 3 < made.high < 0.95
    assert [row.differs for row in rows] == [False, True, False, False, False]


def test_with_its_round_a_judge_s_access_to_calls_of_others_ends(enter):
    """The supervisor of one team's calls may have somebody of another team judge them, and only as long as that lasts."""
    root, coach, maker = enter("root"), enter("coach1"), enter("sup1")
    for who, client in (("API", "/api/v1"), ("pages", "")):
        key = begin(root)
        call = f"{client}/calibration/{key}/calls/call-b1"
        says(coach, key, "call-b1", "fail", "pass")
        for path in (call, f"{call}/audio"):
            assert coach.client.get(path).status_code == 200, who
        post(root, f"/calibration/{key}/close", {})
        for path in (call, f"{call}/audio"):
            assert coach.client.get(path).status_code == 404, who
            assert coach.client.get(path, headers={"range": "bytes=0-9"}).status_code == 404, who
        assert coach.client.get("/calls/call-b1").status_code == 404
        rows = coach.client.get(f"/api/v1/calibration/{key}").json()["verdicts"]
        mine = {row["criterion"]: row["people"]["coach1"] for row in rows if row["call_id"] == "call-b1"}
        assert sorted(mine.values()) == ["fail", "pass"]  # what they said stays
        page = coach.client.get(f"/calibration/{key}").text
        assert 'href="/calls/call-a1#' in page and "call-b1" in page
        assert 'href="/calls/call-b1#' not in page  # it would lead nowhere
    assert maker.client.get("/calls/call-a1").status_code == 200
