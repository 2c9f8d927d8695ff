"""The search: tokens the same on every database, queries, what is kept, mended and forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_calls import fill
from sqlalchemy import select, text

from pipeline.store import Store, open_store
from pipeline.store.check import check_store
from pipeline.store.said import Said, packed, said_in, said_in_file, unpacked
from pipeline.store.search_index import forget_words, keep_words, outdated
from pipeline.store.search_query import for_postgres, for_sqlite, places, read_query, term_of
from pipeline.store.search_tables import SearchDoc
from pipeline.store.search_tokens import tokens
from pipeline.store.tables import Call

HAN = "价格太高我们不需要宽带套餐一二三"


@pytest.mark.parametrize(
    ("typed", "sqlite", "postgres"),
    [
        ("价格", '("价格")', "('价格')"),
        ("太", '("太" *)', "('太':*)"),
        ("没有预算", '("没有 有预 预算")', "('没有' <-> '有预' <-> '预算')"),
        ('"too expensive" 价格', '("too expensive" AND "价格")', "('too' <-> 'expensive') & ('价格')"),
        ("prices -CPM系统", '("price") NOT ("cpm 系统")', "('price') & !('cpm' <-> '系统')"),
        ("用CRM", '("用 crm")', "('用' <-> 'crm')"),
        ("crm 系", '("crm" AND "系" *)', "('crm') & ('系':*)"),
        ("“不 需要”", '("不需 需要")', "('不需' <-> '需要')"),
    ],
)
def test_what_is_typed_is_read(typed, sqlite, postgres):
    query = read_query(typed)
    assert for_sqlite(query) == sqlite
    assert for_postgres(query) == postgres


def test_one_side_alone_is_asked_for():
    query = read_query("太贵 -便宜")
    assert for_sqlite(query, "customer") == '{customer} : ("太贵") NOT ({customer} : ("便宜"))'
    assert for_postgres(query, "customer") == "('太贵':B) & !('便宜':B)"


@pytest.mark.parametrize("typed", ["", "  ", "，。！", '""', "-价格", "' \" *"])
def test_what_holds_no_word_asks_for_nothing(typed):
    assert not read_query(typed)


@given(
    st.text(HAN + "，。 ", max_size=12),
    st.text(HAN, min_size=1, max_size=4),
    st.text(HAN + "，ab ", max_size=12),
)
def test_every_chinese_passage_is_found(before, passage, after):
    term = term_of(passage)
    assert term is not None
    spans, there = places(before + passage + after, [term])
    assert term in there
    start = len(before)
    assert any(at <= start and start + len(passage) <= end for at, end in spans)


@given(st.text(max_size=40))
def test_tokens_keep_their_places(said):
    for token in tokens(said):
        assert 0 <= token.start < token.end <= len(said)
        assert "'" not in token.text
        assert not token.text.isspace()


@given(
    st.lists(st.tuples(st.sampled_from(["agent", "customer", "unknown"]), st.text(max_size=20)), max_size=5)
)
def test_what_was_said_is_kept_whole(turns):
    said = tuple(Said(speaker, 1.5, words, ((0, 1.5),)) for speaker, words in turns)
    assert unpacked(packed(said)) == said


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


def held(store: Store, typed: str, speaker: str | None = None) -> list[int]:
    with store.reading() as session:
        query = text("SELECT rowid FROM search_words WHERE search_words MATCH :q ORDER BY rowid")
        return list(session.scalars(query, {"q": for_sqlite(read_query(typed), speaker)}))


def test_a_kept_score_can_be_searched(store):
    with store.reading() as session:
        everything = list(session.scalars(select(Call.id).order_by(Call.id)))
    assert held(store, "没有预算") == everything
    assert held(store, "没有预算", "customer") == everything
    assert held(store, "没有预算", "agent") == []
    assert held(store, "预算，而且您先听我") == []  # no passage reaches from one turn into the next
    assert held(store, "每千人成本 CPM") == everything
    assert held(store, "每千人成本 宽带") == []


def test_a_hit_is_heard_from_shortly_before(store):
    with store.reading() as session:
        doc = session.scalars(select(SearchDoc)).first()
        assert doc is not None
        turn = next(each for each in unpacked(doc.said) if "全市最低" in each.text)
    second = turn.second_at(turn.text.index("全市最低"))
    assert second is not None and turn.start_s is not None
    assert turn.start_s < second <= 36.0


def test_the_file_says_the_same(store):
    from factories import make_result

    from pipeline.reports.call_json import to_json

    result = make_result()
    assert said_in_file(to_json(result)["transcript"]) == said_in(result.transcript.turns)


def test_older_calls_come_in_by_a_check(store):
    with store.writing() as session:
        calls = list(session.scalars(select(Call.id)))
        assert forget_words(session, calls) == len(calls)
    assert held(store, "没有预算") == []
    found = check_store(store, mend=True)
    assert {fault.kind for fault in found} == {"not_searchable"}
    assert held(store, "没有预算") == calls
    assert check_store(store, mend=True) == []


def test_words_said_anew_take_the_place_of_the_old(store):
    with store.writing() as session:
        keep_words(session, 1, [Said("customer", 0.0, "下个月再说")], transcript=None)
    assert held(store, "下个月再说") == [1]
    assert 1 not in held(store, "没有预算")
    assert not check_store(store, mend=False)[0].mended
    check_store(store, mend=True)
    assert 1 in held(store, "没有预算")


def test_nothing_of_what_is_forgotten_is_left(store):
    with store.writing() as session:
        keep_words(session, 1, [Said("customer", 0.0, "zanzibarquux")], transcript=None)
    assert b"zanzibarquux" in index_bytes(store)
    with store.writing() as session:
        forget_words(session, [1])
    assert b"zanzibarquux" not in index_bytes(store)


def index_bytes(store: Store) -> bytes:
    with store.reading() as session:
        return b"".join(session.scalars(text("SELECT block FROM search_words_data")))


def test_an_index_of_older_tokens_is_made_anew(store):
    with store.writing() as session:
        for doc in session.scalars(select(SearchDoc)):
            doc.made_with = 0
    with store.reading() as session:
        assert outdated(session)
    assert {fault.kind for fault in check_store(store, mend=True)} == {"search_index"}
    with store.reading() as session:
        assert not outdated(session)
    assert len(held(store, "没有预算")) == 4
