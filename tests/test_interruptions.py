"""Interruptions on timelines drawn by hand, with exact numbers."""

from __future__ import annotations

import pytest
from sounds import placed, speech, telephone

from pipeline.analysis import backchannels
from pipeline.analysis.backchannels import is_backchannel
from pipeline.analysis.interruptions import find, interruptions_of, measure
from pipeline.audio import Channels, listen
from pipeline.intervals import Span, Timeline
from pipeline.types import Layout, Side, Sound, Speaker, Transcript, Turn, Word

Spans = list[tuple[float, float]]


def line(*spans: tuple[float, float]) -> Timeline:
    return Timeline(Span(start, end) for start, end in spans)


def side(*spans: tuple[float, float]) -> Side:
    return Side(speech=line(*spans), loudness_lufs=-20.0, clipped_ratio=0.0)


def call(
    agent: Spans, customer: Spans, *, layout: Layout = "two_sides", notes: tuple[str, ...] = ()
) -> Sound:
    return Sound(60.0, layout, {"agent": side(*agent), "customer": side(*customer)}, notes=notes)


def said(*turns: tuple[Speaker, float, float, str], words: bool = False) -> Transcript:
    made = []
    for speaker, start, end, text in turns:
        step = (end - start) / max(1, len(text))
        timed = tuple(
            Word(c, start + i * step, start + (i + 1) * step, 0.9) for i, c in enumerate(text) if words
        )
        made.append(Turn(speaker, text, start, end, 0.9, timed))
    return Transcript("zh", tuple(made))


def kinds(newcomer: Spans, other: Spans) -> list[tuple[str, float, float]]:
    return [
        (hit.kind, hit.overlap.start_s, hit.overlap.end_s)
        for hit in interruptions_of(line(*newcomer), line(*other))
    ]


@pytest.mark.parametrize(
    ("newcomer", "other", "expected"),
    [
        ([(3.0, 6.0)], [(0.0, 4.0)], [("cut_off", 3.0, 4.0)]),
        ([(3.0, 6.0)], [(0.0, 4.5)], [("cut_off", 3.0, 4.5)]),
        ([(3.0, 6.0)], [(0.0, 5.0)], [("talk_over", 3.0, 5.0)]),
        ([(3.0, 6.0)], [(0.0, 9.0)], [("talk_over", 3.0, 6.0)]),
        ([(1.0, 3.0)], [(0.0, 1.5)], [("cut_off", 1.0, 1.5)]),
        ([(0.9, 3.0)], [(0.0, 1.5)], []),
        ([(3.0, 6.0)], [(0.0, 3.4)], []),
        ([(3.0, 6.0)], [(0.0, 3.2)], []),
        ([(3.0, 3.9)], [(0.0, 3.6)], []),
        ([(3.0, 4.4)], [(0.0, 9.0)], []),
        ([(0.0, 4.0)], [(0.0, 4.0)], []),
        ([(0.3, 4.0)], [(0.0, 4.0)], []),
        ([(5.0, 8.0)], [(0.0, 4.0)], []),
        ([(3.0, 6.0)], [], []),
        ([(3.0, 6.0)], [(0.0, 4.0), (4.8, 9.0)], [("cut_off", 3.0, 4.0)]),
        ([(3.0, 6.0)], [(0.0, 4.0), (4.2, 9.0)], [("talk_over", 3.0, 6.0)]),
        ([(3.0, 6.0)], [(0.0, 1.2), (1.7, 4.0)], [("cut_off", 3.0, 4.0)]),
        ([(3.0, 6.0)], [(0.0, 1.2), (2.2, 4.0)], []),
        ([(3.0, 3.3), (3.8, 6.0)], [(0.0, 5.0)], [("talk_over", 3.0, 5.0)]),
        ([(3.0, 3.2), (4.1, 6.0)], [(0.0, 5.0)], [("cut_off", 4.1, 5.0)]),
        ([(3.0, 4.6), (5.0, 8.0)], [(0.0, 9.0)], [("talk_over", 3.0, 8.0)]),
        ([(3.0, 6.0), (13.0, 16.0)], [(0.0, 4.0), (10.0, 14.0)], [("cut_off", 3.0, 4.0), ("cut_off", 13.0, 14.0)]),
    ],
    ids=[
        "cut off", "yields at the bound", "talked over a little", "talked over to the end", "a second is enough",
        "spoke under a second", "short overlap", "hand-over", "did not go on", "newcomer gave up", "simultaneous",
        "nearly simultaneous", "after it", "alone", "restarts after a pause", "a breath is no yielding",
        "turn with a pause", "new turn under a second", "false start, one turn", "false start, new turn", "one for a turn", "two",
    ],
)  # fmt: skip
def test_the_definition(newcomer: Spans, other: Spans, expected: list[tuple[str, float, float]]) -> None:
    assert kinds(newcomer, other) == expected


def test_the_victim_does_not_interrupt_by_going_on() -> None:
    """Who is cut off and restarts within the turn started first."""
    assert kinds([(3.0, 8.0)], [(0.0, 4.0), (4.5, 9.0)]) == [("talk_over", 3.0, 8.0)]
    assert kinds([(0.0, 4.0), (4.5, 9.0)], [(3.0, 8.0)]) == []


def test_both_directions_with_words() -> None:
    sound = call([(0.0, 5.0), (13.0, 16.0)], [(4.0, 9.0), (10.0, 14.0)])
    transcript = said(
        ("agent", 0.0, 5.0, "我们这个产品现在有优惠"),
        ("customer", 4.0, 9.0, "等一下你先听我说"),
        ("customer", 10.0, 14.0, "我想问的是价格"),
        ("agent", 13.0, 16.0, "价格您不用担心"),
    )
    found = find(transcript, sound)
    assert [(f.speaker, f.turn, f.quote, dict(f.detail)) for f in found] == [
        ("customer", 1, "等一下你先听我说", {"kind": "cut_off", "victim": "agent"}),
        ("agent", 3, "价格您不用担心", {"kind": "cut_off", "victim": "customer"}),
    ]
    assert [(f.start_s, f.end_s) for f in found] == [(4.0, 5.0), (13.0, 14.0)]
    assert all(f.confidence >= 0.6 for f in found)
    values = {m.name: m.value for m in measure(transcript, sound)}
    assert values == {"agent_interruptions": 1, "customer_interruptions": 1, "overlap_s": 2.0}


@pytest.mark.parametrize("text", ["嗯嗯嗯对对", "好的好的，我明白了", "Uh-huh, right, okay", "是的是的是的"])
def test_a_long_backchannel_is_none(text: str) -> None:
    transcript = said(("agent", 0.0, 10.0, "我给您介绍一下"), ("customer", 4.0, 6.0, text))
    assert find(transcript, call([(0.0, 10.0)], [(4.0, 6.0)])) == []


def test_content_after_a_backchannel_in_the_same_turn() -> None:
    transcript = said(
        ("agent", 0.0, 10.0, "我给您介绍一下我们的课程"),
        ("customer", 4.0, 8.0, "嗯嗯多少钱一个月啊"),
        words=True,
    )
    sound = call([(0.0, 10.0)], [(4.0, 4.8), (5.2, 8.0)])
    (found,) = find(transcript, sound)
    assert (found.start_s, found.quote) == (5.2, "多少钱一个月啊")
    assert found.quote in transcript.turns[1].text


def test_without_words_length_decides_and_it_is_a_doubt() -> None:
    transcript = said(("agent", 0.0, 10.0, "我给您介绍一下"))
    assert find(transcript, call([(0.0, 4.8)], [(4.0, 5.1)])) == []
    (found,) = find(transcript, call([(0.0, 5.0)], [(4.0, 7.0)]))
    assert (found.quote, found.turn) == (None, None)
    assert found.confidence < 0.6
    assert {m.value for m in measure(transcript, call([(0.0, 5.0)], [(4.0, 7.0)]))} == {0, 1.0}


def test_of_whom_no_word_is_heard_nobody_surely_cut_off() -> None:
    sound = call([(0.0, 5.0)], [(4.0, 7.0)])
    heard = ("agent", 4.0, 7.0, "我给您介绍一下我们的课程")
    for turns in ((heard,), (("customer", 0.0, 5.0, "我现在不太方便说话"), heard)):
        (found,) = find(
            said(*turns),
            Sound(
                sound.duration_s,
                "two_sides",
                {"agent": sound.sides["customer"], "customer": sound.sides["agent"]},
            ),
        )
        assert (found.confidence >= 0.6) is (len(turns) == 2)


def test_at_the_bounds_it_is_a_doubt() -> None:
    transcript = said(("agent", 0.0, 4.52, "我给您介绍一下"), ("customer", 4.0, 7.0, "我不需要这个"))
    (found,) = find(transcript, call([(0.0, 4.52)], [(4.0, 7.0)]))
    assert found.confidence < 0.6


def test_cutting_an_acknowledgement_short_is_a_doubt() -> None:
    sound = call([(1.5, 6.0)], [(0.0, 2.2)])
    for words, sure in (("好的好的，我明白了", False), ("好的那我想问一下价格", True)):
        transcript = said(("customer", 0.0, 2.2, words), ("agent", 1.5, 6.0, "那我给您讲一下"))
        (found,) = find(transcript, sound)
        assert (found.confidence >= 0.6) is sure


@pytest.mark.parametrize(
    ("sound", "confidence", "code"),
    [
        (None, 1.0, "no_sound"),
        (call([(0, 4)], [(3, 6)], layout="mono"), 1.0, "mono"),
        (call([(0, 4)], [(3, 6)], layout="dual_mono"), 1.0, "mono"),
        (call([(0, 4)], [(3, 6)]), 0.5, "sides_unsure"),
    ],
)
def test_not_measurable(sound: Sound | None, confidence: float, code: str) -> None:
    transcript = Transcript("zh", (), role_confidence=confidence)
    assert find(transcript, sound) == []
    for figure in measure(transcript, sound):
        assert not figure.measurable
        assert figure.reason is not None
        assert figure.reason.code == code


def test_from_the_sound_itself() -> None:
    agent = placed(40, (1.0, speech(6.0, seed=1)), (20.0, speech(6.0, seed=2)), (33.0, speech(4.0, seed=7)))
    customer = placed(
        40,
        (4.0, speech(0.4, pitch_hz=210, seed=3)),
        (25.0, speech(4.0, pitch_hz=210, seed=4)),
        (30.0, speech(4.0, pitch_hz=210, seed=6)),
    )
    heard = listen(Channels.of(telephone(agent), telephone(customer)))
    transcript = said(
        ("agent", 1, 7, "我先介绍一下"), ("customer", 4, 4.4, "嗯"), ("agent", 20, 26, "这个方案很适合您"),
        ("customer", 25, 29, "我已经说了不需要"), ("customer", 30, 34, "请你不要再说了"), ("agent", 33, 37, "您再考虑考虑"),
    )  # fmt: skip
    found = find(transcript, heard.label({0: "agent", 1: "customer"}))
    assert [(f.speaker, f.turn, f.detail["kind"]) for f in found] == [
        ("customer", 3, "cut_off"),
        ("agent", 5, "cut_off"),
    ]
    assert [f.start_s for f in found] == pytest.approx([25.0, 33.0], abs=0.06)


def _with_nod(nod: str, confidence: float) -> list[tuple[float | None, float]]:
    """A nod of half a second in the other's speech, a pause, then content over the rest of it."""
    sound = call([(0.0, 6.0)], [(2.0, 2.5), (3.0, 8.0)])
    words = (
        Word(nod, 2.0, 2.5, confidence),
        *(Word(c, 3.0 + n, 3.9 + n, 0.9) for n, c in enumerate("我已经有了")),
    )
    customer = Turn("customer", nod + "我已经有了", 2.0, 8.0, 0.9, words)
    told = find(Transcript("zh", (*said(("agent", 0, 6, "我先介绍一下这个方案")).turns, customer)), sound)
    return [(finding.start_s, finding.confidence) for finding in told]


def test_a_misheard_nod_is_no_beginning() -> None:
    assert _with_nod("嗯，", 0.9) == [(3.0, 0.95)]
    assert _with_nod("您好，", 0.1) == [(3.0, 0.95)]
    assert _with_nod("的。", 0.9) == [(3.0, 0.95)]
    assert _with_nod("等一下，", 0.9) == [(2.0, 0.95)]


def test_words_that_were_hardly_heard_leave_a_doubt() -> None:
    sound = call([(0.0, 6.0)], [(3.0, 5.5)])
    words = tuple(Word(c, 3.0 + 0.5 * n, 3.4 + 0.5 * n, 0.2) for n, c in enumerate("稀浩马祝"))
    customer = Turn("customer", "稀浩马祝", 3.0, 5.5, 0.2, words)
    (found,) = find(Transcript("zh", (*said(("agent", 0, 6, "我先介绍一下这个方案")).turns, customer)), sound)
    assert found.confidence < 0.6


def test_one_syllable_drawn_over_seconds_leaves_a_doubt() -> None:
    customer = Turn("customer", "主", 3.0, 5.0, 0.9, (Word("主", 3.0, 4.0, 0.9),))
    agent = said(("agent", 0, 6, "我先介绍一下这个方案")).turns
    (found,) = find(Transcript("zh", (*agent, customer)), call([(0.0, 6.0)], [(3.0, 5.0)]))
    assert found.confidence < 0.6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_lexicon_of_backchannels(language: str) -> None:
    data = backchannels.load(language)
    assert data["language"] == language
    assert data["source"]
    assert min(len(data["hits"]), len(data["misses"])) >= 15
    assert [text for text in data["hits"] if not is_backchannel(text)] == []
    assert [text for text in data["misses"] if is_backchannel(text)] == []
    for limit in data["limits"]:
        assert is_backchannel(limit["text"]) == (limit["says"] == "backchannel"), limit
        assert limit["why"]


@pytest.mark.parametrize("text", ["", "，。", "嗯" * 40])
def test_neither_nothing_nor_a_speech_is_a_backchannel(text: str) -> None:
    assert not is_backchannel(text)
