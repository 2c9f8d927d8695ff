"""Every reason that people read, rendered with few, one and no hits and right at its limits, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pipeline.standards import messages
from pipeline.standards.library import load_standard
from pipeline.standards.quoting import in_context, listed
from pipeline.standards.wording import Bilingual, fill, placeholders
from pipeline.types import Finding, Turn

STANDARD = load_standard("telesales-cn")
WORDS = {
    "what": Bilingual("公司名", "company"), "lacking": Bilingual("问候、致谢", "greeting, thanks"), "quote": "那就这样",
    "quotes": "“行，就这样” / “那好吧”", "details": Bilingual("甲、乙", "one, two"), "answer": Bilingual("有意向", "interested"),
    "with_": Bilingual("通过", "pass"), "without": Bilingual("不通过", "fail"), "why": Bilingual("没有录音", "no sound"),
    "side": Bilingual("坐席", "agent"), "unit": "s",
}  # fmt: skip
NUMBERS = (
    "count",
    "total",
    "met",
    "value",
    "first_s",
    "share",
    "confidence",
    "weight",
    "low",
    "high",
    "limit_s",
)


def templates() -> Iterator[tuple[str, str, str]]:
    """Every wording of the standard and of the engine: a name, Mandarin, English."""
    for code, wording in messages._messages().items():
        yield code, wording["zh"], wording["en"]
    yield from _within(STANDARD.model_dump(), "")


def _within(part: object, name: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(part, dict):
        zh, en = part.get("zh"), part.get("en")
        if isinstance(zh, str) and isinstance(en, str):
            yield str(part.get("code") or name), zh, en
        for key, inner in part.items():
            yield from _within(inner, f"{name}.{key}")
    elif isinstance(part, (list, tuple)):
        for inner in part:
            yield from _within(inner, name)


ALL = sorted(set(templates()))


def test_all_wordings_are_looked_at() -> None:
    assert {"no_value", "concise", "unanswered", "need_asked", "few_benefits", "not_stopped"} <= {
        one[0] for one in ALL
    }


@pytest.mark.parametrize("number", [0, 1, 2, 2.5])
@pytest.mark.parametrize(("name", "zh", "en"), ALL, ids=[one[0] for one in ALL])
def test_a_wording_reads_well_with_any_number(name: str, zh: str, en: str, number: float) -> None:
    values = {**WORDS, **dict.fromkeys(NUMBERS, number)}
    shown_zh, shown_en = fill(zh, values, "zh"), fill(en, values, "en")
    assert "{" not in shown_zh + shown_en and "—" not in shown_zh + shown_en
    assert not re.search(r"\((?:e?s|ies)\)", shown_en), shown_en
    assert not re.search(r"[、，。（）：；]", re.sub(r"“[^”]*”", "", shown_en)), shown_en
    assert not re.search(
        r"\b1 (?!of\b|point more)(?:\w+ ){0,2}?(?:times|questions|objections|notices|steps)\b", shown_en
    ), shown_en
    assert not re.search(
        r"\b[02] (?:time|question|ring|jump|point|step|notice|objection|pitch|benefit)\b", shown_en
    ), shown_en


@pytest.mark.parametrize(
    ("template", "value", "bounds", "shown"),
    [
        (
            "{value:.1f} s (up to {high:.0f} s)",
            34.96,
            {"high": 35},
            "35.0 s (up to 35 s)",
        ),  # within it, rounded too
        ("{value:.1f} s (up to {high:.0f} s)", 35.03, {"high": 35}, "35.03 s (up to 35 s)"),
        ("{value:.1f} s (up to {high:.0f} s)", 35.3, {"high": 35}, "35.3 s (up to 35 s)"),
        ("{value:.0%} (up to {high:.0%})", 0.1004, {"high": 0.1}, "10.04% (up to 10%)"),
        ("{value:.0f} ({low:.0f}–{high:.0f})", 109.7, {"low": 110, "high": 180}, "109.7 (110–180)"),
        ("{value:.1f} (up to {high:.0f})", 1.8, {"high": 1.5}, "1.8 (up to 1.5)"),
        ("{confidence:.2f}", 0.598, {"low": 0.6}, "0.598"),
        ("{first_s:.1f} (within {limit_s:.0f})", 20.04, {"limit_s": 20.0}, "20.04 (within 20)"),
    ],
)
def test_a_number_stands_on_its_own_side_of_the_bound(
    template: str, value: float, bounds: dict[str, float], shown: str
) -> None:
    name = template[1 : template.index(":")]
    assert fill(template, {name: value, **bounds}, "en") == shown


def test_one_and_many_are_worded_apart() -> None:
    template = "{count:step|steps} left"
    assert [fill(template, {"count": n}, "en") for n in (0, 1, 2)] == [
        "0 steps left",
        "1 step left",
        "2 steps left",
    ]
    assert list(placeholders(template)) == []
    assert any("one|many" in told for told in placeholders("{count:a|b|c}"))


def quoting(text: str, quote: str, kind: str = "objection") -> str | None:
    return in_context(
        Finding(kind, 0, "customer", 0.0, 1.0, quote, 0.9), (Turn("customer", text, 0.0, 4.0, 1.0),)
    )


def test_few_words_are_quoted_with_their_sentence() -> None:
    assert (
        quoting("Not now. My brother has one and it broke.", "it broke") == "My brother has one and it broke"
    )
    assert quoting("先等等。我嫌它占地方！", "占地方") == "我嫌它占地方！"


def test_of_a_long_sentence_the_clause_is_quoted() -> None:
    text = "Well I was at my sister's over in the valley all week, and the van broke, so I never got to the letters or forms"
    assert quoting(text, "van broke") == "and the van broke, so I never got to the letters or forms"


def test_what_says_enough_is_quoted_as_it_is() -> None:
    assert quoting("Hi. Your rival down the road does it for less.", "down the road does it for less") == (
        "down the road does it for less"
    )
    assert quoting("We went with Larch in the end.", "Larch", "company") == "Larch"


def test_words_that_the_turn_does_not_hold_stay_as_they_are() -> None:
    assert quoting("Nothing like it.", "too dear") == "too dear"


def test_the_same_words_are_listed_once() -> None:
    turns = (Turn("customer", "No way.", 0.0, 1.0, 1.0), Turn("customer", "No way.", 2.0, 3.0, 1.0))
    found = [Finding("refusal", at, "customer", 0.0, 1.0, "way", 0.9) for at in (0, 1)]
    assert listed(found, turns) == "“No way”"
