"""Which day and which of several times a call agrees on: a weekday after its date, a vague time after a named one."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipeline.analysis import follow_up
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.next_step import agreed
from pipeline.types import CallRecord, Finding, Transcript, Turn

NOW = datetime(2026, 6, 16, 10, 5)  # a Tuesday


def step_of(language: str, *lines: str) -> Finding | None:
    turns = tuple(
        Turn("agent" if line[0] == "a" else "customer", line[3:], None, None, 1.0) for line in lines
    )
    call = Conversation.of(
        Transcript(language, turns), record=CallRecord(file="", call_id="", started_at=NOW)
    )
    return agreed(call, follow_up.find(call))


def iso_of(language: str, *lines: str) -> str | None:
    step = step_of(language, *lines)
    assert step is not None
    iso: str | None = step.detail["iso"]
    return iso


_EN = ("a: Hi, it's Una from Birch Dental.", "c: Hello.")
_ZH = ("a: 您好，我是明德书院的。", "c: 你好。")


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("en", ("a: We're holding a tasting on the fourth of July, fancy it?", "c: Sounds fun.", "a: See you on Saturday.",
                "c: See you."),
         "2026-07-04"),
        ("en", ("a: Can I phone you on the 26th?", "c: The 26th is fine.", "a: I'll phone you Friday at eleven, then.", "c: OK."),
         "2026-06-26T11:00"),
        ("en", ("a: Shall we meet next Thursday at one?", "c: Yes.", "a: I'll email the map.", "c: Ta.",
                "a: I'll meet you Thursday at one.", "c: Right."),
         "2026-06-25T13:00"),
        ("en", ("a: May I call you a fortnight on Monday?", "c: Fine.", "a: Speak to you on Monday.", "c: Bye."),
         "2026-07-06"),
        ("zh", ("a: 七月四号我们有亲子课，您带孩子来玩吗？", "c: 好呀。", "a: 那咱们周六见。", "c: 再见。"), "2026-07-04"),
        ("zh", ("a: 二十五号我给您回电话，行吗？", "c: 二十五号行。", "a: 好，星期四上午九点我打给您。", "c: 嗯。"),
         "2026-06-25T09:00"),
        ("zh", ("a: 下周五下午两点老师去家里，行吗？", "c: 行。", "a: 我把名字记下了。", "c: 嗯。", "a: 周五老师上门。"),
         "2026-06-26T14:00"),
    ],
)  # fmt: skip
def test_a_weekday_after_its_date_means_that_date(language: str, lines: tuple[str, ...], iso: str) -> None:
    assert iso_of(language, *(_EN if language == "en" else _ZH), *lines) == iso


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("en", ("a: There's a fair on the 26th.", "c: I see.", "a: I'll phone you this Friday at two.", "c: OK."),
         "2026-06-19T14:00"),
        ("en", ("a: Your lease expires on the 26th.", "c: I know.", "a: I'll phone you on Friday at two.", "c: OK."), None),
        ("en", ("a: Your lease expires on the thirtieth of October.", "c: I know.", "a: I'll phone you on Friday at two.",
                "c: OK."),
         "2026-06-19T14:00"),
        ("en", ("a: Can I phone you on the 26th?", "c: No.", "a: I'll phone you this Friday.", "c: Fine, speak on Friday."),
         "2026-06-19"),
        ("zh", ("a: 报名二十六号截止。", "c: 知道了。", "a: 那我周五下午两点给您打电话。", "c: 行。"), None),
        ("zh", ("a: 报名二十六号截止。", "c: 知道了。", "a: 那我周四下午两点给您打电话。", "c: 行。"), "2026-06-18T14:00"),
    ],
)  # fmt: skip
def test_a_date_at_which_something_ends_is_no_appointment(
    language: str, lines: tuple[str, ...], iso: str | None
) -> None:
    assert iso_of(language, *(_EN if language == "en" else _ZH), *lines) == iso


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("en", ("a: I'll ring you on Monday at noon.", "c: Lovely.", "a: I'll connect with you on LinkedIn in a minute."),
         "2026-06-22T12:00"),
        ("en", ("a: Our technician can visit on Friday at nine, does that work?", "c: Friday at nine works.",
                "a: I'll text you his number later today.", "c: Cheers."),
         "2026-06-19T09:00"),
        ("en", ("a: Could we meet on Monday at three?", "c: Monday at three is good.",
                "a: Great, you'll hear from me shortly with the address.", "c: Thanks."),
         "2026-06-22T15:00"),
        ("zh", ("a: 那我周四晚上七点打给您。", "c: 好的。", "a: 待会儿我加您微信哈。", "c: 嗯，再见。"), "2026-06-18T19:00"),
        ("zh", ("a: 周日上午九点半我带您看展厅。", "c: 行，没问题。", "a: 今天我先把地址给您。", "c: 好。"), "2026-06-21T09:30"),
    ],
)  # fmt: skip
def test_a_vague_time_yields_to_a_named_one(language: str, lines: tuple[str, ...], iso: str) -> None:
    assert iso_of(language, *(_EN if language == "en" else _ZH), *lines) == iso


@pytest.mark.parametrize(
    ("language", "lines", "when"),
    [
        ("en", ("a: Shall I ring you on Monday at noon?", "c: I'm flying then. Ring me in a few weeks.", "a: Will do."),
         "in a few weeks"),
        ("en", ("a: I'll ring on Monday at noon.", "c: Fine.", "a: So, Monday.",
                "c: No, actually I can't. Call me in a few weeks.", "a: OK, I'll call in a few weeks."),
         "in a few weeks"),
        ("en", ("a: Shall I ring you on Monday at noon?", "c: I'm in court all day.", "a: I'll try you next month."),
         "next month"),
        ("zh", ("a: 那我周四晚上七点打给您？", "c: 周四我值班，过段时间再打吧。", "a: 好，过段时间我再打给您。"), "过段时间"),
        ("zh", ("a: 那我周四晚上七点打给您？", "c: 那天我得陪孩子。", "a: 那我下个月再给您打电话。", "c: 行。"), "下个月"),
    ],
)  # fmt: skip
def test_a_named_time_that_is_not_taken_up_yields_to_a_vague_one(
    language: str, lines: tuple[str, ...], when: str
) -> None:
    step = step_of(language, *(_EN if language == "en" else _ZH), *lines)
    assert step is not None and step.detail["when"] == when


def test_a_call_in_so_many_minutes_is_an_appointment() -> None:
    lines = (
        "a: I'll ring on Monday at noon.",
        "c: Or in twenty minutes.",
        "a: I'll ring you in twenty minutes.",
    )
    assert iso_of("en", *_EN, *lines) == "2026-06-16T10:25"


@pytest.mark.parametrize(
    ("language", "lines", "iso"),
    [
        ("en", ("a: The hall is open on the 27th, would you and your son like to look round?",
                "c: Yes, we could do eleven o'clock.", "a: I've put you down for eleven o'clock.", "c: Bye."),
         "2026-06-27T11:00"),
        ("zh", ("a: 二十七号有一节试听课，您几点能到？", "c: 上午十点吧。", "a: 好的，给您登记。"), "2026-06-27T10:00"),
    ],
)  # fmt: skip
def test_an_hour_answers_for_the_day_of_the_question(language: str, lines: tuple[str, ...], iso: str) -> None:
    assert iso_of(language, *(_EN if language == "en" else _ZH), *lines) == iso
