"""What people judge: both scores, the history, two at once, appeals and rulings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from review_calls import PASSWORD, fill
from sqlalchemy import select
from starlette.testclient import TestClient
from test_review_rights import field

from pipeline.review.app import create_app
from pipeline.store import Store, open_store
from pipeline.store.tables import Call, Score

HARD_SELL = "talk.no_hard_sell"


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


class Somebody:
    """A person at the API."""

    def __init__(self, store: Store, name: str) -> None:
        self.client = TestClient(create_app(store), follow_redirects=False)
        token = field(self.client.get("/login").text, "csrf_token")
        self.client.post("/login", data={"username": name, "password": PASSWORD, "csrf_token": token})
        self.token = self.client.get("/api/v1/me").json()["csrf_token"]

    def case(self, call_id: str = "call-a1") -> dict[str, Any]:
        answer = self.client.get(f"/api/v1/calls/{call_id}")
        assert answer.status_code == 200
        return answer.json()  # type: ignore[no-any-return]  # JSON

    def does(self, act: str, call_id: str = "call-a1", *, status: int = 200, **data: Any) -> Any:
        data.setdefault("rev", self.case(call_id)["rev"])
        answer = self.client.post(
            f"/api/v1/calls/{call_id}/acts", json={"act": act, **data}, headers={"x-csrf-token": self.token}
        )
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def coach(store: Store) -> Somebody:
    return Somebody(store, "coach1")


def criterion(score: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in score["criteria"] if each["id"] == name)


def versions(store: Store, call_id: str = "call-a1") -> list[tuple[str, float | None]]:
    with store.reading() as session:
        call = session.scalars(select(Call).where(Call.call_id == call_id)).one()
        rows = session.scalars(select(Score).where(Score.call == call.id).order_by(Score.version)).all()
        assert call.current_score_id == rows[-1].id
        return [(row.made_by, row.percent) for row in rows]


def finding(case: dict[str, Any], kind: str) -> str:
    return next(each["id"] for each in case["call"]["findings"] if each["kind"] == kind)


def test_a_rejected_finding_is_judged_without(store, coach):
    before = coach.case()
    machine = before["call"]["score"]
    assert criterion(machine, "talk.no_interruption")["verdict"] in ("fail", "partial")
    done = coach.does("finding", target=finding(before, "interruption"), ruling="reject")
    after = coach.case()
    assert after["call"]["score"] == machine  # the machine's stays as it was
    assert criterion(after["human_score"], "talk.no_interruption")["verdict"] == "pass"
    assert done["percent"] == after["human_score"]["percent"] > machine["percent"]
    assert versions(store) == [("machine", machine["percent"]), ("human", done["percent"])]


def test_a_confirmed_doubt_counts_and_a_rejected_one_does_not(store, coach):
    case = coach.case()
    doubtful = [each for each in case["call"]["findings"] if each["confidence"] < 0.6]
    assert doubtful
    assert case["call"]["score"]["needs_review"]
    name = doubtful[0]["id"]
    owners = [each["id"] for each in case["call"]["score"]["criteria"] if name in each["findings"]]
    for ruling in ("confirm", "reject"):
        coach.does("finding", target=name, ruling=ruling)
        score = coach.case()["human_score"]
        assert all(criterion(score, owner)["verdict"] != "needs_review" for owner in owners)


def test_what_cannot_be_judged_again_goes_to_a_person(store, coach):
    case = coach.case()
    coach.does("finding", target=finding(case, "company"), ruling="reject")
    now = criterion(coach.case()["human_score"], "opening.company")
    before = criterion(case["call"]["score"], "opening.company")
    assert before["verdict"] == "pass"
    assert (now["verdict"], now["points"]) == (
        "needs_review",
        None,
    )  # the profile that would tell is not at hand
    assert coach.case()["human_score"]["needs_review"]


def test_a_verdict_has_a_reason_and_is_undone(store, coach):
    machine = coach.case()["call"]["score"]["percent"]
    coach.does("verdict", target=HARD_SELL, verdict="pass", status=422)
    done = coach.does("verdict", target=HARD_SELL, verdict="pass", reason="客户自己问的价格")
    score = coach.case()["human_score"]
    assert criterion(score, HARD_SELL)["verdict"] == "pass"
    assert criterion(score, HARD_SELL)["reason"]["zh"] == "客户自己问的价格"
    coach.does("undo", answers=done["act"])
    case = coach.case()
    assert case["human_score"] is None
    assert [deed["undone"] for deed in case["history"]] == [True, False]
    assert [percent for _, percent in versions(store)] == [machine, done["percent"], machine]
    coach.does("undo", answers=done["act"], status=422)


@pytest.mark.parametrize("blank", [None, ""])
def test_what_is_left_blank_says_nothing(coach, blank):
    about = {"kind": "hard_sell", "start_s": 1.0, "end_s": 2.0}
    coach.does("missed", **about, turn=blank, quote=blank, target=blank)
    coach.does("comment", text="x", at_s=blank, rev=blank)
    coach.does("assign", to=blank, rev=blank)
    coach.does("missed", **about, rev=blank, status=422)


def test_only_ones_own_is_undone(store, coach):
    done = coach.does("verdict", target=HARD_SELL, verdict="fail", reason="x")
    Somebody(store, "sup1").does("undo", answers=done["act"], status=403)


def test_the_second_reviewer_sees_the_first(store, coach):
    second = Somebody(store, "sup1")
    rev = second.case()["rev"]
    coach.does("verdict", target=HARD_SELL, verdict="fail", reason="催促")
    refused = second.does("verdict", target=HARD_SELL, verdict="pass", reason="没有", rev=rev, status=409)
    assert [(deed["by"], deed["act"]) for deed in refused["since"]] == [("coach1", "verdict")]
    page = second.client.get("/calls/call-a1").text
    form = {"act": "verdict", "target": HARD_SELL, "verdict": "pass", "reason": "y", "rev": str(rev),
            "csrf_token": field(page, "csrf_token")}  # fmt: skip
    answer = second.client.post("/calls/call-a1/acts", data=form)
    assert answer.status_code == 409
    assert "coach1" in answer.text
    assert criterion(coach.case()["human_score"], HARD_SELL)["verdict"] == "fail"
    second.does("comment", text="a comment never conflicts", rev=rev)


def test_a_missed_finding_is_added(store, coach):
    case = coach.case()
    turn = case["call"]["transcript"]["turns"][2]
    missed = {"kind": "hard_sell", "turn": 2, "speaker": "agent", "start_s": 17.2, "end_s": 19.0}
    coach.does("missed", quote="not said", status=422, **missed)
    coach.does("missed", quote=turn["text"][:4], target=HARD_SELL, **missed)
    with store.reading() as session:
        from pipeline.store.tables import FindingRow

        call = session.scalars(select(Call).where(Call.call_id == "call-a1")).one()
        rows = session.scalars(select(FindingRow).where(FindingRow.score == call.current_score_id))
        assert any(row.finding.startswith("h") and row.quote == turn["text"][:4] for row in rows)


def test_an_appeal_its_ruling_and_the_last_word(store, coach):
    agent, supervisor = Somebody(store, "A01"), Somebody(store, "sup1")
    machine = agent.case()["call"]["score"]["percent"]
    appeal = agent.does("appeal", target=HARD_SELL, reason="名额确实有限")["act"]
    agent.does("appeal", target=HARD_SELL, reason="again", status=422)
    agent.does("ruling", answers=appeal, decision="upheld", verdict="pass", reason="mine", status=403)
    queued = coach.client.get("/api/v1/calls?reason=appeal").json()["calls"]
    assert [call["call_id"] for call in queued] == ["call-a1"]
    coach.does("ruling", answers=appeal, decision="upheld", reason="no verdict given", status=422)
    coach.does(
        "ruling", answers=appeal, decision="upheld", verdict="pass", reason="x", final=True, status=403
    )
    coach.does("ruling", answers=appeal, decision="denied", reason="说得太急")
    assert coach.client.get("/api/v1/calls?reason=appeal").json()["calls"] == []
    done = supervisor.does(
        "ruling", answers=appeal, decision="upheld", verdict="pass", reason="属实", final=True
    )
    case = agent.case()
    assert criterion(case["human_score"], HARD_SELL)["verdict"] == "pass"
    assert versions(store)[-1] == ("human", done["percent"])
    assert done["percent"] != machine
    coach.does("verdict", target=HARD_SELL, verdict="fail", reason="after the last word", status=422)
    agent.does("appeal", target=HARD_SELL, reason="once more", status=422)
    assert [deed["by"] for deed in case["history"]] == ["A01", "coach1", "sup1"]


def test_what_does_not_fit_is_refused(coach):
    coach.does("finding", target="f999", ruling="reject", status=422)
    coach.does("verdict", target="no.such", verdict="pass", reason="x", status=422)
    coach.does("verdict", target=HARD_SELL, verdict="needs_review", reason="x", status=422)
    coach.does("comment", text="nul \x00", status=422)
    coach.does("missed", kind="rude", start_s=5, end_s=1, status=422)
    coach.does("assign", to="A01", status=422)
    coach.does("nonsense", status=422)
    assert coach.case()["history"] == []


def test_pages_show_it_all(store, coach):
    coach.does("finding", target=finding(coach.case(), "interruption"), ruling="reject", reason="背景声")
    coach.does("note", text="先听完再说", actions="每天听两通", due="2030-01-02")
    coach.does("comment", text="<b>here</b>", at_s=21.5)
    coach.does("assign", to="coach1")
    page = coach.client.get("/calls/call-a1?reason=low").text
    for text in (
        "先听完再说",
        "2030-01-02",
        "&lt;b&gt;here&lt;/b&gt;",
        "背景声",
        'id="human-percent"',
        'id="axis"',
    ):
        assert text in page
    assert "<b>here</b>" not in page
    assert "built-in method" not in page
    coach.does("state", state="done")
    assert "call-a1" not in coach.client.get("/queue").text
    assert "call-a1" in coach.client.get("/queue?state=done&reason=all").text
    onwards = coach.client.get("/next?before=call-a2&reason=all&state=any")
    assert onwards.headers["location"] == "/calls/call-a1?reason=all&state=any"


@pytest.mark.parametrize(
    ("query", "found"),
    [("agent=A01", 2), ("agent=nobody", 0), ("team=一组", 2), ("since=2024-05-06&until=2024-05-06", 2),
     ("since=2024-05-07", 0), ("criterion=talk.no_interruption", 2), ("criterion=no.such", 0), ("outcome=call_back", 2),
     ("outcome=voicemail", 0), ("least=100", 0), ("most=0", 0), ("since=&reason=", 2)],
)  # fmt: skip
def test_filters(coach, query, found):
    assert len(coach.client.get(f"/api/v1/calls?{query}").json()["calls"]) == found


@pytest.mark.parametrize(
    "query",
    [
        "since=9999-99-99",
        "until=2200-01-01",
        "since=rubbish",
        "least=101",
        "least=nan",
        "most=x",
        "reason=rubbish",
        "state=x",
    ],
)
@pytest.mark.parametrize("place", ["/api/v1/calls", "/queue"])
def test_filters_that_can_t_be_read_are_refused(coach, query, place):
    told = coach.client.get(f"{place}?{query}")
    assert told.status_code == 422
    assert "accepted" in told.text


@pytest.mark.parametrize("place", ["calls", "search", "heard", "audit"])
def test_a_page_after_nothing_is_refused(store, place):
    root = Somebody(store, "root").client
    assert root.get(f"/api/v1/{place}?before=no-such-call&q=x").status_code == 422


def test_half_a_character_is_no_text(coach):
    raw = b'{"act": "comment", "text": "half \\ud800"}'
    headers = {"x-csrf-token": coach.token, "content-type": "application/json"}
    told = coach.client.post("/api/v1/calls/call-a1/acts", content=raw, headers=headers)
    assert told.status_code == 422


def test_pages_of_a_long_list(store):
    root = Somebody(store, "root").client
    first = root.get("/api/v1/calls?limit=3").json()
    second = root.get(f"/api/v1/calls?limit=3&before={first['next']}").json()
    assert [len(first["calls"]), len(second["calls"]), second["next"]] == [3, 1, None]
    assert len({call["call_id"] for call in first["calls"] + second["calls"]}) == 4


def test_a_token_has_the_rights_of_its_person(store):
    from pipeline.review.people import begin, disable, find_user

    with store.writing() as session:
        user = find_user(session, "coach2")
        assert user is not None
        secret, _ = begin(session, user, kind="token", label="export")
    client = TestClient(
        create_app(store), follow_redirects=False, headers={"authorization": f"Bearer {secret}"}
    )
    assert client.get("/api/v1/calls/call-b1").status_code == 200
    assert client.get("/api/v1/calls/call-a1").status_code == 404
    assert client.post("/api/v1/calls/call-b1/acts", json={"act": "comment", "text": "x"}).status_code == 200
    assert client.get("/queue").status_code == 303  # a token opens the API alone
    with store.writing() as session:
        user = find_user(session, "coach2")
        assert user is not None
        disable(session, user)
    assert client.get("/api/v1/calls/call-b1").status_code == 401


def test_what_people_judged_outlives_a_new_score_of_the_same_recording(store, coach):
    from datetime import UTC, date, datetime

    from review_calls import judged_result

    from pipeline.review.acts import reapply
    from pipeline.store.keep import Basis, Judged, Made, keep_score

    case = coach.case()
    coach.does("finding", target=finding(case, "interruption"), ruling="reject")
    coach.does("verdict", target=HARD_SELL, verdict="pass", reason="x")
    percent = coach.case()["human_score"]["percent"]
    assert reapply(store) == 0
    result = judged_result("call-a1", "A01")
    with store.writing() as session:
        call = session.scalars(select(Call).where(Call.call_id == "call-a1")).one()
        old = session.scalars(select(Score).where(Score.call == call.id)).first()
        basis = Basis(
            call.id, call.current_version, "metadata", old.recording_sha256, "ff" * 32, old.standard_sha256
        )
        judged = Judged(result.recording, "zh", result.score, result.findings, result.outcome, (), {})
        again = keep_score(session, judged, basis, Made(old.run, date(2025, 3, 5), datetime.now(UTC)))
        again.result_file, again.transcript_file = old.result_file, old.transcript_file
    assert coach.case()["human_score"]["percent"] == percent
    assert versions(store)[-1][0] == "machine"
    assert reapply(store) == 1
    assert versions(store)[-1] == ("human", percent)
