"""The command as its users run it: a process, its files, its exit status."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_audio"


def callgauge(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)


def cut_off_mp3(path: Path) -> None:
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mp3", rate=8000, layout="mono")
        tone = (8000 * np.sin(np.arange(8000 * 20) * 0.2)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None, :], format="s16p", layout="mono")
        frame.sample_rate = 8000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    shown = callgauge("--help")
    assert shown.returncode == 0
    for name in ("score", "analyze", "standards", "doctor", "evaluate", "bench"):
        assert name in shown.stdout
    heavy = ["numpy", "scipy", "librosa", "spacy", "faster_whisper", "ctranslate2", "prefect", "pandas"]
    code = (
        "import sys, pipeline.cli as c; c.cli.main(['--help'], standalone_mode=False); "
        f"sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.models
def test_one_good_call_among_bad_files(tmp_path: Path) -> None:
    inbox, out = tmp_path / "inbox", tmp_path / "out"
    inbox.mkdir()
    shutil.copy(SAMPLES / "zh-02.flac", inbox / "good.flac")
    (inbox / "text.wav").write_text("this is no sound", encoding="utf-8")
    (inbox / "empty.wav").touch()
    cut_off_mp3(inbox / "cut.mp3")
    done = callgauge("score", inbox, "--out", out, cwd=tmp_path)
    assert done.returncode == 1
    reasons = {line.split(":")[0]: line for line in done.stderr.splitlines() if ":" in line}
    assert set(reasons) == {"text.wav", "empty.wav", "cut.mp3"}
    with (out / "calls.csv").open(encoding="utf-8") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    assert {name: (row["state"], row["reason"]) for name, row in rows.items()} == {
        "good.flac": ("scored", ""),
        "text.wav": ("failed", "not_audio"),
        "empty.wav": ("failed", "empty"),
        "cut.mp3": ("failed", "truncated"),
    }
    assert [path.name for path in (out / "calls").glob("*.json")] == ["good.json"]
    assert (out / "calls" / "good.html").is_file()
    assert (out / "index.html").is_file()


@pytest.mark.models
def test_a_listed_call_without_recording_is_missing(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(SAMPLES / "zh-11.flac", inbox / "a.flac")
    (inbox / "calls.csv").write_text(
        "file,call_id,ring_count\na.flac,A-1,many\nb.flac,B-1,2\n", encoding="utf-8"
    )
    done = callgauge("score", inbox, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "b.flac: on the call list" in done.stderr
    assert "row 2, ring_count" in done.stderr
    assert (tmp_path / "out" / "calls" / "A-1.json").is_file()


@pytest.mark.models
def test_a_row_that_can_t_be_read_as_written_and_one_that_two_agents_claim(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name, sample in (("a", "zh-11"), ("b", "zh-11"), ("c", "zh-02")):
        shutil.copy(SAMPLES / f"{sample}.flac", inbox / f"{name}.flac")
    rows = (
        "file,call_id,agent_id,started_at\na.flac,A,A01,2026-13-45\nb.flac,B,A02,\nc.flac,C,A01,2026-13-45\n"
    )
    (inbox / "calls.csv").write_text(rows, encoding="utf-8")
    done = callgauge("score", inbox, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "row 4, started_at" in done.stderr and "same content as a.flac" in done.stderr
    with (tmp_path / "out" / "calls.csv").open(encoding="utf-8") as stream:
        found = {row["file"]: (row["state"], row["reason"]) for row in csv.DictReader(stream)}
    assert found == {
        "a.flac": ("excluded", "contested"), "b.flac": ("excluded", "contested"), "c.flac": ("scored", ""),
    }  # fmt: skip
    (inbox / "calls.csv").write_text("file,call_id,agent_id\nc.flac,C,A01\nc.flac,C,A01\n", encoding="utf-8")
    assert callgauge("score", inbox / "c.flac", "--out", tmp_path / "out2").returncode == 1


def test_what_is_wrong_is_all_told_at_once(tmp_path: Path) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text("compny: {name: X}\ncalling_hours: {time_zone: Mars/Olympus}\n", encoding="utf-8")
    done = callgauge("score", SAMPLES, "--profile", profile, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "compny" in done.stderr
    assert "time_zone" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["score", "nowhere"], "there is no such file"),
        (["score", "."], "no recording found"),
        (["score", str(SAMPLES), "--out", str(SAMPLES)], "where the recordings lie"),
        (["score", str(SAMPLES), "--standard", "unheard-of"], "Accepted: telesales-cn"),
        (["scor"], "No such command"),
        (["score", str(SAMPLES), "--language", "fr"], "'auto', 'zh', 'en'"),
    ],
)
def test_a_wrong_command_line_exits_with_2(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = callgauge(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_standards_are_listed_shown_and_checked(tmp_path: Path) -> None:
    assert "telesales-cn" in callgauge("standards", "list").stdout
    assert json.loads(callgauge("standards", "list", "--json").stdout)[0]["id"] == "telesales-cn"
    assert "opening.company" in callgauge("standards", "show").stdout
    wrong = tmp_path / "mine.yaml"
    wrong.write_text("extends: telesales-cn\nid: mine\nverson: 2\n", encoding="utf-8")
    done = callgauge("standards", "check", wrong)
    assert done.returncode == 2
    assert "verson" in done.stderr


@pytest.mark.models
def test_doctor_shows_each_model() -> None:
    report = json.loads(callgauge("doctor", "--json").stdout)
    models = {model["name"]: model for model in report["models"]}
    whisper = next(model for name, model in models.items() if "whisper" in name)
    assert (Path(whisper["path"]) / "model.bin").is_file()
    assert len(whisper["sha256"]) == 64
    assert report["ok"] is True


def test_analyze_takes_transcripts_and_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    lines = [
        {"call_id": "a", "language": "zh", "turns": [
            {"speaker": "agent", "text": "您好，我是安和保险续保部的小周，给您来电是想说一下车险续保的事。"},
            {"speaker": "customer", "text": "不需要，我已经买过了。"},
            {"speaker": "agent", "text": "好的，打扰您了，再见。"},
        ]},
        {"call_id": "b", "turns": "none"},
        {"call_id": "c", "language": "en", "turns": [{"speaker": "agent", "text": "Hello, this is Dana from Acme."}]},
    ]  # fmt: skip
    source = tmp_path / "calls.jsonl"
    source.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    done = callgauge("analyze", source)
    assert done.returncode == 1
    assert "line 2, turns" in done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["schema"], first["call"]["call_id"], second["call"]["call_id"]) == (
        "callgauge/call/1",
        "a",
        "c",
    )
    assert len(first["transcript"]["turns"]) == 3
    kinds = {(finding["kind"], finding["speaker"]) for finding in first["findings"]}
    assert {("company", "agent"), ("name", "agent"), ("refusal", "customer")} <= kinds
    assert first["measures"]["loudness_difference_lu"]["measurable"] is False
    assert first["measures"]["duration_s"]["reason"]["code"]


def test_quiet_still_tells_what_failed_and_what_is_wrong_in_the_list(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "text.wav").write_text("this is no sound", encoding="utf-8")
    (inbox / "calls.csv").write_text("file,ring_count,outcome\ntext.wav,many,sold out\n", encoding="utf-8")
    done = callgauge("score", inbox, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 1 and done.stdout == ""
    told = done.stderr.splitlines()
    assert any("row 2, ring_count →" in line for line in told) and any("text.wav: " in line for line in told)
    assert any("outcome → 'sold out' is no outcome that is known" in line for line in told)


@pytest.mark.models
def test_a_row_that_can_t_be_read_as_written_gives_status_1(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(SAMPLES / "zh-11.flac", inbox / "a.flac")
    (inbox / "calls.csv").write_text(f"file,notes\na.flac,{'x' * 200_000}\n", encoding="utf-8")
    done = callgauge("score", inbox, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 1 and "row 2, notes → up to 65,536 characters" in done.stderr
    assert (tmp_path / "out" / "calls" / "a.json").is_file()


def test_the_command_s_module_runs_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stdout.startswith("callgauge")


def test_doctor_parts_what_is_missing_from_what_mends_it() -> None:
    shown = callgauge("doctor", "--quick").stdout
    assert "optional Mend it" not in shown and "missing Mend it" not in shown


def test_a_period_that_no_calendar_has_is_told(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text('{"call_id": "a", "turns": []}', encoding="utf-8")
    profile = tmp_path / "profile.yaml"
    profile.write_text(
        "targets: {A01: {periods: {2025-13: {calls: 3}, 2025: {calls: 9}}}}\n", encoding="utf-8"
    )
    done = callgauge("analyze", tmp_path / "calls.jsonl")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "targets.A01.periods.2025-13 → a year, a month or a day such as 2025, 2025-03" in done.stderr
