from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import delivered
from pipeline.delivered import BadLine, Delivered, read_transcripts

TURNS = [{"speaker": "agent", "text": "您好"}, {"speaker": "customer", "text": "喂"}]


def read(path: Path, *lines: object) -> list[tuple[int, Delivered | BadLine]]:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return list(read_transcripts(path))


def call(path: Path, line: object) -> Delivered:
    ((_, got),) = read(path, line)
    assert isinstance(got, Delivered), got
    return got


def message(path: Path, line: object) -> str:
    ((_, got),) = read(path, line)
    assert isinstance(got, BadLine)
    return got.message


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


def test_number_order_and_text_of_turns_stay(path: Path) -> None:
    texts = ["您好", "", "  喂 ", "好的", "好的"]
    got = call(path, {"call_id": "a", "turns": [{"speaker": "agent", "text": text} for text in texts]})
    assert [turn.text for turn in got.transcript.turns] == texts
    assert {turn.confidence for turn in got.transcript.turns} == {1.0}
    assert not got.transcript.timed


def test_times_are_kept_and_half_a_time_is_told_and_none(path: Path) -> None:
    turns = [
        {"speaker": "agent", "text": "hi", "start_s": 1, "end_s": 2.5},
        {"speaker": "agent", "text": "hi", "start_s": 3},
        {"speaker": "agent", "text": "hi", "end_s": 9},
    ]
    got = call(path, {"call_id": "a", "language": "en", "turns": turns})
    assert [(turn.start_s, turn.end_s) for turn in got.transcript.turns] == [(1.0, 2.5), *[(None, None)] * 2]
    (note,) = got.notes
    assert "turns[1].end_s → is missing" in note


@pytest.mark.parametrize(
    ("given_language", "text", "language"),
    [(None, "您好请问", "zh"), (None, "good morning", "en"), ("auto", "hello", "en"),
     ("zh-CN", "ok", "zh"), ("EN_us", "您好", "en")],
)  # fmt: skip
def test_language_given_or_found(path: Path, given_language: str | None, text: str, language: str) -> None:
    line = {"call_id": "a", "language": given_language, "turns": [{"speaker": "agent", "text": text}]}
    assert call(path, line).transcript.language == language


def test_other_speakers_are_unknown_and_the_sides_then_unsure(path: Path) -> None:
    names = ["Agent", "CUSTOMER", "", None, "SPEAKER_01"]
    got = call(
        path, {"call_id": "a", "turns": [{"speaker": name, "text": "您好"} for name in names]}
    ).transcript
    assert [turn.speaker for turn in got.turns] == ["agent", "customer", "unknown", "unknown", "unknown"]
    assert not got.sides_sure


def test_words_for_the_speakers(path: Path) -> None:
    agent, customer = ["坐席", "客服", "销售", "REP", " Agent "], ["客户", "顾客", "用户", "User", "CLIENT"]
    turns = [{"speaker": name, "text": "您好"} for name in (*agent, *customer)]
    got = call(path, {"call_id": "a", "turns": turns})
    assert [turn.speaker for turn in got.transcript.turns] == ["agent"] * 5 + ["customer"] * 5
    assert got.notes == ()


@pytest.mark.parametrize("word", ["SPEAKER_01", "A", 1, ["agent"]])
def test_another_word_for_the_speaker_is_told_once_and_the_call_goes_on(path: Path, word: object) -> None:
    got = call(path, {"call_id": "a", "turns": [{"speaker": word, "text": "您好"}] * 3})
    assert {turn.speaker for turn in got.transcript.turns} == {"unknown"}
    (note,) = got.notes
    assert (
        note.startswith("calls.jsonl: line 1, turns[0].speaker → ") and "Accepted: agent, rep, 坐席" in note
    )


@pytest.mark.parametrize("started", ["yesterday", "2026-13-01T10:00:00", 5, ["2026"]])
def test_a_start_that_can_t_be_read_costs_the_start_alone(path: Path, started: object) -> None:
    got = call(path, {"call_id": "a", "turns": TURNS, "started_at": started})
    assert got.record.started_at is None and len(got.transcript.turns) == 2
    (note,) = got.notes
    assert note.startswith(
        "calls.jsonl: line 1, started_at → a date and time such as 2025-03-04T09:30:00+08:00"
    )


def test_a_start_without_offset_is_in_the_profile_s_zone(path: Path) -> None:
    started = call(path, {"call_id": "a", "turns": TURNS, "started_at": "2026-03-10 15:20"}).record.started_at
    assert started is not None and started.isoformat() == "2026-03-10T15:20:00+08:00"


def test_keys_of_the_call_list(path: Path) -> None:
    line = {
        "call_id": 17, "turns": TURNS, "agent_id": "A01", "started_at": "2026-03-10T15:20:00+08:00",
        "direction": "outbound", "ring_count": "3", "notes": "", "region": "north", "score": 3,
    }  # fmt: skip
    record = call(path, line).record
    assert (record.call_id, record.agent_id, record.ring_count, record.notes) == ("17", "A01", 3, None)
    assert record.started_at is not None and record.started_at.utcoffset() is not None
    assert record.listed and record.extra == {"region": "north", "score": "3"}


def test_a_line_without_a_result_is_no_row_of_a_call_list(path: Path) -> None:
    line = {
        "call_id": "a",
        "turns": TURNS,
        "agent_id": "A01",
        "started_at": "2026-03-10 15:20",
        "direction": "outbound",
    }
    assert not call(path, line).record.listed
    assert call(path, {**line, "outcome": "sold"}).record.listed


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("{oh no", "line"),
        ("[1, 2]", "line"),
        ({"turns": TURNS}, "call_id"),
        ({"call_id": True, "turns": TURNS}, "call_id"),
        ({"call_id": "a"}, "turns"),
        ({"call_id": "a", "turns": "hi"}, "turns"),
        ({"call_id": "a", "turns": [1]}, "turns[0]"),
        ({"call_id": "a", "turns": [{"speaker": "agent"}]}, "turns[0].text"),
        ({"call_id": "  ", "turns": TURNS}, "call_id"),
        ({"call_id": "a", "turns": TURNS, "ring_count": int("9" * 401)}, "ring_count"),
        ({"call_id": "a", "turns": TURNS, "ring_count": "9" * 5000}, "ring_count"),
        ('{"call_id": "a", "turns": [], "agent_id": Infinity}', "agent_id"),
        (
            {"call_id": "a", "turns": [{"text": "x", "start_s": int("1" * 401), "end_s": 2}]},
            "turns[0].start_s",
        ),
        ({"call_id": "a", "turns": [{"text": "x", "start_s": 1, "end_s": 1e300}]}, "turns[0].end_s"),
        ('{"call_id": "a", "turns": [{"text": "x", "start_s": 0, "end_s": 1e999}]}', "turns[0].end_s"),
        ('{"call_id": "a", "turns": [{"text": "x\\ud800"}]}', "turns[0].text"),
        ('{"call_id": "a", "turns": [], "region": "\\udc00"}', "region"),
        ({"call_id": "a", "turns": [{"text": "x", "start_s": -1, "end_s": 2}]}, "turns[0].start_s"),
        ({"call_id": "a", "turns": [{"text": "x", "start_s": 3, "end_s": 2}]}, "turns[0].end_s"),
        ('{"call_id": "a", "turns": [{"text": "x", "start_s": NaN, "end_s": 2}]}', "turns[0].start_s"),
        ({"call_id": "a", "turns": TURNS, "language": "fr"}, "language"),
        ({"call_id": "a", "turns": TURNS, "direction": "sideways"}, "direction"),
        ({"call_id": "a", "turns": [{"text": "well " * 90, "start_s": 1, "end_s": 2}]}, "turns[0].text"),
        ({"call_id": "a", "turns": [{"text": "请问您方便吗", "start_s": 1, "end_s": 3}] * 2}, "turns[1]"),
        ({"call_id": "a", "turns": TURNS, "ring_count": -2}, "ring_count"),
    ],
)
def test_each_mistake_names_line_and_key(path: Path, line: object, key: str) -> None:
    assert message(path, line).startswith(f"calls.jsonl: line 1, {key} → ")


def test_a_bad_line_leaves_the_others_alone(path: Path) -> None:
    got = read(
        path,
        {"call_id": "a", "turns": TURNS},
        "broken",
        "",
        {"call_id": "b", "turns": []},
        {"call_id": "a", "turns": []},
    )
    assert [(number, type(entry).__name__) for number, entry in got] == [
        (1, "Delivered"), (2, "BadLine"), (4, "Delivered"), (5, "BadLine"),
    ]  # fmt: skip
    assert isinstance(got[3][1], BadLine) and "line 1 already" in got[3][1].message


def test_bytes_that_are_no_utf8_and_a_byte_order_mark(path: Path) -> None:
    good = b"\xef\xbb\xbf" + json.dumps({"call_id": "a", "turns": []}).encode()
    path.write_bytes(good + b"\n\xff\xfe\n")
    first, second = (entry for _, entry in read_transcripts(path))
    assert isinstance(first, Delivered) and isinstance(second, BadLine) and "UTF-8" in second.message


def test_sizes_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivered, "MAX_LINE_BYTES", 200)
    monkeypatch.setattr(delivered, "MAX_TURNS", 2)
    long = {"call_id": "a", "turns": [{"speaker": "agent", "text": "x" * 1000}]}
    many = {"call_id": "b", "turns": [{"text": "x"}] * 3}
    got = read(path, long, many, {"call_id": "c", "turns": []})
    assert [type(entry).__name__ for _, entry in got] == ["BadLine", "BadLine", "Delivered"]
    assert [number for number, _ in got] == [1, 2, 3]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["call_id", "turns", "language", "started_at", "ring_count", "x"]), JSON)
)
def test_any_json_is_a_call_or_a_bad_line(tmp_path: Path, data: dict[str, object]) -> None:
    ((number, entry),) = read(tmp_path / "any.jsonl", data)
    assert number == 1 and isinstance(entry, Delivered | BadLine)


@pytest.mark.parametrize("where", ["line", "turn"])
def test_a_key_that_is_given_twice_is_a_bad_line(path: Path, where: str) -> None:
    twice = '{"call_id": "a", "call_id": "b", "turns": []}'
    if where == "turn":
        twice = '{"call_id": "a", "turns": [{"speaker": "agent", "text": "Hello", "text": "Bye"}]}'
    path.write_text(twice + '\n{"call_id": "c", "turns": [{"speaker": "agent", "text": "Hello"}]}\n')
    (_, bad), (_, good) = read_transcripts(path)
    assert isinstance(bad, BadLine) and "is given twice in one object" in bad.message
    assert isinstance(good, Delivered)


ENGLISH = (
    "Good afternoon, this is Ruth at Larchmont Paper, have you got a minute?",
    "Yes, what is it?",
    "We would like to hear how you order your envelopes these days.",
)
MANDARIN = (
    "下午好，我是落叶松纸业的小阮，您现在方便讲话吗？",
    "可以，什么事？",
    "想了解一下您那边的信封平时都是怎么订的。",
)


@pytest.mark.parametrize(
    ("declared", "texts", "refused"),
    [
        ("zh", ENGLISH, True),
        ("zh-CN", (*ENGLISH * 3, "老王"), True),  # a name is no Mandarin
        ("en", MANDARIN, True),
        ("English", (*MANDARIN * 2, "OK，那APP呢？", "Bye bye."), True),  # nor are such words English
        ("en", ENGLISH, False),
        ("zh", MANDARIN, False),
        (None, ENGLISH, False),
        ("auto", MANDARIN, False),
        ("zh", (*ENGLISH, MANDARIN[1] + MANDARIN[2]), False),  # mixed
        ("en", (*MANDARIN, ENGLISH[1]), False),
        ("en", (*MANDARIN * 9, ENGLISH[0]), False),
        ("zh", ("我们的campaign在online这边optimise一下budget", "OK, so what about the KPI"), False),
        ("zh", ("Hello? Hello?", "Sorry, wrong number.", "Bye."), False),  # too little to say
        ("en", ("喂，您好。", "打错了。"), False),
        ("zh", (), False),
    ],
)
def test_a_language_that_the_script_plainly_contradicts_is_a_mistake(
    path: Path, declared: str | None, texts: tuple[str, ...], refused: bool
) -> None:
    line = {"call_id": "a", "language": declared, "turns": [{"speaker": "agent", "text": t} for t in texts]}
    ((_, got),) = read(path, line)
    assert isinstance(got, BadLine) == refused
    if isinstance(got, BadLine):
        assert got.message.startswith("calls.jsonl: line 1, language → ") and "are written in" in got.message


def test_what_nobody_sees_parts_no_word(path: Path) -> None:
    said = "我\u200b叫万\ufeff思齐，邮箱wan\u00adsq@16\u20603.com"
    got = call(path, {"call_id": "1", "turns": [{"speaker": "customer", "text": said}]})
    assert got.transcript.turns[0].text == "我叫万思齐，邮箱wansq@163.com"
