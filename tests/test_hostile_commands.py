"""What the command line and the folders around it are given by people who mean harm, or don't look."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from night_fakes import lines, run_night, write_wav
from retention_store import copied, fill_days, run
from sqlalchemy import update

from pipeline.commands import retention as commands
from pipeline.errors import ConfigError
from pipeline.intake import take_in
from pipeline.sealing import keys_from
from pipeline.store import Store, open_store, place_of
from pipeline.store.privacy_tables import Hold
from pipeline.store.retention import Retention, find_due
from pipeline.store.tables import Call

DEEP = "d" * 250


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_days(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def store(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path / "cache"))
    with copied(filled, tmp_path) as opened:
        yield opened


FORGED = ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\udcffb", "a\x85b"]


@pytest.mark.parametrize("text", FORGED)
def test_who_and_why_are_one_line_or_refused(store: Store, text: str) -> None:
    for asked in (
        ("hold", "call-a1", "--reason", text, "--by", "b"),
        ("hold", "call-a1", "--reason", "r", "--by", text),
        ("hold", text, "--reason", "r", "--by", "b"),
        ("forget", "--customer", text, "--reason", "r", "--by", "b"),
        ("forget", "--customer", "C-77", "--reason", text, "--by", "b"),
    ):
        name, *rest = asked
        told = CliRunner().invoke(getattr(commands, name), [*rest, "--store", store.place.text])
        assert told.exit_code == 2, asked
        assert "one line" in told.output
    assert run(store, "hold") == run(store, "removals") == ""


def test_a_reason_of_an_earlier_version_forges_no_line(store: Store) -> None:
    run(store, "hold", "call-a1", "--reason", "a dispute", "--by", "Chen Li")
    with store.writing() as session:
        session.execute(update(Hold).values(reason="x\ncall-b1   since 2020-01-01 by root: \x1b[8mfake"))
    told = run(store, "hold")
    assert len(told.splitlines()) == 1
    assert "\x1b" not in told


@pytest.mark.parametrize("asked", [("hold", "call-a1"), ("forget", "--customer", "C-77")])
def test_a_reason_of_blanks_is_none(store: Store, asked: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="--reason"):
        run(store, *asked, "--reason", "  ", "--by", "Chen Li")


@pytest.mark.parametrize("given", [b"\xff\xfe1\n", b"\x00\x00\n", b"1" * 100_000, b"", b"\n"])
def test_what_comes_as_a_number_and_is_none_is_refused_in_words(store: Store, given: bytes) -> None:
    told = CliRunner().invoke(
        commands.forget, ["--number", "-", "--dry-run", "--store", store.place.text], input=given
    )
    assert isinstance(told.exception, ConfigError)


def test_a_key_file_without_end_is_no_key() -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        keys_from({"CALLGAUGE_KEY_FILE": "/dev/zero"})


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_campaign_s_days_hold_in_either_spelling(form: str) -> None:
    rules = Retention.model_validate({"campaigns": {unicodedata.normalize(form, "Café 갱신"): {"audio": 5}}})
    for other in ("NFC", "NFD"):
        assert rules.days("audio", unicodedata.normalize(other, "Café 갱신")) == 5


def test_a_call_put_into_the_years_to_come_is_kept_no_longer(store: Store) -> None:
    now = datetime.now(UTC)
    with store.writing() as session:
        far = {"started_at": now + timedelta(days=300_000), "created_at": now - timedelta(days=40)}
        session.execute(update(Call).where(Call.call_id == "call-b1").values(**far))
        due = find_due(session, Retention.model_validate({"default": {"audio": 30}}), now)
        assert len(due.files) == 0, "the four share one sound, which the newest still needs"
        session.execute(update(Call).values(**far))
        due = find_due(session, Retention.model_validate({"default": {"audio": 30}}), now)
        assert {each.call_id for each in due.files} >= {"call-a1", "call-b1"}
        due = find_due(session, Retention.model_validate({"default": {"audio": 50}}), now)
        assert due.nothing


@pytest.mark.parametrize("name", ["a?mode=ro.db", "a%41.db", "a#b.db", "a:b@c.db", "ü é.db"])
def test_a_store_lies_where_its_path_says(tmp_path: Path, name: str) -> None:
    place = place_of(str(tmp_path / name))
    assert place.sqlite_path == tmp_path / name
    assert place_of(place.text) == place, "as a worker opens it"
    open_store(str(tmp_path / name)).close()
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.files"}


def _deep(root: Path, sound: bytes) -> None:
    """Folders in folders, deeper than any path may be long, and a recording at their end."""
    handle = os.open(root, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(DEEP, dir_fd=handle)
        inner = os.open(DEEP, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    file = os.open("deep.wav", os.O_CREAT | os.O_WRONLY, dir_fd=handle)
    os.write(file, sound)
    os.close(file)
    os.close(handle)


def _take_away(root: Path) -> None:
    """pytest itself couldn't."""
    handle, handles = os.open(root, os.O_RDONLY), []
    for _ in range(20):
        handles.append(handle)
        handle = os.open(DEEP, os.O_RDONLY, dir_fd=handle)
    os.unlink("deep.wav", dir_fd=handle)
    os.close(handle)
    for each in reversed(handles):
        os.rmdir(DEEP, dir_fd=each)
        os.close(each)


def test_folders_deeper_than_paths_are_long_hold_nothing_up(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    sound = write_wav(inbox / "plain.wav").read_bytes()
    _deep(inbox, sound)
    try:
        with open_store(str(tmp_path / "s.db")) as store:
            ended = run_night(store, inbox)
            states = {file[-9:]: (line.state, line.reason) for file, line in lines(store).items()}
        assert states.pop("plain.wav") == ("scored", None)
        assert list(states.values()) == [("failed", "unreadable")]
        assert any("name is too long" in each for each in ended.mistakes)
        taken = take_in([inbox])
        assert [path.name for path, _ in taken.calls] == ["plain.wav"]
        assert len(taken.closed) == 1
    finally:
        _take_away(inbox)


@pytest.mark.parametrize("seconds", [2**33 + 2**32, -(2**31)])
def test_a_recording_of_any_year_is_scored(tmp_path: Path, seconds: int) -> None:
    path = write_wav(tmp_path / "in" / "a.wav")
    os.utime(path, (seconds, seconds))
    if path.stat().st_mtime != seconds:
        pytest.skip("this disk keeps no such times")
    with open_store(str(tmp_path / "s.db")) as store:
        for _ in range(2):
            assert run_night(store, tmp_path / "in").told.startswith("1 received, 1 scored")
