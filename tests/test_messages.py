"""What is told of a file that can't be read or written: which one, why in plain words, what is accepted; never Python's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from night_fakes import write_wav

from pipeline import cli
from pipeline.beside import TranscriptError, transcript_beside
from pipeline.calls import parse_call_list
from pipeline.errors import ConfigError, told_file, why
from pipeline.nightly.child import plain
from pipeline.process import Job
from pipeline.scoring_run import failure_of
from pipeline.store import open_store
from pipeline.types import CallRecord

PYTHONS = ("Errno", "codec", "Traceback", "Expecting", "int_max_str_digits", "recursion depth")


def told_by(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """What the command says, which ends with 2."""
    monkeypatch.setattr(sys, "argv", ["callgauge", *map(str, args)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    return said.out + said.err


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("score", "{in}", "--profile", "{in}"), "it is a folder"),
        (("score", "{in}", "--calls", "{in}"), "it is a folder"),
        (("score", "{in}", "--calls", "{absent}"), "it isn't there"),
        (("standards", "check", "{bytes}"), "not UTF-8 (byte 0)"),
        (("store", "key", "{bytes}"), "holds no keys"),
        (("store", "suppressions", "--among", "{bytes}", "--store", "{store}"), "neither UTF-8 nor GB18030"),
        (("store", "suppressions", "--out", "{bytes}/x", "--store", "{store}"), "{bytes}"),
        (("store", "backup", "{bytes}/x", "--store", "{store}"), "{bytes}"),
        (("evaluate", "{results}", "--results", "{in}"), "not UTF-8 (byte 0)"),
    ],
)
def test_no_command_repeats_pythons_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: tuple[str, ...],
    expected: str,
) -> None:  # fmt: skip
    write_wav(tmp_path / "in" / "a.wav", 1)
    (tmp_path / "bytes.yaml").write_bytes(b"\x81\xff\xff")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.json").write_bytes(b"\x81\xff")
    open_store(str(tmp_path / "s.db")).close()
    places = {"in": "in", "absent": "absent", "bytes": "bytes.yaml", "store": "s.db", "results": "results"}
    named = {name: str(tmp_path / place) for name, place in places.items()}
    said = told_by(monkeypatch, capsys, *(each.format(**named) for each in args))
    assert expected.format(**named) in said
    assert not any(words in said for words in PYTHONS), said


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{", "no JSON from line 1, column 2 on"),
        (b"\xff", "not UTF-8 (byte 0)"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"language": ' + b"9" * 5_000 + b"}", "a number has too many digits"),
    ],
)
def test_a_transcript_that_is_none(tmp_path: Path, raw: bytes, expected: str) -> None:
    write_wav(tmp_path / "a.wav", 1)
    (tmp_path / "a.transcript.json").write_bytes(raw)
    with pytest.raises(TranscriptError) as told:
        transcript_beside(tmp_path / "a.wav")
    assert expected in str(told.value) and not any(words in str(told.value) for words in PYTHONS)


def test_lines_of_a_call_list_that_are_no_json() -> None:
    raw = b'{"file": "a.wav"}\n{"file"\n' + b'{"file": "b.wav", "x": ' + b"9" * 5_000 + b"}\n"
    told = parse_call_list(raw, name="c", lines=True).mistakes
    assert [each.split(" → ")[0] for each in told] == ["c: row 2", "c: row 3"]
    assert not any(words in each for words in PYTHONS for each in told)


def test_a_call_that_the_disk_fails_says_which_file_and_why() -> None:
    error = OSError(28, "No space left on device", "/in/13812345678.wav")
    failed = failure_of(Job(Path("/in/13812345678.wav"), CallRecord("#-ab.wav", "call-1")), error)
    assert (failed.reason, failed.message) == (
        "no_space",
        "#-ab.wav: file → can't be read or written: the disk is full",
    )
    assert plain(PermissionError(13, "Permission denied", "/in/a.wav"))[1].endswith("no permission")
    assert (
        told_file(OSError(101, "Network is unreachable"))
        == "can't be read or written: Network is unreachable"
    )


def test_what_nobody_foresaw_keeps_its_own_words() -> None:
    assert why(ValueError("a plain sentence")) == "a plain sentence"
    with pytest.raises(ConfigError):
        parse_call_list(json.dumps({}).encode(), name="c")
