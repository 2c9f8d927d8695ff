from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.evaluate import Counts, error_rate, evaluate, evaluate_call, matches
from pipeline.evaluation_report import read_expected, read_results, tables, to_json


def finding(kind: str, start: float | None, end: float | None, **more: Any) -> dict[str, Any]:
    base = {
        "kind": kind,
        "speaker": "agent",
        "start_s": start,
        "end_s": end,
        "quote": None,
        "detail": {},
        "turn": None,
    }
    return {**base, **more}


def expected(**more: Any) -> dict[str, Any]:
    return {"schema": "callgauge/expected/1", "call_id": "c1", "language": "zh", **more}


def result(**more: Any) -> dict[str, Any]:
    return {"schema": "callgauge/call/1", "call": {"call_id": "c1", "language": "zh"}, **more}


def test_precision_recall_and_f1() -> None:
    counts = Counts(hits=6, extra=2, missed=4)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert (Counts().precision, Counts().recall, Counts().f1) == (None, None, None)


@pytest.mark.parametrize(
    ("start", "end", "fits"), [(10.0, 12.0, True), (12.9, 14.0, True), (13.1, 14.0, False), (7.0, 9.1, True), (7.0, 8.9, False)]
)  # fmt: skip
def test_times_overlap_within_the_tolerance(start: float, end: float, fits: bool) -> None:
    assert matches(finding("hard_sell", 10.0, 12.0), finding("hard_sell", start, end)) is fits


def test_its_own_tolerance_speaker_and_detail() -> None:
    wanted = finding("jargon", 10.0, 11.0, tolerance_s=5, detail={"term": "CPM"})
    assert matches(wanted, finding("jargon", 15.0, 15.5, detail={"term": "CPM", "explained": True}))
    assert not matches(wanted, finding("jargon", 15.0, 15.5, detail={"term": "ROI"}))
    assert not matches(wanted, finding("jargon", 10.0, 11.0, speaker="customer", detail={"term": "CPM"}))
    assert matches(wanted, finding("jargon", 10.0, 11.0, speaker="unknown", detail={"term": "CPM"}))


def test_untimed_by_turn_and_quote() -> None:
    wanted = finding("refusal", None, None, turn=3, quote="我不需要，谢谢")
    assert matches(wanted, finding("refusal", None, None, turn=3, quote="不需要"))
    assert not matches(wanted, finding("refusal", None, None, turn=4, quote="不需要"))
    assert not matches(wanted, finding("refusal", None, None, turn=3, quote="价格多少"))


def test_each_matches_once_and_as_many_as_possible() -> None:
    wanted = [finding("pitch", 0.0, 10.0), finding("pitch", 9.0, 9.5)]
    got = evaluate_call(
        expected(findings=wanted), result(findings=[finding("pitch", 9.0, 9.5), finding("pitch", 0.0, 1.0)])
    )
    assert got.counts["pitch"] == Counts(hits=2)
    one = evaluate_call(expected(findings=wanted), result(findings=[finding("pitch", 9.0, 9.5)]))
    assert one.counts["pitch"] == Counts(hits=1, missed=1)


def test_absent_kinds_count_as_extra_and_unnamed_kinds_not_at_all() -> None:
    got = evaluate_call(
        expected(findings=[], absent=["rude"]),
        result(
            findings=[finding("rude", 1.0, 2.0, quote="滚", confidence=0.9), finding("courtesy", 0.0, 1.0)]
        ),
    )
    assert got.counts == {"rude": Counts(extra=1)}
    assert [(miss.error, miss.kind, miss.quote) for miss in got.misses] == [("extra", "rude", "滚")]


def test_character_and_word_error_rates() -> None:
    assert error_rate("您好，请问贵姓", "您好请问贵", "zh").rate == pytest.approx(1 / 6)
    assert error_rate("請問", "请问", "zh").edits == 0
    english = error_rate("Hello, how are you?", "hello how you doing", "en")
    assert (english.unit, english.edits, english.length) == ("word", 2, 4)


def test_rates_by_side() -> None:
    truth = [{"speaker": "agent", "text": "您好您好"}, {"speaker": "customer", "text": "喂"}]
    heard = [{"speaker": "agent", "text": "您好您号"}, {"speaker": "customer", "text": "喂"}]
    got = evaluate([(expected(transcript={"turns": truth}), result(transcript={"turns": heard}))])
    rates = [rate.rate for side in ("agent", "customer", "all") if (rate := got.error_rate("zh", side))]
    assert rates == [0.25, 0.0, 0.2]


def test_measures_verdicts_and_outcome() -> None:
    got = evaluate(
        [
            (
                expected(
                    measures={
                        "loudness_difference_lu": {"value": 6.0, "tolerance": 1.0},
                        "hard_sell_count": {"value": 2},
                    },
                    verdicts={"opening.company": "pass", "opening.name": "fail"},
                    outcome="interested",
                ),
                result(
                    measures={"loudness_difference_lu": {"value": 6.9}, "hard_sell_count": {"value": None}},
                    score={
                        "criteria": [
                            {"id": "opening.company", "verdict": "pass"},
                            {"id": "opening.name", "verdict": "partial"},
                        ]
                    },
                    outcome={"label": "call_back"},
                ),
            )
        ]
    )
    assert [(error.name, error.within) for error in got.calls[0].measures] == [
        ("loudness_difference_lu", True), ("hard_sell_count", False),
    ]  # fmt: skip
    assert (got.verdict_agreement, got.outcome_accuracy) == (0.5, 0.0)


def test_a_call_without_result_is_named_and_all_of_it_missed() -> None:
    got = evaluate([(expected(findings=[finding("pitch", 0.0, 1.0)]), None)])
    assert got.absent == ("c1",)
    assert got.by_kind["pitch", "zh"] == Counts(missed=1)


def test_kinds_add_up_by_language_and_worst_come_first() -> None:
    two = [finding("pitch", 0.0, 1.0), finding("pitch", 20.0, 21.0), finding("rude", 5.0, 6.0)]
    english = {**expected(findings=two), "call_id": "c2", "language": "en"}
    got = evaluate([(expected(findings=two), result(findings=two)), (english, {})])
    assert got.by_kind["pitch", "zh"] == Counts(hits=2) and got.by_kind["pitch", "en"] == Counts(missed=2)
    assert [miss.kind for miss in got.worst(2)] == ["pitch", "pitch"]


def test_what_vetoes_a_call_is_looked_at_first() -> None:
    pitches = [finding("pitch", 20.0 * at, 20.0 * at + 1) for at in range(3)]
    severe = {**finding("hard_sell", 99.0, 100.0, confidence=0.7), "detail": {"severity": "severe"}}
    got = evaluate([({**expected(findings=pitches), "absent": ["hard_sell"]}, result(findings=[severe]))])
    assert [miss.kind for miss in got.worst()] == ["hard_sell", *["pitch"] * 3]


def test_files_in_figures_and_tables_out(tmp_path: Path) -> None:
    (tmp_path / "expected").mkdir()
    (tmp_path / "calls").mkdir()
    wanted = expected(findings=[finding("pitch", 0.0, 1.0, quote="这款产品")], outcome="interested")
    (tmp_path / "expected" / "c1.json").write_text(json.dumps(wanted), encoding="utf-8")
    (tmp_path / "calls" / "c1.json").write_text(json.dumps(result(findings=[])), encoding="utf-8")
    results = read_results(tmp_path)
    got = evaluate([(entry, results.get(entry["call_id"])) for entry in read_expected(tmp_path)])
    figures = to_json(got)
    assert figures["kinds"][0]["recall"] == 0.0 and figures["outcome_accuracy"] == 0.0
    assert json.loads(json.dumps(figures)) == figures

    from rich.console import Console

    console = Console(file=io.StringIO(), width=140)
    for table in tables(got):
        console.print(table)
    assert "pitch" in (text := console.file.getvalue()) and "这款产品" in text  # type: ignore[attr-defined]


def test_every_mistake_of_every_file_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text(
        json.dumps({"schema": "other", "call_id": 3, "findings": [{}]}), encoding="utf-8"
    )
    with pytest.raises(ConfigError) as error:
        read_expected(tmp_path)
    assert [line.split(" → ")[0] for line in error.value.mistakes] == [
        "a.json: file", "b.json: schema", "b.json: call_id", "b.json: findings[0].kind",
    ]  # fmt: skip


def test_a_key_given_twice_is_a_mistake_in_what_is_expected_and_in_results(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"findings": [{"kind": "pitch", "kind": "benefit"}]}', encoding="utf-8")
    for read in (read_expected, read_results):
        with pytest.raises(ConfigError) as error:
            read(tmp_path)
        assert error.value.mistakes == ("a.json: 'kind' → is given twice in one object; one is accepted",)


def test_an_empty_folder_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="callgauge/expected/1"):
        read_expected(tmp_path)


def test_what_may_be_expected_is_checked(tmp_path: Path) -> None:
    wrong = expected(
        findings=[
            finding("pitchh", 0.0, 1.0), finding("hard_sell", 0.0, "x", detail={"severity": "sever"}),
            {**finding("rude", 0.0, 1.0), "speaker": "boss", "colour": 1},
        ],
        absent=["ruude"], verdicts={"opening.compny": "passs"}, outcome="sold", language="fr", measurs={},
    )  # fmt: skip
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(expected()), encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps(wrong), encoding="utf-8")
    (tmp_path / "d.json").write_bytes('{"call_id": "您好"}'.encode("gbk"))
    with pytest.raises(ConfigError) as error:
        read_expected(tmp_path, ["opening.company"])
    told = [line.split(" → ")[0] for line in error.value.mistakes]
    assert told == [
        "b.json: call_id", "c.json: measurs", "c.json: language", "c.json: findings[0].kind", "c.json: findings[1].end_s",
        "c.json: findings[1].detail.severity", "c.json: findings[2].colour", "c.json: findings[2].speaker",
        "c.json: absent[0]", "c.json: verdicts.opening.compny", "c.json: verdicts.opening.compny", "c.json: outcome",
        "d.json: file",
    ]  # fmt: skip
    text = "\n".join(error.value.mistakes)
    assert "did you mean pitch?" in text and "did you mean opening.company?" in text and "not UTF-8" in text


def test_the_expectations_that_ship_have_no_mistake() -> None:
    from pipeline.standards import load_standard

    assert len(read_expected(Path(__file__).parents[1] / "sample_audio", load_standard().by_id)) == 19
