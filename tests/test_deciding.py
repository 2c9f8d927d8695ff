"""What the reason of a doubtful verdict names: the finding that decides it, how it is read, and how many there are."""

from __future__ import annotations

from typing import Any

from pipeline.standards import load_standard, score
from pipeline.standards.examples import evidence_of
from pipeline.standards.quoting import listed
from pipeline.standards.wording import fill
from pipeline.types import CriterionResult, Finding, Turn

TURNS = [["agent", i * 10, i * 10 + 9, f"问第{i}句"] if i % 2 else ["customer", i * 10, i * 10 + 9, f"说第{i}句"]
         for i in range(12)]  # fmt: skip


def result_of(criterion: str, *findings: dict[str, Any]) -> tuple[CriterionResult, tuple[str, ...]]:
    standard = load_standard()
    told, found = score(evidence_of({"turns": TURNS, "findings": list(findings)}), standard)
    (result,) = (one for one in told.criteria if one.id == criterion)
    quotes = {finding.id: finding.quote or "" for finding in found}
    return result, tuple(quotes[each] for each in result.findings)


def question(turn: int, quote: str, sure: float, *, answered: bool, told: float = 1.0) -> dict[str, Any]:
    detail = {"answered": answered, "share": {"answered": told}}
    return {
        "kind": "customer_question", "speaker": "customer", "turn": turn, "quote": quote, "confidence": sure, "detail": detail,
    }  # fmt: skip


def test_the_open_question_is_named_and_not_an_answered_one_in_more_doubt() -> None:
    result, evidence = result_of(
        "talk.answers_questions",
        question(0, "说第0句", 0.9, answered=True),
        question(2, "说第2句", 0.2, answered=True),
        question(4, "说第4句", 0.5, answered=False),
    )
    assert (result.verdict, result.reason.code) == ("needs_review", "doubtful_finding")
    assert "说第4句" in result.reason.zh and "说第2句" not in result.reason.en and "0.50" in result.reason.en
    assert evidence[0] == "说第4句" and set(evidence) == {"说第0句", "说第2句", "说第4句"}


def test_of_a_sure_question_the_doubt_is_whether_it_was_answered() -> None:
    result, evidence = result_of(
        "talk.answers_questions",
        question(0, "说第0句", 0.2, answered=True),
        question(2, "说第2句", 0.9, answered=False, told=0.45),
    )
    assert (result.verdict, result.reason.code) == ("needs_review", "doubtful_reading")
    assert "说第2句" in result.reason.en and evidence[0] == "说第2句"
    assert "partial if taken so, pass if taken in the agent's favour" in result.reason.en
    assert "照此判断则为部分通过，从宽判断则为通过" in result.reason.zh


def pressed(turn: int, sure: float) -> dict[str, Any]:
    return {
        "kind": "hard_sell", "turn": turn, "quote": f"问第{turn}句", "confidence": sure,
        "detail": {"kind": "urgency", "severity": "mild"},
    }  # fmt: skip


def test_where_several_doubts_together_decide_all_are_counted() -> None:
    result, _ = result_of("talk.no_hard_sell", pressed(1, 0.5), pressed(3, 0.4))
    assert (result.verdict, result.reason.code) == ("needs_review", "doubtful_findings")
    assert "2 findings" in result.reason.en and "fail if all count, pass if none does" in result.reason.en
    assert "2 处" in result.reason.zh and "全部计入则为不通过" in result.reason.zh


def test_one_doubt_that_decides_alone_is_told_as_one() -> None:
    result, _ = result_of("talk.no_hard_sell", pressed(1, 0.9), pressed(3, 0.5))
    assert result.reason.code == "doubtful_finding" and "问第3句" in result.reason.zh
    assert "fail if it counts, partial if not" in result.reason.en


def test_a_reason_says_how_many_more_there_are_and_the_evidence_holds_all() -> None:
    result, evidence = result_of("talk.no_hard_sell", *(pressed(turn, 0.9) for turn in (1, 3, 5, 7, 9)))
    assert result.verdict == "fail"
    assert result.reason.en.endswith("and 2 more") and result.reason.zh.endswith("，另有 2 处")
    assert len(evidence) == 5


def test_words_shown_once_are_not_counted_as_more() -> None:
    turns = tuple(
        Turn("agent", text, 0.0, 1.0, 1.0) for text in ("Go on, buy it.", "Go on, buy it.", "Last one left!")
    )
    found = [Finding("hard_sell", at, "agent", 0.0, 1.0, turn.text, 0.9) for at, turn in enumerate(turns)]
    assert fill("{quotes}", {"quotes": listed(found, turns)}, "en") == "“Go on, buy it” / “Last one left!”"
