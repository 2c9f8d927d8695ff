"""A transcript that lies beside two recordings of one name: forgetting one customer leaves the other's words."""

from __future__ import annotations

from pathlib import Path

import pytest
from night_fakes import run_night, write_wav
from retention_store import WORD, run

from pipeline.store import open_store

WITH = ("--by", "x", "--reason", "asked", "--with-recordings")


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "in"
    write_wav(folder / "a.wav")
    other = write_wav(folder / "b.wav", 1)
    other.rename(folder / "a.wave")
    (folder / "a.transcript.json").write_text(WORD)
    return folder


def test_it_stays_and_is_told_while_the_other_recording_lies_there(inbox: Path, tmp_path: Path) -> None:
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\na.wave,C-2\n")
    words = inbox / "a.transcript.json"
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        dry = run(store, "forget", "--customer", "C-1", *WITH, "--dry-run")
        assert "to be deleted: a.wav\n" in dry and "to be deleted: a.transcript.json" not in dry
        assert (
            f"perhaps still in the inbox: {words}: it lies beside another recording of this name too" in dry
        )
        told = run(store, "forget", "--customer", "C-1", *WITH, status=1)
        assert f"not deleted: {words}: it lies beside another recording" in told
        assert not (inbox / "a.wav").exists() and (inbox / "a.wave").exists() and words.exists()


def test_it_goes_with_the_second_of_one_customer(inbox: Path, tmp_path: Path) -> None:
    (inbox / "calls.csv").write_text("file,customer_id\na.wav,C-1\na.wave,C-1\n")
    with open_store(str(tmp_path / "s.db")) as store:
        run_night(store, inbox)
        run(store, "forget", "--customer", "C-1", *WITH)
    assert sorted(each.name for each in inbox.iterdir()) == ["calls.csv"]
