"""The rule grammar: docs/rules.md runs, and each condition answers true, false or not measurable."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import regex
import yaml
from dialogue_sets import call

from pipeline.analysis import detect
from pipeline.config import parse_yaml
from pipeline.errors import ConfigError
from pipeline.profile import Profile
from pipeline.standards import Standard, score
from pipeline.standards import checks as checks_module
from pipeline.standards.examples import evidence_of, failing
from pipeline.standards.library import read_standard
from pipeline.standards.patterns import compile_pattern, compile_terms
from pipeline.standards.repeats import ambiguity
from pipeline.standards.wording import PLACEHOLDERS, fill, placeholders
from pipeline.types import CriterionResult

DOC = Path(__file__).parent.parent / "docs" / "rules.md"
BLOCKS = re.findall(r"```(\w+) (\w[\w ]*)\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
CALL = next(parse_yaml(text, name="rules.md").data for _, kind, text in BLOCKS if kind == "call")
RULES = [parse_yaml(text, name="rules.md").data for _, kind, text in BLOCKS if kind == "rule"]
HOLDS = {True: "pass", False: "fail", "unknown": "not_measurable", "absent": "not_applicable"}


def standard_with(condition: Any, **more: Any) -> Standard:
    """A standard of one criterion besides opening.company."""
    company = {
        "id": "opening.company", "section": "s", "title": {"zh": "公", "en": "c"}, "explain": {"zh": "公",
        "en": "c"},
        "source": "test", "weight": 1, "pass": {"hear": "company"},
        "reasons": {
            "pass": {"code": "p", "zh": "过", "en": "p"}, "fail": {"code": "f", "zh": "败", "en": "f"},
        },
    }  # fmt: skip
    data = {
        "id": "test", "version": "1", "effective_from": "2025-01-01", "author": "me", "title": {"zh": "测",
        "en": "t"},
        "bands": [{"min": 0, "zh": "有", "en": "any"}], "sections": {"s": {"zh": "节", "en": "s"}},
        "reasons": {"does_not_apply": {"zh": "不", "en": "n"}},
        "criteria": [company, {**company, "id": "test.rule", "pass": condition, **more}],
    }  # fmt: skip
    return read_standard(yaml.safe_dump(data, allow_unicode=True), name="test.yaml")


def judged(condition: Any, call: Any = None, **more: Any) -> CriterionResult:
    told, _ = score(evidence_of(call or CALL), standard_with(condition, **more))
    return told.criteria[1]


@pytest.mark.parametrize("example", RULES, ids=lambda example: str(example["condition"])[:60])
def test_the_examples_of_the_documentation_hold(example: dict[str, Any]) -> None:
    assert judged(example["condition"]).verdict == HOLDS[example["holds"]]


def test_every_head_key_is_shown() -> None:
    shown = {key for example in RULES for key in example["condition"]}
    assert {
        "hear",
        "say",
        "share",
        "order",
        "measure",
        "outcome",
        "record",
        "ends_within_s",
        "check",
        "all",
        "any",
        "some",
    } <= shown


@pytest.mark.parametrize("text", [text for _, kind, text in BLOCKS if kind == "standard"])
def test_the_how_tos_hold(text: str) -> None:
    standard = read_standard(text, name="howto.yaml")
    assert list(failing(standard)) == []
    assert any(criterion.examples for criterion in standard.criteria)


def test_the_how_to_changes_what_it_says() -> None:
    text = next(text for _, kind, text in BLOCKS if kind == "standard" and "id: acme\n" in text)
    standard = read_standard(text, name="howto.yaml")
    assert standard.by_id["opening.company"].weight == 8
    assert "talk.patience" not in standard.by_id
    assert standard.by_id["talk.names_the_hotline"].weight == 2
    assert standard.id == "acme" and len(standard.sections) == 7


def test_a_check_of_another_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = next(text for language, kind, text in BLOCKS if (language, kind) == ("python", "check"))
    (tmp_path / "acme_checks.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = [EntryPoint("acme.weekday", "acme_checks:SPEC", "callgauge.checks")]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    checks_module.catalogue.cache_clear()
    try:
        call = {**CALL, "record": {"started_at": "2025-03-08T10:00:00+08:00"}}
        assert judged({"check": "acme.weekday", "is": "weekend"}, call).verdict == "pass"
        assert judged({"check": "acme.weekday", "is": "work_day"}, call).verdict == "fail"
        assert (
            judged({"check": "acme.weekday", "is": "work_day", "with": {"days": 6}}, call).verdict == "pass"
        )
        assert judged({"check": "acme.weekday", "is": "work_day"}).verdict == "not_measurable"
        entries.append(EntryPoint("broken", "acme_checks:NOTHING", "callgauge.checks"))
        checks_module.catalogue.cache_clear()
        with pytest.raises(ConfigError, match="broken .* → can't be loaded: AttributeError"):
            checks_module.catalogue()
    finally:
        checks_module.catalogue.cache_clear()


def test_a_detector_of_another_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = next(text for language, kind, text in BLOCKS if (language, kind) == ("python", "detector"))
    (tmp_path / "acme_weather.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = [EntryPoint("acme.weather", "acme_weather", detect.GROUP)]
    monkeypatch.setattr(detect, "entry_points", lambda group: entries)
    caches = (detect.added,)
    for cached in caches:
        cached.cache_clear()
    try:
        told = call("A 今天天气真好。", "C 是啊。")
        found = detect.find_all(told)
        assert [f.quote for f in found if f.kind == "acme.weather"] == ["今天天气真好。"]
        assert [m.value for m in detect.measure_all(told, found) if m.name == "acme.weather_sentences"] == [1]
        standard = standard_with({"hear": "acme.weather", "from": "agent", "max": 0})
        assert standard.criteria[1].id == "test.rule"
        with pytest.raises(ConfigError, match=r"not .acme.wether.; did you mean acme.weather"):
            standard_with({"hear": "acme.wether"})
    finally:
        for cached in caches:
            cached.cache_clear()


def test_what_a_profile_adds_is_found() -> None:
    blocks = dict(
        re.findall(
            r"```((?:profile|call of the profile|found in it))\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL
        )
    )
    profile = Profile.model_validate(parse_yaml(blocks["profile"], name="rules.md").data)
    lines = [line.replace(": ", " ", 1) for line in blocks["call of the profile"].strip().splitlines()]
    found = {f.kind: f.quote or "" for f in detect.find_all(call(*lines, profile=profile))}
    for line in blocks["found in it"].strip().splitlines():
        kind, words = line.split(": ")
        assert words in found[kind], (kind, found)


def test_a_wording_s_hit_is_a_finding_with_its_second() -> None:
    call = {**CALL, "findings": []}
    standard = standard_with({"say": {"terms": ["最后一天"]}, "from": "agent", "as": "hard_sell", "max": 0})
    told, found = score(evidence_of(call), standard)
    assert told.criteria[1].verdict == "fail"
    (finding,) = found
    assert (finding.kind, finding.turn, finding.speaker, finding.quote) == (
        "hard_sell",
        2,
        "agent",
        "最后一天",
    )
    assert (finding.criterion, told.criteria[1].findings, finding.id) == ("test.rule", ("f1",), "f1")


def test_a_wording_heard_in_doubt_goes_to_review() -> None:
    call = {"turns": [["agent", 0, 9, "稳赚的", 0.4], ["customer", 10, 30, "很长的一段话说得很清楚", 0.9]]}
    assert judged({"say": {"terms": ["稳赚"]}, "as": "hard_sell", "max": 0}, call).verdict == "needs_review"


def test_meaning_uses_the_encoder_that_is_given() -> None:
    from dataclasses import replace

    standard = standard_with({"say": {"meaning": ["本次通话将被录音"], "similarity": 0.8}, "from": "agent"})
    heard = replace(evidence_of(CALL), similar=lambda text, examples: 0.9 if "怎么推广" in text else 0.1)
    deaf = replace(heard, similar=lambda text, examples: 0.1)
    assert score(heard, standard)[0].criteria[1].verdict == "pass"
    assert score(deaf, standard)[0].criteria[1].verdict == "fail"


def test_terms_match_whole_latin_words_and_han_anywhere() -> None:
    pattern = compile_terms(("art", "保本", "last chance"))
    assert pattern.search("start artful") is None
    assert pattern.search("ART!") and pattern.search("绝对保本的") and pattern.search("your last  chance")


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a*)*", "(?:x+y?)+", "a{1,99}+" + "b*" * 400, "[", "a*", "(a|b+)*c"]
)
def test_patterns_that_could_run_away_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"repeat|characters|regular|nothing"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:sa|ſa)+q",
        "(?:σb|ςb)+q",
        "(?:ib|İb)+q",
        "(?:ib|ıb)+q",
        "(?:[r-t]a|ſa)+q",
        "(?:ſa?|S)+q",
        "(?:ka|\u212aa)+q",
        "(?:µ|μm?)+q",
    ],
)
def test_letters_that_are_one_to_the_matcher_are_one_to_the_check(pattern: str) -> None:
    with pytest.raises(ValueError, match="parts can begin alike"):
        compile_pattern(pattern)


def test_every_letter_that_matches_another_is_seen() -> None:
    cased = [
        chr(code)
        for code in range(0x20000)
        if chr(code).lower() != chr(code) or chr(code).upper() != chr(code)
    ]
    text = "".join(cased)
    unseen = [
        (one, other)
        for one in cased
        for other in set(regex.findall(regex.escape(one), text, regex.IGNORECASE)) - {one}
        if ambiguity(f"(?:{one}0|{other}0)+q") is None
    ]
    assert unseen == []


@pytest.mark.parametrize("pattern", [r"(?:sa|ta)+q", r"(?:ßa|sa)+q", r"(?:å|ä)+q", r"(?:好的|是的)+吧"])
def test_letters_that_differ_may_begin_parts(pattern: str) -> None:
    assert ambiguity(pattern) is None


@pytest.mark.parametrize(
    "pattern", [r"周[一二三四五]", r"\d{3}-\d{4}", r"今天.{0,6}最后", r"(?:only|just) today", r"a+b+"]
)
def test_ordinary_patterns_are_accepted(pattern: str) -> None:
    assert compile_pattern(pattern).pattern == pattern


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"hear": "compny"}, "test.rule].pass.hear → one of company"),
        ({"hear": "company", "form": "agent"}, "unknown key; did you mean from?"),
        ({"hear": "company", "say": {"terms": ["x"]}}, "exactly one of these keys"),
        ({"heer": "company"}, "; did you mean hear?"),
        ({"not": {"mesure": "talk_s", "min": 1}}, "; did you mean measure?"),
        ("company", "exactly one of these keys"),
        ({"all": []}, "a list of at least 1"),
        ({"all": [{"hear": "x"}]}, "pass.all[0].hear → one of"),
        ({"hear": "company", "min": 3, "max": 1}, "min (3) is above max (1)"),
        ({"hear": "company", "where": {"seconds": [20, 0]}}, "0 ≤ from ≤ to"),
        ({"hear": "company", "where": {"before": {"nth": 1}}}, "exactly one of hear, rule"),
        ({"measure": "talk_s"}, "at least one of min, max"),
        ({"measure": "agent_loudness_lufs", "within": 6}, "near"),
        ({"say": {"pattern": "(a+)+"}}, "repeat inside a repeat"),
        ({"say": {}}, "at least one of terms, pattern, meaning"),
        ({"order": [{"hear": "company"}, {"outcome": "interested"}]}, "only hear and say"),
        ({"check": "time.hors", "is": "inside"}, "did you mean time.hours?"),
        ({"check": "time.hours", "is": "insde"}, "did you mean inside?"),
        ({"check": "time.hours", "is": "inside", "with": {"spns": []}}, "did you mean spans?"),
        ({"rule": "nowhere"}, "'nowhere' is unknown"),
        ({"rule": "test.rule"}, "goes round in a circle: test.rule → test.rule"),
        (
            {"hear": "company", "where": {"after": {"rule": "opening.compny"}}},
            "did you mean opening.company?",
        ),
        ({"hear": "company", "label": {"zh": "{nothing}", "en": "x"}}, "{nothing} is unknown"),
        ({"outcome": "sold"}, "one of interested"),
        ({"record": "direction"}, "exactly one of is, known"),
    ],
)
def test_a_mistake_names_the_key_and_what_is_accepted(condition: Any, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        standard_with(condition)
    told = "\n".join(caught.value.mistakes)
    assert expected in told
    assert all(line.startswith("test.yaml: ") and " → " in line for line in caught.value.mistakes)


@pytest.mark.parametrize("unsure", [True, False])
def test_unknown_speakers_count_for_either_side_only_while_sides_are_unsure(unsure: bool) -> None:
    call = {
        "turns": [["unknown", 0, 9, "您好，我是华信的"], ["unknown" if unsure else "customer", 10, 12, "哦"]],
        "role_confidence": 0.5 if unsure else 1.0,
        "findings": [
            {"kind": "company", "turn": 0, "quote": "华信", "detail": {"matched": "exact"}},
            {"kind": "benefit", "turn": 0},
        ],
    }
    assert judged({"hear": "company", "from": "agent"}, call).verdict == "pass", (
        "a single unknown turn makes sides unsure, and who gives the profile's firm speaks for it"
    )
    heard = judged({"hear": "benefit", "from": "agent"}, call)
    assert (heard.verdict, len(heard.findings)) == ("not_measurable", 1), "what was heard is shown"
    assert judged({"say": {"terms": ["我是华信"]}, "from": "agent"}, call).verdict == "not_measurable"
    assert judged({"say": {"terms": ["我是华信"]}}, call).verdict == "pass", "a wording that anybody may say"
    assert judged({"hear": "rude", "from": "agent", "max": 0}, call).verdict == "not_measurable"
    assert judged({"hear": "rude", "max": 0}, call).verdict == "pass", "a rule that needs no side is judged"


def test_an_excuse_lets_a_pass_stand_and_keeps_a_miss_from_counting() -> None:
    excused = {
        "applies": {"unless": [{"when": {"hear": "refusal"}, "reason": "does_not_apply", "excuse": True}]}
    }
    blocked = {"applies": {"unless": [{"when": {"hear": "refusal"}, "reason": "does_not_apply"}]}}
    assert judged({"hear": "company"}, **excused).verdict == "pass"
    assert judged({"hear": "rude"}, **excused).verdict == "not_applicable"
    assert judged({"hear": "company"}, **blocked).verdict == "not_applicable"


def test_when_it_is_unknown_whether_it_applies_a_miss_does_not_count() -> None:
    unsure = {"applies": {"unless": [{"when": {"measure": "loudness_difference_lu", "min": 1}}]}}
    unsure["applies"]["unless"][0]["reason"] = "does_not_apply"  # type: ignore[index]
    assert judged({"hear": "company"}, **unsure).verdict == "pass"
    assert judged({"hear": "rude"}, **unsure).verdict == "not_measurable"


def test_a_heard_fault_outweighs_what_was_heard_badly() -> None:
    call = {
        "turns": [["agent", 0, 9, "字字字", 0.3], ["agent", 10, 19, "字字字", 0.3]],
        "findings": [{"kind": "rude", "turn": 0}],
    }
    polite = {"all": [{"hear": "courtesy", "from": "agent"}, {"hear": "rude", "from": "agent", "max": 0}]}
    assert judged(polite, call).verdict == "fail", "rudeness alone decides"
    assert judged({"hear": "courtesy", "from": "agent"}, call).verdict == "needs_review"
    assert judged({"hear": "complaint", "max": 0}, call).verdict == "needs_review", (
        "absence of a fault counts as absence"
    )


def test_placeholders() -> None:
    assert list(placeholders("{first_s:.1f} {what}")) == []
    assert "is unknown" in next(placeholders("{evidence.__class__}"))
    assert "format" in next(placeholders("{value:>1000000}"))
    assert "braces" in next(placeholders("{value"))
    assert fill("{value:.0%} {quote}", {"value": 0.125}, "en") == "12% —"
    assert all(
        f"`{{{name}}}`" in DOC.read_text(encoding="utf-8")
        or name in ("with_", "without", "why", "confidence")
        for name in PLACEHOLDERS
    )
