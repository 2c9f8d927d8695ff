"""Verdicts summed into a score: the rules of the standard as exact numbers and as properties."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.standards import Evidence, load_standard, score
from pipeline.standards.examples import evidence_of
from pipeline.standards.record_notes import outcomes_in
from pipeline.types import (
    CallRecord,
    CallScore,
    Finding,
    Measure,
    Outcome,
    Reason,
    Sound,
    Transcript,
    Turn,
    Word,
)

STANDARD = load_standard()
SIDED = {name for name, needs in STANDARD.plan.judging.items() if needs.side}
FAULTS = (
    ("hard_sell", {"kind": "urgency", "severity": "mild"}),
    ("hard_sell", {"kind": "threat_or_guilt", "severity": "severe"}),
    ("pitch_after_refusal", {}),
    ("rude", {"severity": "severe"}),
    ("impatient", {}),
    ("interruption", {"kind": "cut_off"}),
    ("level_jump", {}),
    ("absolute_claim", {}),
)
DETAILS: dict[str, dict[str, Any]] = {
    "courtesy": {"kind": "greeting"}, "objection": {"kind": "price", "handling": "benefit"},
    "confusion": {"restated": True}, "customer_question": {"answered": True},
    "needs_question": {"open": True, "answered": True}, "refusal": {"final": False},
    "jargon": {"term": "x", "explained": False}, "hard_sell": {"kind": "urgency", "severity": "mild"},
    "company": {"matched": "exact"}, "name": {"matched": "pattern"}, "department": {"matched": "exact"},
}  # fmt: skip
KINDS = (
    "company", "department", "name", "purpose", "needs_question", "customer_question", "pitch",
    "interruption", "hard_sell", "pitch_after_refusal", "jargon", "confusion", "objection", "refusal",
    "rude", "impatient", "courtesy", "reference", "level_jump", "apology", "benefit", "follow_up",
    "complaint", "do_not_call", "absolute_claim", "notice",
)  # fmt: skip
MEASURES = (
    "talk_s", "agent_talk_s", "agent_speech_rate", "agent_clipped_ratio", "agent_loudness_lufs",
    "loudness_difference_lu", "agent_interruptions", "jargon_per_100_words", "opening_agent_talk_s",
    "off_topic_ratio", "rings_before_answer", "product_fact_conflicts", "agent_word_confidence",
)  # fmt: skip


def by_id(told: CallScore) -> dict[str, Any]:
    return {result.id: result for result in told.criteria}


@st.composite
def calls(draw: st.DrawFn) -> Evidence:
    sure = draw(st.booleans()) or draw(st.booleans())
    timed = draw(st.booleans()) or draw(st.booleans())
    turns, at = [], 0.0
    for number in range(draw(st.integers(0, 8))):
        length = draw(st.floats(0.5, 40))
        speaker = ("agent", "customer")[number % 2] if sure else "unknown"
        confidence = draw(st.sampled_from((0.3, 0.9, 0.95)))
        start, end = (at, at + length) if timed else (None, None)
        words = (Word("字", start, end, confidence),) if draw(st.booleans()) else ()
        turns.append(Turn(speaker, "字", start, end, confidence, words))  # type: ignore[arg-type]
        at += length + 0.3
    findings = draw(st.lists(finding(turns), max_size=14)) if turns else []
    measures = {
        name: Measure(name, draw(st.floats(0, 100)), "", "t") if draw(st.booleans())
        else Measure(name, None, "", "t", Reason("mono", "单声道", "mono"))
        for name in MEASURES if draw(st.integers(0, 4))
    }  # fmt: skip
    return Evidence(
        transcript=Transcript("zh", tuple(turns), role_confidence=0.9 if sure else 0.3),
        measures=measures, findings=tuple(findings),
        outcome=Outcome(draw(st.sampled_from(("interested", "not_interested", "undetermined"))),
                        draw(st.sampled_from((0.4, 0.9)))),
        record=CallRecord("a.wav", "a", direction=draw(st.sampled_from((None, "outbound", "inbound")))),
        sound=Sound(at, "two_sides", {}) if draw(st.booleans()) else None,
    )  # fmt: skip


def finding(turns: list[Turn]) -> st.SearchStrategy[Finding]:
    def build(kind: str, number: int, confidence: float) -> Finding:
        turn = turns[number % len(turns)]
        return Finding(
            kind,
            number % len(turns),
            turn.speaker,
            turn.start_s,
            turn.end_s,
            turn.text,
            confidence,
            DETAILS.get(kind, {}),
        )

    return st.builds(
        build, st.sampled_from(KINDS), st.integers(0, 20), st.sampled_from((0.3, 0.59, 0.6, 0.9))
    )


SETTINGS = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SETTINGS
@given(calls())
def test_the_sum_is_what_the_standard_says(call: Evidence) -> None:
    told, _ = score(call, STANDARD)
    counted = [result for result in told.criteria if result.points is not None]
    for result in told.criteria:
        weighed = result.verdict in ("pass", "partial", "fail") and not STANDARD.by_id[result.id].bonus
        assert (result.points is not None) is weighed and (result.max_points is not None) is weighed
        if weighed:
            share = {"pass": 1.0, "partial": 0.5, "fail": 0.0}[result.verdict]
            assert result.points == share * result.max_points
    assert told.points == pytest.approx(sum(result.points for result in counted))
    assert told.max_points == pytest.approx(sum(result.max_points for result in counted))
    assert 0 <= told.coverage <= 1
    if told.percent is None:
        assert told.grade is None and told.percent_before_fatal is None
    else:
        bonus = 2.0 if by_id(told)["talk.reference"].verdict == "pass" else 0.0
        expected = min(100.0, 100 * told.points / told.max_points + bonus)
        assert told.percent_before_fatal == pytest.approx(expected, abs=0.0501)
        assert told.percent == (0.0 if told.fatal else told.percent_before_fatal)
        assert 0 <= told.percent <= 100 and told.percent == round(told.percent, 1)
        assert told.grade == STANDARD.grade(told.percent).zh
        assert told.coverage >= 0.5
    if any(result.verdict == "needs_review" for result in told.criteria):
        assert told.needs_review


@SETTINGS
@given(calls())
def test_coverage_is_what_was_judged_of_what_applies(call: Evidence) -> None:
    told, _ = score(call, STANDARD)
    weight = {c.id: 0.0 if by_id(told)[c.id].advisory or c.bonus else c.weight for c in STANDARD.criteria}
    asked = sum(weight[result.id] for result in told.criteria if result.verdict != "not_applicable")
    judged = sum(
        weight[result.id] for result in told.criteria if result.verdict in ("pass", "partial", "fail")
    )
    assert told.coverage == pytest.approx(judged / asked if asked else 0.0, abs=1e-4)
    if asked and judged / asked < 0.5:
        assert told.percent is None and told.needs_review


@SETTINGS
@given(calls())
def test_findings_come_in_order_and_are_referred_to_by_id(call: Evidence) -> None:
    told, found = score(call, STANDARD)
    assert [f.id for f in found] == [f"f{n}" for n in range(1, len(found) + 1)]
    assert len(found) == len(call.findings)
    if call.transcript.timed:
        assert [f.start_s for f in found] == sorted(f.start_s for f in found)
    ids = {f.id for f in found}
    assert all(set(result.findings) <= ids for result in told.criteria)
    assert all(f.criterion is None or f.criterion in STANDARD.by_id for f in found)


@SETTINGS
@given(calls(), st.randoms(use_true_random=False))
def test_the_order_in_which_findings_arrive_changes_nothing(call: Evidence, chance: random.Random) -> None:
    shuffled = list(call.findings)
    chance.shuffle(shuffled)
    first, _ = score(call, STANDARD)
    second, _ = score(replace(call, findings=tuple(shuffled)), STANDARD)
    assert [r.verdict for r in first.criteria] == [r.verdict for r in second.criteria]
    assert first.percent == second.percent


@SETTINGS
@given(calls(), st.sampled_from(FAULTS), st.integers(0, 3))
def test_a_confirmed_fault_never_raises_the_score(
    call: Evidence, fault: tuple[str, dict[str, Any]], number: int
) -> None:
    agents = [i for i, turn in enumerate(call.transcript.turns) if turn.speaker != "customer"]
    if not agents:
        return
    index = agents[number % len(agents)]
    turn = call.transcript.turns[index]
    more = Finding(fault[0], index, turn.speaker, turn.start_s, turn.end_s, turn.text, 0.95, fault[1])
    before, _ = score(call, STANDARD)
    after, _ = score(replace(call, findings=(*call.findings, more)), STANDARD)
    if before.percent is not None and after.percent is not None:
        assert after.percent <= before.percent


@SETTINGS
@given(calls())
def test_a_doubtful_finding_is_never_deducted(call: Evidence) -> None:
    sure = replace(
        call,
        findings=tuple(f for f in call.findings if f.confidence >= 0.6),
        outcome=call.outcome if call.outcome.confidence >= 0.6 else Outcome("undetermined", 1.0),
    )
    with_doubt, _ = score(call, STANDARD)
    without, _ = score(sure, STANDARD)
    for one, other in zip(with_doubt.criteria, without.criteria, strict=True):
        if one.id != "talk.plain_language":  # its measure counts every term, the sure ones in proportion
            assert one.verdict in (other.verdict, "needs_review"), one.id
    assert set(with_doubt.fatal) <= set(without.fatal)


@SETTINGS
@given(calls())
def test_nothing_is_held_against_the_agent_while_nobody_knows_who_speaks(call: Evidence) -> None:
    told, _ = score(call, STANDARD)
    if call.transcript.turns and not call.transcript.sides_sure:
        for result in told.criteria:
            if result.id in SIDED:
                assert result.verdict not in ("fail", "partial"), result.id
        assert not told.fatal


@SETTINGS
@given(calls())
def test_while_nobody_knows_who_speaks_only_the_profiles_own_names_pass(call: Evidence) -> None:
    told, found = score(call, STANDARD)
    if call.transcript.turns and not call.transcript.sides_sure:
        kinds = {finding.id: finding.kind for finding in found if finding.detail.get("matched") == "exact"}
        for result in told.criteria:
            if result.id in SIDED and result.verdict == "pass":
                assert {kinds.get(name) for name in result.findings} <= {"company", "department", "name"}, (
                    result.id
                )


def test_a_perfect_call_of_nobody_knows_whom_earns_nothing_by_words_that_may_be_the_customers() -> None:
    data = base(more=[{"kind": "reference", "turn": 0}], measures={"needs_questions": 2})
    data["turns"] = [["unknown", *rest] for _, *rest in data["turns"]]
    told, _ = score(evidence_of(data | {"role_confidence": 0.5}), STANDARD)
    assert {result.id for result in told.criteria if result.id in SIDED and result.verdict == "pass"} == set()
    assert by_id(told)["record.follow_up"].verdict == "not_measurable"
    assert by_id(told)["talk.reference"].verdict == "not_measurable"


@SETTINGS
@given(calls(), st.floats(1, 500))
def test_the_weight_of_what_does_not_apply_counts_nowhere(call: Evidence, weight: float) -> None:
    told, _ = score(call, STANDARD)
    idle = {r.id for r in told.criteria if r.verdict == "not_applicable" and not r.advisory}
    heavier = STANDARD.model_copy(
        update={
            "criteria": tuple(
                c.model_copy(update={"weight": weight}) if c.id in idle else c for c in STANDARD.criteria
            )
        }
    )
    again, _ = score(call, heavier)
    assert (again.percent, again.coverage) == (told.percent, told.coverage)


def base(**changes: Any) -> dict[str, Any]:
    """A call that is judged on most of its weight and perfect."""
    return {
        "turns": [
            ["agent", 0, 10, "您好，我是华信传媒销售部的李明，想了解一下您现在怎么推广"],
            ["customer", 11, 20, "线上，多少钱？太贵了吧"],
            ["agent", 21, 50, "我们有电梯媒体，覆盖您的客户"],
            ["customer", 51, 60, "可以看看"],
            ["agent", 61, 70, "周四给您资料"],
            ["agent", 71, 80, "感谢您，再见"],
        ],
        "findings": [
            {"kind": "company", "turn": 0}, {"kind": "department", "turn": 0}, {"kind": "name", "turn": 0},
            {"kind": "purpose", "turn": 0},
            {"kind": "needs_question", "turn": 0, "detail": {"open": True, "answered": True}},
            {"kind": "needs_question", "turn": 2, "detail": {"open": True, "answered": True}},
            {"kind": "pitch", "turn": 2}, {"kind": "benefit", "turn": 2},
            {"kind": "customer_question", "turn": 1, "detail": {"answered": True}},
            {"kind": "objection", "turn": 1, "detail": {"kind": "price", "handling": "benefit"}},
            {"kind": "courtesy", "turn": 0, "detail": {"kind": "greeting"}},
            {"kind": "courtesy", "turn": 5, "detail": {"kind": "thanks"}},
            {"kind": "courtesy", "turn": 5, "detail": {"kind": "closing"}},
            {"kind": "follow_up", "turn": 4},
            *changes.pop("more", ()),
        ],
        "measures": {
            "talk_s": 80, "agent_talk_s": 50, "agent_speech_rate": 220, "agent_clipped_ratio": 0.0,
            "loudness_difference_lu": 2.0, "agent_interruptions": 0, "jargon_per_100_words": 0.0,
            "opening_agent_talk_s": 10, "agent_loudness_lufs": -24, **changes.pop("measures", {}),
        },
        "outcome": "interested",
        "record": {"direction": "outbound", "started_at": "2025-03-04T10:00:00+08:00"},
        **changes,
    }  # fmt: skip


def told_of(**changes: Any) -> CallScore:
    return score(evidence_of(base(**changes)), STANDARD)[0]


def test_a_perfect_call() -> None:
    told = told_of()
    assert {r.id: r.verdict for r in told.criteria if r.verdict in ("partial", "fail", "needs_review")} == {}
    assert (told.percent, told.grade, told.coverage, told.fatal, told.needs_review) == (
        100.0,
        "优",
        1.0,
        (),
        False,
    )


def test_a_partial_takes_half_its_weight() -> None:
    hard = {"kind": "hard_sell", "turn": 2, "detail": {"kind": "urgency", "severity": "mild"}}
    told = told_of(more=[hard])
    assert by_id(told)["talk.no_hard_sell"].points == 4.5
    assert told.percent == round(100 * (told.max_points - 4.5) / told.max_points, 1)


def test_a_severe_hard_sell_is_fatal_and_the_percentage_before_it_stands_beside() -> None:
    severe = {"kind": "hard_sell", "turn": 2, "detail": {"kind": "threat_or_guilt", "severity": "severe"}}
    told = told_of(more=[severe])
    assert told.fatal == ("talk.no_hard_sell",)
    assert (told.percent, told.grade) == (0.0, "不合格")
    assert told.percent_before_fatal == round(100 * (told.max_points - 9) / told.max_points, 1)


@pytest.mark.parametrize("others", [0, 2])
def test_severity_in_doubt_never_vetoes_by_itself(others: int) -> None:
    """Whatever else was heard: a person says whether the push was severe."""
    torn = {"kind": "guarantee", "severity": "severe", "share": {"kind": 0.9, "severity": 0.55}}
    mild = {"kind": "hard_sell", "turn": 4, "detail": {"kind": "urgency", "severity": "mild"}}
    told = told_of(more=[{"kind": "hard_sell", "turn": 2, "detail": torn}, *[mild] * others])
    assert told.fatal == () and told.needs_review
    sure = {**torn, "share": {"kind": 0.9, "severity": 0.8}}
    assert told_of(more=[{"kind": "hard_sell", "turn": 2, "detail": sure}]).fatal == ("talk.no_hard_sell",)


def test_rudeness_is_fatal_and_the_customer_s_is_not() -> None:
    assert told_of(more=[{"kind": "rude", "turn": 2}]).fatal == ("voice.courtesy",)
    assert told_of(more=[{"kind": "rude", "turn": 1}]).fatal == ()


@pytest.mark.parametrize("outcome", ["no_conversation", "voicemail"])
def test_what_vetoes_is_not_lost_in_a_call_that_counts_as_none(outcome: str) -> None:
    severe = {"kind": "hard_sell", "turn": 2, "detail": {"kind": "threat_or_guilt", "severity": "severe"}}
    told = told_of(outcome=outcome, more=[severe])
    result = by_id(told)["talk.no_hard_sell"]
    assert (result.verdict, result.reason.code, result.points) == ("needs_review", "fatal_unconnected", None)
    assert len(result.findings) == 1
    assert told.needs_review and told.fatal == () and told.percent is None
    assert {r.verdict for r in told.criteria if r.id != result.id} == {"not_applicable"}


def test_a_call_that_counts_as_none_asks_for_nobody_where_nothing_vetoes() -> None:
    mild = {"kind": "hard_sell", "turn": 2, "detail": {"kind": "urgency", "severity": "mild"}}
    told = told_of(outcome="no_conversation", more=[mild, {"kind": "rude", "turn": 1}])
    assert not told.needs_review and {r.verdict for r in told.criteria} == {"not_applicable"}


def test_a_doubtful_fatal_goes_to_review() -> None:
    told = told_of(more=[{"kind": "rude", "turn": 2, "confidence": 0.59}])
    assert told.fatal == () and told.needs_review
    result = by_id(told)["voice.courtesy"]
    assert (result.verdict, result.points, result.max_points) == ("needs_review", None, None)
    assert result.reason.code == "doubtful_finding" and "0.59" in result.reason.zh
    assert told.percent == 100.0


def test_a_doubt_names_the_finding_it_turns_on_and_not_a_stranger_in_more_doubt() -> None:
    needs = {"kind": "needs_question", "turn": 2, "quote": "问", "detail": {"open": True, "answered": True}}
    told = told_of(
        findings=[
            {"kind": "pitch", "turn": 0, "confidence": 0.55, "quote": "也许在推销"},
            needs,
            {"kind": "follow_up", "turn": 4, "confidence": 0.2, "quote": "周四"},
        ]
    )
    result = by_id(told)["opening.needs"]
    assert (result.verdict, result.reason.code) == ("needs_review", "doubtful_finding")
    assert "也许在推销" in result.reason.zh and "周四" not in result.reason.zh


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        ((True,), "partial"),
        ((False,), "needs_review"),
        ((False, False), "pass"),
        ((True, False), "pass"),
        ((), "fail"),
    ],
)
def test_one_question_that_is_not_open_goes_to_a_person(kinds: tuple[bool, ...], verdict: str) -> None:
    asked = [
        {"kind": "needs_question", "turn": 0, "quote": "问", "detail": {"open": one, "answered": True}}
        for one in kinds
    ]
    result = by_id(told_of(findings=asked))["talk.explores_needs"]
    assert result.verdict == verdict
    assert verdict != "needs_review" or (result.reason.code == "explores_unsure" and "问" in result.reason.zh)


@pytest.mark.parametrize(("confidence", "verdict"), [(0.5, "needs_review"), (0.7, "fail")])
def test_a_doubtful_digression_is_not_counted_surely(confidence: float, verdict: str) -> None:
    strayed = {
        "kind": "off_topic",
        "turn": 2,
        "confidence": confidence,
        "detail": {"talk_s": 30, "turns": [2, 3]},
    }
    told = told_of(more=[strayed], measures={"off_topic_ratio": 0.4})
    assert by_id(told)["time.on_topic"].verdict == verdict


def test_a_fail_that_stands_while_only_its_veto_is_in_doubt() -> None:
    mild = {"kind": "hard_sell", "turn": 2, "detail": {"kind": "urgency", "severity": "mild"}}
    severe = {
        "kind": "hard_sell",
        "turn": 4,
        "confidence": 0.4,
        "detail": {"kind": "guarantee", "severity": "severe"},
    }
    told = told_of(more=[mild, mild, severe])
    result = by_id(told)["talk.no_hard_sell"]
    assert (result.verdict, result.points, result.reason.code) == ("fail", 0.0, "fatal_in_doubt")
    assert told.fatal == () and told.needs_review


def test_the_gate_itself_counts() -> None:
    assert told_of(more=[{"kind": "rude", "turn": 2, "confidence": 0.6}]).fatal == ("voice.courtesy",)


def test_a_doubt_that_changes_nothing_stands() -> None:
    told = told_of(more=[{"kind": "company", "turn": 2, "confidence": 0.3}])
    result = by_id(told)["opening.company"]
    assert result.verdict == "pass" and not told.needs_review


def test_the_bonus_comes_after_the_division_and_stops_at_a_hundred() -> None:
    reference = {"kind": "reference", "turn": 0}
    assert told_of(more=[reference]).percent == 100.0
    told = told_of(more=[reference], measures={"agent_interruptions": 2}, language="zh")
    plain = told_of()
    assert told.max_points == plain.max_points, "the bonus is in neither sum"
    lower = told_of(measures={"jargon_per_100_words": 5})
    higher = told_of(more=[reference], measures={"jargon_per_100_words": 5})
    assert higher.percent == pytest.approx(lower.percent + 2.0)
    assert by_id(higher)["talk.reference"].points is None


def test_little_coverage_gives_no_percentage() -> None:
    unknown = [["unknown", n * 10, n * 10 + 9, "字"] for n in range(6)]
    told = score(evidence_of({"turns": unknown, "role_confidence": 0.3}), STANDARD)[0]
    assert 0 < told.coverage < 0.5
    assert (told.percent, told.grade, told.percent_before_fatal, told.needs_review) == (
        None,
        None,
        None,
        True,
    )


def test_a_silent_recording() -> None:
    told = score(
        evidence_of(
            {"outcome": {"label": "no_conversation", "confidence": 1.0}, "record": {"direction": "outbound"}}
        ),
        STANDARD,
    )[0]
    assert {r.verdict for r in told.criteria} == {"not_applicable"}
    assert (told.percent, told.grade, told.coverage, told.needs_review) == (None, None, 0.0, False)


def test_what_needs_a_clock_is_not_measurable_without_times() -> None:
    data = base(sound=False)
    data["turns"] = [[speaker, None, None, text] for speaker, _, _, text in data["turns"]]
    told, _ = score(evidence_of(data), STANDARD)
    verdicts = {r.id: r.verdict for r in told.criteria}
    for name in ("opening.company", "opening.department", "opening.name", "opening.purpose", "voice.clarity",
                 "voice.balance", "talk.no_interruption"):  # fmt: skip
        assert verdicts[name] == "not_measurable", name
    for name in (
        "voice.courtesy",
        "talk.no_hard_sell",
        "talk.answers_questions",
        "opening.needs",
        "talk.benefits",
    ):
        assert verdicts[name] == "pass", name


def test_voice_level_counts_once_the_profile_sets_the_reference() -> None:
    assert by_id(told_of())["voice.level"].advisory
    assert by_id(told_of())["voice.level"].max_points == 0
    told = by_id(told_of(profile={"line_reference_lufs": -25.0}))["voice.level"]
    assert (told.advisory, told.max_points, told.points) == (False, 3.0, 3.0)


def test_each_finding_names_the_criterion_that_rests_on_it() -> None:
    _, found = score(evidence_of(base(more=[{"kind": "interruption", "turn": 2}])), STANDARD)
    owners = {f.kind: f.criterion for f in found}
    assert owners["company"] == "opening.company"
    assert owners["objection"] == "talk.objections"
    assert owners["interruption"] == "talk.no_interruption"


def test_what_was_searched_in_vain_is_given_by_the_second() -> None:
    data = base()
    data["findings"] = [f for f in data["findings"] if f["kind"] != "company"]
    told, _ = score(evidence_of(data), STANDARD)
    result = by_id(told)["opening.company"]
    assert result.verdict == "fail" and result.findings == ()
    assert (result.searched.start_s, result.searched.end_s) == (0.0, 20.0)
    assert by_id(told)["opening.name"].searched is None


def test_beside_speech_without_words_the_whole_recording_was_searched() -> None:
    data = base()
    data["findings"] = [f for f in data["findings"] if f["kind"] != "courtesy"]
    last = max(turn[2] for turn in data["turns"])
    quiet = by_id(score(evidence_of(data), STANDARD)[0])["voice.courtesy"]
    assert (quiet.verdict, quiet.searched.end_s) == ("fail", last)
    data["unheard"] = [["agent", last + 3, last + 6]]
    spoken = by_id(score(evidence_of(data), STANDARD)[0])["voice.courtesy"]
    assert (spoken.verdict, spoken.searched.start_s) == ("needs_review", 0.0)
    assert spoken.searched.end_s >= last + 6


def test_each_point_lost_on_a_figure_has_its_place() -> None:
    low = {"agent_speech_rate": 100, "opening_agent_talk_s": 28, "loudness_difference_lu": 9.0}
    criteria = by_id(told_of(measures=low))
    assert [criteria[name].verdict for name in ("voice.clarity", "opening.concise", "voice.balance")] == [
        "fail", "partial", "partial",
    ]  # fmt: skip
    spans = {name: criteria[name].searched for name in ("voice.clarity", "opening.concise", "voice.balance")}
    assert (spans["opening.concise"].start_s, spans["opening.concise"].end_s) == (0.0, 51.0)
    assert (spans["voice.balance"].start_s, spans["voice.balance"].end_s) == (0.0, 80.0)
    slowest = spans["voice.clarity"]
    assert (slowest.start_s, slowest.end_s) == (21.0, 50.0), "the slowest turn of the agent"
    fast = by_id(told_of(measures={"agent_speech_rate": 400}))["voice.clarity"].searched
    assert (fast.start_s, fast.end_s) == (0.0, 10.0), "the fastest"


def test_rings_that_were_heard_are_what_pickup_rests_on() -> None:
    rings = [
        {"kind": "ring", "speaker": "unknown", "start_s": at, "end_s": at + 1.0}
        for at in (0.0, 5.0, 10.0, 15.0)
    ]
    data = base(more=rings, measures={"rings_before_answer": 4})
    data["turns"] = [[who, start + 20, end + 20, text] for who, start, end, text in data["turns"]]
    data["record"] = {"direction": "inbound"}
    told, found = score(evidence_of(data), STANDARD)
    pickup = by_id(told)["time.pickup"]
    assert pickup.verdict == "partial"
    assert set(pickup.findings) == {finding.id for finding in found if finding.kind == "ring"}
    data["record"] = {"direction": "inbound", "ring_count": 4}
    listed = by_id(score(evidence_of(data), STANDARD)[0])["time.pickup"]
    assert listed.findings == () and (listed.searched.start_s, listed.searched.end_s) == (0.0, 20.0)


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        ("客户不感兴趣，已拒绝", {"not_interested"}),
        ("没有感兴趣的意思", set()),
        ("She was not really interested.", set()),
        ("Interested, wants to order", {"interested"}),
        ("He didn't sign up", set()),
        ("Signed  up on the spot", {"order_placed"}),
        ("disinterested", set()),
        ("下周再说", set()),
    ],
)
def test_what_notes_say_of_the_end(notes: str, found: set[str]) -> None:
    criterion = next(each for each in STANDARD.criteria if each.id == "record.complete")
    given = criterion.review.settings  # type: ignore[union-attr]
    assert outcomes_in(notes, given["notes"], tuple(given["denials"])).keys() == found


TERMS: dict[str, Any] = {
    "turns": [["agent", 0, 40, "您那间的梁托和檩距都不够，先加梁托"], ["customer", 41, 50, "哦"]],
    "findings": [
        {"kind": "jargon", "turn": 0, "quote": "梁托", "detail": {"explained": False}},
        {"kind": "jargon", "turn": 0, "quote": "檩距", "detail": {"explained": False}},
        {"kind": "jargon", "turn": 0, "quote": "间", "detail": {"explained": True}},
        {"kind": "jargon", "turn": 0, "quote": "加", "detail": {"explained": False, "customer_used": True}},
        {"kind": "jargon", "turn": 0, "quote": "您那", "confidence": 0.4, "detail": {"explained": False}},
    ],
    "measures": {"jargon_per_100_words": 6.0},
}


def test_a_deduction_by_a_counted_figure_names_what_it_counts() -> None:
    told, findings = score(evidence_of(TERMS), STANDARD)
    plain = by_id(told)["talk.plain_language"]
    quotes = {finding.id: finding.quote for finding in findings}
    assert plain.verdict == "fail" and {quotes[name] for name in plain.findings} >= {"梁托", "檩距"}
    assert {quotes[name] for name in plain.findings}.isdisjoint({"间", "加"})
    assert "“梁托” / “檩距”" in plain.reason.en and "“梁托” / “檩距”" in plain.reason.zh
    assert all(finding.criterion == "talk.plain_language" for finding in findings)


def test_few_terms_are_no_evidence_but_have_their_criterion() -> None:
    told, findings = score(evidence_of({**TERMS, "measures": {"jargon_per_100_words": 0.5}}), STANDARD)
    plain = by_id(told)["talk.plain_language"]
    assert (plain.verdict, plain.findings) == ("pass", ())
    assert {finding.criterion for finding in findings} == {"talk.plain_language"}


@pytest.mark.parametrize("restated", [True, False])
def test_the_rewording_stands_beside_the_confusion(restated: bool) -> None:
    call: dict[str, Any] = {
        "turns": [["agent", 0, 9, "要做整调"], ["customer", 10, 12, "啥"], ["agent", 13, 40, "就是把弦重拧一遍"]],
        "findings": [
            {"kind": "confusion", "turn": 1, "quote": "啥", "detail": {"restated": restated, "kind": "meaning"}},
            {"kind": "restatement", "turn": 2, "quote": "就是把弦重拧一遍"},
        ],
    }  # fmt: skip
    told, findings = score(evidence_of(call), STANDARD)
    restates = by_id(told)["talk.restates"]
    assert restates.verdict == ("pass" if restated else "fail")
    assert [f.kind for f in findings if f.id in restates.findings] == ["confusion", "restatement"]


def half_recorded(side: str, *, said: bool = False) -> dict[str, Any]:
    """Verdicts of a call of which one side's channel carries nothing."""
    other = "customer" if side == "agent" else "agent"
    turns = [[other, 0, 8, "您好"], [other, 20, 40, "好的"]]
    if said:
        turns.append([side, 50, 55, "谢谢"])
    call = evidence_of({"turns": turns, "outcome": {"label": "no_conversation", "confidence": 0.4}})
    assert call.sound is not None
    dead = replace(call, sound=replace(call.sound, notes=(f"dead_side:{side}", f"unrecorded_side:{side}")))
    told, _ = score(dead, load_standard("telesales-cn"))
    assert told.needs_review
    return by_id(told)


def test_what_is_asked_of_a_side_that_was_not_recorded_is_not_measurable() -> None:
    told = half_recorded("agent")
    for name in (
        "voice.courtesy",
        "talk.answers_questions",
        "talk.no_hard_sell",
        "talk.patience",
        "opening.company",
    ):
        assert told[name].verdict == "not_measurable", name
        assert told[name].reason.code == "side_unrecorded"
        assert "坐席" in told[name].reason.zh
        assert "agent" in told[name].reason.en
    told = half_recorded("customer")
    for name in ("talk.answers_questions", "talk.objections", "talk.no_interruption", "voice.balance"):
        assert told[name].verdict == "not_measurable", name
        assert "customer" in told[name].reason.en
    assert (
        told["opening.company"].verdict == "needs_review"
    )  # of the agent all was recorded; the outcome is a doubt


def test_words_delivered_of_an_unrecorded_side_are_judged() -> None:
    assert half_recorded("agent", said=True)["voice.courtesy"].reason.code != "side_unrecorded"
