"""What a benchmark says, on rows with known figures; and one real run over a call that was transcribed already."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from factories import make_result
from sounds import speech, write_sound

from pipeline import batch, benchmark, scoring_run
from pipeline.benchmark import BenchSettings, truth_of
from pipeline.benchmark_report import BenchReport, BenchRow, EngineRow
from pipeline.commands.summary import print_summary
from pipeline.errors import ConfigError
from pipeline.process import Job, UnsupportedLanguageError, Workplace
from pipeline.reports.calls_csv import row_of
from pipeline.reports.index_page import card_of
from pipeline.reports.standard_view import view_of
from pipeline.reports.writer import Written
from pipeline.scoring_run import Run, run_scoring
from pipeline.speech.error_rate import ErrorRate, paired_difference
from pipeline.standards import load_standard
from pipeline.types import CallRecord


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


def calls_of(
    lengths_s: Sequence[float], *, call_s: float = 1.0, second_s: float = 0.02, worker: int = 1
) -> list[BenchRow]:
    """Calls one after the other by one worker that has all loaded, each at the same price."""
    rows, now = [], 20.0
    for number, length_s in enumerate(lengths_s):
        work_s = call_s + second_s * length_s
        now += work_s
        rows.append(row(f"c{number}.wav", length_s, work_s=work_s, done_s=now, worker=worker))
    return rows


FIRST = row("first.wav", 100.0, work_s=8.0, done_s=9.0, worker=1)


def test_growth_is_told_by_length_and_by_calls() -> None:
    report = BenchReport((FIRST, *calls_of([50.0, 100.0, 150.0, 200.0, 300.0])), 60.0, 1, 1)
    assert report.growth() == (1.0, 0.02)
    assert "growth with length: 1.00 s a call + 0.0200 s a second of call" in "\n".join(report.lines())
    text = "\n".join(REPORT.lines())
    assert "5.0 times ours" in text
    assert "CER zh: 0.150 against 0.180 over 200 units" in text
    assert "1 done after 5 s, 2 done after 9 s" in text
    assert "peak memory of a worker: 800 MB (longest call 300 s)" in text


@pytest.mark.parametrize(
    "later",
    [
        [],
        calls_of([50.0, 100.0, 150.0, 200.0]),
        calls_of([50.0] * 6),
        calls_of([50.0, 100.0, 150.0, 200.0, 300.0], call_s=-0.9),
        calls_of([50.0, 100.0, 150.0, 200.0, 300.0], call_s=9.0, second_s=-0.02),
    ],
    ids=[
        "no call",
        "too few",
        "one length",
        "a call for less than nothing",
        "a second for less than nothing",
    ],
)
def test_a_line_that_measures_nothing_is_not_told(later: list[BenchRow]) -> None:
    report = BenchReport((FIRST, *later), 60.0, 1, 1)
    assert (report.growth(), report.start_up_s()) == (None, None)
    text = "\n".join(report.lines())
    assert f"growth with length: can't be told by {len(later)} call(s) after start-up; 5 and more" in text
    assert "start-up:" not in text


def test_a_call_in_a_third_language_counts_by_its_seconds_and_its_time_and_draws_no_line() -> None:
    french = replace(
        row("fr.wav", 100.0, work_s=150.0, done_s=190.0, language="fr", worker=1), excluded=True, speech_s=0.0
    )
    known = (FIRST, *calls_of([50.0, 100.0, 150.0, 200.0, 300.0]))
    report = BenchReport((french, *known), 200.0, 1, 1)
    assert report.ratio == pytest.approx(200.0 / 1000.0)
    assert report.growth() == BenchReport(known, 50.0, 1, 1).growth()
    assert report.start_up_s() == BenchReport(known, 50.0, 1, 1).start_up_s()
    text = "\n".join(report.lines())
    assert "fr.wav: 100 s, 2 channel(s), fr: excluded, 1.500 of its length" in text
    assert "excluded: 1 in a third language, heard and not judged" in text
    assert "calls: 7, 1000 s" in text


def test_start_up_is_told_apart_from_the_work_a_call() -> None:
    loading = BenchRow("a.wav", 100.0, 2, 50.0, "zh", {"transcribe": 3.0, "judge": 5.0}, 9.0, 600.0, worker=1)
    english = BenchRow(
        "b.wav", 200.0, 2, 50.0, "en", {"transcribe": 5.0, "judge": 2.0}, 16.0, 600.0, worker=1
    )
    later = calls_of([100.0, 200.0, 50.0, 150.0, 300.0])
    report = BenchReport((loading, english, *later), 50.0, 1, 1)
    assert report.settled() == tuple(later)
    # 1 s before the first call, 5 s more than a later call of its length takes, 2 s more for the second language
    assert report.start_up_s() == pytest.approx(8.0)
    text = "\n".join(report.lines())
    assert "start-up: 8.0 s a worker, once" in text
    assert (
        "of the 5 calls after that: decode 0.0%, activity 15.0%, transcribe 75.0%, judge 0.0%, reports 10.0%"
        in text
    )


def test_start_up_of_two_workers_is_their_mean() -> None:
    rows = [
        row(f"{worker}{n}.wav", 50.0 * n, work_s=1.0 + n + (4.0 if n == 1 else 0.0), done_s=3.0 + 10 * n, worker=worker)
        for worker in (7, 8)
        for n in (1, 2, 3, 4)
    ]  # fmt: skip
    report = BenchReport(tuple(rows), 40.0, 2, 1)
    assert report.start_up_s() == pytest.approx(4.0 + 13.0 - 6.0)


def test_the_report_is_plain_json_data_too() -> None:
    data = json.loads(json.dumps(REPORT.as_json(), allow_nan=False))
    assert (data["schema"], data["ratio"], data["other"]["speed_up"]) == ("callgauge/bench/1", 0.025, 5.0)
    assert (data["growth"], data["start_up_s"], data["peak_memory_mb"]) == (None, None, 800.0)
    assert data["calls"][0]["file"] == "a.wav" and data["calls"][0]["error_rate"] == 0.1
    assert data["errors"]["zh"] == {"units": 200, "ours": 0.15, "other": 0.18}
    grown = BenchReport((FIRST, *calls_of([50.0, 100.0, 150.0, 200.0, 300.0])), 60.0, 1, 1).as_json()
    assert grown["growth"] == {"call_s": 1.0, "second_s": 0.02}


def test_what_cannot_be_read_is_told_all_at_once_before_anything_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sound(tmp_path / "good.wav", speech(1.0), speech(1.0))
    (tmp_path / "bad.wav").write_bytes(b"no sound at all")
    (tmp_path / "empty.wav").write_bytes(b"")
    write_sound(tmp_path / "told.wav", speech(1.0), speech(1.0))
    (tmp_path / "told.transcript.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(benchmark, "check_recogniser", lambda _settings: None)
    monkeypatch.setattr(benchmark.batch, "run", lambda *_args, **_more: pytest.fail("heard"))
    with pytest.raises(ConfigError) as caught:
        benchmark.run_bench([tmp_path], BenchSettings(workers=1))
    assert [line.partition(":")[0] for line in sorted(caught.value.mistakes)] == [
        "bad.wav",
        "empty.wav",
        "told.wav",
    ]


def test_a_call_in_a_third_language_is_a_row_of_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard(_job: Job, _workplace: Workplace, *, lap: Callable[[str], None]) -> None:
        lap("transcribe")
        error = UnsupportedLanguageError("the call is in fr", language="fr", duration_s=24.0, channels=2)
        raise pickle.loads(pickle.dumps(error))  # noqa: S301 - as it comes out of a worker

    monkeypatch.setattr(benchmark, "process_call", heard)
    job, place = Job(tmp_path / "fr.wav", CallRecord("fr.wav", "fr")), Workplace()
    made = benchmark._timed(
        job, workplace=place, view=view_of(place.standard), out=tmp_path, began=time.monotonic()
    )
    assert (made.file, made.language, made.duration_s, made.channels, made.excluded) == (
        "fr.wav",
        "fr",
        24.0,
        2,
        True,
    )
    assert set(made.stages_s) == {"transcribe"} and list(tmp_path.iterdir()) == []


def test_the_ratio_of_a_scoring_counts_what_it_heard_and_excluded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    source = write_sound(tmp_path / "in" / "fr.wav", speech(1.0), speech(1.0))
    french = UnsupportedLanguageError("the call is in fr", language="fr", duration_s=24.0, channels=2)
    done = batch.Done(Job(source, CallRecord("fr.wav", "fr")), error=french)
    monkeypatch.setattr(scoring_run, "check_recogniser", lambda _settings: None)
    monkeypatch.setattr(scoring_run, "_score_all", lambda *_: iter([done]))
    tally = run_scoring(Run((source.parent,), tmp_path / "out"))
    assert (tally.audio_s, tally.excluded_s, tally.failures[0].state) == (0.0, 24.0, "excluded")
    tally.elapsed_s = 83.0
    result = make_result("scored")
    tally.written.append(
        Written(row_of(result), card_of(result, page="scored.html", standard=view_of(load_standard())))
    )
    assert tally.ratio == pytest.approx(83.0 / (tally.audio_s + 24.0))
    print_summary(tally, tmp_path)
    said = " ".join(capsys.readouterr().out.split())
    assert (
        f"{tally.audio_s:.0f} s of calls and 24 s of excluded ones in 83 s: {tally.ratio:.2f} of their length"
        in said
    )


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
