"""Names and links that a hostile, or only a foreign, sender may put into the inbox of a night: none is the night's end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from night_fakes import lines, run_night, write_wav

from pipeline.call_names import kept_name, path_in
from pipeline.errors import ConfigError
from pipeline.nightly.inbox import look
from pipeline.nightly.tickets import Planner
from pipeline.store import Store, open_store

GBK = "客户回访.wav".encode("gbk")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    write_wav(tmp_path / "in" / "good.wav", 1)
    return tmp_path / "in"


def test_a_name_that_is_no_utf_8_is_scored_and_found_again(store: Store, inbox: Path) -> None:
    named = inbox / os.fsdecode(GBK)
    write_wav(named, 2)
    assert run_night(store, inbox).worked == 2
    found = lines(store)
    assert {line.state for line in found.values()} == {"scored"}
    (kept,) = set(found) - {"good.wav"}
    assert kept.encode()
    assert path_in(str(inbox), kept) == named
    assert run_night(store, inbox).worked == 0


def test_a_folder_s_name_and_its_call_list_too(store: Store, inbox: Path) -> None:
    folder = inbox / os.fsdecode(b"\xbf\xcd")
    write_wav(folder / "a.wav", 2)
    (folder / "calls.csv").write_text("file,call_id\na.wav,K-1\nb.wav,K-2\n")
    outcome = run_night(store, inbox)
    assert {line.call_id for line in lines(store).values()} == {"good", "K-1", "K-2"}
    assert outcome.worked == 2


def test_an_inbox_whose_own_name_is_no_utf_8_is_refused(store: Store, tmp_path: Path) -> None:
    inbox = tmp_path / os.fsdecode(b"in\xbf")
    write_wav(inbox / "a.wav")
    with pytest.raises(ConfigError, match="UTF-8"):
        run_night(store, inbox)


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"/" not in raw and b"\0" not in raw))
def test_every_name_is_text_and_leads_back(raw: bytes) -> None:
    kept = kept_name(os.fsdecode(raw))
    assert kept.encode()
    assert os.fsencode(path_in("/in", kept)) == b"/in/" + raw or raw in (b".", b"..")


def test_two_names_never_become_one() -> None:
    bytes_, marked = os.fsdecode(b"\xbf.wav"), "\ufffdBF.wav"
    assert kept_name(bytes_) != kept_name(marked)
    assert path_in("/in", kept_name(marked)).name == marked
    assert kept_name("晨 %BF.wav") == "晨 %BF.wav"


def test_links_that_lead_round_are_excluded(store: Store, inbox: Path) -> None:
    (inbox / "self.wav").symlink_to("self.wav")
    (inbox / "one.wav").symlink_to("two.wav")
    (inbox / "two.wav").symlink_to("one.wav")
    (inbox / "dangling.wav").symlink_to("/nowhere/x.wav")
    run_night(store, inbox)
    found = lines(store)
    for name in ("self.wav", "one.wav", "two.wav", "dangling.wav"):
        assert (found[name].state, found[name].reason) == ("excluded", "link_outside"), name
    assert found["good.wav"].state == "scored"


def test_an_inbox_that_is_a_circle_is_no_folder(store: Store, tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(ConfigError, match="no such folder"):
        run_night(store, tmp_path / "round")


def test_a_file_on_which_planning_breaks_fails_alone(
    store: Store, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(inbox / "bad.wav", 2)
    write_wav(inbox / "zz.wav", 3)
    right = Planner.ticket

    def broken(self: Planner, entry: Any, each: Any, row: Any) -> Any:
        made = right(self, entry, each, row)
        if each.file == "bad.wav":
            raise RuntimeError("secret words")
        return made

    monkeypatch.setattr(Planner, "ticket", broken)
    outcome = run_night(store, inbox)
    found = lines(store)
    assert {name: line.state for name, line in found.items()} == {
        "bad.wav": "failed", "good.wav": "scored", "zz.wav": "scored",
    }  # fmt: skip
    assert found["bad.wav"].reason == "internal"
    assert not outcome.ok
    assert any("bad.wav" in mistake and "RuntimeError" in mistake for mistake in outcome.mistakes)
    assert not any("secret" in mistake for mistake in outcome.mistakes)
    monkeypatch.undo()
    run_night(store, inbox)
    assert lines(store)["bad.wav"].state == "scored"


def test_what_is_looked_at_keeps_its_true_path(inbox: Path) -> None:
    write_wav(inbox / os.fsdecode(GBK), 2)
    assert all(Path(each.path).is_file() and each.sha256 for each in look(inbox, settle_s=0.01))


def test_a_hole_of_terabytes_holds_up_no_night(store: Store, inbox: Path) -> None:
    hole = inbox / "hole.wav"
    write_wav(hole, 2)
    with hole.open("r+b") as file:
        file.truncate(1 << 40)  # nothing is written: it takes no room
    assert run_night(store, inbox).worked == 1
    found = lines(store)
    assert found["good.wav"].state == "scored"
    assert (found["hole.wav"].state, found["hole.wav"].reason) == ("failed", "unreadable")
    assert "larger than 8 GiB" in str(found["hole.wav"].message)
