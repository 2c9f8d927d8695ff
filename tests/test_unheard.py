"""Speech without words stays on record, is covered where it may be personal data, and casts doubt on absence and outcome."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from factories import make_result, make_transcript
from sounds import noise, placed, speech

from pipeline.analysis import outcome
from pipeline.analysis.conversation import Conversation
from pipeline.commands.summary import tell_mistakes
from pipeline.intervals import Span, Timeline
from pipeline.nightly.evidence import transcript_of
from pipeline.privacy.masking import mask
from pipeline.reports.call_json import to_json
from pipeline.reports.call_page import call_page
from pipeline.reports.standard_view import view_of
from pipeline.reports.timeline import hidden_in
from pipeline.reports.writer import write_call
from pipeline.review.results import result_of
from pipeline.scoring_run import Tally
from pipeline.speech.unheard import unheard
from pipeline.standards import load_standard
from pipeline.types import Dropped, Speaker, Transcript, Turn, Unheard, Word

SOUND = placed(20, (1.0, speech(4)), (8.0, speech(1.0, seed=2)), (12.0, speech(6, seed=3))).astype(np.float32)
SPEECH = Timeline([Span(1.0, 5.0), Span(8.0, 9.0), Span(12.0, 18.0)])


def said(*starts_s: float, each_s: float = 0.4) -> list[Word]:
    return [Word("好", at, at + each_s, 0.9) for at in starts_s]


def test_a_turn_without_a_word_is_unheard() -> None:
    everywhere = said(*np.arange(1.0, 4.8, 0.4), *np.arange(12.0, 17.8, 0.4))
    assert unheard(everywhere, SOUND, SPEECH) == (Span(8.0, 9.0),)
    assert unheard([], SOUND, SPEECH) == SPEECH.spans


def test_speech_between_two_words_is_unheard_where_it_is_long() -> None:
    words = said(1.0, 1.4, 2.2, 3.0, 3.8, 4.4, 8.2, 12.0, 12.5, 13.0, 17.0, 17.5)
    assert [(span.start_s, span.end_s) for span in unheard(words, SOUND, SPEECH)] == [
        pytest.approx((13.4, 17.0))
    ]


def test_a_word_stretched_over_what_follows_hides_nothing() -> None:
    words = [*said(1.0, 1.8, 2.6, 3.4, 4.2, 8.2), Word("好", 12.0, 18.0, 0.9)]
    assert [(span.start_s, span.end_s) for span in unheard(words, SOUND, SPEECH)] == [
        pytest.approx((13.2, 18.0))
    ]


def test_a_cough_and_hiss_taken_for_speech_are_none() -> None:
    assert not unheard([], SOUND, Timeline([Span(1.0, 1.4)]))
    assert not unheard([], noise(10, dbfs=-25).astype(np.float32), Timeline([Span(2.0, 4.0)]))


def ended(*turns: tuple[Speaker, str], wordless: tuple[Speaker, ...] = ()) -> tuple[str, float]:
    timed = tuple(Turn(who, text, 3.0 * at, 3.0 * at + 2, 0.9) for at, (who, text) in enumerate(turns))
    transcript = Transcript("zh", timed, unheard=tuple(Unheard(30, 31, who) for who in wordless))
    told = outcome.decide(Conversation.of(transcript))
    return told.label, told.confidence


def test_nobody_spoke_is_no_sure_outcome_where_somebody_did() -> None:
    assert ended(("agent", "喂您好"))[1] >= 0.6
    assert ended(("agent", "喂您好"), wordless=("agent",))[1] >= 0.6
    for who in ("customer", "unknown"):
        label, confidence = ended(("agent", "喂您好"), wordless=(who,))
        assert label == "no_conversation"
        assert confidence < 0.6
    assert ended(wordless=("customer",))[1] < 0.6


def test_it_is_written_shown_and_read_back() -> None:
    spans = (Unheard(0.2, 0.9, "customer"), Unheard(60.0, 61.2, "agent"))
    result = make_result(transcript=replace(make_transcript(), unheard=spans))
    data = to_json(result)
    assert data["transcript"]["unheard"][0] == {"start_s": 0.2, "end_s": 0.9, "speaker": "customer"}
    assert result_of(data, result.call).transcript.unheard == spans
    assert transcript_of(data["transcript"]).unheard == spans
    page = call_page(result, standard=view_of(load_standard("telesales-cn")))
    assert page.count('class="unheard small') == 2
    assert page.count('class="unheard s-') == 2


def covered_in(
    *unread: Unheard, turns: tuple[Turn, ...] = (), dropped: tuple[Dropped, ...] = ()
) -> list[tuple[float, float]]:
    masked, _ = mask(Transcript("en", turns, unheard=unread, dropped=dropped))
    return [(one.start_s, one.end_s) for one in masked.covered]


def at(start_s: float, who: Speaker, text: str) -> Turn:
    return Turn(who, text, start_s, start_s + 2, 0.9)


def test_what_a_customer_said_and_nobody_read_is_covered() -> None:
    assert covered_in(Unheard(5, 6.2, "customer"), Unheard(9, 10, "unknown")) == [(5, 6.2), (9, 10)]
    assert not covered_in(
        Unheard(5, 5.8, "customer"), Unheard(9, 12, "agent"), turns=(at(0, "agent", "Hello there."),)
    )
    groups = [Unheard(start_s, start_s + 0.6, "customer") for start_s in (5, 6.5, 8)]
    assert covered_in(*groups) == [(5, 5.6), (6.5, 7.1), (8, 8.6)]  # digits in groups, a pause after each
    assert covered_in(dropped=(Dropped(5, 9, "8 8 8 8 8", "loop", "customer"),)) == [(5, 9)]


@pytest.mark.parametrize(
    "turn",
    [
        at(10, "agent", "And what's your phone number?"), at(10, "agent", "验证码您报一下？"),
        at(10, "customer", "It's 07700 900 461."), at(10, "customer", "地址是文三路478号。"),
    ],
)  # fmt: skip
def test_beside_personal_data_the_least_of_either_side_is_covered(turn: Turn) -> None:
    for who in ("customer", "agent"):
        assert covered_in(Unheard(14, 14.6, who), turns=(turn,)) == [(14, 14.6)]
        assert covered_in(Unheard(40, 40.6, who), turns=(turn,)) == []


def test_what_is_read_back_unread_is_covered_too() -> None:
    told, back, later = Unheard(14, 17, "customer"), Unheard(18, 21, "agent"), Unheard(60, 63, "agent")
    assert covered_in(back, later, turns=(at(0, "agent", "Hello."),)) == []
    assert covered_in(told, back, later, turns=(at(0, "agent", "Hello."),)) == [(14, 17), (18, 21)]


def test_the_copy_has_a_tone_there_and_page_and_json_say_so() -> None:
    spans = (Unheard(61.0, 63.5, "customer"),)
    result = make_result(transcript=replace(make_transcript(), unheard=spans, covered=spans))
    assert Span(61.0, 63.5) in hidden_in(result)
    data = to_json(result)
    assert data["transcript"]["covered"] == [{"start_s": 61.0, "end_s": 63.5, "speaker": "customer"}]
    assert result_of(data, result.call).transcript.covered == spans
    assert transcript_of(data["transcript"]).covered == spans
    page = call_page(result, standard=view_of(load_standard("telesales-cn")))
    (told,) = re.findall(r'<p class="covered.*?</p>', page)
    assert 'data-s="61.0"' in told and "1:01" in told
    without = replace(result, transcript=replace(result.transcript, covered=()))
    assert 'class="covered' not in call_page(without, standard=view_of(load_standard("telesales-cn")))


def no_connect(text: str, *, sure: float = 1.0, wordless_s: float = 0.0, who: Speaker = "customer") -> float:
    unheard = (Unheard(10, 10 + wordless_s, who),) if wordless_s else ()
    turns = (Turn(who, text, 0.0, 8.0, 0.9),)
    told = outcome.decide(Conversation.of(Transcript("en", turns, language_confidence=sure, unheard=unheard)))
    assert told.label in outcome.NO_CONNECT
    return told.confidence


def test_words_of_a_language_hardly_believed_make_no_sure_voicemail() -> None:
    prompt = "Please leave a message after the tone."
    assert no_connect(prompt) >= 0.6
    assert no_connect(prompt, wordless_s=2.0) >= 0.6
    assert no_connect(prompt, sure=0.67) < 0.6
    assert no_connect(prompt, wordless_s=5.1) < 0.6
    assert no_connect("Hello?", sure=0.67, who="agent") >= 0.6, "that nobody answers needs no language"


@pytest.mark.parametrize("side", ["agent", "customer"])
def test_no_outcome_is_sure_where_a_side_was_not_recorded(side: Speaker) -> None:
    other: Speaker = "customer" if side == "agent" else "agent"
    sound = replace(make_result().sound, notes=(f"dead_side:{side}", f"unrecorded_side:{side}"))
    for text in ("您好，这里是晨光广告公司", "请在提示音后留言"):
        transcript = Transcript("zh", (Turn(other, text, 0.0, 3.0, 0.9),))
        told = outcome.decide(Conversation.of(transcript, sound=sound))
        assert (told.confidence < 0.6) == (told.label != "voicemail"), "a machine's words need no other side"
        dead = replace(sound, notes=(f"dead_side:{side}",))
        assert outcome.decide(Conversation.of(transcript, sound=dead)).confidence == ended((other, text))[1]


def test_a_side_that_was_not_recorded_is_told_on_the_page_and_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    standard = view_of(load_standard("telesales-cn"))
    whole = make_result()
    assert 'class="unrecorded' not in call_page(whole, standard=standard)
    for note, told in (("agent", "坐席"), ("customer", "客户"), ("channel_1", "不确定是哪一方")):
        result = replace(
            whole, recording=None, sound=replace(whole.sound, notes=(f"unrecorded_side:{note}",))
        )
        (line,) = re.findall(r'<p class="unrecorded.*?</p>', call_page(result, standard=standard))
        assert told in line
        written = write_call(result, tmp_path, standard=standard, sound=False)
        tell_mistakes(Tally(written=[written]))
        assert f"{note.replace('_', ' ')}" in capsys.readouterr().err
