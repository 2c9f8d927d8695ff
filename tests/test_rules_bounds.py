"""What no call can fulfil is refused as the standard is read; what isn't known is never a fail."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from test_rules_grammar import CALL, judged, standard_with

from pipeline.errors import ConfigError
from pipeline.kinds import DETAILS, KINDS
from pipeline.standards.examples import evidence_of
from pipeline.standards.library import load_standard, read_standard
from pipeline.types import Measure


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            {"hear": "hard_sell", "detail": {"severitty": "mild"}},
            "pass.detail.severitty → hard_sell has no such detail; did you mean severity? Accepted: kind, severity",
        ),
        (
            {"hear": "hard_sell", "detail": {"severity": "sever"}},
            "pass.detail.severity → one of mild, severe is accepted, not 'sever'; did you mean severe?",
        ),
        ({"hear": "hard_sell", "detail": {"severity": ["mild", "hard"]}}, "not 'hard'"),
        ({"hear": "rude", "detail": {"severity": {"min": 1}}}, "one of mild, severe is accepted"),
        ({"hear": "impatient", "detail": {"kind": "x"}}, "impatient has no such detail. Accepted: none"),
        (
            {"share": {"of": "customer_question", "having": {"anwsered": True}}},
            "pass.share.having.anwsered → customer_question has no such detail; did you mean answered?",
        ),
        (
            {"share": {"of": "customer_question", "having": {"answered": "yes"}}},
            "pass.share.having.answered → true or false is accepted, not 'yes'",
        ),
        (
            {
                "all": [
                    {"hear": "pitch", "where": {"before": {"hear": "objection", "detail": {"kind": "prise"}}}}
                ]
            },
            "pass.all[0].where.before.detail.kind → one of price",
        ),
        (
            {"any": [{"hear": "pitch", "where": {"after": {"rule": "opening.compny"}}}]},
            "pass.any[0].where.after.rule → 'opening.compny' is unknown; did you mean opening.company?",
        ),
        (
            {"not": {"check": "time.hours", "is": "insde"}},
            "pass.not.is → 'insde' is unknown; did you mean inside?",
        ),
        ({"hear": "company", "where": {"share": [0.5, 1.5]}}, "0 to 1, is accepted, not [0.5, 1.5]"),
        ({"hear": "company", "where": {"turns": [0, 3]}}, "counted from 1 is accepted, not [0, 3]"),
        ({"hear": "company", "where": {"agent_turns": [0, 0]}}, "counted from 1"),
        ({"share": {"of": "objection", "having": {"handling": "benefit"}}, "min": 50}, "a share from 0 to 1"),
        ({"some": 5, "of": [{"hear": "company"}]}, "up to 1, as many as stand under of, is accepted, not 5"),
        ({"say": {"terms": ["x"], "similarity": 0.9}}, "similarity needs meaning"),
        ({"say": {"terms": [" "]}}, "text that isn't blank"),
    ],
)
def test_what_no_call_can_fulfil_is_refused(condition: Any, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        standard_with(condition)
    (told,) = caught.value.mistakes
    assert expected in told and told.startswith("test.yaml: criteria[test.rule].pass")


def test_details_that_any_of_the_kinds_has_are_accepted() -> None:
    standard_with({"hear": ["hard_sell", "rude", "pitch"], "detail": {"severity": "severe"}})
    standard_with({"hear": "level_jump", "detail": {"jump_lu": {"min": 8}}})
    standard_with({"hear": "notice", "detail": {"name": ["recording", "risk"]}})
    assert DETAILS.keys() <= set(KINDS)


def test_a_stored_standard_that_names_the_default_similarity_is_read() -> None:
    standard = standard_with({"say": {"terms": ["x"], "similarity": 0.75}})
    assert read_standard(standard.text, name="kept").sha256 == standard.sha256


@pytest.mark.parametrize(
    ("value", "asked", "verdict"),
    [
        (3, 3, "pass"),
        (3.0, 3, "pass"),
        (3, 4, "fail"),
        (True, True, "pass"),
        (False, True, "fail"),
        (3, "high", "not_measurable"),
        (1, True, "not_measurable"),
        (True, 1, "not_measurable"),
    ],
)
def test_a_measure_is_compared_with_its_like(value: Any, asked: Any, verdict: str) -> None:
    call = {**CALL, "measures": {"calls_before": value}}
    assert judged({"measure": "calls_before", "is": asked}, call).verdict == verdict


def test_a_text_is_within_no_bounds_and_fails_none() -> None:
    call = {**CALL, "measures": {"mood": "good"}}
    assert judged({"measure": "mood", "min": 1}, call).reason.code == "other_sort"
    assert isinstance(evidence_of(call).measures["mood"], Measure)


REGION = {"record": "region", "is": "华东"}


@pytest.mark.parametrize(
    ("record", "condition", "verdict"),
    [
        ({"extra": {"region": "华东"}}, REGION, "pass"),
        ({"extra": {"region": "华南"}}, REGION, "fail"),
        ({}, REGION, "not_applicable"),
        ({"extra": {"region": ""}}, REGION, "not_applicable"),
        ({}, {"not": REGION}, "not_applicable"),
        ({}, {"record": "region", "known": True}, "fail"),
        ({}, {"any": [REGION, {"hear": "company"}]}, "pass"),
    ],
)
def test_what_the_list_does_not_say_is_never_a_fail(record: Any, condition: Any, verdict: str) -> None:
    assert judged(condition, {**CALL, "record": record}).verdict == verdict


def test_where_it_is_not_on_record_whether_a_criterion_applies_a_miss_does_not_count() -> None:
    unless = {"applies": {"unless": [{"when": REGION, "reason": "does_not_apply"}]}}
    when = {"applies": {"when": REGION}}
    call = {**CALL, "record": {}}
    assert judged({"hear": "company"}, call, **unless).verdict == "pass"
    assert judged({"hear": "rude"}, call, **unless).verdict == "not_applicable"
    assert judged({"hear": "rude"}, call, **when).reason.code == "not_on_record"


def test_a_call_without_direction_has_no_pickup() -> None:
    from pipeline.standards import score

    call = {"turns": [["agent", 0, 9, "您好"], ["customer", 10, 12, "喂"]], "record": {}}
    told = {each.id: each for each in score(evidence_of(call), load_standard())[0].criteria}
    assert told["time.pickup"].reason.code == "direction_unknown"
    assert not [name for name, each in told.items() if each.reason.code in ("not_on_record", "inbound")]


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([["agent", 5, 3, "您好"]], "ends after it starts, not [5, 3]"),
        ([["agant", 0, 3, "您好"]], "speaker is agent, customer or unknown, not 'agant'"),
        ([["agent", "您好"]], "a turn is [speaker, start, end, text]"),
    ],
)
def test_an_example_s_turn_that_can_t_be_is_told(turns: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        evidence_of({"turns": turns})
    assert told in str(caught.value)


def extended(**keys: Any) -> list[str]:
    base = {
        "extends": "telesales-cn", "id": "acme", "version": "1.0.0", "effective_from": "2025-01-01", "author": "me",
    }  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        read_standard(yaml.safe_dump({**base, **keys}), name="acme.yaml")
    return list(caught.value.mistakes)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            {"criteria": {"talk.x": {"weight": 1}}},
            "acme.yaml: criteria → a list of criteria is accepted, not",
        ),
        ({"criteria": "none"}, "acme.yaml: criteria → a list of criteria is accepted, not 'none'"),
        ({"criteria": None}, "acme.yaml: criteria → a list of criteria is accepted, not None"),
        ({"sections": ["a"]}, "acme.yaml: sections → keys with values is accepted, not ['a']"),
        ({"reasons": "x"}, "acme.yaml: reasons → keys with values is accepted"),
        ({"rules": ["a"]}, "acme.yaml: rules → keys with values is accepted"),
        ({"scoring": []}, "acme.yaml: scoring → keys with values is accepted"),
        ({"drop": "talk.patience"}, "acme.yaml: drop → a list of criterion ids is accepted"),
        ({"override": []}, "acme.yaml: override → criterion ids with the keys to change are accepted"),
    ],
)
def test_a_section_of_another_type_is_one_mistake_under_extends_too(keys: Any, told: str) -> None:
    (mistake,) = extended(**keys)
    assert mistake.startswith(told)


def test_what_may_be_extended_is_named() -> None:
    (mistake,) = extended(extends=["telesales-cn"])
    assert "Accepted: telesales-cn" in mistake


def test_a_form_is_told_with_an_example() -> None:
    (mistake,) = extended(id="Acme!")
    assert "(such as acme-wealth)" in mistake
    with pytest.raises(ConfigError, match=r"such as \{first_s:\.1f\}"):
        standard_with({"hear": "company", "label": {"zh": "{count:zz}", "en": "x"}})
