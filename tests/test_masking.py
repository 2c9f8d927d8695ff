"""Personal data in text: every example, numbers in any spelling, over turns, in words, and what stays."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories import make_transcript, make_turn
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.privacy import masking
from pipeline.privacy.masking import mask, mask_text
from pipeline.privacy.numbers import identity_holds, luhn
from pipeline.privacy.rules import KINDS, label
from pipeline.types import Dropped, Transcript, Word

_FILE = Path(masking.__file__).parent / "examples.yaml"
EXAMPLES: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
_SPEAKERS = {"A: ": "agent", "U: ": "unknown"}


HELD_OUT: list[tuple[str, str, str]] = yaml.safe_load(
    (_FILE.parent / "held_out.yaml").read_text(encoding="utf-8")
)


def test_held_out_material():
    hit, missed, wrong = [], [], []
    for language, speaker, marked in HELD_OUT:
        wanted = re.findall(r"\{(\w+): ([^}]*)\}", marked)
        text, findings = mask(
            make_transcript((speaker, re.sub(r"\{\w+: ([^}]*)\}", r"\1", marked)), language=language)
        )  # type: ignore[arg-type]
        kinds = [finding.detail["kind"] for finding in findings]
        for kind, said in wanted:
            if kind in kinds and said.removeprefix("Mrs. ") not in text.turns[0].text:
                hit.append(said)
                kinds.remove(kind)
            else:
                missed.append(said)
        wrong += [(kind, marked) for kind in kinds]
    assert len(hit) / (len(hit) + len(missed)) >= 0.95, missed
    assert len(hit) / (len(hit) + len(wrong)) >= 0.95, wrong


def _cases(which: str) -> list[Any]:
    return [
        pytest.param(kind, language, text, id=f"{kind}-{language}-{text}")
        for kind, languages in EXAMPLES.items()
        for language, both in languages.items()
        for text in both[which]
    ]


def _masked(text: str, language: str) -> str:
    speaker = _SPEAKERS.get(text[:3], "customer")
    return mask_text(text[3:] if text[:3] in _SPEAKERS else text, language=language, speaker=speaker)


def test_each_kind_and_language_has_its_examples():
    assert set(EXAMPLES) == set(KINDS)
    for languages in EXAMPLES.values():
        assert set(languages) == {"zh", "en"}
        for both in languages.values():
            assert len(set(both["hit"])) >= 15
            assert len(set(both["miss"])) >= 15


@pytest.mark.parametrize(("kind", "language", "text"), _cases("hit"))
def test_hit(kind, language, text):
    wanted = re.sub(r"\{[^}]*\}", label(kind, language), re.sub("^[AU]: ", "", text))
    assert _masked(re.sub("[{}]", "", text), language) == wanted


@pytest.mark.parametrize(("kind", "language", "text"), _cases("miss"))
def test_miss(kind, language, text):
    assert _masked(text, language) == re.sub("^[AU]: ", "", text)


# Numbers in any spelling

_ZH = {
    "0": "零〇",
    "1": "一幺",
    "2": "二",
    "3": "三",
    "4": "四",
    "5": "五",
    "6": "六",
    "7": "七",
    "8": "八",
    "9": "九",
}
_EN = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))  # noqa: SIM905
_PAUSES = {
    "zh": ["", "，", " ", "嗯", "，呃，", "、", " 然后 "],
    "en": [" ", ", ", " uh ", ", um, ", " - ", " and "],
}


@st.composite
def _spelled(draw: st.DrawFn, language: str, digits: str) -> str:
    """Digits cut into groups, each group written or spoken, with pauses between."""
    groups, rest = [], digits
    while rest:
        size = draw(st.integers(2, 5))
        groups.append(rest[:size])
        rest = rest[size:]
    said = []
    for group in groups:
        if draw(st.booleans()):
            said.append(group)
        elif language == "zh":
            said.append("".join(draw(st.sampled_from(_ZH[d])) if d in _ZH else d for d in group))
        else:
            said.append(_english(draw, group))
    text = said[0]
    for before, group in pairwise(said):
        pauses = _PAUSES[language]
        # two written groups run into one without a pause, which is fine too
        pause = draw(st.sampled_from(pauses))
        text += (pause or " " if before[-1:].isascii() and group[:1].isascii() else pause) + group
    return text


def _english(draw: st.DrawFn, group: str) -> str:
    words: list[str] = []
    i = 0
    while i < len(group):
        double = group[i : i + 2] == group[i] * 2 and draw(st.booleans())
        word = "oh" if group[i] == "0" and draw(st.booleans()) else _EN[group[i]]
        words.append(f"double {word}" if double else word)
        i += 2 if double else 1
    return " ".join(words)


@st.composite
def _mobile(draw: st.DrawFn) -> str:
    return "1" + draw(st.sampled_from("3456789")) + draw(st.text("0123456789", min_size=9, max_size=9))


@st.composite
def _identity(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["110105", "440524", "320102", "510107"]))
    body += f"{draw(st.integers(1945, 2012))}{draw(st.integers(1, 12)):02d}{draw(st.integers(1, 28)):02d}"
    body += f"{draw(st.integers(0, 999)):03d}"
    return next(body + check for check in "0123456789X" if identity_holds(body + check))


@st.composite
def _card(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["4", "51", "55", "62"])) + draw(
        st.text("0123456789", min_size=13, max_size=13)
    )
    body = body[:15]
    return next(body + check for check in "0123456789" if luhn(body + check))


def _left(text: str) -> list[str]:
    return re.findall(
        r"[0-9零〇一幺二三四五六七八九]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine)\b", text
    )


@settings(max_examples=150, deadline=None)
@given(st.data(), st.one_of(_mobile(), _identity(), _card()))
def test_no_digit_of_a_chinese_number_survives(data, digits):
    said = data.draw(_spelled("zh", digits))
    text, findings = mask(make_transcript(("customer", f"你听好{said}，好吧")))
    assert _left(text.turns[0].text) == []
    assert _left("".join(word.text for word in text.turns[0].words)) == []
    assert {f.detail["kind"] for f in findings} <= {"phone", "id_number", "bank_card"}


@settings(max_examples=150, deadline=None)
@given(st.data(), st.from_regex(r"[2-9]\d\d[2-9]\d{6}", fullmatch=True).filter(str.isascii), st.booleans())
def test_no_digit_of_an_english_number_survives(data, digits, cued):
    if digits[:3] in ("800", "888", "877", "866", "855", "844", "833", "822"):
        digits = "415" + digits[3:]
    said = data.draw(_spelled("en", digits))
    text, _ = mask(
        make_transcript(("customer", f"{'my number is' if cued else 'sure,'} {said}."), language="en")
    )
    assert _left(text.turns[0].text) == []
    assert _left(" ".join(word.text for word in text.turns[0].words)) == []


@settings(max_examples=80, deadline=None)
@given(st.data(), _mobile())
def test_number_over_turns_and_interruptions(data, digits):
    cut = data.draw(st.integers(3, 8))
    echo = data.draw(st.sampled_from(["嗯", "好的", "您说", digits[:cut], ""]))
    turns = [("customer", f"我手机{digits[:cut]}"), ("agent", echo), ("customer", f"{digits[cut:]}。")]
    speakers = data.draw(st.sampled_from([("customer", "agent"), ("unknown", "unknown")]))
    named = dict(zip(("customer", "agent"), speakers, strict=True))
    text, findings = mask(make_transcript(*((named[who], said) for who, said in turns if said)))  # type: ignore[arg-type,misc]
    assert _left("".join(turn.text for turn in text.turns)) == []
    assert {f.detail["kind"] for f in findings} == {"phone"}


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 999_999), st.sampled_from(["元", "块钱", "个月", "%", "个客户", "平米", "兆"]))
def test_quantities_stay(number, unit):
    text = f"一共{number}{unit}，{number}{unit}"
    assert mask_text(text) == text


def test_dictation_with_read_back():
    said = make_transcript(
        ("agent", "请报一下您的手机号"), ("customer", "幺三八"), ("agent", "嗯，幺三八"),
        ("customer", "零零幺三"),
        ("agent", "好"), ("customer", "八零零零。"), ("agent", "138 0013 8000对吧，一共三百元"),
    )  # fmt: skip
    text, findings = mask(said)
    assert [turn.text for turn in text.turns] == [
        "请报一下您的手机号", "[电话]", "嗯，[电话]", "[电话]", "好", "[电话]。", "[电话]对吧，一共三百元",
    ]  # fmt: skip
    assert [turn.speaker for turn in text.turns] == [turn.speaker for turn in said.turns]
    assert [f.turn for f in findings] == [1, 2, 3, 5, 6]


# side, what is said, what is left of it
DIALOGUES = {
    "zh": """
        agent|请问怎么称呼您？|请问怎么称呼您？
        customer|王小明。|[姓名]。
        agent|王先生，邮箱是？|[姓名]先生，邮箱是？
        customer|xiaoming|[邮箱]
        agent|嗯|嗯
        customer|艾特qq点com|[邮箱]
        agent|身份证呢|身份证呢
        customer|一一零一零五|[证件号]
        agent|一一零一零五，继续|[证件号]，继续
        customer|一九四九一二三一 零零二叉|[证件号]
        agent|一共三百元|一共三百元
    """,
    "en": """
        agent|And who am I speaking with?|And who am I speaking with?
        customer|Fiona Gallagher.|[name].
        agent|Your number?|Your number?
        customer|four one five|[phone]
        agent|mhm|mhm
        customer|five five five|[phone]
        agent|five five five|[phone]
        customer|two six seven one|[phone]
        agent|and the email?|and the email?
        customer|fiona dot g|[email]
        agent|okay|okay
        customer|at gmail dot com|[email]
        agent|It's 45 dollars, Fiona.|It's 45 dollars, [name].
    """,
    "zh, sides unsure": """
        unknown|您好我是平安的李明|您好我是平安的李明
        unknown|请问贵姓|请问贵姓
        unknown|我姓王|我姓[姓名]
        unknown|手机号报一下|手机号报一下
        unknown|幺三八零零|[电话]
        unknown|幺三八零零，然后呢|[电话]，然后呢
        unknown|幺三八零零零|[电话]
    """,
}


@pytest.mark.parametrize("name", DIALOGUES)
def test_whole_dialogues(name):
    rows = [line.strip().split("|") for line in DIALOGUES[name].strip().splitlines()]
    text, _ = mask(make_transcript(*((side, said) for side, said, _ in rows), language=name[:2]))
    assert [turn.text for turn in text.turns] == [wanted for _, _, wanted in rows]


def test_spans_come_from_the_words():
    said = make_transcript(make_turn("customer", "我电话13800138000好", 10.0, 15.0))
    text, (finding,) = mask(said)
    assert finding.start_s <= 13.0 and finding.end_s >= 14.0
    assert finding.end_s - finding.start_s == pytest.approx(11 * 0.22, abs=0.01)  # what eleven digits need
    assert finding.quote == "[电话]"
    assert finding.detail == {"kind": "phone"}
    assert [word.text for word in text.turns[0].words] == ["我", "电", "话", "[电话]", "好"]
    assert text.turns[0].words[-1] == said.turns[0].words[-1]


def test_words_that_differ_from_the_text_do_not_leak():
    words = tuple(
        Word(w, i * 1.0, i + 1.0, 0.9)
        for i, w in enumerate(["我", "電話", "一三八", "零零一三", "八零零零", "好"])
    )
    turn = make_turn("customer", "我电话13800138000好", 0.0, 6.0)
    turn = type(turn)("customer", turn.text, 0.0, 6.0, 0.9, words)
    text, (finding,) = mask(Transcript("zh", (turn,)))
    assert _left("".join(word.text for word in text.turns[0].words)) == []
    assert finding.start_s is not None and finding.start_s <= 2.0
    assert finding.end_s is not None and finding.end_s >= 5.0


def test_half_a_word_keeps_its_rest():
    turn = make_turn("customer", "找王小明吧", 0.0, 1.0)
    words = (Word("找王", 0.0, 0.4, 0.9), Word("小明吧", 0.4, 1.0, 0.9))
    text, _ = mask(Transcript("zh", (type(turn)("customer", "找王小明吧", 0.0, 1.0, 0.9, words),)))
    assert [word.text for word in text.turns[0].words] == ["找[姓名]吧"]


def test_untimed_turns():
    text, (finding,) = mask(
        make_transcript(("customer", "my email is a.b@c.com"), language="en", timed=False)
    )
    assert text.turns[0].text == "my email is [email]"
    assert (finding.start_s, finding.end_s) == (None, None)


def test_a_name_is_masked_wherever_it_turns_up():
    text, _ = mask(
        make_transcript(
            ("agent", "您好，我是李明，请问贵姓"),
            ("customer", "我叫王小明"),
            ("agent", "王小明先生，王先生您好，我是李明"),
        )
    )
    assert text.turns[2].text == "[姓名]先生，[姓名]先生您好，我是李明"


def test_kept_names_stay():
    assert mask_text("你找李明先生", keep=["李明"]) == "你找李明先生"
    assert mask_text("I'm Anna.", language="en", keep=["Anna Lee"]) == "I'm Anna."


@pytest.mark.parametrize(
    ("language", "said", "masked"),
    [
        ("zh", "陈小姐，下午好，我是蓝海的李明", "[姓名]小姐，下午好，我是蓝海的李明"),
        (
            "zh",
            "好的李先生，我是小李，我同事李女士会联系您",
            "好的[姓名]先生，我是小李，我同事李女士会联系您",
        ),
        ("en", "Good evening, Mrs Lee, this is Anna.", "Good evening, Mrs [name], this is Anna."),
        ("en", "I'm Mrs Lee, and my colleague Mrs Lee will ring.", None),
    ],
)
def test_a_customer_of_an_agents_family_name_is_masked(language: str, said: str, masked: str | None):
    turns = (("agent", said), ("customer", "嗯" if language == "zh" else "Yes."))
    text, _ = mask(make_transcript(*turns, language=language), keep=["李明", "小李", "陈静", "Anna Lee"])
    assert text.turns[0].text == (masked or said)


AGENTS = ["Daniel Price", "Grace Hall", "刘洋", "陈静"]


@pytest.mark.parametrize(
    ("language", "said", "masked"),
    [
        (
            "en",
            "Hello Daniel, it's Grace from Harbour Glass.",
            "Hello [name], it's Grace from Harbour Glass.",
        ),
        ("en", "Am I speaking to Daniel Price? I'm Grace.", "Am I speaking to [name]? I'm Grace."),
        ("en", "Morning, Daniel here from Harbour Glass.", None),
        ("en", "Hi, this is Daniel Price, is now a good time?", None),
        ("zh", "请问您是刘洋先生吗？我是陈静。", "请问您是[姓名]先生吗？我是陈静。"),
        ("zh", "您好，我是刘洋，刘洋先生是我们这儿的老员工。", None),
    ],
)
def test_a_customer_called_like_another_agent_is_masked(language: str, said: str, masked: str | None):
    turns = (("agent", said), ("customer", "嗯" if language == "zh" else "Yes."))
    text, _ = mask(make_transcript(*turns, language=language), keep=AGENTS)
    assert text.turns[0].text == (masked or said)


def test_what_the_guard_dropped_is_masked_too():
    said = make_transcript(("customer", "好"))
    dropped = Dropped(1.0, 2.0, "电话13800138000", "repeat")
    text, findings = mask(Transcript(said.language, said.turns, dropped=(dropped,)))
    assert text.dropped[0].text == "电话[电话]"
    assert findings == ()


def test_nothing_to_mask_gives_the_same():
    said = make_transcript()
    text, findings = mask(said)
    assert text == said
    assert findings == ()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["agent", "customer", "unknown"]), st.text(max_size=60)), max_size=6)
)
def test_any_text_keeps_its_turns(turns):
    said = make_transcript(*turns) if turns else Transcript("zh", ())
    text, findings = mask(said)
    assert [turn.speaker for turn in text.turns] == [turn.speaker for turn in said.turns]
    assert all(0 <= (f.turn or 0) < len(said.turns) for f in findings)
