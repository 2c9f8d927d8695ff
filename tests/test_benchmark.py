"""What a benchmark says, on rows with known figures; and one real run over a call that was transcribed already."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.benchmark import truth_of
from pipeline.benchmark_report import BenchReport, BenchRow, EngineRow
from pipeline.speech.error_rate import ErrorRate, paired_difference


def row(
    name: str, duration_s: float, *, work_s: float, done_s: float, errors: int | None = None,
    language: str = "zh", worker: int = 0,
) -> BenchRow:  # fmt: skip
    stages = {"transcribe": 0.75 * work_s, "activity": 0.15 * work_s, "reports": 0.1 * work_s}
    rate = None if errors is None else ErrorRate(errors, 0, 0, 100)
    memory_mb = 500.0 + duration_s
    return BenchRow(name, duration_s, 2, duration_s / 2, language, stages, done_s, memory_mb, rate, worker)


REPORT = BenchReport(
    (
        row("a.wav", 100.0, work_s=4.0, done_s=5.0, errors=10),
        row("b.wav", 300.0, work_s=8.0, done_s=9.0, errors=20),
    ),
    elapsed_s=10.0, workers=2, threads=1, other_elapsed_s=50.0,
    others=(
        EngineRow(Path("a.wav"), "", 700.0, ErrorRate(12, 0, 0, 100)),
        EngineRow(Path("b.wav"), "", 800.0, ErrorRate(24, 0, 0, 100)),
    ),
)  # fmt: skip


def test_the_ratio_is_of_the_whole_run_and_the_comparison_of_the_same_calls() -> None:
    assert REPORT.ratio == pytest.approx(0.025)
    assert REPORT.other_ratio == pytest.approx(0.125)
    assert REPORT.speed_up == pytest.approx(5.0)


def test_shares_of_the_stages_sum_to_one_and_name_those_that_took_nothing() -> None:
    shares = REPORT.shares()
    assert shares["transcribe"] == pytest.approx(0.75)
    assert shares["decode"] == 0.0
    assert sum(shares.values()) == pytest.approx(1.0)


def test_error_rates_are_summed_over_calls_for_both_engines() -> None:
    ours, theirs = REPORT.error_rates()["zh"]
    assert (ours.rate, theirs.rate if theirs else None) == (pytest.approx(0.15), pytest.approx(0.18))


def test_growth_is_told_by_length_and_by_calls() -> None:
    assert REPORT.growth() == (2.0, 0.02)
    text = "\n".join(REPORT.lines())
    assert "5.0 times ours" in text
    assert "CER zh: 0.150 against 0.180 over 200 units" in text
    assert "growth with length: 2.00 s a call + 0.0200 s a second of call" in text
    assert "1 done after 5 s, 2 done after 9 s" in text
    assert "peak memory of a worker: 800 MB (longest call 300 s)" in text


def test_start_up_is_told_apart_from_the_work_a_call() -> None:
    loading = BenchRow("a.wav", 100.0, 2, 50.0, "zh", {"transcribe": 3.0, "judge": 5.0}, 9.0, 600.0, worker=1)
    english = BenchRow(
        "b.wav", 200.0, 2, 50.0, "en", {"transcribe": 5.0, "judge": 2.0}, 16.0, 600.0, worker=1
    )
    later = [
        row("c.wav", 100.0, work_s=3.0, done_s=19.0, worker=1),
        row("d.wav", 200.0, work_s=5.0, done_s=24.0, worker=1),
    ]
    report = BenchReport((loading, english, *later), 24.0, 1, 1)
    assert report.settled() == tuple(later)
    assert report.growth() == (1.0, 0.02)
    # 1 s before the first call, 5 s more than a later call of its length took, 2 s more for the second language
    assert report.start_up_s() == pytest.approx(8.0)
    text = "\n".join(report.lines())
    assert "start-up: 8.0 s a worker, once" in text
    assert (
        "of the 2 calls after that: decode 0.0%, activity 15.0%, transcribe 75.0%, judge 0.0%, reports 10.0%"
        in text
    )


def test_start_up_of_two_workers_is_their_mean_and_untold_without_later_calls() -> None:
    rows = [
        row(f"{worker}{n}.wav", 50.0 * n, work_s=1.0 + n + (4.0 if n == 1 else 0.0), done_s=3.0 + 10 * n, worker=worker)
        for worker in (7, 8)
        for n in (1, 2, 3)
    ]  # fmt: skip
    report = BenchReport(tuple(rows), 40.0, 2, 1)
    assert report.start_up_s() == pytest.approx(4.0 + 13.0 - 6.0)
    assert REPORT.start_up_s() is None
    assert "start-up:" not in "\n".join(REPORT.lines()).replace("start-up and reports", "")


def test_truth_lies_beside_the_sound_as_text_or_in_the_folders_table(tmp_path: Path) -> None:
    (tmp_path / "transcripts.tsv").write_text("a.wav\t您好\nb.wav\t再见\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("再见了", encoding="utf-8")
    assert [truth_of(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav")] == ["您好", "再见了", None]


def test_how_far_two_engines_differ_is_told_with_what_chance_makes_of_it() -> None:
    def rates(*errors: int) -> list[ErrorRate]:
        return [ErrorRate(each, 0, 0, 10) for each in errors]

    same, low, high = paired_difference(list(zip(rates(1, 0, 2, 1), rates(1, 0, 2, 1), strict=True)))
    assert (same, low, high) == (0.0, 0.0, 0.0)
    better, low, high = paired_difference(
        list(zip(rates(0, 1, 0, 1) * 10, rates(2, 2, 1, 1) * 10, strict=True))
    )
    assert better == pytest.approx(-0.1)
    assert low < better < high < 0
    unsure, low, high = paired_difference(list(zip(rates(0, 3, 1, 1), rates(2, 0, 1, 1), strict=True)))
    assert unsure > 0 > low
    assert high > unsure
