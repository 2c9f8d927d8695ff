"""Labelled calls as text: brackets nest, mistakes name their line, what ships is whole and does not overlap what is held out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.ablation import read_folder
from pipeline.analysis.acts_fit import calls_of
from pipeline.analysis.labelled import read_calls, unmark
from pipeline.errors import ConfigError

HELD_OUT = Path(__file__).parent / "heldout" / "calls"
CALL = """=== a-1 | trade: insurance | outcome: call_back | mood: clean
profile: company=泰和保险/泰和 ; departments=电销二部 ; agents=周敏/小周 ; jargon=免赔额
# a remark
A: 您好，[company 泰和保险][department 电销二部]的[name 小周]，[purpose 想说下[pitch 免费]的事]。
C: [objection:no_time:benefit 我在开车]。
"""


def test_reads_marks_profile_and_outcome() -> None:
    (call,) = read_calls(CALL, "zh")
    first = call.transcript.turns[0].text
    assert first == "您好，泰和保险电销二部的小周，想说下免费的事。"
    assert {m.kind: first[m.start : m.end] for m in call.marks if m.turn == 0} == {
        "company": "泰和保险", "department": "电销二部", "name": "小周", "purpose": "想说下免费的事", "pitch": "免费",
    }  # fmt: skip
    (objection,) = (mark for mark in call.marks if mark.turn == 1)
    assert (objection["kind"], objection["handling"], objection["other"]) == ("no_time", "benefit", None)
    assert call.outcome == "call_back"
    assert call.profile.company is not None
    assert call.profile.company.aliases == ("泰和",)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A: [company 泰和", "is not closed"),
        ("A: 泰和]", "was not opened"),
        ("B: 您好", "starts with"),
        ("C: [objection 太贵]", "needs 2 details"),
    ],
)
def test_mistakes_name_their_line(line: str, says: str) -> None:
    with pytest.raises(ConfigError, match=f"f.txt:2.*{says}"):
        list(read_calls(f"=== x | outcome: interested\n{line}\n", "zh", source="f.txt"))


@given(st.text(alphabet="ab[]: 您好", max_size=40))
def test_any_line_is_read_or_refused(said: str) -> None:
    try:
        plain, marks = unmark(said)
    except ValueError:
        return
    assert all(0 <= mark.start <= mark.end <= len(plain) for mark in marks)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_ships_is_whole(language: str) -> None:
    calls = [call for _file, call in calls_of(language)]
    whole = [call for call in calls if call.outcome]
    assert len({call.id for call in calls}) == len(calls)
    assert len(whole) >= 1000 and len(calls) - len(whole) >= 1000
    assert all(call.transcript.turns for call in calls)
    assert max(len(call.transcript.turns) for call in calls if not call.outcome) <= 7


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_held_out_is_learned_from(language: str) -> None:
    known = {
        turn.text
        for _file, call in calls_of(language)
        for turn in call.transcript.turns
        if len(turn.text) > 25
    }
    held = {turn.text for call in read_folder(HELD_OUT / language) for turn in call.transcript.turns}
    assert not known & held
