"""The forms that the documentation shows are read: transcripts, labelled calls, expectations, a campaign's profile."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pipeline.analysis.ablation import read_folder
from pipeline.config import parse_yaml
from pipeline.delivered import Delivered, read_transcripts
from pipeline.evaluation_report import read_expected
from pipeline.kinds import DETAILS
from pipeline.process import Workplace, appraise
from pipeline.profile import Profile
from pipeline.standards import load_standard
from pipeline.types import CallRecord, Transcript, Turn

DOCS = Path(__file__).parents[1] / "docs"


def block(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"```{heading}\n(.*?)```", text, re.DOTALL)
    return str(found)


def test_transcripts(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(block("transcripts.md", "jsonl transcripts"), encoding="utf-8")
    calls = [call for _, call in read_transcripts(path)]
    assert [type(call) for call in calls] == [Delivered, Delivered]
    assert all(not call.notes and call.transcript.sides_sure for call in calls if isinstance(call, Delivered))


def test_labelled_calls(tmp_path: Path) -> None:
    (tmp_path / "calls.zh.txt").write_text(block("evaluate.md", "labelled calls"), encoding="utf-8")
    (call,) = read_folder(tmp_path)
    assert (call.id, call.outcome, len(call.marks)) == ("zh-07", "call_back", 10)


def test_expectations(tmp_path: Path) -> None:
    data = json.loads(block("evaluate.md", "json expected"))
    (tmp_path / "zh-02.json").write_text(json.dumps(data), encoding="utf-8")
    assert read_expected(tmp_path, load_standard().by_id) == [data]


def test_a_campaign_s_profile() -> None:
    profile = Profile.model_validate(
        parse_yaml(block("rules.md", "profile of a campaign"), name="rules.md").data
    )
    first, *lines = block("rules.md", "call of a campaign").strip().splitlines()
    sides = {"A": "agent", "C": "customer"}
    turns = tuple(Turn(sides[line[0]], line[3:], None, None, 1.0) for line in lines)  # type: ignore[arg-type]  # literals
    record = CallRecord(file="", call_id="c", campaign=first.removeprefix("campaign: "))
    told = appraise(Transcript("zh", turns), record=record, workplace=Workplace(profile=profile)).score
    verdicts = {each.id: each.verdict for each in told.criteria}
    wanted = parse_yaml(block("rules.md", "verdicts of a campaign"), name="rules.md").data
    assert {name: verdicts[name] for name in wanted} == wanted


def test_every_detail_stands_in_the_table() -> None:
    text = (DOCS / "rules.md").read_text(encoding="utf-8").partition("## What the detectors deliver")[2]
    for kind, details in DETAILS.items():
        rows = [
            line for line in text.splitlines() if line.startswith("|") and re.search(rf"\b{kind}\b", line)
        ]
        assert rows, kind
        for key in details:
            assert any(f"`{key}`" in row or f"{key} " in row for row in rows), (kind, key)
