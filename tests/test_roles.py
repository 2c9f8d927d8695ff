"""Agent and customer told apart by what they say; unsure means unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.intervals import Span, Timeline
from pipeline.speech import build_transcript, roles
from pipeline.speech.roles_fit import Dialogue, fit, read_dialogues
from pipeline.speech.transcribe import ChannelWords, RawTranscript
from pipeline.types import CallRecord, Turn, Word

DIALOGUES = Path(__file__).with_name("roles_dialogues.yaml")
CALLS = list(read_dialogues(DIALOGUES, prefixes=False))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_cue_hits_and_misses_its_examples(language: str) -> None:
    for cue in roles.cues(language):
        assert cue.hits
        assert cue.misses
        for text in cue.hits:
            assert any(cue.pattern.search(sentence) for sentence in roles.sentences(text)), (cue.group, text)
        for text in cue.misses:
            assert not any(cue.pattern.search(sentence) for sentence in roles.sentences(text)), (
                cue.group,
                text,
            )


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.agent[0].text[:16])
def test_no_written_call_is_told_wrongly_with_confidence(call: Dialogue) -> None:
    for sides, agent in (([call.agent, call.customer], 0), ([call.customer, call.agent], 1)):
        who = roles.decide(sides, language=call.language)
        assert who.agent_channel == agent or who.confidence < roles.LEAST_CONFIDENCE


def test_most_calls_kept_unseen_are_told() -> None:
    unseen = [call for call in CALLS if call.held_out]
    sure = [
        call
        for call in unseen
        if roles.decide([call.agent, call.customer], language=call.language).speaker(0) == "agent"
    ]
    assert len(sure) >= 0.8 * len(unseen)


def test_the_answer_does_not_depend_on_the_order_of_the_channels() -> None:
    call = CALLS[0]
    one = roles.decide([call.agent, call.customer], language="zh")
    other = roles.decide([call.customer, call.agent], language="zh")
    assert (one.agent_channel, other.agent_channel) == (0, 1)
    assert one.confidence == pytest.approx(other.confidence, abs=1e-4)


def test_two_sides_alike_are_unknown() -> None:
    same = [Turn("unknown", "嗯", 0.0, 1.0, 1.0)]
    who = roles.decide([same, same], language="zh")
    assert who.confidence == 0.5
    assert who.speaker(0) == who.speaker(1) == "unknown"


def test_the_call_list_is_believed() -> None:
    call = CALLS[0]
    who = roles.decide([call.agent, call.customer], language="zh", listed=1)
    assert (who.speaker(0), who.confidence, who.source) == ("customer", 1.0, "call_list")


def test_a_name_of_the_profile_speaks_for_the_agent() -> None:
    mine = [Turn("unknown", "你好，华信的，", 0.0, 1.0, 1.0)]
    theirs = [Turn("unknown", "你好，哎，什么", 0.0, 1.0, 1.0)]
    without = roles.decide([mine, theirs], language="zh")
    named = roles.decide([mine, theirs], language="zh", known_names=["华信"])
    assert (named.agent_channel, named.confidence > without.confidence) == (0, True)


def test_fitting_finds_weights_of_the_right_sign() -> None:
    fitted = fit(CALLS)
    assert all((value <= 0) == name.startswith("customer") or value == 0 for name, value in fitted.items())
    assert fitted["agent_introduces"] > 0


def raw(*texts: str) -> tuple[RawTranscript, list[Timeline]]:
    words = [ChannelWords((Word(text, place, place + 1.0, 0.9),)) for place, text in enumerate(texts)]
    speech = [Timeline([Span(place, place + 1.0)]) for place in range(len(texts))]
    return RawTranscript("zh", 0.99, tuple(words)), speech


def test_a_mono_call_has_no_sides() -> None:
    transcript = build_transcript(
        *raw("您好，我是泰和保险的王芳"), record=CallRecord("a", "a"), layout="mono"
    )
    assert (transcript.role_confidence, transcript.roles_from) == (0.0, "none")
    assert not transcript.sides_sure
    assert [turn.speaker for turn in transcript.turns] == ["unknown"]


def test_a_two_sided_call_without_a_list_is_named_by_its_speech() -> None:
    heard, speech = raw(
        "您好，我是泰和保险的客户经理王芳，给您来电是想介绍一下我们的产品。", "喂，哪位？不需要。"
    )
    transcript = build_transcript(heard, speech, record=CallRecord("a", "a"), layout="two_sides")
    assert transcript.roles_from == "speech"
    assert [turn.speaker for turn in transcript.turns] == ["agent", "customer"]


def test_who_talks_alone_is_not_the_agent_for_that() -> None:
    said = [
        Turn("unknown", f"Well, that was on the {n}. and my sister came over.", n, n + 0.9, 1.0)
        for n in range(8)
    ]
    assert roles.decide([said, []], language="en").speaker(0) == "unknown"
    assert roles.decide([[], said], language="en").speaker(1) == "unknown"


def test_one_live_channel_is_told_by_what_it_says() -> None:
    text = "Hello, this is Anna from Blue Harbor. I'm calling about your policy, can I ask how many drivers you have?"
    said = [Turn("unknown", text, 0.0, 9.0, 1.0)]
    assert roles.decide([[], said], language="en", known_names=["Blue Harbor"]).speaker(1) == "agent"
