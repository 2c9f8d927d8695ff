"""Trends: counted by week within one's rights, each figure led back to its calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from review_calls import fill
from sqlalchemy import delete, select
from test_review_judging import Somebody

from pipeline.profile import Profile
from pipeline.review.charts import stacked
from pipeline.review.names import keep_names, names
from pipeline.store import Store, open_store
from pipeline.store.said import Said
from pipeline.store.search_index import keep_words
from pipeline.store.tables import Call, FindingRow

MONDAY = datetime(2025, 3, 3, 2, tzinfo=UTC)
HEARD: dict[str, list[tuple[str, str | None, int]]] = {
    # call → kind, kind within it, turn
    "call-a1": [("objection", "price", 3), ("objection", "no_time", 9), ("refusal", None, 5)],
    "call-a2": [("objection", "price", 3), ("objection", "price", 5), ("refusal", None, 20)],
    "call-b1": [("objection", "distrust", 6), ("refusal", None, 5), ("refusal", None, 7)],
    "call/odd 名": [("refusal", None, 2)],
}
WEEK = {"call-a1": 0, "call-a2": 1, "call-b1": 1, "call/odd 名": 3}
SAID = {
    "call-a1": "我们用的是鹏博士",
    "call-a2": "Peng Doctor 也不错",
    "call-b1": "家庭宽带多少钱",
    "call/odd 名": "不用",
}
PROFILE = Profile.model_validate({
    "products": [{"name": "家庭宽带", "aliases": ["home broadband"]}, "企业专线"],
    "competitors": [{"name": "鹏博士", "aliases": ["Peng Doctor"]}],
})  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("trends")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        with opened.writing() as session:
            session.execute(delete(FindingRow).where(FindingRow.kind.in_(("objection", "refusal"))))
            for call in session.scalars(select(Call)):
                call.started_at = MONDAY + timedelta(weeks=WEEK[call.call_id], days=1)
                keep_words(session, call.id, [Said("customer", 3.0, SAID[call.call_id])], transcript="0" * 64)
                for number, (kind, sort, turn) in enumerate(HEARD[call.call_id]):
                    session.add(
                        FindingRow(
                            score=call.current_score_id, finding=f"t{number}", kind=kind, criterion=None, turn=turn,
                            speaker="customer", start_s=float(turn), end_s=None, quote=f"{kind} {turn}", confidence=0.9,
                            detail={"kind": sort} if sort else {},
                        )
                    )  # fmt: skip
            keep_names(session, PROFILE)
        yield opened


@cache
def somebody(store: Store, name: str) -> Somebody:
    return Somebody(store, name)


def told(store: Store, name: str, **asked: Any) -> dict[str, Any]:
    answer = somebody(store, name).client.get("/api/v1/trends", params={"weeks": 4, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]  # JSON


def counts(section: list[dict[str, Any]]) -> dict[str, list[int]]:
    return {each["name"]: each["counts"] for each in section}


def test_calls_are_counted_by_week(store):
    found = told(store, "root")
    assert found["weeks"] == ["2025-03-03", "2025-03-10", "2025-03-17", "2025-03-24"]
    assert counts(found["objections"]) == {
        "price": [1, 1, 0, 0],
        "no_time": [1, 0, 0, 0],
        "distrust": [0, 1, 0, 0],
    }
    assert counts(found["refusal_reasons"]) == {
        "price": [1, 0, 0, 0],
        "distrust": [0, 1, 0, 0],
        "not_said": [0, 1, 0, 1],
    }
    assert counts(found["competitors"]) == {"鹏博士": [1, 1, 0, 0]}
    assert counts(found["products"]) == {"家庭宽带": [0, 1, 0, 0], "企业专线": [0, 0, 0, 0]}


def test_only_what_one_may_see_is_counted(store):
    assert counts(told(store, "coach1")["objections"]) == {"price": [0, 0, 1, 1], "no_time": [0, 0, 1, 0]}
    assert counts(told(store, "root", team="二组", weeks=2)["objections"]) == {}
    assert counts(told(store, "root", agent="B01")["objections"]) == {"distrust": [0, 1, 0, 0]}
    assert somebody(store, "A01").client.get("/trends").status_code == 403
    assert somebody(store, "A01").client.get("/api/v1/heard").status_code == 403


@pytest.mark.parametrize(
    ("asked", "calls"),
    [
        ({"kind": "objection", "sort": "price"}, ["call-a2", "call-a1"]),
        ({"kind": "objection", "sort": "price", "since": "2025-03-10", "until": "2025-03-16"}, ["call-a2"]),
        ({"kind": "refusal", "sort": "price"}, ["call-a1"]),
        ({"kind": "refusal", "sort": "not_said"}, ["call/odd 名", "call-a2"]),
        ({"kind": "refusal"}, ["call/odd 名", "call-b1", "call-a2", "call-a1"]),
        ({"kind": "no such kind", "sort": "distrust"}, ["call-b1"]),
    ],
)  # fmt: skip
def test_a_figure_leads_to_its_calls(store, asked, calls):
    found = somebody(store, "root").client.get("/api/v1/heard", params=asked).json()
    assert [each["call_id"] for each in found["calls"]] == calls
    page = somebody(store, "root").client.get("/heard", params=asked).text
    assert all(f">{call}</a>" in page for call in calls)


def test_words_heard_have_their_second(store):
    found = somebody(store, "root").client.get("/api/v1/heard?sort=price&limit=1").json()
    assert found["next"] == "call-a2"
    assert found["calls"][0]["words"] == [
        {"speaker": "customer", "start_s": 3.0, "quote": "objection 3"},
        {"speaker": "customer", "start_s": 5.0, "quote": "objection 5"},
    ]  # fmt: skip
    rest = somebody(store, "root").client.get("/api/v1/heard?sort=price&limit=1&before=call-a2").json()
    assert [each["call_id"] for each in rest["calls"]] == ["call-a1"]


def test_the_page_leads_where_its_figures_come_from(store):
    page = somebody(store, "root").client.get("/trends?weeks=4").text
    assert "/heard?kind=objection&amp;sort=price&amp;since=2025-03-03&amp;until=2025-03-09" in page
    assert page.count('<svg class="chart"') == 4
    named = somebody(store, "root").client.get("/search", params={"named": "鹏博士"}).text
    assert "<mark>鹏博士</mark>" in named and "<mark>Peng Doctor</mark>" in named
    assert somebody(store, "root").client.get("/search?named=nobody").status_code == 200


def test_names_are_those_of_the_newest_profile(store):
    with store.writing() as session:
        keep_names(session, Profile())
        assert names(session, "product") == []
    page = somebody(store, "root").client.get("/trends").text
    assert "The profile names no products" in page and "The profile names no competitors" in page
    with store.writing() as session:
        keep_names(session, PROFILE)


def test_a_store_without_calls_teaches(tmp_path):
    from review_calls import PASSWORD

    from pipeline.review.people import add_user

    with open_store(str(tmp_path / "s.db")) as empty:
        with empty.writing() as session:
            add_user(session, "root", role="admin", password=PASSWORD)
        root = Somebody(empty, "root")
        assert "None in these weeks" in root.client.get("/trends").text
        assert root.client.get("/api/v1/trends").json()["weeks"] == []
        assert "No rounds yet" in root.client.get("/calibration").text


def test_columns_are_as_high_as_their_figures():
    chart = stacked([[1, 0, 4], [3, 0, 0]])
    heights = [(bar.series, round(bar.height, 1)) for bar in chart.bars]
    assert heights == [(0, 42.0), (1, 126.0), (0, 168.0)]
    assert [value for _, value in chart.lines] == [0, 1, 2, 3, 4]
    assert stacked([]).bars == stacked([[0]]).bars == ()
