"""Phrase rules: terms, vetoes, fillers, sound, and the prefilter that must never lose a match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import shipped_demands
from pipeline.analysis.heard import forms_of
from pipeline.analysis.patterns import common_grams, compile_pattern, expand
from pipeline.analysis.prefilter import demands, grams_of
from pipeline.analysis.rules import RuleSet, best_of, compile_rules, share_sieve

ZH = compile_rules(
    {
        "kind": "x",
        "language": "zh",
        "rules": [
            {
                "id": "now",
                "phrases": ["别再打了"],
                "patterns": ["{now}就(?:定|签)"],
                "unless": ["不用|不必"],
                "never": ["慢慢考虑"],
            }
        ],
    },
    {"now": ["今天", "现在"]},
)
EN = compile_rules(
    {
        "kind": "x",
        "language": "en",
        "rules": [{"id": "now", "phrases": ["act now"], "patterns": ["don't (?:wait|think)", "sign up"]}],
    },
    {},
)


@pytest.mark.parametrize(
    ("text", "quote", "layer"),
    [
        ("今天就定吧", "今天就定", "pattern"),
        ("您呃今天嗯就定吧", "今天嗯就定", "pattern"),
        ("你们别在打了", "别在打了", "sound"),
        ("请别再打了", "别再打了", "lexicon"),
    ],
)
def test_mandarin_matches(text: str, quote: str, layer: str) -> None:
    (match,) = ZH.match(text)
    assert (text[match.start : match.end], match.layer) == (quote, layer)


@pytest.mark.parametrize("text", ["不用今天就定", "今天就定也行，您慢慢考虑", "明天再定"])
def test_vetoes(text: str) -> None:
    assert ZH.match(text) == []


def test_a_veto_in_an_earlier_clause_does_not_count() -> None:
    assert len(ZH.match("您不用客气，现在就签吧")) == 1


@pytest.mark.parametrize(
    "text", ["dont wait", "don't, uh, wait", "please sign  up", "act now", "don't don't think"]
)
def test_english_is_loose_about_spelling_and_fillers(text: str) -> None:
    assert EN.match(text)


@pytest.mark.parametrize("text", ["react nowhere", "i do think", "design upper"])
def test_english_stands_at_word_bounds(text: str) -> None:
    assert EN.match(text) == []


def test_unknown_term_is_named() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        expand("{nowhere}", {"now": ["a"]})


def test_circular_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="four levels"):
        expand("{a}", {"a": ["{b}"], "b": ["{a}"]})


PATTERNS = [
    "(?:今天|现在)就(?:定|签)", "不[买办]?了", "(?:price|rate)s? go(?:es)? up", "[ab]?sign(?=x)?",
    "再(?:想想|考虑)?吧", "x{0,3}abc|定金",
]  # fmt: skip


@given(
    st.text(alphabet="今天现在就定签不买办了priceratsgoup 想考虑再吧xabcsign金", max_size=30),
    st.sampled_from(PATTERNS),
)
def test_prefilter_never_loses_a_match(text: str, source: str) -> None:
    if re.search(source, text):
        assert all(clause & grams_of(text) for clause in demands(source))


QUIET = compile_rules(
    {
        "kind": "y",
        "language": "zh",
        "never": ["(?:考虑|想想)再", "不.{0,2}了"],
        "rules": [
            {"id": "a", "phrases": ["再考虑"], "patterns": ["吧+", "签(?:定|吧)"]},
            {"id": "b", "patterns": ["[定签]吧"], "unless": ["不"]},
        ],
    },
    {},
)
TOGETHER = share_sieve([ZH, QUIET])


@given(st.text(alphabet="今天现在就定签不慢买了别再打呃考虑想吧，", max_size=20), st.sampled_from(TOGETHER))
def test_the_sieve_loses_no_match_and_no_veto(text: str, rules: RuleSet) -> None:
    assert rules.match(text) == best_of([match for rule in rules.rules for match in rule.find(text)])
    vetoed = any(veto.regex.search(form.text) for veto in rules.never for form in forms_of(text, "zh"))
    assert rules.silenced(text) == vetoed
    assert rules.could(text) >= bool(rules.match(text) or vetoed)


@given(st.text(alphabet="呃嗯您今天啊,，那个我我就定 uhm the", max_size=24), st.sampled_from(["zh", "en"]))
def test_forms_lead_back_to_the_sentence(text: str, language: str) -> None:
    for form in forms_of(text, language):
        for at in range(len(form.text)):
            start, end = form.back(at, at + 1)
            assert text[start:end] == form.text[at]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_demands_of_every_shipped_pattern_and_phrase_are_kept(language: str) -> None:
    said = "make again: python -m pipeline.analysis.shipped_demands"
    assert shipped_demands.kept(language).keys() == shipped_demands.worked_out(language).keys(), said


def test_a_pattern_without_kept_demands_is_read() -> None:
    told = compile_pattern("今天就(定|签)", "zh", {})
    assert told.clauses == demands(told.source, common_grams("zh"))
