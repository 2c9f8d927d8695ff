"""Files that may hold calls and are not taken in: hidden ones, archives, links out. Each is told for what it is."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
from click.testing import CliRunner
from night_fakes import lines, run_night, write_wav

from pipeline.cli import cli
from pipeline.endings import apart
from pipeline.errors import ConfigError
from pipeline.intake import take_in
from pipeline.scoring_run import failures_of_intake
from pipeline.store import Store, open_store

NIGHT = date(2025, 3, 4)
APPLE = bytes.fromhex("00051607 00020000") + bytes(80)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A call, and beside it what may hold more of them."""
    folder = tmp_path / "in"
    write_wav(folder / "a.wav", 1)
    write_wav(folder / ".hidden.wav", 2)
    write_wav(folder / ".trash" / "a.wav", 3)
    write_wav(tmp_path / "out" / "x.wav", 4)
    (folder / "link.wav").symlink_to(tmp_path / "out" / "x.wav")
    for name in ("mon.zip", "mon.7z.001", "team/tue.tar.gz", "b.WAV.GZ", "c.rar"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"PK")
    for name in ("._a.wav", ".notes", "readme.txt", "archive", "zip", "x.zip.txt"):
        (folder / name).write_bytes(APPLE)
    return folder


APART = {
    ".hidden.wav": "hidden", ".trash/a.wav": "hidden", "link.wav": "link_outside", "mon.zip": "archive",
    "mon.7z.001": "archive", "team/tue.tar.gz": "archive", "b.WAV.GZ": "archive", "c.rar": "archive",
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 's.db'}") as opened:
        yield opened


def test_what_a_folder_holds_besides_recordings_is_told(inbox: Path) -> None:
    taken = take_in([inbox])
    assert [(record.file, record.call_id) for _, record in taken.calls] == [("a.wav", "a")]
    assert {record.file: why for record, why in taken.apart} == APART
    told = {each.file: each for each in failures_of_intake(taken)}
    assert {each.state for each in told.values()} == {"excluded"}
    assert "unpack" in told["mon.zip"].message and "解压" in str(told["mon.zip"].message_zh)
    assert taken.mistakes == ()


def test_a_row_that_names_one_says_what_it_is(inbox: Path) -> None:
    (inbox / "calls.csv").write_text(
        "file,call_id\nlink.wav,L\nmon.zip,M\n.hidden.wav,H\na.wav,A\nnever.wav,N\n"
    )
    taken = take_in([inbox])
    assert [record.call_id for record in taken.missing] == ["N"]
    assert [told.split(" → ")[0] for told in taken.mistakes] == [
        "call list: link.wav, file", "call list: mon.zip, file", "call list: .hidden.wav, file",
    ]  # fmt: skip
    assert {record.call_id for record, _ in taken.apart} >= {"L", "M", "H"}


def test_a_hidden_copy_takes_no_row_from_its_recording(inbox: Path) -> None:
    write_wav(inbox / "sub" / "c9.wav", 5)
    write_wav(inbox / ".trash" / "c9.wav", 6)
    (inbox / "calls.csv").write_text("file,call_id\nc9.wav,C-9\n")
    taken = take_in([inbox])
    assert {record.file: record.call_id for _, record in taken.calls}["sub/c9.wav"] == "C-9"
    assert taken.mistakes == ()


def test_a_folder_of_nothing_else_says_so(tmp_path: Path) -> None:
    (tmp_path / "mon.zip").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="unpack it"):
        take_in([tmp_path])


def test_a_night_puts_each_down(store: Store, inbox: Path) -> None:
    outcome = run_night(store, inbox, on=NIGHT)
    found = lines(store, NIGHT)
    assert {name: line.reason for name, line in found.items()} == {**APART, "a.wav": None}
    assert {line.state for name, line in found.items() if name in APART} == {"excluded"}
    assert outcome.ok and outcome.worked == 1
    told = CliRunner().invoke(cli, ["ledger", "--json", "--store", store.place.text])
    reasons = {each["file"]: each["reason"] for each in json.loads(told.stdout)["calls"]}
    assert "unpack it" in reasons["mon.zip"]["en"] and "解压" in reasons["mon.zip"]["zh"]
    assert run_night(store, inbox, on=date(2025, 3, 5)).night.counts["received"] == 0
    (inbox / ".hidden.wav").rename(inbox / "b.wav")
    assert run_night(store, inbox, on=date(2025, 3, 5)).night.counts["scored"] == 1


def test_a_night_s_list_that_names_one_is_told(store: Store, inbox: Path) -> None:
    (inbox / "calls.csv").write_text("file,call_id\nmon.zip,M\na.wav,A\n")
    outcome = run_night(store, inbox, on=NIGHT)
    assert outcome.night.counts["missing"] == 0 and not outcome.ok
    (told,) = outcome.mistakes
    assert told.startswith("call list: mon.zip, file → is an archive")


def test_score_writes_them_into_its_table(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.wav").write_bytes(b"no sound")
    done = CliRunner().invoke(cli, ["score", str(inbox), "--out", str(tmp_path / "report"), "--workers", "1"])
    assert done.exit_code == 1
    with (tmp_path / "report" / "calls.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["file"]: (row["state"], row["reason"]) for row in csv.DictReader(stream)}
    assert {name: reason for name, (state, reason) in rows.items() if state == "excluded"} == APART
    assert "mon.zip: is an archive" in done.stderr


def _beside(folder: Path, out: Path) -> dict[str, str]:
    """Links to folders, and what is no plain file; what is to be told of it."""
    write_wav(folder / "team" / "b.wav", 5)
    write_wav(out / "share" / "y.wav", 6)
    (folder / "north").symlink_to(out / "share")
    (folder / "team" / "2025.03").symlink_to(out / "share")
    (folder / ".snap").symlink_to(out / "share")
    (folder / "up").symlink_to(folder.parent)
    (folder / "unmounted").symlink_to(out / "gone")
    (folder / "again").symlink_to(folder / "team")
    (folder / "round").symlink_to(folder)
    (folder / ".#notes").symlink_to("me@host.1234")
    (folder / "readme.txt").symlink_to(out / "share" / "y.wav")
    os.mkfifo(folder / "pipe.wav")
    os.mkfifo(folder / ".pipe.mp3")
    os.mkfifo(folder / "events")
    links = ("north", "team/2025.03", ".snap", "up", "unmounted")
    return dict.fromkeys(links, "link_outside") | dict.fromkeys(("pipe.wav", ".pipe.mp3"), "no_plain_file")


def test_linked_folders_and_pipes_are_told_by_score(tmp_path: Path) -> None:
    told = _beside(tmp_path / "in", tmp_path / "out")
    taken = take_in([tmp_path / "in"])
    assert {record.file: why for record, why in taken.apart} == told
    assert [record.file for _, record in taken.calls] == ["team/b.wav"]


def test_linked_folders_and_pipes_stand_in_the_ledger(store: Store, tmp_path: Path) -> None:
    told = _beside(tmp_path / "in", tmp_path / "out")
    outcome = run_night(store, tmp_path / "in", on=NIGHT)
    found = {name: (line.state, line.reason) for name, line in lines(store, NIGHT).items()}
    assert found == {"team/b.wav": ("scored", None)} | {name: ("excluded", why) for name, why in told.items()}
    assert outcome.night.counts["received"] == len(found)
    assert run_night(store, tmp_path / "in", on=date(2025, 3, 5)).night.counts["received"] == 0


def test_a_folder_of_a_linked_one_alone_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "north").symlink_to(tmp_path / "out")
    with pytest.raises(ConfigError, match="north, file → is a link that leads out"):
        take_in([tmp_path / "in"])


@pytest.mark.parametrize("name", ["a.zipper", "rar", "notes.r1", "a.001", "..zip.txt", "archive.wav"])
def test_what_is_no_archive(name: str) -> None:
    assert apart(PurePosixPath(name)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may become nobody for a while")
@pytest.mark.parametrize("mode", [0, 0o444, 0o111])
def test_a_folder_that_may_not_be_read_fails_and_the_rest_is_taken_in(mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        inbox = Path(folder)
        inbox.chmod(0o755)
        for name in ("a.wav", "mon/b.wav"):
            (inbox / name).parent.mkdir(exist_ok=True)
            (inbox / name).write_bytes(b"RIFF" + name.encode())
        (inbox / "calls.csv").write_text("file\na.wav\nmon/b.wav\nmon/c.wav\nd.wav\n")
        for path in inbox.rglob("*"):  # whatever mask this process has taken on
            path.chmod(0o755 if path.is_dir() else 0o644)
        (inbox / "mon").chmod(mode)
        os.seteuid(65534)
        try:
            taken = take_in([inbox])
            with pytest.raises(ConfigError, match=f"{inbox}/mon/: folder → is a folder that can't be read"):
                take_in([inbox / "mon"])
        finally:
            os.seteuid(0)
        assert [record.file for _, record in taken.calls] == ["a.wav"]
        assert [record.file for record in taken.missing] == ["d.wav"]
        failed = [each for each in failures_of_intake(taken) if each.reason == "unreadable"]
        assert [(each.file, each.state) for each in failed] == [("mon/", "failed")]
        assert "can't be read (no permission)" in failed[0].message
        (inbox / "mon").chmod(0o755)
        assert take_in([inbox]).closed == ()
