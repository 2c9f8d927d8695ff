"""The store on a real PostgreSQL: the same ledger, one night at a time, a server that stops in mid-run."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from night_fakes import judged, lines, run_night, the_night, write_wav
from night_programs import Program, prefect_server
from postgres_cluster import Cluster, programs
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from test_preview import DRAFT, truly_judged

from pipeline.nightly import night
from pipeline.nightly.rescore import Choice, Wish, rescore
from pipeline.nightly.settings import NightSettings
from pipeline.store import Store, StoreBusyError, open_store
from pipeline.store.backup import back_up
from pipeline.store.check import check_store
from pipeline.store.database import heals
from pipeline.store.errors import StoreError
from pipeline.store.holds import hold
from pipeline.store.keep import keep_score
from pipeline.store.lock import nightly_lock
from pipeline.store.migrate import bring_up, head, tables
from pipeline.store.night_tables import Run
from pipeline.store.privacy_tables import Removal
from pipeline.store.removal import Wanted, remove
from pipeline.store.tables import Call, StoredFile

pytest.importorskip("psycopg", reason="the extra postgres is not installed")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(
        programs() is None, reason="no PostgreSQL server is installed (apt-get install postgresql)"
    ),
]
NIGHT = date(2025, 3, 4)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    folder = programs()
    assert folder is not None
    made = Cluster(folder)
    yield made
    made.remove()


def test_a_night_on_postgres(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    url = cluster.make("night")
    for number in range(3):
        write_wav(tmp_path / "inbox" / f"{number}.wav", number)
    (tmp_path / "inbox" / "calls.csv").write_text(
        "file,call_id,started_at\n0.wav,C-0,2025-03-04T09:30:00+08:00\n", encoding="utf-8"
    )
    with open_store(url) as store:
        assert run_night(store, tmp_path / "inbox", on=NIGHT).ok
        assert run_night(store, tmp_path / "inbox", on=NIGHT).worked == 0
        assert the_night(store, NIGHT).counts["scored"] == 3
        assert lines(store, NIGHT)["0.wav"].call_id == "C-0"
        assert check_store(store, mend=False) == []
        assert bring_up(store.engine) == (head(), head())
        assert {"calls", "scores", "ledger", "runs"} <= tables(store.engine)
        done = back_up(store, tmp_path / "backup")
        assert done.database.stat().st_size > 0


def test_one_night_at_a_time_even_without_a_shared_disk(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.make("locked")
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "here"))
    with open_store(url) as here, nightly_lock(here, wait_s=0.0):
        monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "there"))
        with open_store(url) as there, pytest.raises(StoreBusyError), nightly_lock(there, wait_s=0.0):
            pass
    with open_store(url) as again, nightly_lock(again, wait_s=0.0):
        pass


@pytest.mark.prefect
@pytest.mark.faults
def test_a_server_that_stops_in_mid_run(cluster: Cluster, tmp_path: Path) -> None:
    for number in range(10):
        write_wav(tmp_path / "inbox" / f"c{number}.wav", number, length_s=0.6)
    environment = {"CALLGAUGE_FILES": str(tmp_path / "files"), "CALLGAUGE_TEST_SLOW_S": "0.5"}
    with prefect_server(tmp_path / "prefect") as api, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
        program = Program(cluster.make("restarted"), tmp_path / "inbox", api, environment)
        process = program.start(store_delays_s=[0.5, 1, 2, 4, 8, 16])
        _until_scored(program, 2)
        cluster.stop()
        time.sleep(4.0)
        cluster.start()
        told, error = process.communicate(timeout=300)
        assert process.returncode == 0, error[-2000:]
        # it was away for less than the new tries go on: nothing waits for the next run
        assert set(program.left()["states"].values()) == {("scored", None)}
        assert json.loads(told.splitlines()[-1])["ok"]
        left = program.left()
        assert len(left["states"]) == 10
        assert set(left["states"].values()) == {("scored", None)}
        assert set(left["versions"].values()) == {1}
        assert program.run()["worked"] == 0


def _until_scored(program: Program, count: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        states = program.left()["states"].values()
        if sum(state == "scored" for state, _ in states) >= count:
            return
        time.sleep(0.2)
    raise AssertionError("nothing was scored")


def test_two_calls_with_one_content_are_kept_at_the_same_moment(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls in which nobody speaks have the same transcript: whoever comes second waits and finds it there."""
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    for number in range(2):
        write_wav(tmp_path / "inbox" / f"{number}.wav", number)
    with open_store(cluster.make("moment")) as store:
        begun = night.begin(store, NightSettings(tmp_path / "inbox", NIGHT, settle_s=0.01))
        silence = store.files.put(b'{"turns": []}', "transcript")
        one, two = begun.tickets
        with ThreadPoolExecutor(1) as other:
            with store.writing() as session:
                keep_score(session, replace(judged(one), files=(silence,)), one.basis, begun.made)
                second = other.submit(
                    night.keep, store, two, replace(judged(two), files=(silence,)), begun.made
                )
                _until_waiting(store)
            assert second.result(30).state == "scored"


def _until_waiting(store: Store) -> None:
    """Until a session of this database waits for another one."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with store.reading() as session:
            if session.scalar(query):
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_stored_calls_are_judged_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    draft = tmp_path / "mine.yaml"
    draft.write_text(DRAFT, encoding="utf-8")
    write_wav(tmp_path / "inbox" / "0.wav", 0)
    with open_store(cluster.make("rescored")) as store:
        run_night(store, tmp_path / "inbox", on=NIGHT, make=lambda ticket: truly_judged(store, ticket))
        moved = rescore(store, Wish(Choice(), str(draft)))
        assert [(each.version, each.moved) for each in moved.anew] == [(2, True)]
        assert rescore(store, Wish(Choice(), str(draft))).same == 1
        assert check_store(store, mend=False) == []


def test_a_user_who_lacks_a_right_is_told_so_in_words(cluster: Cluster) -> None:
    import psycopg

    url = cluster.make("few_rights")
    open_store(url).close()
    with psycopg.connect(url, autocommit=True) as given:
        given.execute("CREATE ROLE looker LOGIN")
        given.execute("GRANT USAGE ON SCHEMA public TO looker")
        given.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker")
    with open_store(url.replace("postgres@", "looker@")) as store:
        with store.reading() as session:
            assert session.scalars(select(Run)).all() == []
        with (
            pytest.raises(StoreError, match="lacks a right: permission denied for table runs"),
            store.writing() as session,
        ):
            session.execute(delete(Run))


def test_no_error_of_the_server_shows_the_row(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's own message goes on with "Failing row contains (…)", which hiding parameters doesn't hide."""
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    secret = "159" + "00001111"  # a traceback shows lines of this file
    with open_store(cluster.make("errors")) as store:
        with pytest.raises(IntegrityError) as told, store.writing() as session:
            session.execute(insert(StoredFile), [{"sha256": secret, "kind": None, "bytes": 1}])
        shown = "".join(traceback.format_exception(told.value))
        assert "null value in column" in shown
        assert secret not in shown
        assert getattr(told.value.orig, "sqlstate", None) == "23502"
        with pytest.raises(OperationalError) as late, store.writing() as session:
            session.execute(text("SET LOCAL statement_timeout = 50"))
            session.execute(text("SELECT pg_sleep(5)"))
        assert heals(late.value)


def test_a_hold_under_way_is_waited_for_by_a_removal(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold that is not yet committed when the removal looks: without waiting for it both would be done."""
    monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
    write_wav(tmp_path / "inbox" / "0.wav", 5)
    with open_store(cluster.make("held")) as store:
        assert run_night(store, tmp_path / "inbox", on=NIGHT).ok
        with store.reading() as session:
            key, call_id = session.execute(select(Call.id, Call.call_id)).one()
        with ThreadPoolExecutor(1) as other, store.writing() as session:
            assert hold(session, [call_id], reason="dispute", by="Wu Fang") == 1
            done = other.submit(remove, store, Wanted("purge", "Chen Li", "retention", quotes=(key,)))
            time.sleep(0.5)
            assert not done.done()
            session.commit()
            with pytest.raises(StoreError, match="held"):
                done.result(timeout=30)
        with store.reading() as session:
            assert session.scalars(select(Removal)).all() == []
