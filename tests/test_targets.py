"""Targets by agent and period, from the profile and from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.profile import Profile, load_profile
from pipeline.reports.scorecard_targets import targets_of
from pipeline.reports.targets_file import with_targets

PROFILE = """
targets:
  A01: {calls: 60, score: 85, periods: {2025-03: {calls: 1100}, 2025: {score: 88}, 2025-03-04: {interested: 9}}}
  default: {calls: 40}
"""
ROW: dict[str, Any] = {
    "outcome_interested": 4, "outcome_order_placed": 1, "calls": 1150, "connects": 500, "days": 20, "score_mean": 86.24,
}  # fmt: skip


def expected(profile: Profile, agent: str, period: str) -> dict[str, tuple[float, bool | None]]:
    return {
        each.name: (each.expected, each.reached) for each in targets_of(ROW, profile.target_of(agent), period)
    }


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    (tmp_path / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    return load_profile(tmp_path / "profile.yaml")


def test_a_periods_goal_goes_before_a_days(profile: Profile) -> None:
    assert expected(profile, "A01", "2025-03") == {"calls": (1100.0, True), "score": (85.0, True)}
    assert expected(profile, "A01", "2025-02") == {
        "calls": (1200.0, False),
        "score": (85.0, True),
    }  # 60 on 20 days
    assert expected(profile, "A01", "2025") == {"calls": (1200.0, False), "score": (88.0, False)}
    assert expected(profile, "A01", "2025-03-04")["interested"] == (9.0, False)
    assert expected(profile, "A02", "2025-03") == {"calls": (800.0, True)}  # the default


def test_a_csv_file_goes_before_the_profile(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "targets.csv"
    path.write_text(
        "agent_id,period,calls,score\nA01,2025-03,1200,\nA01,,50,\nA03,2025-03,,90.5\n", encoding="utf-8-sig"
    )
    merged = with_targets(profile, path)
    assert expected(merged, "A01", "2025-03") == {"calls": (1200.0, False), "score": (85.0, True)}
    assert expected(merged, "A01", "2025-02")["calls"] == (1000.0, True)
    assert expected(merged, "A01", "2025-03-04")["interested"] == (9.0, False)
    assert expected(merged, "A03", "2025-03") == {"score": (90.5, False)}


def test_a_yaml_file_has_the_profiles_form(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text("targets: {A02: {connects: 20}}\n", encoding="utf-8")
    merged = with_targets(profile, path)
    assert expected(merged, "A02", "2025-03") == {"connects": (400.0, True)}
    assert expected(merged, "A01", "2025-03")["calls"] == (1100.0, True)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("t.csv", "agent,calls\nA01,3\n", "agent_id"),
        ("t.csv", "agent_id,calls\nA01,many\n", "line 2 → calls: a number is accepted, not 'many'"),
        ("t.csv", "agent_id,calls\nA01,3\nA01,4\n", "line 3 → calls of A01 a day is given twice"),
        ("t.csv", "agent_id,period,calls\nA01,March,3\n", "periods"),
        ("t.csv", "agent_id,score\nA01,101\n", "score"),
        ("t.csv", "agent_id,calls\n,3\n", "agent_id is empty"),
        ("t.yaml", "targets: {A01: {call: 3}}\n", "call"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        with_targets(Profile(), tmp_path / name)
