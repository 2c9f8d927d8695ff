"""The sample calls agree with their call list, their scripts and what must be found in them."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any, get_args

import av
import numpy as np
import pytest
import yaml

from pipeline.types import Verdict

SAMPLES = Path(__file__).resolve().parents[1] / "sample_audio"
CALL_IDS = sorted(path.stem for path in (SAMPLES / "expected").glob("*.json"))
RATE_HZ = 8_000
COLUMNS = [
    "file", "call_id", "agent_id", "agent_name", "customer_id", "started_at", "direction", "campaign", "ring_count",
    "agent_channel", "notes", "outcome",
]  # fmt: skip


def words(text: str) -> list[str]:
    """A list written in one line."""
    return text.split()


KINDS = set(
    words(
        "company department name purpose needs_question customer_question pitch interruption hard_sell pitch_after_refusal "
        "jargon confusion restatement objection refusal rude impatient courtesy reference level_jump clipping long_silence "
        "ring apology off_topic benefit follow_up complaint do_not_call absolute_claim notice pii"
    )
)
MEASURES = set(
    words(
        "duration_s talk_s agent_talk_s customer_talk_s agent_talk_ratio mutual_silence_s longest_silence_s "
        "agent_loudness_lufs customer_loudness_lufs loudness_difference_lu agent_clipped_ratio agent_speech_rate "
        "agent_interruptions customer_interruptions overlap_s rings_before_answer jargon_per_100_words hard_sell_count "
        "longest_agent_turn_s customer_reply_gap_s opening_complete_s"
    )
)
OUTCOMES = set(
    words(
        "interested not_interested call_back order_placed wrong_person voicemail no_conversation undetermined"
    )
)
DETAIL: dict[tuple[str, str], set[Any]] = {
    ("hard_sell", "kind"): {
        "urgency",
        "scarcity",
        "guarantee",
        "forced_decision",
        "threat_or_guilt",
        "other",
    },
    ("hard_sell", "severity"): {"mild", "severe"},
    ("interruption", "kind"): {"cut_off", "talk_over"},
    ("objection", "kind"): {"price", "no_need", "no_time", "existing_supplier", "distrust", "other"},
    ("objection", "handling"): {"benefit", "passive", "ignored"},
    ("pii", "kind"): {"phone", "id_number", "bank_card", "email", "address", "name", "code"},
    ("confusion", "restated"): {True, False},
    ("jargon", "explained"): {True, False},
}
WORDLESS = {"level_jump", "clipping", "long_silence", "ring"}


def load(call_id: str) -> dict[str, Any]:
    """One expectation file."""
    return dict(json.loads((SAMPLES / "expected" / f"{call_id}.json").read_text(encoding="utf-8")))


def rows() -> list[dict[str, str]]:
    """The call list."""
    with (SAMPLES / "calls.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def sound(call_id: str) -> tuple[np.ndarray, int]:
    """The samples of a call as int16 (samples, channels), and their rate."""
    with av.open(str(SAMPLES / f"{call_id}.flac")) as container:
        stream = container.streams.audio[0]
        channels = stream.codec_context.channels
        frames = [frame.to_ndarray().reshape(-1, channels) for frame in container.decode(stream)]
        return np.concatenate(frames), stream.codec_context.sample_rate


def scripts() -> dict[str, dict[str, Any]]:
    """The texts that the calls were made from."""
    loaded = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in (SAMPLES / "make/texts").glob("*.yaml")
    ]
    return {script["call_id"]: script for script in loaded}


def test_there_are_enough_calls_and_they_stay_small() -> None:
    plain = [call_id for call_id in CALL_IDS if not call_id.endswith("-mono")]
    assert sum(call_id.startswith("zh") for call_id in plain) >= 9
    assert sum(call_id.startswith("en") for call_id in plain) >= 5
    assert len(CALL_IDS) - len(plain) >= 2
    assert sum(path.stat().st_size for path in SAMPLES.glob("*.flac")) < 15_000_000


def test_call_list_sound_and_expectations_name_the_same_calls() -> None:
    listed = rows()
    assert list(listed[0]) == COLUMNS
    assert sorted(row["call_id"] for row in listed) == CALL_IDS
    assert sorted(row["file"] for row in listed) == sorted(path.name for path in SAMPLES.glob("*.flac"))
    assert sum(row["agent_channel"] == "1" for row in listed) >= 3
    assert sum(row["agent_channel"] == "" for row in listed if not row["call_id"].endswith("-mono")) >= 2
    mono = {call_id for call_id in CALL_IDS if call_id.endswith("-mono")}
    assert set(scripts()) == set(CALL_IDS) - mono


def test_agents_of_the_call_list_are_in_the_profile() -> None:
    profile = yaml.safe_load((SAMPLES / "profile.yaml").read_text(encoding="utf-8"))
    people = {agent["id"]: agent for agent in profile["agents"]}
    departments = {department["name"] for department in profile["departments"]}
    used = {row["agent_id"] for row in rows()}
    assert len(used) >= 6
    assert len({people[agent_id]["department"] for agent_id in used}) >= 2
    for row in rows():
        assert row["agent_name"] in people[row["agent_id"]]["names"]
        assert people[row["agent_id"]]["department"] in departments
        assert re.search(r"[+-]\d\d:\d\d$", row["started_at"])
        assert row["outcome"] in OUTCOMES


@pytest.mark.parametrize("call_id", CALL_IDS)
def test_sound_is_telephone_sound_as_told(call_id: str) -> None:
    samples, rate_hz = sound(call_id)
    assert rate_hz == RATE_HZ
    assert samples.shape[1] == (1 if call_id.endswith("-mono") else 2)
    assert samples.shape[0] / rate_hz == pytest.approx(
        load(call_id)["measures"]["duration_s"]["value"], abs=0.01
    )
    assert 29.5 <= samples.shape[0] / rate_hz <= 120
    # G.711 has at most 256 values; a mono mix is coded again
    assert len(np.unique(samples)) <= 256


@pytest.mark.parametrize("call_id", CALL_IDS)
def test_expectation_keeps_the_vocabulary_and_lies_inside_the_call(call_id: str) -> None:
    wanted = load(call_id)
    duration_s = wanted["measures"]["duration_s"]["value"]
    turns = wanted["transcript"]["turns"]
    assert wanted["schema"] == "callgauge/expected/1"
    assert wanted["call_id"] == call_id
    assert wanted["outcome"] in OUTCOMES
    assert set(wanted["verdicts"].values()) <= set(get_args(Verdict))
    assert set(wanted["measures"]) <= MEASURES
    assert set(wanted["absent"]) <= KINDS
    assert [turn["start_s"] for turn in turns] == sorted(turn["start_s"] for turn in turns)
    for turn in turns:
        assert 0 <= turn["start_s"] < turn["end_s"] <= duration_s
    for found in wanted["findings"]:
        assert found["kind"] in KINDS - set(wanted["absent"])
        assert 0 <= found["start_s"] < found["end_s"] <= duration_s
        assert (found["quote"] is None) == (found["kind"] in WORDLESS)
        for key, value in found["detail"].items():
            if (found["kind"], key) in DETAIL:
                assert value in DETAIL[found["kind"], key]
        if found["quote"] is not None:
            assert any(
                found["quote"] in turn["text"]
                for turn in turns
                if turn["speaker"] == found["speaker"]
                and turn["start_s"] - 0.01 <= found["start_s"] <= turn["end_s"]
            ), found


@pytest.mark.parametrize("call_id", CALL_IDS)
def test_expectation_says_what_the_script_says(call_id: str) -> None:
    script = scripts()[call_id.removesuffix("-mono")]
    wanted = load(call_id)
    for side in ("agent", "customer"):
        said = "".join(item["text"] for item in script["turns"] if item["who"] == side)
        kept = "".join(turn["text"] for turn in wanted["transcript"]["turns"] if turn["speaker"] == side)
        assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", said)
    noted = [note["quote"] for item in script["turns"] for note in item.get("findings", ())]
    assert set(noted) <= {found["quote"] for found in wanted["findings"]}
    assert wanted["outcome"] == script["outcome"]


@pytest.mark.parametrize("call_id", [one for one in CALL_IDS if not one.endswith("-mono")])
def test_speech_begins_and_ends_where_the_truth_says(call_id: str) -> None:
    samples, _ = sound(call_id)
    wanted = load(call_id)
    frame = RATE_HZ // 100
    for channel, side in wanted["roles"].items():
        line = samples[:, int(channel)].astype(np.float64) / 32768
        level_db = 10 * np.log10(
            np.mean(line[: line.size // frame * frame].reshape(-1, frame) ** 2, axis=1) + 1e-12
        )
        turns = [turn for turn in wanted["transcript"]["turns"] if turn["speaker"] == side]
        for turn in turns:
            first, last = math.floor(turn["start_s"] * 100), math.ceil(turn["end_s"] * 100)
            loud = np.flatnonzero(level_db[first:last] > level_db[first:last].max() - 33)
            assert loud[0] <= 12, turn
            assert loud[-1] >= last - first - 18, turn
            around = np.concatenate(
                [level_db[max(first - 12, 0) : max(first - 2, 0)], level_db[last + 2 : last + 12]]
            )
            assert np.median(around) < level_db[first:last].max() - 25, turn


def test_each_main_fault_is_somewhere_and_models_are_clean() -> None:
    found = {one["kind"] for call_id in CALL_IDS for one in load(call_id)["findings"]}
    assert found >= {
        "interruption", "hard_sell", "pitch_after_refusal", "jargon", "confusion", "objection", "refusal", "rude",
        "impatient", "level_jump", "clipping", "long_silence", "ring", "apology", "off_topic", "complaint",
        "do_not_call", "absolute_claim", "pii", "reference", "restatement", "follow_up",
    }  # fmt: skip
    verdicts: dict[str, set[str]] = {}
    for call_id in CALL_IDS:
        for criterion, verdict in load(call_id)["verdicts"].items():
            verdicts.setdefault(criterion, set()).add(verdict)
    for criterion in (
        "opening.company", "opening.department", "opening.name", "opening.concise", "opening.needs", "voice.courtesy",
        "voice.clarity", "voice.balance", "time.hours", "time.pickup_apology", "time.length", "talk.restates",
        "talk.no_hard_sell", "talk.plain_language", "talk.no_interruption", "talk.objections",
        "talk.answers_questions",
    ):  # fmt: skip
        assert {"pass", "fail"} <= verdicts[criterion], criterion
    for model in ("zh-01", "zh-02", "en-01"):
        assert set(load(model)["verdicts"].values()) <= {"pass", "not_applicable"}


def test_readme_tells_of_each_call() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for call_id, script in scripts().items():
        assert f"| {call_id} | " in readme
        assert script["about"] in readme
