"""Scorecards: figures worked out by hand, over stores written by hand."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from period_store import Made, fill

from pipeline.errors import ConfigError
from pipeline.profile import Profile
from pipeline.reports.period import parse_period
from pipeline.reports.scorecard_build import Scorecards, build_scorecards
from pipeline.store import Store, open_store

NOW = datetime(2025, 4, 1, tzinfo=UTC)
PROFILE = Profile.model_validate(
    {
        "agents": [
            {"id": "A01", "names": ["李明"], "team": "一组", "department": "销售部"},
            {"id": "A02", "names": ["王芳"], "team": "一组"},
            {"id": "A09", "names": ["空闲"]},
        ],
        "targets": {"A01": {"calls": 2, "connects": 2, "interested": 1, "score": 85}},
    }
)
CALLS = (
    Made("c1", "A01", "2025-03-03T09:00:00+08:00", 80.0, "interested", verdicts={"opening.company": "pass"}),
    Made("c2", "A01", "2025-03-03T10:00:00+08:00", 90.0, verdicts={"opening.company": "fail"}, review=True),
    Made("c3", "A01", "2025-03-04T10:00:00+08:00", 70.0, "voicemail", verdicts={"opening.company": "fail"}),
    Made("c4", "A01", "2025-03-04T11:00:00+08:00", 70.0, "order_placed", "B", human=100.0),
    Made("c5", "A02", "2025-03-03T09:00:00+08:00", 60.0, fatal=("talk.no_hard_sell",), talk_s=None),
    Made("c6", "A02", "2025-03-03T09:30:00+08:00", None, "no_conversation"),
    Made("c7", "A02", "2025-03-03T09:40:00+08:00", None, unscored=True),
    Made("c8", None, "2025-03-03T09:40:00+08:00", 95.0),
    # the last minute of February and the first of April, as China has them
    Made("early", "A01", "2025-02-28T23:59:59+08:00", 10.0),
    Made("late", "A01", "2025-03-31T16:00:00+00:00", 10.0),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store' / 'callgauge.db'}") as opened:
        yield opened


def cards_of(store: Store, period: str = "2025-03", *, agent: str | None = None, **kept: Any) -> Scorecards:
    return build_scorecards(
        store, parse_period(period), kept.get("profile", PROFILE), now=NOW, agent_id=agent
    )


def test_the_figures_of_an_agent(store: Store) -> None:
    fill(store, *CALLS)
    cards = cards_of(store)
    rows = {row["agent_id"]: row for row in cards.agents.to_dict("records")}
    assert list(rows) == ["A01", "A02", ""]  # best first, nobody's calls last
    mine = rows["A01"]
    # averaged: 80, 90 (provisional) and 100 (by a person); the voicemail stays out
    assert (mine["calls"], mine["scored"], mine["connects"], mine["averaged"]) == (4, 4, 3, 3)
    assert mine["score_mean"] == 90.0
    assert mine["score_sd"] == pytest.approx(10.0)
    half = 4.302652729911275 * 10 / math.sqrt(3)  # Student's t, two degrees of freedom
    assert mine["score_low"] == pytest.approx(90 - half)
    assert mine["score_high"] == 100.0  # 114.8 by the formula
    assert (mine["provisional"], mine["reviewed"], mine["corrected"]) == (1, 1, 1)
    assert (mine["score_mean_machine"], mine["score_mean_human"]) == (85.0, 100.0)
    assert mine["score_mean_settled"] == 90.0
    assert (mine["talk_s"], mine["talk_known"], mine["days"]) == (90.0, 3, 2)
    assert (mine["outcome_interested"], mine["outcome_order_placed"], mine["outcome_voicemail"]) == (1, 1, 1)
    assert mine["campaigns"] == "A 75%; B 25%"
    other = rows["A02"]
    assert (other["calls"], other["scored"], other["connects"], other["averaged"]) == (3, 2, 1, 1)
    assert (other["score_mean"], other["fatal"], other["outcome_no_conversation"]) == (60.0, 1, 1)
    assert math.isnan(other["score_low"])
    assert math.isnan(other["talk_s"])  # unknown is not zero
    assert cards.idle == ("A09",)


def test_agents_are_held_against_others_on_the_same_campaign(store: Store) -> None:
    fill(store, *CALLS)
    rows = {row["agent_id"]: row for row in cards_of(store).agents.to_dict("records")}
    # campaign A: 80, 90, 60, 95 → 81.25; B: only A01's 100
    assert rows["A01"]["difference_like"] == pytest.approx((80 - 81.25 + 90 - 81.25 + 0) / 3)
    assert rows["A02"]["difference_like"] == pytest.approx(60 - 81.25)


def test_no_rank_and_no_grade_below_the_least_number_of_calls(store: Store) -> None:
    at = "2025-03-03T09:00:00+08:00"
    fill(store, *[Made(f"a{n}", "A01", at, 80.0) for n in range(20)])
    fill(
        store, *[Made(f"b{n}", "A02", at, 95.0) for n in range(19)], Made("b19", "A02", at, None, "voicemail")
    )
    fill(store, *[Made(f"c{n}", "A03", at, 92.0 if n else 72.0) for n in range(20)])
    rows = {row["agent_id"]: row for row in cards_of(store).agents.to_dict("records")}
    assert [rows[name]["rank"] for name in ("A03", "A01")] == [1, 2]
    assert [rows[name]["grade"] for name in ("A03", "A01")] == ["优", "良"]  # 91.0 and 80.0
    import pandas as pd

    assert pd.isna(rows["A02"]["rank"])
    assert pd.isna(rows["A02"]["grade"])
    assert rows["A02"]["score_mean"] == 95.0


def test_days_are_those_of_the_profiles_zone(store: Store) -> None:
    fill(store, *CALLS)
    assert set(cards_of(store, "2025-03-04").calls["call_id"]) == {"c3", "c4"}
    assert set(cards_of(store, "2025-02-28").calls["call_id"]) == {"early"}
    assert set(cards_of(store, "2025-04").calls["call_id"]) == {"late"}
    assert len(cards_of(store, "2025").calls) == 10
    london = Profile.model_validate({"calling_hours": {"time_zone": "Europe/London"}})
    assert "late" in set(cards_of(store, profile=london).calls["call_id"])


@pytest.mark.parametrize("text", ["2025-13", "25", "2025-02-30", "March", "2025-3", "0000"])
def test_what_is_no_period_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="--period"):
        parse_period(text)


def test_criteria_leave_out_who_was_not_reached(store: Store) -> None:
    fill(
        store,
        *CALLS,
        Made("n1", "A02", "2025-03-05T09:00:00+08:00", 50.0, verdicts={"opening.company": "partial"}),
        Made("n2", "A02", "2025-03-05T09:00:00+08:00", 50.0, verdicts={"opening.company": "not_measurable"}),
    )
    table = cards_of(store).criteria.set_index(["agent_id", "criterion"])
    mine, other = table.loc[("A01", "opening.company")], table.loc[("A02", "opening.company")]
    assert (mine["pass"], mine["fail"], mine["judged"], mine["rate"]) == (1, 1, 2, 0.5)
    assert (other["partial"], other["not_measurable"], other["judged"], other["rate"]) == (1, 1, 1, 0.5)
    assert mine["team_rate"] == pytest.approx(1.5 / 3)


def test_habits_name_a_call_to_hear(store: Store) -> None:
    verdicts = [{"opening.company": "pass", "talk.restates": "fail" if n else "pass"} for n in range(4)]
    calls = [
        Made(f"h{n}", "A01", f"2025-03-0{n + 3}T09:00:00+08:00", 80.0, verdicts=v)
        for n, v in enumerate(verdicts)
    ]
    fill(
        store,
        *calls,
        Made("one", "A01", "2025-03-09T09:00:00+08:00", 80.0, verdicts={"opening.name": "fail"}),
    )
    found = cards_of(store).habits["A01"]
    ((best, heard),) = found.best
    assert (best.criterion, best.rate, best.judged) == ("opening.company", 1.0, 4)
    assert heard is not None
    assert (heard.call_id, heard.start_s, heard.quote) == ("h3", 10.0, "=opening.company")
    ((weak, heard),) = found.weak  # opening.name was judged once: too seldom for a habit
    assert (weak.criterion, weak.rate) == ("talk.restates", 0.25)
    assert heard is not None
    assert (heard.call_id, heard.start_s) == ("h3", 11.0)


def test_targets_count_the_days_that_were_worked(store: Store) -> None:
    fill(store, *CALLS)
    reached = {each.name: each for each in cards_of(store).targets["A01"]}
    assert {name: (each.expected, each.actual, each.reached) for name, each in reached.items()} == {
        "calls": (4.0, 4.0, True),
        "connects": (4.0, 3.0, False),
        "interested": (2.0, 2.0, True),  # one interested, one order
        "score": (85.0, 90.0, True),
    }


def test_trend_and_one_agent(store: Store) -> None:
    fill(store, *CALLS)
    cards = cards_of(store, agent="A01")
    assert list(cards.agents["agent_id"]) == ["A01"]
    trend = {row["period"]: row["score_mean"] for row in cards.trend.to_dict("records")}
    assert trend == {"2025-02": 10.0, "2025-03": 90.0}
    with pytest.raises(ConfigError, match="--agent: nobody"):
        cards_of(store, agent="nobody")


def test_one_agents_card_is_held_against_everybody(store: Store) -> None:
    fill(store, *CALLS)
    alone = cards_of(store, agent="A01")
    assert alone.agents["difference_like"][0] == pytest.approx((80 - 81.25 + 90 - 81.25 + 0) / 3)
    assert alone.everybody == pytest.approx((80 + 90 + 100 + 60 + 95) / 5)
    assert set(alone.calls["call_id"]) == {"c1", "c2", "c3", "c4"}


def test_of_a_huge_period_only_the_lowest_calls_are_listed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.reports import scorecard_build
    from pipeline.reports.scorecard_write import write_scorecards

    fill(store, *CALLS)
    monkeypatch.setattr(scorecard_build, "LISTED_CALLS", 3)
    monkeypatch.setattr(scorecard_build, "LOWEST", 2)
    huge = cards_of(store)
    assert set(huge.calls["call_id"]) == {"c1", "c3", "c5", "c6", "c8"}  # two of each at most, the lowest
    assert huge.agents["calls"].tolist() == [4, 3, 1]
    write_scorecards(huge, tmp_path / "huge", language="en")


def test_a_sheet_holds_only_the_first_follow_ups_and_says_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    from pipeline.reports import scorecard_xlsx
    from pipeline.reports.scorecard_write import write_scorecards

    wanted = [
        Made(f"w{i}", "A01", f"2025-03-0{i}T09:00:00+08:00", 80.0, "interested", customer_id=f"k{i}")
        for i in (1, 2, 3)
    ]
    fill(store, *wanted)
    monkeypatch.setattr(scorecard_xlsx, "MOST_FOLLOW_UPS", 2)
    write_scorecards(cards_of(store), tmp_path, language="en")
    with zipfile.ZipFile(tmp_path / "scorecard.xlsx") as book:
        assert book.read("xl/worksheets/sheet5.xml").decode().count("<row ") == 1 + 2
        assert "stand in calls.csv and followups.csv" in book.read("xl/sharedStrings.xml").decode()
    assert len((tmp_path / "followups.csv").read_text(encoding="utf-8").splitlines()) == 1 + 3


def test_an_empty_period_has_empty_cards(store: Store) -> None:
    cards = cards_of(store, "2024")
    assert (len(cards.agents), len(cards.calls), cards.follow_ups) == (0, 0, ())


def callgauge(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_writes_its_files(store: Store, tmp_path: Path) -> None:
    fill(store, *CALLS, Made("=1+1", "=cmd", "2025-03-05T09:00:00+08:00", 50.0, agent_name="@SUM(A1)"))
    out = tmp_path / "out"
    done = callgauge("scorecard", "--period", "2025-03", "--out", out, "--store", store.place.text)
    assert done.returncode == 0, done.stderr
    with (out / "agents.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["agent_id"]: row for row in csv.DictReader(stream)}
    assert rows["A01"]["score_mean"] == "90.0"
    assert list(rows["A01"])[:5] == ["agent_id", "agent_name", "calls", "scored", "score_mean"]
    assert rows["A01"]["rank"] == ""
    assert rows["'=cmd"]["agent_name"] == "'@SUM(A1)"
    assert {path.name for path in out.iterdir()} >= {"scorecard.xlsx", "index.html", "agents", "calls.csv"}
    assert len(list((out / "agents").iterdir())) == 4
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_workbook_holds_texts_and_no_formulas(store: Store, tmp_path: Path) -> None:
    import re
    import zipfile

    fill(
        store,
        *CALLS,
        Made("=1+1", "=cmd", "2025-03-05T09:00:00+08:00", 50.0, agent_name="@SUM(A1)", campaign="+1"),
    )
    from pipeline.reports.scorecard_write import write_scorecards

    write_scorecards(cards_of(store), tmp_path, language="en")
    with zipfile.ZipFile(tmp_path / "scorecard.xlsx") as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        sheets = [book.read(name).decode() for name in names]
        texts = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
        workbook = book.read("xl/workbook.xml").decode()
        charts = [name for name in book.namelist() if name.startswith("xl/charts/chart")]
    assert re.findall(r'sheet name="([^"]+)"', workbook) == [
        "Summary", "Agents", "Criteria", "Calls", "Follow-ups", "Trend",
    ]  # fmt: skip
    assert len(charts) == 2
    assert all("<f>" not in sheet for sheet in sheets)
    assert sum("<autoFilter" in sheet for sheet in sheets) == 5
    assert "'=1+1" in texts
    assert not [text for text in texts if text.startswith(("=", "+", "@"))]


def test_what_the_store_holds_is_escaped_on_the_page(store: Store, tmp_path: Path) -> None:
    from pipeline.reports.scorecard_write import write_scorecards

    evil = "<script>alert(1)</script>"
    fill(store, Made("../x", "../../A<b>", "2025-03-05T09:00:00+08:00", 50.0, agent_name=evil, campaign=evil,
         follow_up={"text": evil, "when": evil}, customer_id=evil))  # fmt: skip
    write_scorecards(cards_of(store), tmp_path / "out", language="en")
    for path in (tmp_path / "out").rglob("*.html"):
        assert "<script>alert" not in path.read_text(encoding="utf-8")
    assert len(list((tmp_path / "out" / "agents").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("out", "store")] == []


def test_the_call_to_hear_lies_beside_the_page(store: Store, tmp_path: Path) -> None:
    from sqlalchemy import update

    from pipeline.reports.scorecard_write import write_scorecards
    from pipeline.store.tables import Score, StoredFile

    good = {"opening.company": "pass"}
    fill(
        store,
        *[Made(f"h{n}", "A01", f"2025-03-0{n + 3}T09:00:00+08:00", 80.0, verdicts=good) for n in range(3)],
    )
    kept = store.files.put(b"sound", "audio")
    with store.writing() as session:
        session.add(StoredFile(sha256=kept.sha256, kind="audio", bytes=5, written_at=NOW))
        session.flush()
        session.execute(update(Score).values(audio_file=kept.sha256))
    write_scorecards(cards_of(store), tmp_path / "with", language="en", sounds=store.files)
    page = (tmp_path / "with" / "agents" / "A01.html").read_text(encoding="utf-8")
    name = f"{kept.sha256[:16]}.flac"
    assert f'src="../sound/{name}#t=10.0"' in page
    assert (tmp_path / "with" / "sound" / name).read_bytes() == b"sound"
    write_scorecards(cards_of(store), tmp_path / "without", language="en")
    assert "<audio" not in (tmp_path / "without" / "agents" / "A01.html").read_text(encoding="utf-8")
