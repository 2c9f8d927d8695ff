"""Wordings: their second and place, whose evidence a hit is, meanings, and patterns that can't run away."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_rules_grammar import CALL, judged, standard_with

from pipeline.analyze_run import analyze
from pipeline.process import Workplace
from pipeline.standards import Standard, meaning, score
from pipeline.standards import patterns as patterns_module
from pipeline.standards.examples import evidence_of
from pipeline.standards.library import read_standard
from pipeline.standards.patterns import SlowPatternError, compile_pattern, spans_of
from pipeline.types import CriterionResult, Word

TALK = {
    "turns": [
        ["agent", 0, 20, "您好，我们是做电梯广告的，这是一段很长的介绍，今天最后一天，您看可以吗，再见"],
        ["customer", 21, 25, "不用，再见"],
    ]
}


def without_words(call: dict[str, Any]) -> Any:
    evidence = evidence_of(call)
    turns = tuple(replace(turn, words=()) for turn in evidence.transcript.turns)
    return replace(evidence, transcript=replace(evidence.transcript, turns=turns))


def told(condition: Any, call: dict[str, Any] = TALK, **more: Any) -> CriterionResult:
    return score(without_words(call), standard_with(condition, **more))[0].criteria[1]


def test_a_hit_has_the_seconds_of_its_own_words() -> None:
    _, (found,) = score(without_words(TALK), standard_with({"say": {"terms": ["最后一天"]}}))
    text = TALK["turns"][0][3]
    place = str(text).index("最后一天") / len(str(text))
    assert found.start_s == pytest.approx(20 * place) and found.end_s == pytest.approx(
        20 * (place + 4 / len(str(text)))
    )
    assert found.at == str(text).index("最后一天")


def test_words_of_a_transcript_give_the_seconds_and_the_least_sure_the_confidence() -> None:
    evidence = without_words(TALK)
    words = (Word("您好", 0.0, 1.0, 0.9), Word("最后", 12.0, 12.5, 0.7), Word("一天", 12.5, 13.0, 0.8))
    turn = replace(evidence.transcript.turns[0], words=words)
    heard = replace(evidence, transcript=replace(evidence.transcript, turns=(turn,)))
    _, (found,) = score(heard, standard_with({"say": {"terms": ["最后一天"]}}))
    assert (found.start_s, found.end_s, found.confidence) == (12.0, 13.0, 0.7)


LAST = {"say": {"terms": ["最后一天"]}, "from": "agent"}


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({**LAST, "where": {"seconds": [0, 5], "since": "start"}}, "fail"),
        ({**LAST, "where": {"seconds": [5, 20], "since": "start"}}, "pass"),
        ({**LAST, "where": {"share": [0, 0.3]}}, "fail"),
        ({**LAST, "where": {"share": [0.3, 1]}}, "pass"),
        ({"order": [{"say": {"terms": ["您好"]}}, LAST, {"say": {"terms": ["再见"]}}]}, "pass"),
        ({"order": [LAST, {"say": {"terms": ["您好"]}}]}, "fail"),
        ({**LAST, "where": {"before": {"rule": "hello"}}}, "fail"),
        ({**LAST, "where": {"after": {"rule": "hello"}}}, "pass"),
    ],
)
def test_its_place_decides_within_one_turn(condition: Any, verdict: str) -> None:
    from pipeline.standards.grammar import Say

    standard = standard_with(condition) if "hello" not in str(condition) else _with_hello(condition)
    assert score(without_words(TALK), standard)[0].criteria[1].verdict == verdict
    assert isinstance(standard.plan.says[0][1], Say)


def _with_hello(condition: Any) -> Any:
    from pipeline.standards.library import read_standard

    data = json.loads(standard_with({"hear": "company"}).text)
    data["rules"] = {"hello": {"say": {"terms": ["您好"]}}}
    data["criteria"][1]["pass"] = condition
    return read_standard(json.dumps(data, ensure_ascii=False), name="t.yaml")


@pytest.mark.parametrize("condition", [{"order": [{"say": {"terms": ["再见"]}}, LAST]}])
def test_without_times_its_letters_decide_also_where_the_words_come_twice(condition: Any) -> None:
    turns = [["agent", None, None, "再见，今天最后一天，再见"]]
    assert told(condition, {"turns": turns}).verdict == "pass"
    twice = {"order": [{"say": {"pattern": "最后一天"}}, {"say": {"pattern": "再见$"}}]}
    assert told(twice, {"turns": turns}).verdict == "pass"


def test_the_reason_tells_the_second_of_the_words() -> None:
    reasons = {
        "pass": {"code": "said", "zh": "{first_s:.1f}", "en": "{quote} at {first_s:.1f}"},
        "fail": {"code": "f", "zh": "败", "en": "f"},
    }
    text = str(TALK["turns"][0][3])
    at = 20 * text.index("最后一天") / len(text)
    assert told(LAST, reasons=reasons).reason.en == f"今天最后一天，您看可以吗 at {at:.1f}"


def test_a_hit_that_names_no_kind_is_nobody_else_s_evidence() -> None:
    call = {**CALL, "findings": []}
    both = {"all": [{"say": {"terms": ["最后一天"]}}, {"hear": "notice", "max": 0}]}
    assert judged(both, call).verdict == "pass"
    as_notice = {"all": [{"say": {"terms": ["最后一天"]}, "as": "notice"}, {"hear": "notice", "max": 0}]}
    assert judged(as_notice, call).verdict == "fail"


def test_a_hit_that_names_no_kind_belongs_to_its_criterion() -> None:
    standard = standard_with({"say": {"terms": ["最后一天"]}, "from": "customer", "max": 0})
    call = {"turns": [["customer", 0, 5, "最后一天吗"], ["agent", 6, 9, "最后一天"]]}
    judged_, (found,) = score(evidence_of(call), standard)
    assert (judged_.criteria[1].verdict, found.criterion, found.kind) == ("fail", "test.rule", "notice")


@pytest.mark.models
def test_a_meaning_is_compared_by_the_encoder_that_is_installed(tmp_path: Path) -> None:
    condition = {"say": {"meaning": ["太贵了，我们不要"]}, "from": "customer"}
    assert judged(condition).verdict == "pass"
    assert judged({"say": {"meaning": ["本次通话将被录音"]}, "from": "agent"}).verdict == "fail"
    calls = tmp_path / "calls.jsonl"
    turns = [{"speaker": "agent", "text": "您好"}, {"speaker": "customer", "text": "太贵了，不需要。"}]
    calls.write_text(json.dumps({"call_id": "a", "turns": turns}), encoding="utf-8")
    (line,) = analyze(calls, Workplace(standard=standard_with(condition)))
    assert json.loads(line.result or "")["score"]["criteria"][1]["verdict"] == "pass"


def test_without_the_encoder_a_meaning_is_not_measurable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "_installed", lambda: False)
    result = judged({"say": {"meaning": ["本次通话将被录音"]}, "from": "agent"})
    assert (result.verdict, result.reason.code) == ("not_measurable", "no_encoder")


def test_the_encoder_is_asked_only_where_a_rule_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "_installed", lambda: pytest.fail("nobody asked"))
    assert judged({"say": {"terms": ["最后一天"]}}).verdict == "pass"


@pytest.mark.parametrize(
    "pattern",
    ["(好|好好)+坏", "(a?a)+b", "(x|xx)+y", "(?:ab|a.)+x", "(?:a{1,40}){1,40}b", "(?:A|a+)+b", r"(\w|\d\d)+x"],
)  # fmt: skip
def test_a_repeat_that_can_read_the_same_words_in_two_ways_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"could run for hours; write"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?:哈|呵){2,}",
        r"(?:今天|今年)+",
        r"(?:\d+,)+\d",
        r"(?:\d{3}-){2}",
        r"(?:[一二三]{1,2}天){1,3}",
        r"(a|a)*b",
    ],
)  # fmt: skip
def test_a_repeat_that_reads_in_one_way_only_is_accepted(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


def test_a_pattern_that_takes_too_long_is_stopped_and_not_measurable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns_module, "LIMIT_S", 0.2)
    slow = r"\w*\w*\w*\w*\w*\w*[=#]"
    started = time.monotonic()
    with pytest.raises(SlowPatternError):
        list(spans_of(slow, "w" * 3000))
    call = {"turns": [["agent", 0, 9, "w" * 3000], ["agent", 10, 12, "您好"], ["customer", 13, 15, "喂"]]}
    result = judged({"say": {"pattern": slow}, "from": "agent", "max": 0}, call)
    assert (result.verdict, result.reason.code) == ("not_measurable", "slow_pattern")
    assert time.monotonic() - started < 5


def spends(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[int]:
    """Each look at the clock is so much later than the one before."""
    looks = [0]

    def thread_time() -> float:
        looks[0] += 1
        return looks[0] * seconds

    monkeypatch.setattr(patterns_module.time, "thread_time", thread_time)
    return looks


def with_rules(condition: Any, rules: dict[str, Any]) -> Standard:
    data = json.loads(standard_with({"hear": "company"}).text)
    data["rules"], data["criteria"][1]["pass"] = rules, condition
    return read_standard(json.dumps(data), name="test")


MANY = {"turns": [[("agent", "customer")[i % 2], i, i + 0.9, f"第{i}句话"] for i in range(4000)]}


def test_patterns_of_a_whole_call_end_by_criterion_and_by_call(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = spends(monkeypatch, 0.01)
    result = judged({"say": {"pattern": "没人说"}, "max": 0}, MANY)
    assert (result.verdict, result.reason.code) == ("not_measurable", "slow_pattern")
    assert looks[0] <= 2 * patterns_module.OWNER_S / 0.01 + 4
    looks[0] = 0
    monkeypatch.setattr(patterns_module, "CALL_S", 6.0)
    parts = [{"rule": f"r{number}"} for number in range(9)]
    rules = {f"r{number}": {"say": {"terms": [f"没人说{number}"]}, "max": 0} for number in range(9)}
    standard = with_rules({"all": parts}, rules)
    assert score(evidence_of(MANY), standard)[0].criteria[1].verdict == "not_measurable"
    assert looks[0] <= 2 * 6.0 / 0.01 + 20


def test_a_call_within_its_time_is_judged_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    spends(monkeypatch, 0.001)
    assert judged({"say": {"pattern": "没人说"}, "max": 0}, MANY).verdict == "pass"


def test_what_hears_a_kind_that_was_not_read_to_the_end_is_not_measurable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spends(monkeypatch, 0.01)
    rules = {"slow": {"say": {"pattern": "没人说"}, "as": "hard_sell"}}
    for condition in (
        {"hear": "hard_sell", "max": 0},
        {"share": {"of": "hard_sell", "having": {"severity": "severe"}}, "max": 0},
    ):
        standard = with_rules(condition, rules)
        result = score(evidence_of(MANY), standard)[0].criteria[1]
        assert (result.verdict, result.reason.code) == ("not_measurable", "slow_pattern"), condition
    assert (
        score(evidence_of(MANY), with_rules({"hear": "rude", "max": 0}, rules))[0].criteria[1].verdict
        == "pass"
    )


def test_hits_without_end_are_counted_to_a_bound_and_cost_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns_module, "OWNER_S", 0.5)
    call = {"turns": [["agent", 0, 9, "，a" * 20_000], ["customer", 10, 12, "喂"]]}
    started = time.monotonic()
    assert judged({"say": {"pattern": "[，a]"}, "from": "agent", "max": 0}, call).verdict == "fail"
    assert time.monotonic() - started < 10


FORBIDDEN = {
    "say": {"terms": ["包过", "零磨损", "lifetime free", "certain to pass"]},
    "from": "agent",
    "max": 0,
}
DENIED = [
    "考证这事我们不敢说包过",
    "包过这种话我从来不说",
    "没有哪个机构能保证包过",
    "这个垫片不是零磨损的",
    "零磨损是没有的",
    "别家都跟您说包过",
    "谁跟您讲包过都是骗人的",
    "您是想问包过吗？",
    "It isn't lifetime free, I'm afraid",
    "Nobody can promise that you're certain to pass.",
    "Lifetime free isn't something we offer.",
    "Other schools will tell you you're certain to pass.",
    "Were you asking whether it's lifetime free?",
    "We don't do lifetime free, sorry.",
    "Nobody here runs anything lifetime free.",
    "We do wish we could call it lifetime free.",
    "If only it were lifetime free!",
    "I'd be lying if I told you it was lifetime-free.",
    "我们从来不搞包过",
    "这垫片 不 是 零 磨 损 的",
    "要是真能包过就好了",
    "我做梦都想跟您说包过",
]
CLAIMED = [
    "这个班包过，不过退款",
    "您不用做什么就包过",
    "别家说不行，我们包过",
    "包过的班，您还犹豫什么？",
    "不瞒您说这垫片零磨损",
    "It's lifetime free, never a bill again.",
    "Not only is it lifetime free, it's yours today.",
    "Other schools are slow, with us you're certain to pass.",
    "Lifetime free, so what are you waiting for?",
    "It's lifetime-free from day one",
    "这个班包 过，放心",
    "垫片零磨 损",
    "If you sign now it's lifetime free",
    "We don't do contracts, it's lifetime free",
    "我想跟您说，这个班包过",
]
UNSURE = ["这还不是包过吗？", "他们管这叫“零磨损”", "我们没有一款垫片是零磨损的", "Isn't that lifetime free?"]
UNSURE += ["We don't do lifetime free, except this week", "我们不搞包过，除非您今天报名"]


def _agent(text: str) -> dict[str, Any]:
    return {"turns": [["agent", 0, 20, text]]}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        *((text, "pass") for text in DENIED),
        *((text, "fail") for text in CLAIMED),
        *((text, "needs_review") for text in UNSURE),
    ],
)
def test_a_forbidden_phrase_that_the_agent_takes_back_is_no_hit(text: str, verdict: str) -> None:
    assert told(FORBIDDEN, _agent(text)).verdict == verdict


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({**FORBIDDEN, "denied": "count"}, "fail"),
        ({"not": {key: value for key, value in FORBIDDEN.items() if key != "max"}}, "pass"),
        ({"say": FORBIDDEN["say"], "from": "agent"}, "pass"),
        ({"say": FORBIDDEN["say"], "from": "agent", "denied": "skip"}, "fail"),
        ({"say": FORBIDDEN["say"], "from": "agent", "as": "notice"}, "pass"),
        ({"say": FORBIDDEN["say"], "from": "agent", "as": "hard_sell"}, "fail"),
        ({"say": {"pattern": "包."}, "from": "agent", "max": 0}, "pass"),
    ],
)
def test_who_means_a_fault_or_says_so_leaves_denied_words_out(condition: Any, verdict: str) -> None:
    assert told(condition, _agent("我们不承诺包过，这个得说清楚")).verdict == verdict


def test_a_rule_that_a_fatal_leans_on_means_a_fault() -> None:
    from pipeline.standards.library import read_standard

    data = json.loads(standard_with({"hear": "company"}).text)
    data["rules"] = {"promise": {"say": {"terms": ["包过"]}, "from": "agent"}}
    data["criteria"][1]["pass"] = {"not": {"rule": "promise"}}
    data["criteria"][1]["fatal"] = {"rule": "promise"}
    standard = read_standard(json.dumps(data, ensure_ascii=False), name="t.yaml")
    assert standard.plan.skipping == {"promise"}
    assert not score(without_words(_agent("包过我们不敢承诺")), standard)[0].fatal
    assert score(without_words(_agent("放心，包过")), standard)[0].fatal


def test_abuse_is_abuse_in_a_question_too() -> None:
    condition = {"say": {"terms": ["脑子进水"]}, "from": "agent", "as": "rude", "max": 0}
    assert told(condition, _agent("您脑子进水了吗？")).verdict == "fail"


def test_a_hit_of_punctuation_alone_is_quoted_with_its_sentence() -> None:
    condition = {"say": {"pattern": "[?？]$"}, "from": "agent"}
    _, (found,) = score(without_words(_agent("您好。您一年用多少？")), standard_with(condition))
    assert (found.quote, found.at) == ("您一年用多少？", 3)
