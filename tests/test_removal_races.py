"""Removals beside what others do at the same moment, on a real PostgreSQL: nothing that went comes back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from postgres_cluster import Cluster, programs
from retention_store import DAYS, shape, somebody
from review_calls import fill
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from pipeline.review import acts
from pipeline.review.acts import do, reapply
from pipeline.review.asked import ASKED
from pipeline.review.cases import load_case
from pipeline.store import Store, open_store, removal
from pipeline.store.removal import Wanted, remove
from pipeline.store.review_tables import ReviewAct
from pipeline.store.tables import Call, CriterionRow, FindingRow, Score

pytest.importorskip("psycopg", reason="the extra postgres is not installed")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        programs() is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
    ),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    folder = programs()
    assert folder is not None
    made = Cluster(folder)
    yield made
    made.remove()


@pytest.fixture
def store(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Store]:
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    name = "".join(sign for sign in request.node.name if sign.isalnum()).lower()[-60:]
    with open_store(cluster.make(name)) as made:
        fill(made, tmp_path)
        with made.writing() as session:
            for call_id, days in DAYS.items():
                shape(made, session, call_id, days)
        yield made


def _key(store: Store) -> int:
    with store.reading() as session:
        return session.scalars(select(Call.id).where(Call.call_id == "call-a1")).one()


def _quotes(session: Session, key: int) -> list[str]:
    query = select(FindingRow.quote).join(Score, Score.id == FindingRow.score)
    return list(session.scalars(query.where(Score.call == key, FindingRow.quote.is_not(None))))


def _until_waiting(store: Store) -> None:
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(600):
        with store.reading() as session:
            if session.scalar(query):
                return
        Event().wait(0.05)
    raise AssertionError("nobody waits")


def _judged(store: Store, **asked: Any) -> None:
    with store.reading() as session:
        coach = somebody(session, "coach1")
        rev = load_case(store, session, coach, "call-a1").rev
    do(store, coach, "call-a1", ASKED.validate_python({**asked, "rev": rev}), address="")


def _scored_anew(session: Session, key: int) -> None:
    """As a night does it: another version by the machine, with the same findings."""
    call = session.get_one(Call, key)
    last = session.scalars(select(Score).where(Score.call == key, Score.made_by == "machine")).one()
    plain = {each.key: getattr(last, each.key) for each in inspect(Score).column_attrs}
    version = call.current_version + 1
    made = Score(**{**plain, "id": None, "version": version, "fingerprint": "f" * 64})
    session.add(made)
    session.flush()
    for table in (CriterionRow, FindingRow):
        for row in session.scalars(select(table).where(table.score == last.id)):
            own = {each.key: getattr(row, each.key) for each in inspect(table).column_attrs}
            session.add(table(**{**own, "score": made.id}))
    call.current_version, call.current_score_id = version, made.id


VERDICT = {"act": "verdict", "target": "talk.no_hard_sell", "verdict": "fail", "reason": "heard it"}


def test_judgements_carried_over_bring_no_forgotten_quote_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``review`` carries over as it starts, and takes no night's lock: it has read the call when it is forgotten."""
    key = _key(store)
    _judged(store, **VERDICT)
    with store.writing() as session:
        _scored_anew(session, key)
        assert _quotes(session, key)
    real, read, waited = acts.load_case, Event(), Event()

    def slow(*asked: Any) -> Any:
        case = real(*asked)
        read.set()
        waited.wait(1.5)  # time for a removal that waits for nobody
        return case

    monkeypatch.setattr(acts, "load_case", slow)
    with ThreadPoolExecutor(2) as pool:
        carried = pool.submit(reapply, store)
        assert read.wait(30)
        forgotten = pool.submit(remove, store, Wanted("forget", "Chen Li", "asked", people=(key,)))
        assert carried.result(60) == 1
        assert forgotten.result(60).counts
    with store.reading() as session:
        assert _quotes(session, key) == []
        assert session.scalars(select(Score.made_by).where(Score.call == key)).all()[-1] == "human"


@pytest.mark.parametrize("before", [True, False])
def test_who_judges_while_somebody_is_forgotten_sees_no_word_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """The removal is not yet committed when the judgement comes; ``before``: whether the call has a review yet."""
    key = _key(store)
    if before:
        _judged(store, act="comment", text="a first look")
    with store.reading() as session:
        coach = somebody(session, "coach1")
        case = load_case(store, session, coach, "call-a1")
    target = next(each.id for each in case.findings if each.quote)
    real, there = removal._rows, Event()

    def slow(*asked: Any) -> None:
        real(*asked)
        there.set()
        _until_waiting(store)

    monkeypatch.setattr(removal, "_rows", slow)
    asked = ASKED.validate_python({"act": "finding", "target": target, "ruling": "reject", "rev": case.rev})
    with ThreadPoolExecutor(2) as pool:
        forgotten = pool.submit(remove, store, Wanted("forget", "Chen Li", "asked", people=(key,)))
        assert there.wait(30)
        done = pool.submit(do, store, coach, "call-a1", asked, address="")
        assert forgotten.result(60).counts
        assert done.result(60).percent is not None
    with store.reading() as session:
        assert _quotes(session, key) == []
        last = session.scalars(
            select(ReviewAct).where(ReviewAct.call == key, ReviewAct.act == "finding")
        ).one()
        assert last.data["finding"]["quote"] is None
