from __future__ import annotations

import pytest

from pipeline.analysis import preparation
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.figures import parse_english, parse_han
from pipeline.privacy.masking import mask
from pipeline.profile import Product, Profile
from pipeline.types import Measure, Speaker, Transcript, Turn

PLAN = Product(name="悦享宽带", aliases=("悦享",), benefits=("每月费用99元", "合约期12个月", "网速500兆"))
GYM = Product(name="Gold Pass", benefits=("monthly price 45 dollars", "contract of 12 months"))


def said(language: str, *turns: tuple[Speaker, str], products: tuple[Product, ...] = ()) -> Conversation:
    transcript = Transcript(language, tuple(Turn(who, text, None, None, 1.0) for who, text in turns))
    return Conversation.of(transcript, profile=Profile(products=products))


def measures(conversation: Conversation) -> dict[str, Measure]:
    return {measure.name: measure for measure in preparation.measure(conversation)}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("which", ["hits", "misses"])
def test_every_example_of_the_address_file(language: str, which: str) -> None:
    wrong = [
        text
        for text in preparation.address_data(language)[which]
        if any(preparation.addresses(s) for s in said(language, ("agent", text)).sentences)
        != (which == "hits")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "opening",
    [
        "龚总您好，这边给您回个电话。",
        "您好，请问是郁先生吧？",
        "季老师下午好，打扰您了。",
        "晏女士，您现在方便吗？",
        "您好，是严思远的家长吗？",
        "好的冉经理，我记下了。",
        "您好万女士，我是小周。",
    ],
)
def test_a_masked_name_is_a_name(opening: str) -> None:
    """The detectors read masked text: what the masker takes away must not be held against the agent."""
    spoken = said("zh", ("agent", opening), ("customer", "嗯，你说。"))
    masked, _ = mask(spoken.transcript)
    assert measures(Conversation.of(masked))["customer_addressed"].value is True


def test_addressed_by_the_agent_only() -> None:
    assert measures(said("zh", ("agent", "王总您好")))["customer_addressed"].value is True
    assert (
        measures(said("zh", ("agent", "您好"), ("customer", "张老师好")))["customer_addressed"].value is False
    )


@pytest.mark.parametrize("greeting", ["李女士您好", "您好"])
def test_who_addresses_whom_is_not_known_while_sides_are_unsure(greeting: str) -> None:
    by_name = measures(said("zh", ("unknown", greeting), ("unknown", "悦享每月费用88元"), products=(PLAN,)))
    assert by_name["customer_addressed"].reason.code == "sides_unsure"
    assert by_name["product_fact_conflicts"].reason.code == "sides_unsure"


def test_one_turn_of_nobody_takes_nothing_from_the_agents_own_words() -> None:
    told = measures(said("zh", ("unknown", "喂"), ("agent", "李女士您好"), ("customer", "你好")))
    assert told["customer_addressed"].value is True


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("悦享宽带每月费用是99元", 0),
        ("悦享宽带每月费用九十九块", 0),
        ("悦享每月费用只要八十八元", 1),
        ("悦享宽带合约期是两年。合约期二十四个月", 1),
        ("悦享宽带装机要3天", 0),
        ("悦享每月费用只要 88 元", 1),
        ("悦享宽带每月费用 99 块", 0),
    ],
)
def test_figures_against_the_profile(text: str, count: int) -> None:
    assert measures(said("zh", ("agent", text), products=(PLAN,)))["product_fact_conflicts"].value == count


@pytest.mark.parametrize("fact", ["每月 199 元", "每月费用 199块", "每年1999 元", "提速 百分之 30"])
def test_a_fact_with_a_space_before_its_unit_is_one(fact: str) -> None:
    product = Product(name="悦享宽带", facts=(fact,))
    assert measures(said("zh", ("agent", "您好"), products=(product,)))["product_fact_conflicts"].value == 0


def test_figures_in_english() -> None:
    right = said("en", ("agent", "The Gold Pass has a monthly price of forty five dollars."), products=(GYM,))
    wrong = said("en", ("agent", "The Gold Pass has a monthly price of $39."), products=(GYM,))
    assert measures(right)["product_fact_conflicts"].value == 0
    assert measures(wrong)["product_fact_conflicts"].value == 1


def test_without_facts_nothing_is_measurable() -> None:
    reason = measures(said("zh", ("agent", "每月88元"), products=(Product(name="悦享"),)))[
        "product_fact_conflicts"
    ].reason
    assert reason is not None and reason.code == "no_product_facts"


@pytest.mark.parametrize(
    ("text", "value"),
    [("三千八", 3800), ("一万二", 12000), ("两百零五", 205), ("1.5万", 15000), ("十二", 12), ("三点五", 3.5),
     ("一九九九", 1999), ("1,999", 1999), ("一百二", 120), ("三千零八", 3008)],
)  # fmt: skip
def test_han_numbers(text: str, value: float) -> None:
    assert parse_han(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("forty five", 45),
        ("two thousand three hundred", 2300),
        ("nineteen point nine", 19.9),
        ("1,250", 1250),
    ],
)
def test_english_numbers(text: str, value: float) -> None:
    assert parse_english(text) == pytest.approx(value)
