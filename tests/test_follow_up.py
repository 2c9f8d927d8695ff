from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import follow_up
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.heard import forms_of
from pipeline.analysis.next_step import agreed
from pipeline.analysis.text import fold
from pipeline.analysis.when import _grammar, find_times, when_data
from pipeline.types import CallRecord, Finding, Speaker, Transcript, Turn

WORDS = {
    "en": ["tomorrow", "next", "week", "tuesday", "the", "3rd", "of", "may", "at", "ten", "half past", "in", "two", "days", "pm"],
    "zh": ["明天", "下", "周", "三", "月", "号", "点", "半", "下午", "过", "几天", "之后", "两", "个", "小时", "的"],
}  # fmt: skip
HELDOUT = Path(__file__).parent / "heldout"
NOW = datetime(2026, 3, 10, 15, 20)
SIDES: dict[str, Speaker] = {"a": "agent", "c": "customer"}


def said(language: str, *lines: str, now: datetime | None = NOW) -> Conversation:
    turns = tuple(Turn(SIDES[line[0]], line[3:], None, None, 1.0) for line in lines)
    return Conversation.of(
        Transcript(language, turns), record=CallRecord(file="", call_id="", started_at=now)
    )


def step_of(language: str, *lines: str) -> Finding | None:
    call = said(language, *lines)
    return agreed(call, follow_up.find(call))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_example_of_a_time(language: str) -> None:
    for example in when_data(language)["examples"]:
        times = find_times(fold(str(example["text"])), language, NOW)
        assert [time.iso for time in times] == [example["iso"]], example


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heldout(language: str) -> None:
    data = yaml.safe_load((HELDOUT / f"follow_up.{language}.yaml").read_text(encoding="utf-8"))
    found = {entry["text"]: step_of(language, entry["text"]) for entry in data["hits"] if entry["when"]}
    right = [
        finding is not None and str(finding.detail["iso"]).startswith(entry["iso"])
        for entry in data["hits"]
        if entry.get("iso") and entry["when"]
        for finding in [found[entry["text"]]]
    ]
    false = [text for text in data["misses"] if follow_up.find(said(language, text))]
    assert sum(finding is not None for finding in found.values()) / len(found) >= 0.75
    assert sum(right) / len(right) >= 0.7
    assert len(false) <= 2


def test_a_proposal_turned_down_is_no_follow_up() -> None:
    assert follow_up.find(said("zh", "a: 那我加您微信把资料发您", "c: 不用了")) == []
    assert follow_up.find(said("en", "a: I'll call you back tomorrow.", "c: No, please don't.")) == []


def test_the_customer_sets_another_time() -> None:
    call = said("zh", "a: 那我明天上午十点再打给您", "c: 下午三点吧")
    findings = follow_up.find(call)
    assert [f.speaker for f in findings] == ["agent", "customer"]
    last = agreed(call, findings)
    assert last is not None and last.detail["when"] == "下午三点" and last.quote == "下午三点"


def test_the_quote_holds_act_and_time_and_the_offset_stays() -> None:
    now = NOW.replace(tzinfo=timezone(timedelta(hours=8)))
    (finding,) = follow_up.find(said("zh", "a: 好的，那我明天下午三点再给您打电话", now=now))
    assert finding.quote == "明天下午三点再给您打电话"
    assert finding.detail["iso"] == "2026-03-11T15:00+08:00"


def test_without_the_start_of_the_call_the_words_stay() -> None:
    (finding,) = follow_up.find(said("en", "c: Call me back next Tuesday at ten.", now=None))
    assert finding.detail["iso"] is None and finding.detail["when"] == "next Tuesday at ten"


@given(st.text(alphabet="明后天下上周一三五点半号月日十二过个小时点:3017 ", max_size=20))
def test_no_wording_breaks_the_parser(text: str) -> None:
    for time in find_times(fold(text), "zh", NOW):
        assert 0 <= time.start < time.end <= len(text)
        assert time.iso is None or datetime.fromisoformat(time.iso)


@given(
    st.text(alphabet="abcdehmnorstuwy 0123456789:.'", max_size=30),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
)
def test_no_english_breaks_the_parser(text: str, now: datetime) -> None:
    for time in find_times(fold("next tuesday at " + text), "en", now):
        assert time.iso is None or datetime.fromisoformat(time.iso)


@given(st.sampled_from(["en", "zh"]), st.data())
def test_no_frame_is_passed_over_that_holds(language: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[language]), max_size=8))
    folded = fold((" " if language == "en" else "").join(words))
    form = forms_of(folded, language)[0]
    for frame in _grammar(language).frames:
        assert frame.could(form) or not [hit for hit in frame.regex.finditer(folded) if hit.group()]


@pytest.mark.parametrize(
    ("language", "lines", "when"),
    [
        ("en", ("a: Hello.", "c: I'm busy.", "a: What time suits you?", "c: half nine", "a: Lovely."), "half nine"),
        ("zh", ("a: 您好", "c: 我在忙", "a: 那您几点方便", "c: 八点多吧", "a: 好的，谢谢"), "八点多"),
    ],
)  # fmt: skip
def test_a_bare_time_that_is_taken_up(language: str, lines: tuple[str, ...], when: str) -> None:
    step = step_of(language, *lines)
    assert step is not None and step.detail["when"] == when


def test_a_bare_time_about_something_else_is_no_step() -> None:
    assert (
        follow_up.find(said("zh", "a: 您好", "c: 你说", "a: 合同什么时候到期", "c: 下个月", "a: 好的")) == []
    )


def test_waiting_for_the_customer_is_a_step() -> None:
    step = step_of("zh", "a: 您好", "c: 你说", "c: 行", "a: 周五下午我在展厅等您", "c: 好")
    assert step is not None and step.detail["when"] == "周五下午"


@pytest.mark.parametrize(
    ("language", "lines", "when"),
    [
        ("zh", ("a: 您好，我讲下体检。", "c: 行是行，我在出差，你清明之后打给我。", "a: 好的，清明之后我打给您。"), "清明之后"),
        ("en", ("a: Hi, about the boiler.", "c: Ring once the kids go back.", "a: Right, once the kids go back I'll ring."),
         "once the kids go back"),
    ],
)  # fmt: skip
def test_a_time_that_both_sides_name(language: str, lines: tuple[str, ...], when: str) -> None:
    finding = step_of(language, *lines)
    assert finding is not None and finding.detail["when"] == when


@pytest.mark.parametrize(
    ("language", "text", "isos"),
    [
        ("en", "friday or saturday", [None, None]),
        ("en", "sunday, could be monday", [None, None]),
        ("en", "saturday to wednesday", [None, None]),
        ("en", "friday at nine till twelve", ["2026-03-13"]),
        ("en", "not wednesday, saturday then", [None, "2026-03-14"]),
        ("en", "thursday at one, sorry, friday", [None, "2026-03-13"]),
        ("en", "friday at nine, no, at eleven", [None, "2026-03-13T11:00"]),
        ("en", "we move on the 20th, call after six", ["2026-03-20", None]),
        ("en", "friday at nine or so we say, then tonight at ten", ["2026-03-13T09:00", "2026-03-10T22:00"]),
        ("zh", "周六周日都行", [None, None]),
        ("zh", "下周二到下周四", [None, None]),
        ("zh", "周六上午还是下午", ["2026-03-14", None]),
        ("zh", "周五，不是周六", ["2026-03-13", None]),
        ("zh", "周六八点半或者九点半", ["2026-03-14", None]),
        ("zh", "周六不方便，周日吧", [None, "2026-03-15"]),
        ("zh", "周五下午两点，说错了，四点", [None, "2026-03-13T16:00"]),
        ("zh", "后天九点，算了，大后天", [None, "2026-03-13"]),
    ],
)  # fmt: skip
def test_times_of_one_sentence_of_which_one_or_none_is_meant(
    language: str, text: str, isos: list[str | None]
) -> None:
    assert [time.iso for time in find_times(fold(text), language, NOW)] == isos


_SHOPPING = ("a: Hi, it's Bo from Lark Cover.", "c: I'm out shopping.")
_QUEUE = ("a: 您好，新程驾校。", "c: 我在排队。")


@pytest.mark.parametrize(
    ("language", "lines", "iso", "sure"),
    [
        ("en", (*_SHOPPING, "a: When's best to ring you?", "c: Sunday at four.", "a: Thank you, bye."),
         "2026-03-15T16:00", True),
        ("en", ("c: Hello?", "a: Kit at Dale Gym.", "c: Phone me some other day.", "a: Sure. Which day?", "c: Saturday at nine.",
                "a: Noted."),
         "2026-03-14T09:00", True),
        ("en", (*_SHOPPING, "a: When's best to ring you?", "c: Sunday at four, perhaps.", "a: Thank you, bye."),
         "2026-03-15T16:00", False),
        ("en", (*_SHOPPING, "a: When's best to ring you?", "c: Sunday at four.", "a: Do you rent the house?"),
         "2026-03-15T16:00", False),
        ("zh", (*_QUEUE, "a: 那我什么时候再联系您？", "c: 周五晚上吧。", "a: 多谢您，再见。"), "2026-03-13", True),
        ("zh", ("a: 您好，新程驾校。", "c: 想学，你约个时间吧。", "a: 哪天？", "c: 周日上午九点。", "a: 收到。"),
         "2026-03-15T09:00", True),
        ("zh", (*_QUEUE, "a: 那我什么时候再联系您？", "c: 周五晚上，说不准。", "a: 好的，再见。"), "2026-03-13", False),
    ],
)  # fmt: skip
def test_a_time_that_is_asked_for_and_answered(
    language: str, lines: tuple[str, ...], iso: str, sure: bool
) -> None:
    step = step_of(language, *lines)
    assert step is not None and str(step.detail["iso"]).startswith(iso)
    assert (step.confidence >= 0.6) is sure


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ("a: Hello.", "c: I'm busy.", "a: When may I call again?", "c: I have no idea.", "a: Goodbye.")),
        ("zh", ("a: 您好", "c: 我忙着呢", "a: 那我哪天再联系您", "c: 这个再说吧", "a: 再见")),
        ("en", ("a: Hi.", "c: Go on.", "a: When does your lease run out?", "c: Sunday at four.", "a: Thank you.")),
        ("zh", ("a: 您好", "c: 你说", "a: 您的车险哪天到期？", "c: 周日吧。", "a: 谢谢您。")),
    ],
)  # fmt: skip
def test_what_is_asked_and_not_answered_or_not_for_a_step_is_never_sure(
    language: str, lines: tuple[str, ...]
) -> None:
    step = step_of(language, *lines)
    assert step is None or (step.confidence < 0.6 and step.detail["when"] is None)


@pytest.mark.parametrize(
    ("language", "text", "iso"),
    [
        ("en", "Because Thursday at eight is your yoga, let me call you on Saturday.", "2026-03-14"),
        ("en", "I'll ring you on Sunday, the offer ends on Friday at noon.", "2026-03-15"),
        ("zh", "您周五上午十点要去医院，那我周日再给您打电话", "2026-03-15"),
        ("zh", "那我后天给您打电话，活动到周六晚上十点", "2026-03-12"),
    ],
)
def test_of_several_times_the_one_of_the_act_is_meant(language: str, text: str, iso: str) -> None:
    lines = ("a: Hello.", "c: Yes, tell me.") if language == "en" else ("a: 您好", "c: 你说")
    step = step_of(language, *lines, f"a: {text}")
    assert step is not None and step.detail["iso"] == iso


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("zh", ("a: 您好", "c: 我想看房", "a: 三月二十五号上午我在售楼处等您，几点合适？", "c: 十点半吧。", "a: 好的"),
         "2026-03-25T10:30"),
        ("zh", ("a: 您好", "c: 我在忙", "a: 那我下周再打给您，周几方便？", "c: 周四吧。", "a: 好的"), "2026-03-19"),
        ("en", ("a: Hi.", "c: I'd like a viewing.", "a: Shall we meet on Saturday morning? What time?", "c: Ten o'clock.",
                "a: Lovely."),
         "2026-03-14T10:00"),
    ],
)  # fmt: skip
def test_an_hour_is_of_the_day_that_was_named_before(language: str, lines: tuple[str, ...], iso: str) -> None:
    step = step_of(language, *lines)
    assert step is not None and step.detail["iso"] == iso


@pytest.mark.parametrize(
    ("language", "text", "isos"),
    [
        ("zh", "您看哪天晚上", []),
        ("zh", "几号下午", []),
        ("zh", "到时候见", []),
        ("zh", "下周几", [None]),
        ("en", "which sunday", [None]),
        ("en", "sunday at two was awkward, thursday then", [None, "2026-03-12"]),
        ("zh", "就约周日上午九点，周六我再提醒您", ["2026-03-15T09:00", "2026-03-14"]),
        ("en", "thursday at two, wednesday i'll text you", ["2026-03-12T14:00", "2026-03-11"]),
        ("zh", "周六，周日下午我给您打", [None, None]),
    ],
)
def test_a_question_for_a_day_is_no_time_and_an_hour_fixed_stands(
    language: str, text: str, isos: list[str | None]
) -> None:
    assert [time.iso for time in find_times(fold(text), language, NOW)] == isos


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("en", ("a: When can the fitter come?", "c: Friday at ten.",
                "a: Friday at ten, he'll come then. I'll text you the address today."),
         "2026-03-13T10:00"),
        ("zh", ("a: 您好", "c: 我想再聊", "a: 那周五上午十点我打给您。", "c: 行", "a: 我今天先把资料发给您。"),
         "2026-03-13T10:00"),
    ],
)  # fmt: skip
def test_what_is_only_sent_yields_to_a_talk_or_visit(language: str, lines: tuple[str, ...], iso: str) -> None:
    step = step_of(language, *lines)
    assert step is not None and step.detail["iso"] == iso
