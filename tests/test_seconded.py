"""What a rule hears counts as far as the learned layer agrees, and a push as far as its own words go."""

from __future__ import annotations

import pytest
from dialogue_sets import call

from pipeline.analysis.acts import Guess, alone, guesses
from pipeline.analysis.hard_sell import BY_ITSELF, _judged
from pipeline.analysis.rules import Match
from pipeline.analysis.spotting import DISMISSED, DOUBT, SECONDED, _seconded
from pipeline.types import Finding

HIT = Match("brusque", 0, 5, 0.84, "pattern", {"severity": "mild"})


@pytest.mark.parametrize("kind", sorted(SECONDED))
def test_a_hit_that_the_layer_seconds_stands_and_another_is_a_doubt(kind: str) -> None:
    assert _seconded(kind, (HIT,), SECONDED[kind]) == (HIT,)
    (doubted,) = _seconded(kind, (HIT,), SECONDED[kind] - 0.01)
    assert doubted.strength == DOUBT and (doubted.rule, doubted.detail) == (HIT.rule, HIT.detail)


@pytest.mark.parametrize("kind", sorted(DISMISSED))
def test_a_hit_that_the_layer_finds_absurd_is_none(kind: str) -> None:
    assert _seconded(kind, (HIT,), DISMISSED[kind] / 2) == ()


def test_kinds_whose_rules_are_sure_by_themselves_stand_alone() -> None:
    assert _seconded("notice", (HIT,), 0.0) == (HIT,)


@pytest.mark.parametrize("kind", ["do_not_call", "complaint"])
def test_what_takes_a_customer_off_every_list_is_never_dropped(kind: str) -> None:
    assert _seconded(kind, (HIT,), 0.0)


def push(confidence: float, **detail: object) -> Finding:
    share = {"kind_share": 0.9, "severity_share": 0.95}
    return Finding(
        "hard_sell", 0, "agent", 0.0, 1.0, "words", confidence, {**detail, **share, "layer": "pattern"}
    )


def test_a_push_that_only_its_neighbours_make_is_a_doubt() -> None:
    found = _judged(push(0.95, severity="mild"), Guess(BY_ITSELF - 0.01, 0.3))
    assert found.confidence == DOUBT


def test_a_push_vetoes_only_where_its_own_words_are_severe() -> None:
    severe = Guess(0.9, 0.3, {"severity": "severe"})
    mild = Guess(0.9, 0.3, {"severity": "mild"})
    assert _judged(push(0.95, severity="severe"), severe).detail["severity"] == "severe"
    assert _judged(push(0.95, severity="severe"), mild).detail["severity"] == "mild"


def test_alone_reads_no_neighbours() -> None:
    heated = call(
        "A 您好。",
        "C 滚，别再打了！",
        "A 今天不签您全家都得后悔一辈子！",
        "C 你有病吧！",
        "A 您现在住几楼？",
        "C 骗子！",
    )
    calm = call("A 您好。", "C 嗯。", "A 想了解一下。", "C 好。", "A 您现在住几楼？", "C 六楼。")
    asked = [next(s for s in one.sentences if "几楼" in s.text) for one in (heated, calm)]
    assert alone(asked[0], "hard_sell") == alone(asked[1], "hard_sell")
    assert alone(asked[0], "hard_sell").probability < BY_ITSELF
    assert guesses(heated, "hard_sell")[asked[0].index].probability >= 0
