"""Whatever is written is its owner's alone; where a disk keeps no modes, that is told once."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline import modes
from pipeline.reports.files import atomic_path, write_atomic
from pipeline.store import open_store
from pipeline.store.check import check_store
from pipeline.store.night_texts import without_customers


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk on which every file and folder is everybody's, whatever is asked for."""

    def mkstemp(**given: str) -> tuple[int, str]:
        handle, name = made(**given)
        os.chmod(name, 0o755)  # noqa: PTH101, S103 - as such a disk shows it
        return handle, name

    made = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    monkeypatch.setattr(modes, "_told", set())
    yield tmp_path


def test_a_disk_without_modes_is_told_once(shared: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("calls.csv", "index.html"):
        write_atomic(shared / name, "x")
    with atomic_path(shared / "scorecard.xlsx") as beside:
        beside.write_bytes(b"x")
    (told,) = caplog.messages
    assert "calls.csv: can be read by others" in told


def test_what_is_meant_for_others_is_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = os.umask(0)
    try:
        write_atomic(tmp_path / "callgauge.prom", "x", mode=0o644)
        write_atomic(tmp_path / "calls.csv", "x")
        with atomic_path(tmp_path / "scorecard.xlsx") as beside:
            beside.write_bytes(b"x")
    finally:
        os.umask(before)
    assert caplog.messages == []
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert found == {"callgauge.prom": 0o644, "calls.csv": 0o600, "scorecard.xlsx": 0o600}


def test_an_open_store_is_told_and_the_check_says_what_it_could_not_close(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "s.db"
    open_store(str(place)).close()
    place.chmod(0o664)
    monkeypatch.setattr(modes, "_told", set())
    with caplog.at_level(logging.WARNING), open_store(str(place)) as store:
        (told,) = caplog.messages
        assert "s.db: can be read by others" in told and "store check" in told
        monkeypatch.setattr(Path, "chmod", lambda *_: None)
        (fault,) = check_store(store, mend=True)
        assert (fault.kind, fault.mended) == ("open_to_others", False)
        monkeypatch.undo()
        (fault,) = check_store(store, mend=True)
        assert fault.mended


def test_a_damaged_file_of_alerts_doesn_t_stop_a_removal(tmp_path: Path) -> None:
    night = tmp_path / date(2025, 3, 4).isoformat()
    night.mkdir()
    (night / "alerts.json").write_text('{"alerts": [{"call_id": "a", "customer_id": "C-7')
    without_customers(tmp_path, {"a"})
    assert list(night.iterdir()) == []
