"""The JSON of one call, its schema, the table of all calls, and file names."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from factories import NO_MONO, make_result, make_sound, make_transcript

from pipeline.intervals import Timeline
from pipeline.reports.call_json import dumps, schema, to_json, write_json
from pipeline.reports.calls_csv import FACTS, MEASURES, Failure, neutral, row_of, row_of_failure, to_csv
from pipeline.reports.files import write_atomic
from pipeline.reports.timeline import axis_of
from pipeline.review.results import result_of
from pipeline.types import Measure, Side

CHECK = jsonschema.Draft202012Validator(schema())


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_result_follows_the_schema():
    data = json.loads(dumps(make_result()))
    CHECK.validate(data)
    assert data["schema"] == "callgauge/call/1"
    assert data["call"]["started_at"] == "2024-05-06T09:31:20+08:00"
    assert data["findings"][8]["detail"] == {"kind": "scarcity", "severity": "mild"}
    assert data["score"]["criteria"][0]["searched"] == {"start_s": 0.0, "end_s": 20.0}
    assert data["outcome"]["follow_up"] == {"text": "周三下午再给您打电话", "when": None}


def test_untimed_transcript_follows_the_schema():
    said = make_transcript(("agent", "Hello."), ("customer", "Hi."), language="en", words=False, timed=False)
    data = to_json(make_result(transcript=said, recording=None, sound=None))
    CHECK.validate(data)
    assert data["recording"] is None
    assert data["transcript"]["turns"][0]["start_s"] is None


def test_not_measurable_has_reason_and_no_value():
    result = make_result()
    measures = {**result.measures, "overlap_s": Measure("overlap_s", None, "s", "made", NO_MONO)}
    data = to_json(replace(result, measures=measures))
    CHECK.validate(data)
    assert data["measures"]["overlap_s"]["measurable"] is False
    assert data["measures"]["overlap_s"]["reason"]["code"] == "mono"


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("outcome"),
        lambda d: d["score"]["criteria"][0].update(verdict="maybe"),
        lambda d: d["findings"][0].update(kind="gossip"),
        lambda d: d["measures"].pop("talk_s"),
        lambda d: d["call"].update(started_at="2024-05-06T09:31:20"),
        lambda d: d["measures"]["talk_s"].update(measurable=False),
    ],
)
def test_schema_refuses(damage):
    data = to_json(make_result())
    damage(data)
    assert not CHECK.is_valid(data)


def test_fields_may_be_added():
    data = to_json(make_result())
    data["later"] = {"x": 1}
    data["score"]["later"] = 2
    CHECK.validate(data)


def test_times_have_three_decimals_and_no_nan():
    result = make_result()
    finding = replace(result.findings[0], start_s=1 / 3, detail={"ratio": math.nan, "of": (1, 2)})
    data = to_json(replace(result, findings=(finding,)))
    assert data["findings"][0]["start_s"] == 0.333
    assert data["findings"][0]["detail"] == {"ratio": None, "of": [1, 2]}


def test_start_without_offset_is_refused():
    result = make_result()
    call = replace(result.call, started_at=datetime(2024, 5, 6, 9, 30))
    with pytest.raises(ValueError, match="offset"):
        to_json(replace(result, call=call))


def test_written_beside_and_moved(tmp_path, monkeypatch):
    path = write_json(make_result("呼叫/1"), tmp_path / "calls")
    assert path.name == "%E5%91%BC%E5%8F%AB%2F1.json"
    before = path.read_bytes()

    def refuse(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(path, "half")
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_csv_has_scored_and_failed(tmp_path: Path):
    rows = [row_of(make_result()), row_of_failure(Failure("bad.wav", "bad", "not_audio", "not a sound file"))]
    path = tmp_path / "calls.csv"
    write_atomic(path, to_csv(rows, criteria=["opening.company", "talk.never"]))
    table = pd.read_csv(path)
    assert list(table.columns[:4]) == ["file", "call_id", "state", "reason"]
    assert set(FACTS) | set(MEASURES) | {"opening.company", "talk.never"} <= set(table.columns)
    assert list(table["state"]) == ["scored", "failed"]
    assert table.loc[1, "reason"] == "not_audio"
    assert table.loc[0, "talk.objections"] == "fail"
    assert table.loc[0, "hard_sell_count"] == 1
    assert table.loc[0, "percent"] == pytest.approx(to_json(make_result())["score"]["percent"])


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2+3", "@SUM(A1)", " =1", "\t=1", "＝1+1", "\ufeff=1"])
def test_formulas_are_neutralised(text):
    result = make_result()
    call = replace(result.call, agent_name=text, campaign=text)
    cells = next(csv.DictReader(io.StringIO(to_csv([row_of(replace(result, call=call))]))))
    assert cells["agent_name"].startswith("'")
    assert cells["campaign"].startswith("'")


def test_numbers_stay_numbers():
    text = to_csv([row_of(make_result())])
    cells = next(csv.DictReader(io.StringIO(text)))
    assert float(cells["agent_loudness_lufs"]) == -19.2
    assert neutral("李明") == "李明"


def test_a_long_calls_loudness_is_thinned_and_read_back_as_it_is_drawn():
    said = make_transcript()
    curve = tuple(None if i % 50 == 0 else -20.4 - i % 7 for i in range(6_000))
    sound = replace(make_sound(said), sides={"agent": Side(Timeline(), -20.0, 0.0, curve_lufs=curve)})
    result = make_result(transcript=said, sound=sound)
    data = to_json(result)
    kept = data["sound"]["loudness"]["agent"]
    assert (len(kept["lufs"]), kept["step_s"]) == (858, 0.7)
    CHECK.validate(data)
    again = result_of(data, result.call)
    whole = tuple(None if level is None else round(level) for level in curve)
    drawn = replace(
        result, sound=replace(sound, sides={"agent": Side(Timeline(), None, 0.0, curve_lufs=whole)})
    )
    assert axis_of(again).lanes[0].paths == axis_of(drawn).lanes[0].paths != ()
