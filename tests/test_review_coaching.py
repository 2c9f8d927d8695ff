"""Saved views, giving out calls, drafts, scorecards and coaching plans: who may, what is kept, what follows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from review_calls import CALLS, fill
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from test_review_judging import HARD_SELL, Somebody
from test_review_rights import events

from pipeline.profile import EMPTY
from pipeline.reports.period import parse_period
from pipeline.review.cards import after, team_table
from pipeline.review.hints import hints
from pipeline.review.people import find_user, person_of
from pipeline.review.progress import Rate, sum_progress
from pipeline.store import Store, open_store
from pipeline.store.coach_tables import Draft, Plan, PlanAct, SavedView
from pipeline.store.review_tables import User

Enter = Callable[[str], "Page"]


class Page(Somebody):
    """A person at the pages."""

    def post(self, path: str, *, status: int = 303, **form: str) -> str:
        token = f"{self.token}.{uuid4().hex}"  # as on a page that was just loaded
        answer = self.client.post(path, data={"csrf_token": token, **form})
        assert answer.status_code == status, answer.text
        return answer.headers.get("location", answer.text)

    def get(self, path: str, *, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def mean(self, agent: str) -> str:
        text = self.get(f"/scorecards/{agent}?period=2024-05")
        return text.split('id="score-mean">')[1].split("<")[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coaching")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
    return folder


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(filled, tmp_path / "store")
    with open_store(str(tmp_path / "store" / "callgauge.db")) as opened:
        yield opened


@pytest.fixture
def enter(store: Store) -> Enter:
    return lambda name: Page(store, name)


def test_views_are_ones_own(store, enter):
    coach, other = enter("coach1"), enter("free")
    kept = coach.post(
        "/views", name="  Low  scores ", query="reason=low&state=any&most=60.0&junk=x&before=call-a1"
    )
    assert kept == "/queue?reason=low&state=any&most=60.0"
    coach.post("/views", name="Low scores", query="reason=low&state=open")  # the same name is replaced
    page = coach.get("/queue")
    assert 'href="/queue?reason=low&amp;state=open"' in page
    assert "Low scores" not in other.get("/queue")
    with store.reading() as session:
        (view,) = session.scalars(select(SavedView)).all()
    other.post(f"/views/{view.id}/drop", status=404)
    coach.post("/views", name=" ", query="", status=422)
    coach.post(f"/views/{view.id}/drop")
    assert "Low scores" not in coach.get("/queue")
    for number in range(30):
        coach.post("/views", name=str(number), query="")
    assert "30 views" in coach.post("/views", name="one more", query="", status=422)


def test_calls_are_given_to_those_who_see_them(store, enter):
    boss = enter("root")
    ticked = {f"call:{call_id}": "1" for call_id in ("call-a1", "call-a2")}
    assert boss.post("/assign", to="coach1", query="reason=all", **ticked) == "/queue?reason=all&state=open"
    assert boss.case("call-a1")["assigned"] == "coach1"
    mine = enter("coach1").client.get("/api/v1/calls?assigned=coach1").json()["calls"]
    assert {call["call_id"] for call in mine} == {"call-a1", "call-a2"}
    nobodys = boss.client.get("/api/v1/calls?assigned=-").json()["calls"]
    assert {call["call_id"] for call in nobodys} == set(CALLS) - {"call-a1", "call-a2"}
    assert "another team" in boss.post("/assign", to="coach2", **ticked, status=422)
    boss.post("/assign", to="A01", **ticked, status=422)  # an agent reviews nothing
    boss.post("/calls/call-a1/acts", act="assign", to="", rev="")
    assert boss.case("call-a1")["assigned"] is None
    page = boss.get("/queue")
    assert all(
        f"<option>{name}" in page or f'value="{name}"' in page
        for name in ("coach1", "coach2", "sup1", "free")
    )
    assert "coach2" not in enter("coach1").get("/queue")  # another team's coaches are not offered


def test_the_list_says_what_to_hear_and_not_what_is_ruled_on(store, enter):
    coach = enter("coach1")
    seen = []
    while True:
        with store.reading() as session:
            hint = hints(session, ["call-a1"]).get("call-a1")
        if hint is None:
            break
        coach.post(
            "/calls/call-a1/acts", act="finding", target=hint.finding, ruling="confirm", rev=str(hint.rev),
            back="/queue?reason=all",
        )  # fmt: skip
        assert hint.finding not in seen
        seen.append(hint.finding)
    case = coach.case("call-a1")
    first = next(each for each in case["call"]["findings"] if each["id"] == seen[0])
    assert first["confidence"] < 0.6  # the doubtful one comes first
    done = coach.client.post(
        "/calls/call-a1/acts",
        data={
            "csrf_token": f"{coach.token}.1",
            "act": "comment",
            "text": "x",
            "back": "https://evil.example/",
        },
    )
    assert done.headers["location"] == "/calls/call-a1"  # nobody is sent elsewhere


def test_drafts_are_ones_own_and_go_when_empty(store, enter):
    coach, other = enter("coach1"), enter("free")
    typed = {"note|||text": "half a thought"}
    coach.post("/calls/call-a1/draft", fields=json.dumps(typed), status=204)
    assert "half a thought" in coach.get("/calls/call-a1")
    assert "half a thought" not in other.get("/calls/call-a1")
    assert "half a thought" not in coach.get("/calls/call-a2")
    for wrong in ("", "[]", '{"a": 1}', json.dumps({"a": "x" * 20_001})):
        coach.post("/calls/call-a1/draft", fields=wrong, status=422)
    coach.post("/calls/call-a1/draft", fields=json.dumps({"note|||text": ""}), status=204)
    with store.reading() as session:
        assert session.scalars(select(Draft)).all() == []


def test_the_newest_state_says_whose_it_is(enter):
    coach = enter("coach1")
    assert coach.client.get("/calls/call-a1/rev").json() == {"rev": 0, "by": ""}
    coach.does("comment", text="x")
    assert enter("sup1").client.get("/calls/call-a1/rev").json() == {"rev": 1, "by": "coach1"}
    assert enter("coach2").client.get("/calls/call-a1/rev").status_code == 404


def test_a_ruling_moves_the_mean_of_the_scorecard(store, enter):
    agent, coach, boss = enter("bob"), enter("coach2"), enter("sup1")
    before = float(agent.mean("B01"))
    row_before = _row(store, "coach2", "B01")
    target = next(
        each["id"] for each in agent.case("call-b1")["call"]["score"]["criteria"]
        if each["verdict"] == "fail" and each["max_points"]
    )  # fmt: skip
    appeal = agent.does("appeal", "call-b1", target=target, reason="not so")["act"]
    assert float(agent.mean("B01")) == before  # an appeal alone changes nothing
    coach.does("ruling", "call-b1", answers=appeal, decision="upheld", verdict="pass", reason="right")
    percents = [
        (case["human_score"] or case["call"]["score"])["percent"]
        for case in (agent.case("call-b1"), agent.case(quote("call/odd 名", safe="")))
    ]
    assert agent.mean("B01") == coach.mean("B01") == f"{round(sum(percents) / 2, 1):g}"
    assert float(agent.mean("B01")) > before
    row_after = _row(store, "coach2", "B01")
    assert row_after["score_mean"] == pytest.approx(sum(percents) / 2)
    assert (row_before["corrected"], row_after["corrected"]) == (0, 1)
    boss.get("/scorecards/B01", status=404)  # another team's


def _row(store: Store, name: str, agent: str) -> dict[str, object]:
    with store.reading() as session:
        user = find_user(session, name)
        assert user is not None
        person = person_of(user)
    rows = team_table(store, person, parse_period("2024-05"), EMPTY).rows
    return next(row for row in rows if row["agent_id"] == agent)


def test_scorecards_by_role(store, enter):
    for name, sees in {
        "root": {"A01", "B01"},
        "coach1": {"A01"},
        "coach2": {"B01"},
        "audi": {"A01", "B01"},
    }.items():
        page = enter(name).get("/scorecards?period=2024-05")
        assert {agent for agent in ("A01", "B01") if f"/scorecards/{agent}?" in page} == sees
    agent = enter("A01")
    assert agent.client.get("/scorecards").headers["location"] == "/scorecards/A01"
    agent.get("/scorecards/A01")
    agent.get("/scorecards/B01", status=404)
    assert "No calls in this period" in agent.get("/scorecards/A01?period=1999-01")
    for period in ("nonsense", "0000", "2024-13"):
        agent.get(f"/scorecards/A01?period={period}", status=422)
    assert "2024-05" in agent.get("/scorecards/A01?period=")
    seen = {(line.name, line.detail["agent"]) for line in events(store, "saw_scorecard")}
    assert seen == {("A01", "A01")}
    assert "saw_scorecards" in {line.event for line in events(store, "saw_scorecards")}


def test_periods_follow_one_another():
    assert [after(parse_period(text)).text for text in ("2024", "2024-12", "2024-02-28")] == [
        "2025",
        "2025-01",
        "2024-02-29",
    ]


def made(page: Page, **form: str) -> str:
    given = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "a goal", "since": "2024-05-07", **form}
    return page.post("/plans", **given)


def test_a_plan_from_its_making_to_its_end(store, enter):
    coach, agent = enter("coach1"), enter("A01")
    plan = made(
        coach, action="hear two calls", due="2026-12-24", call_id="call-a1", at_s="21.5", until="2027-01-31"
    )
    page = coach.get(plan)
    assert 'href="/calls/call-a1#t=21.5"' in page
    with store.reading() as session:
        action = session.scalars(select(PlanAct).where(PlanAct.act == "action")).one()
    agent.post(f"{plan}/acts", act="tick", answers=str(action.id), done="true")
    agent.post(f"{plan}/acts", act="comment", text="I did")
    assert 'class="done"' in coach.get(plan)
    coach.post(f"{plan}/acts", act="tick", answers=str(action.id), done="false")
    assert 'class="done"' not in agent.get(plan)
    coach.post(f"{plan}/acts", act="tick", answers="999", done="true", status=422)
    coach.post(f"{plan}/acts", act="moment", call_id="call-a2", at_s="3", text="here", back="/calls/call-a2")
    assert "here" in coach.get("/calls/call-a2")
    enter("root").post(
        f"{plan}/acts", act="moment", call_id="call-b1", at_s="3", status=422
    )  # another agent's
    coach.post(f"{plan}/acts", act="moment", call_id="call-b1", at_s="3", status=404)  # not even to be seen
    for act in (
        {"act": "action", "text": "x"},
        {"act": "state", "state": "reached"},
        {"act": "moment", "call_id": "call-a1"},
    ):
        agent.post(f"{plan}/acts", status=403, **act)
    coach.post(f"{plan}/acts", act="state", state="reached", text="well done")
    assert "a goal" in agent.get("/plans?state=reached")
    assert "a goal" not in agent.get("/plans?state=open")
    for stranger in ("coach2", "bob"):
        enter(stranger).get(plan, status=404)
        assert "a goal" not in enter(stranger).get("/plans?state=any")
        enter(stranger).post(f"{plan}/acts", act="comment", text="x", status=404)
    with store.reading() as session:
        acts = session.scalars(select(PlanAct).order_by(PlanAct.id)).all()
    assert [(act.act, act.name, act.role) for act in acts[:2]] == [
        ("made", "coach1", "coach"),
        ("action", "coach1", "coach"),
    ]
    for change in (update(PlanAct).values(name="x"), delete(PlanAct)):
        with pytest.raises(IntegrityError, match="only added to"), store.writing() as session:
            session.execute(change)


def test_a_plan_is_for_a_habit_and_an_agent_there_are(enter):
    coach = enter("coach1")
    made_up = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "x"}
    for wrong, status in (
        ({"criterion": "no.such"}, 422), ({"goal": " "}, 422), ({"agent_id": "B01"}, 404), ({"agent_id": "nobody"}, 404),
        ({"call_id": "call-b1"}, 404), ({"since": "yesterday"}, 422), ({"at_s": "-1"}, 422),
    ):  # fmt: skip
        coach.post("/plans", status=status, **{**made_up, **wrong})
    for name in ("A01", "owner", "audi"):
        enter(name).post("/plans", status=403, **made_up)
        enter(name).get("/plans/new", status=403)
    assert "/plans/" not in coach.get("/plans").replace("/plans/new", "")


def test_the_habits_rates_follow_the_verdicts_that_count(enter):
    coach = enter("coach1")
    plan = made(coach, since="2024-05-06")

    def rates() -> list[list[str]]:
        body = coach.get(plan).split('id="rates">')[1].split("</tbody>")[0]
        return [[cell.split("<")[0] for cell in row.split("<td>")[2:]] for row in body.split("<tr>")[1:]]

    assert rates()[1] == ["0", "0", "0", "0"]  # in doubt: not judged
    coach.does("verdict", "call-a1", target=HARD_SELL, verdict="pass", reason="x")
    coach.does("verdict", "call-a2", target=HARD_SELL, verdict="fail", reason="x")
    assert rates() == [["0", "0", "0", "0"], ["2", "1", "0", "1"]]
    later = made(coach, since="2024-05-07")
    body = coach.get(later).split('id="rates">')[1]
    assert "50 %" in body.split("<tr>")[1]  # the same calls come before that day
    assert "50 %" not in body.split("<tr>")[2]


DAYS = st.dates(date(2025, 1, 1), date(2025, 6, 30))


@given(st.lists(st.tuples(DAYS, st.sampled_from(["pass", "partial", "fail"]))), DAYS)
def test_nothing_is_lost_between_before_and_after(facts, since):
    progress = sum_progress(facts, since)
    assert progress.before.judged + progress.after.judged == len(facts)
    assert sum(rate.judged for _, rate in progress.weeks) <= progress.after.judged
    assert all(
        week >= since and (week - since) % timedelta(days=7) == timedelta() for week, _ in progress.weeks
    )


def test_a_change_is_claimed_only_where_intervals_part():
    facts = [(date(2025, 1, 1), "fail")] * 20 + [(date(2025, 2, 1), "pass")] * 20
    assert sum_progress(facts, date(2025, 1, 15)).apart
    assert not sum_progress(facts[:3] + facts[-3:], date(2025, 1, 15)).apart
    assert not sum_progress([], date(2025, 1, 15)).apart
    assert Rate(3, 2, 1).share == pytest.approx(4 / 6)


def test_the_api_has_scorecards_and_plans(enter):
    coach, agent = enter("coach1"), enter("A01")
    team = coach.client.get("/api/v1/scorecards?period=2024-05").json()
    assert [card["agent_id"] for card in team["agents"]] == ["A01"]
    assert team == agent.client.get("/api/v1/scorecards").json()
    asked = {"agent_id": "A01", "criterion": HARD_SELL, "goal": "x", "since": "2024-05-06", "action": "hear"}
    plan = coach.client.post("/api/v1/plans", json=asked, headers={"x-csrf-token": coach.token}).json()[
        "plan"
    ]
    assert (
        agent.client.post("/api/v1/plans", json=asked, headers={"x-csrf-token": agent.token}).status_code
        == 403
    )
    assert coach.client.post("/api/v1/plans", json=asked).status_code == 403  # no token
    acts = f"/api/v1/plans/{plan}/acts"
    done = agent.client.post(
        acts, json={"act": "tick", "answers": 2, "done": True}, headers={"x-csrf-token": agent.token}
    )
    assert done.json() == {"plan": plan, "act": 3}
    told = agent.client.get(f"/api/v1/plans/{plan}").json()
    assert [each["act"] for each in told["history"]] == ["made", "action", "tick"]
    assert told["after"] == {
        "judged": 0, "passed": 0, "partial": 0, "failed": 0, "rate": None, "low": None, "high": None
    }  # fmt: skip
    assert [each["id"] for each in agent.client.get("/api/v1/plans").json()] == [plan]
    assert enter("bob").client.get(f"/api/v1/plans/{plan}").status_code == 404
    assert enter("bob").client.get("/api/v1/plans").json() == []


@pytest.mark.parametrize(
    "days",
    [
        {"since": "0001-01-01"}, {"since": "9999-12-31", "until": "9999-12-31"}, {"since": "2024-02-31"},
        {"since": "2024-05-01", "until": "whenever"}, {"since": 12, "until": -1}, {"since": "1969-12-31"},
        {"since": {"day": 1}}, {"since": "<b>1</b>"},
    ],
    ids=str,
)  # fmt: skip
def test_a_plan_with_a_day_that_is_none_shows_and_tells_it(store, enter, days):
    """What an older version or another program wrote: nothing of a plan can be changed afterwards."""
    with store.writing() as session:
        user = session.scalars(select(User).where(User.name == "coach1")).one()
        now = datetime.now(UTC)
        plan = Plan(agent_id="A01", criterion=HARD_SELL, state="open", created_at=now)
        session.add(plan)
        session.flush()
        data = {"goal": "fewer pushes", **days}
        session.add(
            PlanAct(
                plan=plan.id,
                user=user.id,
                name=user.name,
                role="coach",
                at=now,
                act="made",
                answers=None,
                data=data,
            )
        )
        key = plan.id
    coach = enter("coach1")
    page = coach.get(f"/plans/{key}")
    bad = [str(each) for each in days.values() if each != "2024-05-01"]
    for each in bad:
        assert str(escape(each)) in page
    assert "is not used:" in page
    assert "fewer pushes" in coach.get("/plans") and "fewer pushes" in coach.get("/scorecards/A01")
    told = coach.client.get(f"/api/v1/plans/{key}").json()
    assert told["unread"] == bad
    if days["since"] != "2024-05-01":
        assert told["since"] == now.date().isoformat()
    assert any(each["id"] == key for each in coach.client.get("/api/v1/plans").json())


@pytest.mark.parametrize("path", ["/plans/99", "/calls/none", "/scorecards/none", "/calibration/99"])
def test_what_is_not_there_is_told_in_the_reader_s_language_alone(enter, path):
    """No English words on a Chinese page, and a plan that isn't there is no call."""
    page = enter("coach1").get(path, status=404)
    assert "no such call" not in page
    assert 'lang="zh"' in page
