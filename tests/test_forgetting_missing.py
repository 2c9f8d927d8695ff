"""Calls of a forgotten person that were listed and never came, and rows that the lists' reader refuses."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from night_fakes import lines, run_night, write_wav
from retention_store import all_bytes, run
from sqlalchemy import select

from pipeline.call_names import shown_name
from pipeline.nightly.closing import close_night
from pipeline.store import Store, open_store
from pipeline.store.night_tables import LedgerEntry, MissingCall
from pipeline.store.privacy_tables import Removal

ID, NUMBER = "KX-4711", "13987654321"
NAME = f"miss {ID} {NUMBER}.wav"


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    write_wav(tmp_path / "in" / "b.wav", 1)
    return tmp_path / "in"


def _list(inbox: Path, rows: Sequence[dict[str, object]], name: str = "calls.jsonl") -> None:
    path = inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _forget(store: Store, *who: str, status: int = 0) -> str:
    return run(store, "forget", *who, "--by", "x", "--reason", "asked", status=status)


def _prefect(store: Store, summary: str, flagged: object) -> Path:
    """A database as Prefect's server makes it, as far as artifacts go."""
    database = store.place.files / "prefect" / "prefect.db"
    database.parent.mkdir(exist_ok=True)
    with sqlite3.connect(database) as opened:
        for table in ("artifact", "artifact_collection"):
            opened.execute(f"CREATE TABLE {table} (id CHAR(36) PRIMARY KEY, data JSON)")
            held = [("1", json.dumps(summary)), ("2", json.dumps(json.dumps(flagged))), ("3", None)]
            opened.executemany(f"INSERT INTO {table} VALUES (?, ?)", held)  # noqa: S608
    opened.close()
    return database


@pytest.mark.parametrize("who", [("--customer", "kx-4711 "), ("--number", "139 8765 4321")])
@pytest.mark.parametrize("folder", ["", "mon/"])
def test_a_call_that_never_came_is_forgotten(
    inbox: Path, tmp_path: Path, who: tuple[str, str], folder: str
) -> None:
    rows: list[dict[str, object]] = [
        {"file": "b.wav", "customer_id": "C-2"},
        {"file": NAME, "customer_id": ID, "outcome": "fancy", "call_id": "R-9"},
        {"file": "other.wav", "customer_id": "C-3"},
    ]
    _list(inbox, [{**rows[0], "file": "../b.wav"} if folder else rows[0], *rows[1:]], f"{folder}calls.jsonl")
    with open_store(str(tmp_path / "s.db")) as store:
        outcome = run_night(store, inbox)
        written = close_night(store, outcome)
        assert "R-9" in json.dumps(written.flagged)
        database = _prefect(
            store,
            written.summary + f"- `calls.jsonl: {shown_name(NAME, None)}, outcome → no`\n",
            written.flagged,
        )
        dry = run(store, "forget", *who, "--dry-run")
        assert "1 missing" in dry and f"{folder}calls.jsonl, row 2\n" in dry and "row 3" not in dry
        told = _forget(store, *who)
        assert f"still in the inbox: {folder}calls.jsonl, row 2\n" in told and "1 missing" in told
        with store.reading() as session:
            files = set(session.scalars(select(MissingCall.file)))
            assert f"{folder}other.wav" in files
            assert ID not in json.dumps(session.scalars(select(Removal)).one().body)
        held = all_bytes(store) + database.read_bytes()
        for each in (ID, NUMBER, "R-9"):
            assert each.encode() not in held, each
        assert b"other.wav" in database.read_bytes()
        again = run_night(store, inbox, on=date(2025, 3, 5))
        assert [each for each in again.mistakes if "#.wav, file → belongs to somebody" in each]
        assert not [each for each in lines(store) if ID in each]
        assert "Nothing to remove" in _forget(store, *who)
        close_night(store, again)
        assert ID in (store.place.files / "nights" / "2025-03-05" / "summary.md").read_text()
        _forget(store, *who)  # what a later night told goes too
        assert ID not in (store.place.files / "nights" / "2025-03-05" / "summary.md").read_text()


def test_a_recording_that_comes_after_its_person_was_forgotten_is_not_taken_in(
    inbox: Path, tmp_path: Path
) -> None:
    row = {"file": "late.wav", "customer_id": ID, "started_at": "2025-03-04T09:00:00", "campaign": "spring"}
    _list(inbox, [row])
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        _forget(store, "--customer", ID)
        write_wav(inbox / "late.wav", 2)
        _list(inbox, [{**row, "notes": "another note"}])
        assert run_night(store, inbox).worked == 0
        assert (lines(store)["late.wav"].state, lines(store)["late.wav"].reason) == ("excluded", "forgotten")
        with store.reading() as session:
            kept = session.scalars(select(LedgerEntry).where(LedgerEntry.file == "late.wav")).one()
            assert kept.call is None
        # programs give a name again: another time is another call
        _list(inbox, [{**row, "started_at": "2025-04-04T09:00:00"}])
        assert run_night(store, inbox).worked == 1


def test_what_no_list_names_any_more_is_known_by_its_name(inbox: Path, tmp_path: Path) -> None:
    _list(inbox, [{"file": NAME}, {"file": f"X{ID}.wav"}])
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        (inbox / "calls.jsonl").unlink()
        run_night(store, inbox)
        assert "1 missing" in _forget(store, "--customer", ID)
        with store.reading() as session:
            files = set(session.scalars(select(MissingCall.file)))
        assert f"X{ID}.wav" in files and NAME not in files


REFUSED = [
    json.dumps({"file": "a\u0007.wav", "customer_id": ID}),
    json.dumps({"customer_id": ID, "notes": "no file"}),
    json.dumps({"file": "http://pbx/a.wav", "customer_id": ID}),
    json.dumps({"file": ["a.wav"], "customer_id": ID}),
    json.dumps({"file": "a.wav", "customer_id": f"{ID}\u202e"}),
    f'{{"file": "a.wav", "file": "b.wav", "customer_id": "{ID}"}}',
    f'{{"file": "a.wav", "customer_id": "{ID}"',
    json.dumps(["a.wav", ID]),
]


@pytest.mark.parametrize("row", REFUSED)
def test_rows_that_the_reader_refuses_are_named(inbox: Path, tmp_path: Path, row: str) -> None:
    (inbox / "calls.jsonl").write_text(f'{{"file": "b.wav", "customer_id": "C-2"}}\n\n{row}\n')
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        told = _forget(store, "--customer", ID)
        assert "still in the inbox: calls.jsonl, row 3\n" in told and "row 1\n" not in told
        assert "row 3" not in _forget(store, "--customer", "4711")


def test_rows_of_a_sheet_that_the_reader_refuses_are_named(inbox: Path, tmp_path: Path) -> None:
    rows = f"b.wav,C-2,\na\u0007.wav,{ID},\n,C-5,tel {NUMBER}\n,C-5,more\n"
    (inbox / "calls.csv").write_text(f"file,customer_id,notes\n{rows}")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        assert "calls.csv, row 3\n" in _forget(store, "--customer", ID)
        told = _forget(store, "--number", NUMBER)
        assert [each for each in told.splitlines() if "row" in each] == [
            "still in the inbox: calls.csv, row 4",
            "still in the inbox: calls.csv, row 5",  # the same customer
        ]
        (inbox / "calls.csv").write_text(f"name,customer_id\nb,C-2\na,{ID}\n")
        assert "calls.csv, row 3\n" in _forget(store, "--customer", ID)


def test_a_row_of_a_held_call_stays(inbox: Path, tmp_path: Path) -> None:
    _list(inbox, [{"file": "b.wav", "customer_id": ID}])
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        run(store, "hold", "b", "--reason", "dispute", "--by", "x")
        assert "row" not in _forget(store, "--customer", ID, status=1)
