"""Transcripts over processes: the same results in the same order, whatever was heard before and whoever heard it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.analysis.labelled import read_calls
from pipeline.analyze_run import CHUNK, LEAST_TO_SHARE, analyze
from pipeline.beside_sides import SWAPPED
from pipeline.process import Workplace

CALLS = Path(__file__).parent / "heldout" / "calls"
Results = dict[str, dict[str, object]]


def _lines(count: int) -> list[str]:
    """Calls in both languages by turns, a JSON line each."""
    lines = []
    for language in ("zh", "en"):
        text = "\n".join(path.read_text("utf-8") for path in sorted((CALLS / language).glob("*.txt")))
        for at, call in enumerate(read_calls(text, language)):
            turns = [{"speaker": turn.speaker, "text": turn.text} for turn in call.transcript.turns]
            line = {"call_id": f"{language}-{at}", "language": language, "turns": turns}
            lines.append((at, json.dumps(line, ensure_ascii=False)))
    return [line for _at, line in sorted(lines)][:count]


def _analysed(folder: Path, lines: list[str], *, workers: int, seed: str) -> Results:
    """By a process of its own, whose strings hash as the seed says."""
    calls, out = folder / f"calls-{seed}.jsonl", folder / f"out-{seed}.jsonl"
    calls.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "analyze", str(calls), "--out", str(out)]
    subprocess.run(
        [*command, "--workers", str(workers)], check=True, env={**os.environ, "PYTHONHASHSEED": seed}
    )
    read = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [one["call"]["call_id"] for one in read] == [json.loads(line)["call_id"] for line in lines]
    kept = ("findings", "measures", "score", "outcome", "transcript")
    return {one["call"]["call_id"]: {key: one[key] for key in kept} for one in read}


def test_a_call_is_judged_alike_whatever_came_before_it(tmp_path: Path) -> None:
    lines = _lines(LEAST_TO_SHARE + CHUNK)
    shared = _analysed(tmp_path, lines, workers=2, seed="1")
    assert len(shared) == LEAST_TO_SHARE + CHUNK
    assert _analysed(tmp_path, lines[::-1][:CHUNK], workers=1, seed="2").items() <= shared.items()


def test_bad_lines_are_told_in_their_place(tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    calls.write_text("\n".join(["{}", *_lines(1), "no json"]), encoding="utf-8")
    made = list(analyze(calls, Workplace()))
    assert [line.result is None for line in made] == [True, False, True]
    assert "line 1, call_id" in made[0].trouble
    assert "line 3" in made[2].trouble


def test_what_is_left_out_of_a_call_is_told_with_its_result(tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    line = {"call_id": "a", "started_at": "soon", "turns": [{"speaker": "S1", "text": "您好"}]}
    calls.write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    (made,) = analyze(calls, Workplace())
    assert made.result is not None and len(made.notes) == 2
    assert all(note.startswith("calls.jsonl: line 1, ") for note in made.notes)


@pytest.mark.parametrize(
    "name", ["calls.jsonl", "link.jsonl", "hard.jsonl", "profile.yaml", "../{}/calls.jsonl"]
)
def test_the_results_never_go_onto_an_input(tmp_path: Path, name: str) -> None:
    calls = tmp_path / "calls.jsonl"
    calls.write_text('{"call_id": "a", "turns": []}\n', encoding="utf-8")
    (tmp_path / "profile.yaml").write_text("company: {name: 华信}\n", encoding="utf-8")
    (tmp_path / "link.jsonl").symlink_to(calls)
    (tmp_path / "hard.jsonl").hardlink_to(calls)
    out = tmp_path / name.format(tmp_path.name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    command = [sys.executable, "-m", "pipeline", "analyze", str(calls), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("--out: ") and "name another file" in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_process_that_dies_costs_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls.jsonl"
    calls.write_text("\n".join(["{}"] * (LEAST_TO_SHARE + 1)), encoding="utf-8")
    monkeypatch.setattr("pipeline.analyze_run.limit_threads", os._exit)  # each process ends as it starts
    assert len(list(analyze(calls, Workplace(), workers=2))) == LEAST_TO_SHARE + 1


def test_an_outcome_that_nobody_knows_is_told(tmp_path: Path) -> None:
    call, calls = json.loads(_lines(1)[0]), tmp_path / "calls.jsonl"
    lines = [json.dumps({**call, "outcome": word}, ensure_ascii=False) for word in ("interestd", "有意向")]
    calls.write_text("\n".join(lines), encoding="utf-8")
    first, second = analyze(calls, Workplace())
    assert first.result is not None and second.notes == ()
    (told,) = first.notes
    assert (
        told.startswith("calls.jsonl: line 1, outcome → 'interestd' is no outcome") and "interested?" in told
    )


SAID = {
    "zh": (
        "您好，我是西城能源的小周，请问是邓先生吗？",
        "喂，你哪位？",
        "我们公司最近有一个优惠活动，给您介绍一下可以吗？",
        "多少钱？我在忙。",
    ),
    "en": (
        "Good morning, this is Nora Blake from Westgate Energy, am I speaking with Mr. Dunn?",
        "Yes, speaking.",
        "I'm calling because our company has a new offer, would you like me to send you the details?",
        "How much is it? I'm busy.",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_speakers_whom_the_words_contradict_are_not_believed(tmp_path: Path, language: str) -> None:
    calls = tmp_path / "calls.jsonl"
    lines = []
    for first, second in (("agent", "customer"), ("customer", "agent")):
        turns = [{"speaker": (first, second)[at % 2], "text": text} for at, text in enumerate(SAID[language])]
        lines.append(json.dumps({"call_id": first, "language": language, "turns": turns}, ensure_ascii=False))
    calls.write_text("\n".join(lines), encoding="utf-8")
    right, swapped = (json.loads(line.result or "") for line in analyze(calls, Workplace()))
    assert {turn["speaker"] for turn in right["transcript"]["turns"]} == {"agent", "customer"}
    assert {turn["speaker"] for turn in swapped["transcript"]["turns"]} == {"unknown"}
    assert SWAPPED.en not in json.dumps(right) and SWAPPED.en in json.dumps(swapped["score"])
    assert swapped["score"]["percent"] is None and swapped["score"]["needs_review"]
