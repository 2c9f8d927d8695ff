from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.analysis import compliance
from pipeline.analysis.conversation import Conversation
from pipeline.profile import Profile
from pipeline.types import CallRecord, Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"


def one(text: str, language: str, speaker: Speaker = "customer") -> Conversation:
    return Conversation.of(Transcript(language, (Turn(speaker, text, 0.0, 4.0, 1.0),)))


def kinds(conversation: Conversation, *, least: float = 0.0) -> set[str]:
    return {finding.kind for finding in compliance.find(conversation) if finding.confidence >= least}


@pytest.mark.parametrize("kind", ["do_not_call", "complaint"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_heldout_sentences(kind: str, language: str) -> None:
    data = yaml.safe_load((HELDOUT / f"{kind}.{language}.yaml").read_text(encoding="utf-8"))
    hits = sum(kind in kinds(one(text, language)) for text in data["hits"])
    sure, false = (
        sum(kind in kinds(one(text, language), least=0.6) for text in data[key]) for key in ("hits", "misses")
    )
    assert hits / len(data["hits"]) >= 0.9
    assert sure / max(1, sure + false) >= 0.95


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heldout_notices(language: str) -> None:
    data = yaml.safe_load((HELDOUT / f"notice.{language}.yaml").read_text(encoding="utf-8"))
    named = [
        entry["name"]
        in {f.detail.get("name") for f in compliance.find(one(entry["text"], language, "agent"))}
        for entry in data["hits"]
    ]
    false = [text for text in data["misses"] if "notice" in kinds(one(text, language, "agent"))]
    assert sum(named) / len(named) >= 0.9
    assert len(false) <= 1


def test_the_agents_own_words_are_no_complaint() -> None:
    assert kinds(one("我要投诉你们", "zh", "agent")) == set()
    assert kinds(one("Please take me off your list.", "en", "agent")) == set()


def test_another_number_is_no_request_to_stop() -> None:
    assert kinds(one("别打这个电话打我手机", "zh"), least=0.6) == set()
    assert kinds(one("Don't call before nine.", "en"), least=0.6) == set()


def test_only_rules_take_a_customer_off_every_list() -> None:
    sure = {f.confidence >= 0.6 for f in compliance.find(one("Please take me off your list.", "en"))}
    doubted = compliance.find(one("I'd rather this number wasn't on your sheet any longer, thanks.", "en"))
    assert sure == {True}
    assert all(
        f.confidence < 0.6 for f in doubted if f.kind == "do_not_call" and f.detail["layer"] == "meaning"
    )


def test_the_quote_is_the_turns_own_text_and_escalation_is_told() -> None:
    finding = compliance.find(one("行了行了，叫你们经理来跟我说！", "zh"))[0]
    assert finding.quote and finding.quote in "行了行了，叫你们经理来跟我说！"
    assert finding.detail["escalation"] is True
    assert 0.0 < (finding.start_s or 0.0) < (finding.end_s or 0.0) <= 4.0


def test_unknown_sides_are_judged_by_wording_and_stay_unknown() -> None:
    finding = compliance.find(one("Please take me off your list.", "en", "unknown"))[0]
    assert (finding.kind, finding.speaker) == ("do_not_call", "unknown")


def campaign(said: str) -> list[dict[str, object]]:
    profile = Profile.model_validate(
        {
            "compliance": {
                "notice": {"续费": [{"name": "refund", "phrases": ["三十天内可退款"]}]},
                "script": {
                    "续费": [
                        {"name": "identity", "phrases": ["请问是本人吗"], "meaning": "请问您是机主本人吗"},
                        {"name": "price", "phrases": ["续费价格是"]},
                    ]
                },
            }
        }
    )
    turns = tuple(Turn("agent", text, None, None, 1.0) for text in said.split("|"))
    record = CallRecord(file="", call_id="x", campaign="续费")
    conversation = Conversation.of(Transcript("zh", turns), profile=profile, record=record)
    return [dict(f.detail) for f in compliance.find(conversation) if f.detail.get("demanded")]


def test_a_campaigns_own_notices_and_steps_by_phrase_and_meaning() -> None:
    details = campaign("您好，请问是机主本人吗？|续费价格是三百元|三十天内可退款")
    assert [d.get("step") or d.get("name") for d in details] == ["refund", "identity", "price"]
    assert [d.get("order") for d in details] == [None, 1, 2]


def test_a_step_that_nobody_says_is_not_found() -> None:
    assert campaign("今天天气真不错") == []


def notices(said: str) -> dict[str, bool]:
    """The demanded notices found in some turns of the agent, and whether each is sure."""
    wanted = [
        {"name": "recording", "phrases": ["本次通话会录音"], "meaning": "这次通话我们会录音"},
        {"name": "risk", "phrases": ["投资有风险"], "meaning": "本金可能会亏损"},
    ]
    profile = Profile.model_validate({"compliance": {"notice": {"理财": wanted}}})
    turns = tuple(Turn("agent", text, None, None, 1.0) for text in said.split("|"))
    record = CallRecord(file="", call_id="x", campaign="理财")
    conversation = Conversation.of(Transcript("zh", turns), profile=profile, record=record)
    found = (f for f in compliance.find(conversation) if f.detail.get("demanded"))
    return {str(f.detail["name"]): f.confidence >= 0.6 for f in found}


@pytest.mark.parametrize(
    "said",
    [
        "您放心，本金不会亏损。这次通话我们不会录音。",
        "别的公司会跟您说本次通话会录音，投资有风险，我们不来这套。",
        "我们这儿不存在投资有风险，也没有说本次通话会录音。",
        "本次通话会录音吗？",
    ],
)
def test_a_notice_denied_reported_or_asked_is_not_given(said: str) -> None:
    assert notices(said) == {}


def test_a_shipped_rule_of_the_same_notice_gives_it() -> None:
    assert notices("跟您说一声，这个电话会录音的|不保本的，本金也有可能亏") == {
        "recording": True,
        "risk": True,
    }


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("我这儿开着录音呢", {"recording": False}),
        ("咱们讲的每句话都录下来了", {"recording": True}),
        ("您录音笔用着还行吗", {}),
        ("我给您录入系统里", {}),
        ("我们这儿不录音", {}),
    ],
)
def test_a_notice_in_words_of_its_own_is_a_doubt(said: str, found: dict[str, bool]) -> None:
    assert notices(said) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Everything we say is being taped.", [False]),
        ("I have the recorder running, by the way.", [False]),
        ("I'll make a note of that in your record.", []),
        ("Is this being recorded at your end?", []),
    ],
)
def test_an_english_notice_in_words_of_its_own_is_a_doubt(said: str, found: list[bool]) -> None:
    wanted = {"notice": [{"name": "told", "meaning": "we are recording this call"}]}
    profile = Profile.model_validate({"compliance": wanted})
    transcript = Transcript("en", (Turn("agent", said, None, None, 1.0),))
    conversation = Conversation.of(transcript, profile=profile)
    given = [f for f in compliance.find(conversation) if f.detail.get("demanded")]
    assert [f.confidence >= 0.6 for f in given] == found


def test_a_notice_that_is_nearly_alike_is_a_doubt() -> None:
    assert notices("可能赔掉本钱。") == {"risk": False}
    assert notices("我们现在有一款新产品，您可以了解一下。") == {}


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Sort my gearbox or I go to Trading Standards.", True),
        ("The local paper would love to hear about this roof.", True),
        ("You'll be hearing from the pensions ombudsman.", True),
        ("Is the pensions ombudsman free to use?", False),
        ("I'm not going to the papers over a fence.", False),
        ("那我就打12345了。", True),
        ("等着教育局来查你们吧。", True),
        ("我要把你们驾校曝光到网上。", True),
        ("12345是哪儿的电话？", False),
        ("我爱人在教育局上班。", False),
    ],
)
def test_a_threat_to_go_to_a_regulator_or_the_press_is_sure(text: str, sure: bool) -> None:
    assert ("complaint" in kinds(one(text, "en" if text.isascii() else "zh"), least=0.6)) is sure


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "我的号码你存好，出新款了喊我。"),
        ("zh", "手机别删啊，有优惠通知我。"),
        ("en", "Hold on to my details, I might want a boiler next winter."),
        ("en", "No no, leave my number on your list, just ring me when it's cheaper."),
    ],
)
def test_who_wants_the_number_kept_asks_for_nothing_to_stop(language: str, text: str) -> None:
    assert "do_not_call" not in kinds(one(text, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "别留着我的号码了，赶紧把我号码删掉。"),
        ("en", "Keep my number off your lists and never call me again."),
    ],
)
def test_who_wants_it_gone_still_does(language: str, text: str) -> None:
    assert "do_not_call" in kinds(one(text, language), least=0.6)


@pytest.mark.parametrize(
    ("language", "text", "beyond"),
    [
        ("zh", "我去消协投诉你们。", True),
        ("zh", "让你们店长来接电话。", True),
        ("zh", "我要投诉你这个人。", False),
        ("en", "I'll be reporting you to Ofgem.", True),
        ("en", "You'll be hearing from my solicitor.", True),
        ("en", "I'd like to make a complaint about how I was spoken to.", False),
    ],
)
def test_a_complaint_beyond_the_agent_is_an_escalation(language: str, text: str, beyond: bool) -> None:
    found = [f for f in compliance.find(one(text, language)) if f.kind == "complaint" and f.confidence >= 0.6]
    assert found and {f.detail["escalation"] for f in found} == {beyond}


def test_a_demand_that_the_agent_follows_is_sure() -> None:
    turns = (
        Turn("customer", "Is there someone above you I can talk to?", 0.0, 3.0, 1.0),
        Turn("agent", "I'll fetch my supervisor for you.", 3.0, 5.0, 1.0),
    )
    alone, followed = (
        next(f for f in compliance.find(Conversation.of(Transcript("en", said))) if f.kind == "complaint")
        for said in (turns[:1], turns)
    )
    assert alone.confidence < 0.6 <= followed.confidence and followed.detail["escalation"]


@pytest.mark.parametrize(
    ("language", "agent", "said"),
    [
        ("zh", "您好，我是云杉教育的。", "哎，怎么又是你们公司。"),
        ("zh", "您好，还是我，恒源租赁的小丁。", "又是你们啊！"),
        ("en", "Hello, it's Alder Travel.", "Oh no, not you people again."),
    ],
)
def test_who_only_knows_the_caller_again_complains_of_nothing_for_sure(
    language: str, agent: str, said: str
) -> None:
    turns = (Turn("agent", agent, None, None, 1.0), Turn("customer", said, None, None, 1.0))
    found = compliance.find(Conversation.of(Transcript(language, turns)))
    assert all(one.confidence < 0.6 for one in found if one.kind == "complaint")


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("zh", "上回我投诉漏水，你们处理得真利索", False),
        ("zh", "上回我投诉漏水，你们处理得太差了", True),
        ("en", "The complaints desk sorted it within the hour, brilliant", False),
        ("en", "Your complaints desk is useless, nobody sorted it", True),
    ],
)
def test_praise_of_how_a_complaint_was_met_is_none(language: str, text: str, found: bool) -> None:
    sure = [f for f in compliance.find(one(text, language)) if f.kind == "complaint"]
    assert bool(sure) is found
