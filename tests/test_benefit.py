"""Benefits by wording and by the profile."""

from __future__ import annotations

import pytest
import yaml
from dialogue_sets import HELDOUT, call, sentences

from pipeline.analysis import benefit, needs
from pipeline.profile import Product, Profile

PROFILE = Profile(products=(Product(name="电梯媒体", benefits=("目标客户每天必经的高频曝光",)),))


def stated(conversation, prior=()):
    return [(f.turn, f.detail["product"], f.detail["need"]) for f in benefit.find(conversation, prior)]


def test_by_wording_and_by_profile():
    assert stated(call("A 这样每个月能帮您省两百块。")) == [(0, None, False)]
    told = call("A 我们做电梯媒体。", "C 嗯。", "A 目标客户每天必经，高频曝光。", profile=PROFILE)
    assert stated(told) == [(2, "电梯媒体", False)]


def test_tied_to_the_need_that_was_told():
    told = call(
        "A 您最关心哪一块？", "C 主要是养老金不够花。", "A 这样您养老金每个月能多领八百，省心又踏实。"
    )
    assert stated(told, needs.find(told, ()))[-1] == (2, None, True)


@pytest.mark.parametrize(
    "line", ["A 您好，我是小李。", "A 您现在方便吗？", "C 能省多少？", "A 今天不定就没了。"]
)
def test_what_is_no_benefit(line):
    assert stated(call(line)) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out(language):
    data = yaml.safe_load((HELDOUT / f"manners.{language}.yaml").read_text(encoding="utf-8"))
    count = sentences("benefit", language, data["benefit"], data["benefit_not"])
    assert count.f1 >= 0.85, f"{count} missed {count.missed} false {count.false}"
