"""Rudeness and impatience."""

from __future__ import annotations

import pytest
import yaml
from dialogue_sets import HELDOUT, call, sentences

from pipeline.analysis import patience


def found(*lines, language="zh"):
    return [
        (f.turn, f.kind, f.speaker, f.detail.get("severity"))
        for f in patience.find(call(*lines, language=language), ())
    ]


def test_rude_on_either_side():
    assert found("A 爱买不买。", "C 你有病吧。") == [
        (0, "rude", "agent", "mild"),
        (1, "rude", "customer", "severe"),
    ]
    assert found("A Are you stupid?", language="en") == [(0, "rude", "agent", "severe")]


def test_impatience_is_the_agents():
    assert found("A 我刚才不是说了吗？", "C 我刚才不是说了吗？") == [(0, "impatient", "agent", None)]
    assert found("A As I already told you, it's ten.", language="en") == [(0, "impatient", "agent", None)]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("C 我真笨，老是忘。", "zh"),
        ("A 这款叫傻瓜记账。", "zh"),
        ("A 滚筒洗衣机打八折。", "zh"),
        ("A 有人骂我们神经病我们也不还嘴。", "zh"),
        ("C Stupid me, I forgot.", "en"),
        ("A Take your time.", "en"),
    ],
)
def test_guards(line, language):
    assert found(line, language=language) == []


@pytest.mark.parametrize("kind", ["rude", "impatient"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out(kind, language):
    data = yaml.safe_load((HELDOUT / f"manners.{language}.yaml").read_text(encoding="utf-8"))
    count = sentences(kind, language, data[kind], data[f"{kind}_not"])
    assert count.f1 >= 0.9, f"{count} missed {count.missed} false {count.false}"


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("A The lady at number nine called us a bunch of morons.", "en"),
        ("A Did the plumber call you an idiot?", "en"),
        ("A You think we're crooks, I understand.", "en"),
        ("A 我天天被人说脑子进水。", "zh"),
        ("A 您觉得我们是垃圾公司，能讲讲原因吗？", "zh"),
    ],
)
def test_what_others_are_said_to_have_said_is_not_the_agents(line, language):
    assert [one for one in found(line, language=language) if one[1] == "rude"] == []


@pytest.mark.parametrize(
    ("line", "language"),
    [("A You called us liars, but you're an idiot.", "en"), ("A 您说我们是骗子，你才是个白痴。", "zh")],
)
def test_what_the_agent_says_beside_is_his_own(line, language):
    assert [one for one in found(line, language=language) if one[1] == "rude"]
