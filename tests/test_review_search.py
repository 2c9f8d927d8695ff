"""Searching in the app: what is found and shown, within whose rights."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from review_calls import fill
from sqlalchemy import select
from test_review_judging import Somebody

from pipeline.store import Store, open_store
from pipeline.store.review_tables import AuditLine


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("search")
    with open_store(str(folder / "callgauge.db")) as opened:
        fill(opened, folder)
        yield opened


@cache
def somebody(store: Store, name: str) -> Somebody:
    return Somebody(store, name)


def found(store: Store, name: str, **asked: Any) -> dict[str, Any]:
    answer = somebody(store, name).client.get("/api/v1/search", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("root", ["call/odd 名", "call-b1", "call-a2", "call-a1"]), ("coach1", ["call-a2", "call-a1"]),
        ("bob", ["call/odd 名", "call-b1"]), ("A01", ["call-a2", "call-a1"]), ("audi", 4), ("owner", 4),
    ],
)  # fmt: skip
def test_everybody_finds_what_they_may_see(store, name, calls):
    hits = [hit["call_id"] for hit in found(store, name, q="没有预算")["hits"]]
    assert hits == calls if isinstance(calls, list) else len(hits) == calls


def test_a_passage_shows_the_words_and_their_second(store):
    hit = found(store, "coach1", q='預算 "真的不需要"', speaker="customer")["hits"][0]
    passage = hit["passages"][0]
    assert [passage["text"][a:b] for a, b in passage["marks"]] == ["真的不需要", "预算"]
    assert (passage["turn"], passage["speaker"]) == (3, "customer")
    assert 26.0 <= passage["start_s"] < 31.2
    assert hit["turns"] == 1


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 4), ({"agent": "A01"}, 2), ({"team": "二组"}, 2), ({"agent": "nobody"}, 0), ({"since": "2199-01-01"}, 0),
        ({"until": "1999-01-01"}, 0), ({"speaker": "agent"}, 0), ({"outcome": "voicemail"}, 0), ({"campaign": "none"}, 0),
        ({"since": "2000-01-01", "until": "2100-01-01"}, 4), ({"since": "", "until": ""}, 4),
    ],
)  # fmt: skip
def test_filters(store, asked, count):
    assert len(found(store, "root", q="预算", **asked)["hits"]) == count


@pytest.mark.parametrize("asked", [{"since": "2999-01-01"}, {"until": "0001-01-01"}, {"since": "x"}])
@pytest.mark.parametrize("place", ["/api/v1/search", "/api/v1/heard", "/search"])
def test_days_that_can_t_be_read_are_refused(store, place, asked):
    answer = somebody(store, "root").client.get(place, params={"q": "预算", **asked})
    assert answer.status_code == 422


def test_pages_follow_each_other(store):
    first = found(store, "root", q="CPM", limit=3)
    assert len(first["hits"]) == 3
    rest = found(store, "root", q="CPM", limit=3, before=first["next"])
    assert [hit["call_id"] for hit in rest["hits"]] == ["call-a1"]
    assert rest["next"] is None


def test_the_page_marks_and_plays(store):
    client = somebody(store, "coach1").client
    page = client.get("/search?q=预算").text
    assert "<mark>预算</mark>" in page
    assert 'href="/calls/call-a2#t=' in page and 'data-audio="/calls/call-a2/audio"' in page
    assert "call-b1" not in page
    assert "Nothing found" in client.get("/search?q=zanzibar").text
    assert "Search what was said" in client.get("/search").text
    assert "&lt;script&gt;" in client.get("/search?q=<script>").text


@pytest.mark.parametrize(
    "typed", ['"', "'", "*", "(((", "NEAR(a b)", "a OR", "{agent}: x", "\\", "💥", "é" * 200, ":*", "!"]
)
def test_nothing_typed_breaks_it(store, typed):
    found(store, "root", q=typed)


def test_who_looked_for_what_is_put_down(store):
    found(store, "audi", q="每千人成本", speaker="agent")
    with store.reading() as session:
        lines = session.scalars(
            select(AuditLine).where(AuditLine.event == "searched", AuditLine.name == "audi")
        )
        assert [line.detail["q"] for line in lines][-1] == "每千人成本"
