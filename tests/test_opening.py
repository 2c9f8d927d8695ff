"""The opening's slots: frames with their own examples, held-out openings, the profile, and the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.frames import SLOTS, first_slots, load_frames, read_frames
from pipeline.analysis.opening import KINDS, find, measure
from pipeline.analysis.text import fold
from pipeline.profile import EMPTY, Agent, Company, Department, Profile
from pipeline.types import CallRecord, Finding, Transcript, Turn

PROFILE = Profile(
    company=Company(name="华信传媒", aliases=("华信", "Huaxin Media")),
    departments=(Department(name="销售部", aliases=("媒体销售部",)),),
    agents=(Agent(id="A01", names=("李明", "小李")), Agent(id="A02", names=("王芳",))),
)
FRAMES: list[tuple[str, dict[str, Any]]] = [
    (language, frame) for language in ("zh", "en") for frame in read_frames(language)["frames"]
]


def _find(
    text: str, *, language: str = "zh", profile: Profile = EMPTY, speaker: str = "agent"
) -> dict[str, Finding]:
    turn = Turn(speaker, text, 2.0, 12.0, 1.0)  # type: ignore[arg-type]  # a literal
    record = CallRecord(file="", call_id="", agent_id="A01")
    conversation = Conversation.of(Transcript(language, (turn,)), profile=profile, record=record)
    return {finding.kind: finding for finding in find(conversation, ())}


def _slots(text: str, language: str) -> dict[str, str]:
    heard = first_slots(iter([(text, fold(text))]), language)
    return {slot: text[one.start : one.end] for slot, one in heard.items()}


@pytest.mark.parametrize(
    ("language", "frame"), FRAMES, ids=lambda value: value if isinstance(value, str) else value["id"]
)
def test_frames_fill_their_examples(language: str, frame: dict[str, Any]) -> None:
    for example in frame["examples"]:
        wanted = {slot: example[slot] for slot in SLOTS if slot in example}
        assert _slots(example["text"], language) == wanted, example["text"]
    for text in frame["misses"]:
        assert _slots(text, language) == {}, text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_held_out_openings(language: str) -> None:
    path = Path(__file__).parent / "heldout" / f"opening.{language}.yaml"
    openings = yaml.safe_load(path.read_text(encoding="utf-8"))["openings"]
    true = wrong = missed = 0
    for opening in openings:
        found = _find(opening["text"], language=language)
        for kind in KINDS:
            wanted, got = opening.get(kind), found.get(kind)
            right = bool(got and wanted and (kind == "purpose" or got.quote == wanted))
            true, wrong, missed = (
                true + right,
                wrong + bool(got and not right),
                missed + bool(wanted and not right),
            )
    assert 2 * true / (2 * true + wrong + missed) >= 0.95


@pytest.mark.parametrize(
    ("text", "kind", "quote", "value", "matched"),
    [
        ("您好我是华信传媒的小李", "company", "华信传媒", "华信传媒", "exact"),
        ("您好我是华信的小李", "company", "华信", "华信传媒", "alias"),
        ("您好我是花心传媒的小李", "company", "花心传媒", "华信传媒", "fuzzy"),
        ("This is Mark from Huaxing Media.", "company", "Huaxing Media", "华信传媒", "fuzzy"),
        ("您好我是华信传媒媒体销售部的", "department", "媒体销售部", "销售部", "alias"),
        ("您好我是华信传媒的李明", "name", "李明", "李明", "exact"),
        ("您好我是华信传媒的黎明", "name", "黎明", "李明", "fuzzy"),
        ("您好我是华信传媒的李经理", "name", "李经理", "李明", "alias"),
    ],
)
def test_profile_names(text: str, kind: str, quote: str, value: str, matched: str) -> None:
    found = _find(text, profile=PROFILE)[kind]
    assert (found.quote, found.detail["value"], found.detail["matched"]) == (quote, value, matched)


@pytest.mark.parametrize(
    "text", ["华信传媒销售部，我是利鸣，请问有什么需要", "您好，这里是王访，跟您约个时间"]
)
def test_a_name_written_as_it_sounds_is_heard_behind_a_frame(text: str) -> None:
    found = _find(text, profile=PROFILE)["name"]
    assert (found.detail["matched"], found.detail["value"]) == ("fuzzy", "李明" if "利" in text else "王芳")
    assert found.confidence >= 0.6


def test_a_word_that_sounds_like_a_name_is_a_doubt() -> None:
    profile = Profile(agents=(Agent(id="A01", names=("景莉",)),))
    assert _find("您好，我是经理，跟您说一下价格", profile=profile)["name"].confidence < 0.6
    assert "name" not in _find("您好，我是经理那边叫来的", profile=profile)


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("您好，华信传媒，我姓李叫李明您的广告到期了", PROFILE),
        ("您好，华信传媒，我姓王我叫王芳，跟您续个约", PROFILE),
        ("您好，我姓丁叫丁一凡，跟您续个约", EMPTY),
    ],
)
def test_the_whole_name_behind_the_family_name_is_taken(text: str, profile: Profile) -> None:
    assert (_find(text, profile=profile)["name"].quote or "") in ("李明", "王芳", "丁一凡")


def test_a_stranger_is_reported_with_what_was_expected() -> None:
    found = _find("您好，我是金辉地产的赵强", profile=PROFILE)
    assert found["company"].detail == {"value": "金辉地产", "matched": "pattern", "expected": "华信传媒"}
    assert found["name"].detail["expected"] == "李明"


@pytest.mark.parametrize("text", ["我是金辉地产的小刘，你是哪位？", "我是平安的，找一下王经理"])
def test_the_customer_introduces_nobody(text: str) -> None:
    assert _find(text, speaker="customer") == {}


def test_a_number_is_no_name() -> None:
    assert "name" not in _find("您好，我是中国移动的客服，工号8023")


def _measures(*turns: Turn) -> dict[str, Any]:
    conversation = Conversation.of(Transcript("zh", turns))
    return {one.name: one for one in measure(conversation, find(conversation, ()))}


def test_opening_times() -> None:
    text = "您好我是链家客服部的小王给您来电是想了解一下您的需求"
    measures = _measures(
        Turn("customer", "喂", 0.0, 0.5, 1.0),
        Turn("agent", text, 1.0, 14.0, 1.0),
        Turn("customer", "哦你说", 14.0, 15.0, 1.0),
        Turn("agent", "好的", 15.0, 16.0, 1.0),
    )
    assert measures["opening_complete_s"].value == pytest.approx(13.0, abs=1.5)
    assert measures["opening_agent_talk_s"].value == 13.0


def test_what_is_missing_or_untimed_is_not_measurable() -> None:
    missing = _measures(Turn("agent", "您好我是链家的小王", 0.0, 3.0, 1.0))["opening_complete_s"]
    assert missing.reason is not None
    assert missing.reason.code == "opening_incomplete"
    untimed = _measures(Turn("agent", "您好我是链家的小王", None, None, 1.0))
    assert all(one.reason is not None and one.reason.code == "no_times" for one in untimed.values())


def test_frames_load_once() -> None:
    assert load_frames("zh") is load_frames("zh")


LONG = (
    "喂您好，是这样的阿，现在做门店的老板，广告费都花得不明不白，月底一算那个这样就对不上，我们有一个投放的系统，手机上就能看，"
    "一天少花一个小时，一年也就一千九百八十块钱，店员也能用，"
)


@pytest.mark.parametrize(
    ("told", "quote", "value"),
    [
        ("几家店也可以一起看我对了我是花心传媒的里名您要不要试试", "里名", "李明"),
        ("花心传媒里名给您打电话", "里名", "李明"),
        ("我这边是销售部的汪芳，", "汪芳", "王芳"),
    ],
)
def test_a_name_as_it_sounds_behind_the_firm_is_heard_late_in_a_long_turn(
    told: str, quote: str, value: str
) -> None:
    found = _find(LONG + told, profile=PROFILE)
    assert found["name"].quote == quote
    assert found["name"].detail["value"] == value
    assert found["name"].confidence >= 0.6


@pytest.mark.parametrize(
    "told",
    [
        "这是华信传媒的系统，",
        "华信传媒的同事里名上次给您打过，",
        "我们华信传媒的，里名也用过，",
        "华信传媒的老板也用，",
    ],
)
def test_what_stands_behind_the_firm_and_sounds_like_nobody_is_no_name(told: str) -> None:
    found = _find(LONG + told, profile=PROFILE)
    assert "name" not in found or found["name"].confidence < 0.6


@pytest.mark.parametrize(
    ("told", "firm"),
    [
        ("Hello, this is Iris Noon of the bridal team at Teasel and Rook Tailoring.", "Teasel and Rook Tailoring"),
        ("Hi, it's Milo Hurst from Sedge, Tarn and Coble Solicitors, about your will.", "Sedge, Tarn and Coble Solicitors"),
        ("Hello, this is Anne and I'm from Beacon, calling about your loan.", "Beacon"),
        ("Hi, this is Iris Noon from Beacon, Tom and Sarah asked me to ring.", "Beacon"),
    ],
)  # fmt: skip
def test_a_firm_of_several_names_is_heard_whole(told: str, firm: str) -> None:
    assert _find(told, language="en")["company"].quote == firm
