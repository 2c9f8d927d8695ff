"""Identity is the content: each way in which files and call lists come, go and change has one answer."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from night_fakes import lines, run_night, the_night, write_wav
from postgres_cluster import Cluster, programs
from sqlalchemy import func, select

from pipeline.errors import ConfigError
from pipeline.nightly import closing, night
from pipeline.store import Store, open_store
from pipeline.store.tables import Call, Score

MONDAY, TUESDAY, WEDNESDAY = date(2025, 3, 3), date(2025, 3, 4), date(2025, 3, 5)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL with a database ``made`` whose tables stand already."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    made = Cluster(folder)
    open_store(made.make("made")).close()
    yield made
    made.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store of either kind: every answer is the same on both."""
    url = f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}"
    if request.param == "postgres":
        monkeypatch.setenv("CALLGAUGE_FILES", str(tmp_path / "files"))
        url = request.getfixturevalue("cluster").make(f"s{next(_numbers)}", like="made")
    with open_store(url) as opened:
        yield opened


_numbers = itertools.count()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    write_wav(folder / "a.wav", 1)
    write_wav(folder / "team" / "b.wav", 2)
    return folder


def listed(folder: Path, *rows: str) -> None:
    (folder / "calls.csv").write_text("\n".join(("file,call_id,agent_id,customer_id,hold", *rows)) + "\n")


def versions(store: Store) -> list[tuple[str, int, str]]:
    with store.reading() as session:
        query = select(Call.call_id, Score.version, Score.cause).join(Score, Score.call == Call.id)
        return [tuple(row) for row in session.execute(query.order_by(Call.call_id, Score.version))]  # type: ignore[misc]


def test_running_twice_changes_nothing(store: Store, inbox: Path) -> None:
    first = run_night(store, inbox, on=MONDAY)
    before = the_night(store, MONDAY).lines
    second = run_night(store, inbox, on=MONDAY)
    assert (first.worked, second.worked) == (2, 0)
    assert the_night(store, MONDAY).lines == before
    assert versions(store) == [("a", 1, "first"), ("b", 1, "first")]


def test_a_file_counts_in_its_first_night(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=MONDAY)
    write_wav(inbox / "c.wav", 3)
    run_night(store, inbox, on=TUESDAY)
    assert set(lines(store, MONDAY)) == {"a.wav", "team/b.wav"}
    assert set(lines(store, TUESDAY)) == {"c.wav"}


def test_the_same_content_under_another_name_is_a_duplicate(store: Store, inbox: Path) -> None:
    shutil.copy(inbox / "a.wav", inbox / "team" / "copy.wav")
    run_night(store, inbox, on=MONDAY)
    copy = lines(store, MONDAY)["team/copy.wav"]
    assert (copy.state, copy.reason, copy.call_id) == ("excluded", "duplicate", "a")
    shutil.copy(inbox / "a.wav", inbox / "later.wav")
    run_night(store, inbox, on=TUESDAY)
    assert lines(store, TUESDAY)["later.wav"].reason == "duplicate"
    assert run_night(store, inbox, on=TUESDAY).worked == 0
    assert the_night(store, TUESDAY).counts["received"] == 1


def test_of_two_names_the_listed_one_counts(store: Store, inbox: Path) -> None:
    shutil.copy(inbox / "a.wav", inbox / "z.wav")
    listed(inbox, "z.wav,C-9,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=MONDAY)
    found = lines(store, MONDAY)
    assert (found["z.wav"].state, found["z.wav"].call_id) == ("scored", "C-9")
    assert (found["a.wav"].reason, found["a.wav"].call_id) == ("duplicate", "C-9")


def test_a_call_list_that_comes_late_makes_a_new_version(store: Store, inbox: Path) -> None:
    run_night(store, inbox, on=MONDAY)
    listed(inbox, "a.wav,C-1,A01,K7,", "team/b.wav,C-2,A02,K8,")
    assert run_night(store, inbox, on=TUESDAY).worked == 2
    assert the_night(store, TUESDAY).counts["received"] == 0
    assert lines(store, MONDAY)["a.wav"].call_id == "C-1"
    assert versions(store) == [
        ("C-1", 1, "first"),
        ("C-1", 2, "metadata"),
        ("C-2", 1, "first"),
        ("C-2", 2, "metadata"),
    ]
    assert run_night(store, inbox, on=TUESDAY).worked == 0


def test_a_late_list_that_names_the_duplicate_counts_for_the_call(store: Store, inbox: Path) -> None:
    shutil.copy(inbox / "a.wav", inbox / "z.wav")
    run_night(store, inbox, on=MONDAY)
    listed(inbox, "z.wav,C-9,A01,,", "b.wav,,A02,,")
    run_night(store, inbox, on=TUESDAY)
    found = lines(store, MONDAY)
    assert (found["a.wav"].state, found["a.wav"].call_id, found["a.wav"].version) == ("scored", "C-9", 2)
    assert found["z.wav"].reason == "duplicate"


def test_corrected_metadata_makes_one_new_version_of_that_call(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=MONDAY)
    listed(inbox, "a.wav,C-1,A03,,", "team/b.wav,C-2,A02,,")
    assert run_night(store, inbox, on=TUESDAY).worked == 1
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")  # and back: a version again, none overwritten
    run_night(store, inbox, on=TUESDAY)
    assert versions(store) == [
        ("C-1", 1, "first"), ("C-1", 2, "metadata"), ("C-1", 3, "metadata"), ("C-2", 1, "first"),
    ]  # fmt: skip


def test_a_list_that_is_taken_away_changes_nothing(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=MONDAY)
    (inbox / "calls.csv").unlink()
    assert run_night(store, inbox, on=TUESDAY).worked == 0
    assert lines(store, MONDAY)["a.wav"].call_id == "C-1"


def test_a_replaced_recording(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=MONDAY)
    write_wav(inbox / "a.wav", 77)
    assert run_night(store, inbox, on=TUESDAY).worked == 1
    old, new = lines(store, MONDAY)["a.wav"], lines(store, TUESDAY)["a.wav"]
    assert (old.state, old.reason) == ("excluded", "replaced")
    assert (new.state, new.call_id, new.version) == ("scored", "C-1", 2)
    assert ("C-1", 2, "replaced") in versions(store)
    assert run_night(store, inbox, on=TUESDAY).worked == 0


def test_a_failed_recording_that_is_replaced_keeps_its_row(store: Store, inbox: Path) -> None:
    outcome = run_night(
        store, inbox, on=MONDAY, fail=lambda t: "truncated" if t.record.file == "a.wav" else None
    )
    assert not outcome.ok
    assert outcome.night.counts["failed"] == 1
    assert run_night(store, inbox, on=MONDAY).worked == 0  # the same broken content is not tried again
    write_wav(inbox / "a.wav", 77)
    assert run_night(store, inbox, on=TUESDAY).ok
    assert lines(store, MONDAY)["a.wav"].state == "scored"
    assert the_night(store, TUESDAY).counts["received"] == 0


def test_what_may_heal_is_tried_in_three_runs(store: Store, inbox: Path) -> None:
    for worked in (2, 2, 2, 0):
        assert run_night(store, inbox, on=MONDAY, fail=lambda _: "timeout").worked == worked
    assert run_night(store, inbox, on=MONDAY, retry_failed=True).ok
    assert {line.attempts for line in lines(store, MONDAY).values()} == {4}


def test_a_listed_call_without_recording_is_missing_apart(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,,,", "c.wav,C-3,A01,,")
    outcome = run_night(store, inbox, on=MONDAY)
    assert not outcome.ok
    assert dict(outcome.night.counts) == {
        "received": 2, "scored": 2, "excluded": 0, "failed": 0, "pending": 0, "missing": 1,
    }  # fmt: skip
    assert lines(store, MONDAY)["c.wav"].state == "missing"
    write_wav(inbox / "c.wav", 3)
    assert run_night(store, inbox, on=TUESDAY).ok
    assert the_night(store, MONDAY).counts["missing"] == 0
    assert lines(store, TUESDAY)["c.wav"].call_id == "C-3"


def test_lists_in_folders_name_files_beside_them(store: Store, inbox: Path) -> None:
    (inbox / "team" / "calls.csv").write_text("file,call_id\nb.wav,B-1\n")
    run_night(store, inbox, on=MONDAY)
    assert lines(store, MONDAY)["team/b.wav"].call_id == "B-1"


def test_a_held_call_waits_for_its_release(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,yes", "team/b.wav,C-2,,,")
    assert run_night(store, inbox, on=MONDAY).worked == 1
    assert lines(store, MONDAY)["a.wav"].reason == "held"
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,,,")
    run_night(store, inbox, on=TUESDAY)
    assert lines(store, MONDAY)["a.wav"].state == "scored"


def test_the_same_name_from_another_inbox_is_another_call(store: Store, inbox: Path, tmp_path: Path) -> None:
    run_night(store, inbox, on=MONDAY)
    write_wav(tmp_path / "next" / "a.wav", 5)
    run_night(store, tmp_path / "next", on=TUESDAY)
    new = lines(store, TUESDAY)["a.wav"]
    assert new.state == "scored"
    assert new.call_id is not None
    assert new.call_id.startswith("a-")
    assert lines(store, MONDAY)["a.wav"].state == "scored"


def test_an_inbox_that_was_moved_brings_nothing_new(store: Store, inbox: Path, tmp_path: Path) -> None:
    run_night(store, inbox, on=MONDAY)
    inbox.rename(tmp_path / "moved")
    assert run_night(store, tmp_path / "moved", on=TUESDAY).worked == 0
    assert the_night(store, TUESDAY).counts["received"] == 0


def test_listed_files_without_ids_whose_names_hold_numbers_are_calls_of_their_own(
    store: Store, tmp_path: Path
) -> None:
    for night_, seed in ((MONDAY, 1), (TUESDAY, 2)):
        inbox = tmp_path / f"in{seed}"
        for number in range(2):
            write_wav(inbox / f"1381234567{number}.wav", 10 * seed + number)
        (inbox / "calls.csv").write_text("file,agent_id\n13812345670.wav,A01\n13812345671.wav,A02\n")
        assert run_night(store, inbox, on=night_).mistakes == ()
        shutil.rmtree(inbox)  # recordings are moved away by day
    ids = [line.call_id or "" for on in (MONDAY, TUESDAY) for line in the_night(store, on).lines]
    assert len(set(ids)) == 4
    assert all(call_id.startswith("call-") and "1381234" not in call_id for call_id in ids)
    assert [version for _, version, _ in versions(store)] == [1, 1, 1, 1]


def test_another_calls_id_is_not_taken_over(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,,,")
    run_night(store, inbox, on=MONDAY)
    listed(inbox, "team/b.wav,C-1,,,")
    outcome = run_night(store, inbox, on=TUESDAY)
    assert any("C-1" in mistake for mistake in outcome.mistakes)
    assert lines(store, MONDAY)["a.wav"].call_id == "C-1"
    assert lines(store, MONDAY)["team/b.wav"].call_id == "b"


def test_a_recording_that_two_agents_claim_waits_for_the_list(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "a.wav,C-2,A02,,", "team/b.wav,C-3,A02,,")
    for on in (MONDAY, TUESDAY):
        outcome = run_night(store, inbox, on=on)
        assert not outcome.ok
        assert [told for told in outcome.mistakes if "a.wav" in told and "held" in told]
    held = lines(store, MONDAY)["a.wav"]
    assert (held.state, held.reason, held.call_id) == ("excluded", "contested", None)
    listed(inbox, "a.wav,C-2,A02,,", "team/b.wav,C-3,A02,,")
    assert run_night(store, inbox, on=TUESDAY).ok
    assert (lines(store, MONDAY)["a.wav"].state, lines(store, MONDAY)["a.wav"].call_id) == ("scored", "C-2")


def test_one_content_with_rows_of_two_agents_waits_for_the_list(store: Store, inbox: Path) -> None:
    shutil.copy(inbox / "a.wav", inbox / "copy.wav")
    listed(inbox, "copy.wav,C-9,A02,,", "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    outcome = run_night(store, inbox, on=MONDAY)
    found = lines(store, MONDAY)
    assert {found["a.wav"].reason, found["copy.wav"].reason} == {"contested", "duplicate"}
    assert outcome.worked == 1 and not outcome.ok
    (told,) = outcome.mistakes
    assert "a.wav" in told and "copy.wav" in told and "held" in told
    listed(inbox, "copy.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=TUESDAY)
    assert versions(store) == [("C-1", 1, "first"), ("C-2", 1, "first")]


def test_a_copy_that_comes_later_takes_no_call_to_another_agent(store: Store, inbox: Path) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    assert run_night(store, inbox, on=MONDAY).ok
    (inbox / "a.wav").rename(inbox / "copy.wav")
    listed(inbox, "copy.wav,C-9,A02,,", "team/b.wav,C-2,A02,,")
    outcome = run_night(store, inbox, on=TUESDAY)
    assert outcome.worked == 0 and "C-1" in outcome.mistakes[0] and not outcome.ok
    assert versions(store) == [("C-1", 1, "first"), ("C-2", 1, "first")]


def test_a_transcript_without_recording_is_told_each_night(store: Store, inbox: Path) -> None:
    for name in ("a.transcript.json", "A.Transcript.JSONL", "b.transcript.json", ".c.transcript.json"):
        (inbox / name).write_text("{}")
    (inbox / "late.transcript.json").write_text("{}")
    (inbox / "late.wav.part").write_bytes(b"RIFF")  # on its way
    for day in (MONDAY, TUESDAY):
        outcome = run_night(store, inbox, on=day)
        (told,) = outcome.mistakes
        assert told.startswith("b.transcript.json: file → no recording lies beside") and not outcome.ok
    (inbox / "b.transcript.json").rename(inbox / "team" / "B.transcript.json")
    assert run_night(store, inbox, on=TUESDAY).mistakes == ()


def test_what_is_wrong_in_a_list_is_told_and_decides_how_the_night_ends(
    store: Store, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (inbox / "calls.csv").write_text("file,ring_count,outcome\na.wav,abc,\nteam/b.wav,2,zzz\n")
    with caplog.at_level("WARNING"):
        outcome = run_night(store, inbox, on=MONDAY)
    assert outcome.night.counts["scored"] == 2 and not outcome.ok
    closing.close_night(store, outcome)
    summary = (store.place.files / "nights" / MONDAY.isoformat() / "summary.md").read_text()
    for told in ("row 2, ring_count", "'zzz' is no outcome"):
        assert any(told in mistake for mistake in outcome.mistakes)
        assert told in summary and told in caplog.text
    assert "2 mistakes" in outcome.told
    (inbox / "calls.csv").write_text("file,ring_count,outcome\na.wav,3,\nteam/b.wav,2,interested\n")
    assert run_night(store, inbox, on=TUESDAY).ok


def test_a_workbook_for_which_no_list_lies_there_is_told(store: Store, inbox: Path) -> None:
    (inbox / "team" / "calls.xlsx").write_bytes(b"PK")
    outcome = run_night(store, inbox, on=MONDAY)
    (told,) = outcome.mistakes
    assert "calls.xlsx" in told and "save its call list as CSV" in told and not outcome.ok
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    assert run_night(store, inbox, on=TUESDAY).ok


def test_files_still_being_written_are_left_for_later(store: Store, inbox: Path) -> None:
    with (inbox / "c.wav").open("wb") as handle:
        handle.write(b"RIFF")
        handle.flush()
        write_wav(inbox / "d.wav", 4).rename(inbox / "d.wav.part")
        outcome = run_night(store, inbox, on=MONDAY)
    found = lines(store, MONDAY)
    assert (found["c.wav"].state, found["c.wav"].reason) == ("pending", "being_written")
    assert found["d.wav"].reason == "being_written"
    assert outcome.ok
    write_wav(inbox / "c.wav", 3)
    (inbox / "d.wav.part").rename(inbox / "d.wav")
    run_night(store, inbox, on=TUESDAY)
    assert {line.state for line in lines(store, MONDAY).values()} == {"scored"}
    assert the_night(store, TUESDAY).counts["received"] == 0


def test_a_link_out_of_the_inbox_is_refused(store: Store, inbox: Path, tmp_path: Path) -> None:
    secret = write_wav(tmp_path / "elsewhere" / "x.wav", 9)
    (inbox / "link.wav").symlink_to(secret)
    (inbox / "inside.wav").symlink_to(inbox / "a.wav")
    (inbox / "folder").symlink_to(secret.parent)
    run_night(store, inbox, on=MONDAY)
    found = lines(store, MONDAY)
    assert set(found) == {"a.wav", "team/b.wav", "link.wav", "folder"}
    for name in ("link.wav", "folder"):
        assert (found[name].state, found[name].reason) == ("excluded", "link_outside")


def test_empty_files_are_not_each_others_duplicates(store: Store, inbox: Path) -> None:
    for name in ("e1.wav", "e2.wav"):
        (inbox / name).touch()
    run_night(store, inbox, on=MONDAY, fail=lambda t: "empty" if t.record.file.startswith("e") else None)
    assert [lines(store, MONDAY)[name].reason for name in ("e1.wav", "e2.wav")] == ["empty", "empty"]
    assert run_night(store, inbox, on=MONDAY).worked == 0


def test_an_unread_file_is_told_and_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders let nobody else in
        inbox = Path(folder)
        inbox.chmod(0o755)
        write_wav(inbox / "a.wav", 1).chmod(0)
        monkeypatch.setattr(night, "look", _as_nobody(night.look))
        assert not run_night(store, inbox, on=MONDAY).ok
        assert (lines(store, MONDAY)["a.wav"].state, lines(store, MONDAY)["a.wav"].reason) == (
            "failed",
            "unreadable",
        )
        (inbox / "a.wav").chmod(0o644)
        assert run_night(store, inbox, on=MONDAY).ok


@pytest.mark.parametrize("mode", [0, 0o444, 0o111])
def test_a_folder_that_may_not_be_read_is_told_each_night_until_it_may(
    mode: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder)
        inbox.chmod(0o755)
        for number, name in enumerate(
            ("a.wav", "mon/b.wav", "mon/tue/c.wav", "lost+found/d.wav", ".x/e.wav")
        ):
            write_wav(inbox / name, number)
        (inbox / "mon" / "calls.csv").write_text("file,call_id\nb.wav,C-2\n")
        listed(inbox, "a.wav,C-1,A01,,", "mon/gone.wav,C-3,A01,,", "gone.wav,C-4,A01,,")
        for path in inbox.rglob("*"):  # whatever mask this process has taken on
            path.chmod(0o755 if path.is_dir() else 0o644)
        for name in ("mon", "lost+found", ".x"):
            (inbox / name).chmod(mode)
        for name in ("look", "read_lists"):
            monkeypatch.setattr(night, name, _as_nobody(getattr(night, name)))
        for day in (MONDAY, TUESDAY):
            outcome = run_night(store, inbox, on=day)
            assert outcome.mistakes == (
                "mon/: folder → is a folder that can't be read (no permission), and no call in it is taken in; "
                "give this user the right to list and enter it",
            )
            assert not outcome.ok
        found = lines(store, MONDAY)
        assert {name: (line.state, line.reason) for name, line in found.items()} == {
            "a.wav": ("scored", None), "mon/": ("failed", "unreadable"), "gone.wav": ("missing", "missing"),
        }  # fmt: skip
        assert "no permission" in (found["mon/"].message or "")
        for name in ("mon", "lost+found", ".x"):
            (inbox / name).chmod(0o755)
        listed(inbox, "a.wav,C-1,A01,,")
        (inbox / "lost+found" / "d.wav").unlink()
        (inbox / ".x" / "e.wav").unlink()
        assert run_night(store, inbox, on=WEDNESDAY).ok
        assert {name: line.state for name, line in lines(store, WEDNESDAY).items()} == {
            "mon/b.wav": "scored", "mon/tue/c.wav": "scored",
        }  # fmt: skip
        assert (lines(store, MONDAY)["mon/"].state, the_night(store, MONDAY).counts["failed"]) == (
            "excluded",
            0,
        )
        (inbox / "mon").chmod(mode)
        assert run_night(store, inbox, on=WEDNESDAY).worked == 0
        assert lines(store, WEDNESDAY)["mon/"].state == "failed"
        assert lines(store, WEDNESDAY)["mon/b.wav"].state == "scored"
        (inbox / "mon").chmod(0o755)


def test_an_inbox_that_may_not_be_read_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_wav(Path(folder) / "a.wav", 1)
        monkeypatch.setattr(night, "look", _as_nobody(night.look))
        with pytest.raises(ConfigError, match=r"INBOX → is a folder that can't be read \(no permission\)"):
            run_night(store, Path(folder), on=MONDAY)


def _as_nobody(look: Callable[..., Any]) -> Callable[..., Any]:
    """Root reads every file, so the looking is done by a user who doesn't."""

    def looking(*args: Any, **options: Any) -> Any:
        if os.geteuid() != 0:
            return look(*args, **options)
        os.seteuid(65534)
        try:
            return look(*args, **options)
        finally:
            os.seteuid(0)

    return looking


def test_a_changed_call_is_judged_by_the_standard_it_was_scored_under(
    store: Store, inbox: Path, tmp_path: Path
) -> None:
    listed(inbox, "a.wav,C-1,A01,,", "team/b.wav,C-2,A02,,")
    run_night(store, inbox, on=MONDAY)
    newer = tmp_path / "ours.yaml"
    newer.write_text('extends: telesales-cn\nid: ours\nversion: "2"\n', encoding="utf-8")
    listed(inbox, "a.wav,C-1,A09,,", "team/b.wav,C-2,A02,,", "c.wav,C-3,A02,,")
    write_wav(inbox / "c.wav", 3)
    run_night(store, inbox, on=TUESDAY, standard=str(newer))
    with store.reading() as session:
        query = select(Call.call_id, Score.standard_sha256).join(Score, Score.call == Call.id)
        used = {(call, digest) for call, digest in session.execute(query)}
        assert len({digest for call, digest in used if call == "C-1"}) == 1
        assert {d for c, d in used if c == "C-3"}.isdisjoint({d for c, d in used if c == "C-1"})
        assert session.scalar(select(func.count()).select_from(Score)) == 4
