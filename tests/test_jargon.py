from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.analysis import jargon, jargon_terms
from pipeline.analysis.conversation import Conversation
from pipeline.profile import Department, Jargon, Product, Profile
from pipeline.types import Speaker, Transcript, Turn

HELDOUT = Path(__file__).parent / "heldout"


def said(language: str, *turns: tuple[Speaker, str], own: tuple[Jargon, ...] = ()) -> Conversation:
    transcript = Transcript(language, tuple(Turn(who, text, None, None, 1.0) for who, text in turns))
    return Conversation.of(transcript, profile=Profile(jargon=own))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_heldout_terms(language: str) -> None:
    items = yaml.safe_load((HELDOUT / f"jargon.{language}.yaml").read_text(encoding="utf-8"))["items"]
    hits = extra = missed = 0
    for item in items:
        findings = jargon.find(said(language, ("agent", item["text"])))
        found, wanted = {f.detail["term"] for f in findings}, set(item["terms"])
        hits, extra, missed = (
            hits + len(found & wanted),
            extra + len(found - wanted),
            missed + len(wanted - found),
        )
        assert all(f.detail["explained"] == item.get("explained", False) for f in findings), item["text"]
    assert hits / (hits + extra) >= 0.95
    assert hits / (hits + missed) >= 0.9


@pytest.mark.parametrize("spelling", ["CPM", "cpm", "C P M", "c.p.m.", "C.P.M", "ＣＰＭ"])
def test_letters_in_any_spelling(spelling: str) -> None:
    findings = jargon.find(said("zh", ("agent", f"我们这个{spelling}大概二十块")))
    assert [f.detail["term"] for f in findings] == ["CPM"]
    assert findings[0].quote == spelling.rstrip() or findings[0].quote == spelling.rstrip(".")


def test_homophones_of_a_chinese_term_count_less() -> None:
    (finding,) = jargon.find(said("zh", ("agent", "这个现金加值每年都涨")))
    assert (finding.detail["term"], finding.detail["layer"], finding.quote) == (
        "现金价值",
        "sound",
        "现金加值",
    )
    assert finding.confidence < 0.9


def test_explained_in_the_next_sentence_and_from_then_on() -> None:
    conversation = said("zh", ("agent", "您的ROI会提高。简单说就是投一块赚三块。"), ("agent", "ROI再高一点"))
    assert [f.detail["explained"] for f in jargon.find(conversation)] == [True, True]


def test_the_profiles_plain_words_explain() -> None:
    own = (Jargon(term="梯影", plain="电梯里的投影"),)
    plain = said("zh", ("agent", "我们做梯影，电梯里的投影广告"), own=own)
    bare = said("zh", ("agent", "我们做梯影"), own=own)
    assert [f.detail["explained"] for f in jargon.find(plain)] == [True]
    assert [f.detail["explained"] for f in jargon.find(bare)] == [False]


@pytest.mark.parametrize(
    ("language", "text", "own", "terms"),
    [
        ("zh", "您看看私域管家，一个月三百。", (), []),
        ("zh", "您看看思域管家，一个月三百。", (), []),
        ("zh", "私域管家能帮您做私域。", (), ["私域"]),
        ("zh", "我是年化部的小王，年化百分之三。", (), ["年化"]),
        ("zh", "您看看私域管家。", (Jargon(term="私域"),), ["私域"]),
        ("en", "Have a look at the CRM Companion.", (), []),
        ("en", "The CRM Companion is a CRM for growers.", (), ["CRM"]),
    ],
)
def test_a_name_of_the_profile_is_no_term(
    language: str, text: str, own: tuple[Jargon, ...], terms: list[str]
) -> None:
    profile = Profile(
        departments=(Department(name="年化部"),),
        products=(Product(name="私域管家"), Product(name="CRM Companion")),
        jargon=own,
    )
    turn = Turn("agent", text, None, None, 1.0)
    conversation = Conversation.of(Transcript(language, (turn,)), profile=profile)
    assert [one.detail["term"] for one in jargon.find(conversation)] == terms


def test_what_the_customer_said_first_is_no_fault() -> None:
    conversation = said("en", ("customer", "What about the API?"), ("agent", "The API is open."))
    findings = jargon.find(conversation)
    assert [f.detail["customer_used"] for f in findings] == [True]
    assert jargon.measure(conversation, findings)[0].value == 0


def test_per_hundred_words_counts_only_unexplained() -> None:
    conversation = said(
        "en", ("agent", "The ROI is good and the CTR too. " + "It is all quite easy for you here. " * 2)
    )
    (measure,) = jargon.measure(conversation, jargon.find(conversation))
    assert measure.value == pytest.approx(100 * 2 / 24, abs=0.01)


def test_mandarin_words_are_jieba_tokens_without_punctuation() -> None:
    conversation = said("zh", ("agent", "我们，来到。北京清华大学！"))
    assert jargon.words(conversation.sentences[0]) + jargon.words(conversation.sentences[1]) == 4


def test_without_the_agents_words_nothing_is_measured() -> None:
    measure = jargon.measure(said("zh", ("customer", "喂")), [])[0]
    assert measure.value is None and measure.reason is not None and measure.reason.code == "no_agent_speech"


def test_each_shipped_term_has_plain_words_trade_and_source_or_none_by_choice() -> None:
    for language in ("zh", "en"):
        terms = jargon_terms.shipped_terms(language)
        assert len(terms) >= 200
        assert all(term.trade and term.source for term in terms)
        assert sum(bool(term.plain) for term in terms) / len(terms) > 0.95


def test_no_term_in_plain_talk() -> None:
    lines = [
        "您好，我是小王，给您介绍一下课程",
        "How are you today?",
        "A motorbike rider came to the office.",
    ]
    for line in lines:
        assert jargon.find(said("zh" if line[0] == "您" else "en", ("agent", line))) == []


@pytest.mark.parametrize(
    ("language", "line", "question", "term"),
    [
        ("en", "You'd get an orthomosaic by Friday.", "Sorry, what's an orthomosaic?", "orthomosaic"),
        ("zh", "我们用像控点做空三加密。", "什么叫空三加密啊？", "空三加密"),
        ("en", "You'd have a good time there.", "What's a good time to come?", None),
        ("en", "You'd get a drawing by Friday.", "What's an orthomosaic?", None),
    ],
)
def test_what_the_customer_asks_the_meaning_of(
    language: str, line: str, question: str, term: str | None
) -> None:
    found = jargon.find(said(language, ("agent", line), ("customer", question), ("agent", "Right.")))
    asked = [f for f in found if f.detail["layer"] == "asked"]
    assert [f.quote for f in asked] == ([term] if term else [])


@pytest.mark.parametrize(
    ("language", "line", "listed"),
    [
        ("en", "Your van would be on an ULEZ-free tariff with a WLTC reading.", ["WLTC"]),
        ("en", "The flat comes with an EWS1 and an ACM report.", ["ACM"]),
        ("en", "I'm Odette from JQZ, we fit alarms.", []),
        ("en", "We fit alarms for JQZ, PLK and RTV.", []),
        ("en", "It is SO very EASY and the VAT is in.", []),
        ("zh", "这台设备带PLR模块。", ["PLR"]),
        ("zh", "您好，我是JQZ的小孟，加个QQ吧。", []),
    ],
)
def test_initials_that_no_list_holds_are_a_doubt(language: str, line: str, listed: list[str]) -> None:
    found = jargon.find(said(language, ("agent", line)))
    assert [one.quote for one in found if one.detail["layer"] == "initials"] == listed
    assert all(one.confidence < 0.6 for one in found if one.detail["layer"] == "initials")


@pytest.mark.parametrize("question", ["What's ACM?", "Sorry, ACM?", "What does ACM stand for?"])
def test_initials_that_the_customer_asks_about_are_a_term(question: str) -> None:
    found = jargon.find(said("en", ("agent", "There is an ACM report."), ("customer", question)))
    assert [one.quote for one in found if one.confidence >= 0.6] == ["ACM"]


def test_an_explanation_in_further_terms_is_none_for_sure() -> None:
    def told(words: str) -> tuple[bool, float]:
        one = jargon.find(said("en", ("agent", f"You pay by CPM. In other words, {words}.")))[0]
        return one.detail["explained"], one.detail["share"]["explained"]

    assert told("so much for a thousand people who see it")[0]
    for words in ("a RTB auction on the ADX with VTR floors", "so much for a thousand people by ADX"):
        is_explained, share = told(words)
        assert share < 0.6 or not is_explained, words
