"""Packing, mapping back, and word times held to speech: with a fake recogniser and drawn timelines."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_fakes import FakeRecogniser, heard, window, words

from models.recognition import Heard
from pipeline.intervals import Span, Timeline
from pipeline.speech.packing import PackSettings, pack
from pipeline.speech.transcribe import SpeechSettings, transcribe, whole_words

PLAIN = PackSettings(window_s=15.0, margin_s=0.0, gap_s=0.0)
SETTINGS = SpeechSettings(pack=PLAIN)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * 16_000), dtype=np.float32)


def test_words_in_a_packed_window_go_back_to_their_real_times() -> None:
    speech = Timeline([Span(1.0, 2.0), Span(10.0, 12.0)])
    fake = FakeRecogniser(deque([heard(window(words(("好", 0.0, 1.0), ("的", 1.0, 2.0), ("呢", 2.0, 3.0))))]))
    raw = transcribe([silence(20)], [speech], recogniser=fake, settings=SETTINGS)
    assert fake.asked[0][0] == [3 * 16_000]
    assert [(word.text, word.start_s, word.end_s) for word in raw.channels[0].words] == [
        ("好", 1.0, 2.0),
        ("的", 10.0, 11.0),
        ("呢", 11.0, 12.0),
    ]


def test_a_word_stretched_over_a_pause_ends_with_its_speech() -> None:
    speech = Timeline([Span(0.0, 1.0), Span(3.0, 4.0)])
    settings = SpeechSettings(pack=PackSettings(margin_s=1.0, gap_s=0.0))  # the pause stays in the window
    fake = FakeRecogniser(deque([heard(window(words(("好。", 0.5, 2.9), ("再见", 2.9, 4.0))))]))
    first, second = transcribe([silence(5)], [speech], recogniser=fake, settings=settings).channels[0].words
    assert (first.start_s, first.end_s) == (0.0, 1.0)
    assert (second.start_s, second.end_s) == (3.0, 4.0)


def _across_a_pause(*told: tuple[str, float, float]) -> list[tuple[str, float | None]]:
    """Speech from 0 to 2 and from 4 to 5 s with its pause in the window: each word and where it begins."""
    kept = SpeechSettings(pack=PackSettings(margin_s=1.0, gap_s=0.0))
    fake = FakeRecogniser(deque([heard(window(words(*told), language="en"), language="en")]))
    raw = transcribe(
        [silence(6)], [Timeline([Span(0.0, 2.0), Span(4.0, 5.0)])], recogniser=fake, settings=kept
    )
    return [(word.text, word.start_s) for word in raw.channels[0].words]


def test_a_word_told_to_begin_before_a_pause_and_to_end_after_it_was_said_after_it() -> None:
    told = _across_a_pause(
        (" every", 0.0, 0.6), (" morning", 0.6, 1.3), (" the", 1.3, 4.1), (" driver", 4.1, 4.6)
    )
    assert [text for text, start_s in told if start_s is not None and start_s >= 4.0] == ["the", "driver"]
    assert dict(told)["the"] == 4.0


def test_a_last_word_whose_end_is_told_in_the_pause_was_said_before_it() -> None:
    told = _across_a_pause((" every", 0.0, 0.6), (" morning", 0.6, 1.3), (" then.", 1.3, 3.9))
    assert [text for text, start_s in told if start_s is not None and start_s < 2.0] == [
        "every",
        "morning",
        "then.",
    ]


def test_a_sentence_end_that_is_stretched_mostly_into_the_next_speech_stays_where_it_was_said() -> None:
    speech = Timeline([Span(0.0, 1.0), Span(3.0, 5.0)])
    fake = FakeRecogniser(deque([heard(window(words(("行。", 0.8, 2.0), ("那", 2.0, 3.0))))]))
    first, second = transcribe([silence(6)], [speech], recogniser=fake, settings=SETTINGS).channels[0].words
    assert first.end_s is not None
    assert first.end_s <= 1.0
    assert second.start_s is not None
    assert second.start_s >= 3.0


def test_a_sentence_end_that_only_began_too_early_goes_to_the_speech_that_is_left_without_a_word() -> None:
    speech = Timeline([Span(0.0, 1.0), Span(3.0, 3.6), Span(5.0, 6.0)])  # packed: to 1.0, 1.6, 2.6
    told = words(("三月", 0.0, 0.9), ("可以。", 0.9, 1.9), ("您", 1.9, 2.6))
    fake = FakeRecogniser(deque([heard(window(told))]))
    kept = transcribe([silence(7)], [speech], recogniser=fake, settings=SETTINGS).channels[0].words
    assert [word.start_s for word in kept] == [0.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ((("行。", 0.0, 0.9), ("算", 1.0, 1.5), ("下", 1.5, 2.4), ("来", 2.4, 2.6)), ["算", "下", "来"]),
        (((" Fine.", 0.0, 0.9), (" We", 1.1, 1.5), (" need", 1.5, 2.3), (" two.", 2.3, 2.6)), ["We", "need", "two."]),
        (((" Fine.", 0.0, 1.6), (" They", 1.6, 1.6), (" came", 1.6, 2.6)), ["They", "came"]),
        ((("行。", 0.0, 0.9), ("公", 1.0, 1.5), ("司", 1.5, 2.4), ("呢", 2.4, 2.6)), ["公", "司", "呢"]),
        ((("行。", 0.0, 0.9), ("好", 1.0, 1.5), ("好", 1.5, 2.4), ("的", 2.4, 2.6)), ["好", "的"]),
        (((" Fine.", 0.0, 0.9), (" Lopez", 1.1, 1.5), (" and", 1.5, 2.3), (" you?", 2.3, 2.6)), ["and", "you?"]),
        (((" Fine.", 0.0, 0.9), (" I.", 1.1, 1.5), (" Yes", 1.5, 2.3), (" sir.", 2.3, 2.6)), ["Yes", "sir."]),
        (((" Fine", 0.0, 0.9), (" so", 1.1, 1.3), (" we", 1.3, 1.6), (" went", 1.6, 2.6)), ["went"]),
    ],
    ids=["leaning word", "part of a word", "unwritten answer", "last moment", "answer", "name", "stop", "inside a sentence"],
)  # fmt: skip
def test_a_sentence_begun_before_a_long_pause_is_said_after_it(
    told: tuple[tuple[str, float, float], ...], after: list[str]
) -> None:
    speech = Timeline([Span(0.0, 1.0), Span(3.0, 3.6), Span(8.0, 9.0)])  # packed: to 1.0, 1.6, 2.6
    fake = FakeRecogniser(deque([heard(window(words(*told)))]))
    kept = transcribe([silence(10)], [speech], recogniser=fake, settings=SETTINGS).channels[0].words
    assert [word.text for word in kept if word.start_s is not None and word.start_s >= 8.0] == after


def test_a_sentence_halted_for_a_breath_stays_where_it_was_told() -> None:
    speech = Timeline([Span(0.0, 1.0), Span(2.0, 3.0)])
    told = words((" We", 0.0, 0.9), (" need", 0.9, 2.0))
    fake = FakeRecogniser(deque([heard(window(told))]))
    kept = transcribe([silence(4)], [speech], recogniser=fake, settings=SETTINGS).channels[0].words
    assert [word.start_s for word in kept] == [0.0, 2.0]


def test_both_channels_go_to_the_recogniser_in_one_call_and_come_back_apart() -> None:
    answers = deque([heard(window(words(("您好", 0.0, 1.0))), window(words(("喂", 0.0, 1.0))))])
    fake = FakeRecogniser(answers)
    raw = transcribe(
        [silence(5), silence(5)],
        [Timeline([Span(0, 1)]), Timeline([Span(2, 3)])],
        recogniser=fake, settings=SETTINGS, hints=("华信",),
    )  # fmt: skip
    assert len(fake.asked) == 1
    assert fake.asked[0][2] == ("华信",)
    assert [[word.text for word in channel.words] for channel in raw.channels] == [["您好"], ["喂"]]
    assert raw.channels[1].words[0].start_s == 2.0


def test_silence_asks_the_recogniser_nothing() -> None:
    fake = FakeRecogniser(deque())
    raw = transcribe([silence(5)], [Timeline()], recogniser=fake)
    assert (raw.language, raw.channels[0].words, fake.asked) == ("und", (), [])
    assert raw.supported


def test_another_language_gives_its_code_and_a_reason_and_no_words() -> None:
    fake = FakeRecogniser(deque([Heard("ja", 0.97, (), {"ja": 0.97})]))
    raw = transcribe([silence(5)], [Timeline([Span(0, 3)])], recogniser=fake)
    assert (raw.language, raw.supported, raw.channels[0].words) == ("ja", False, ())
    assert raw.reason is not None
    assert raw.reason.code == "unsupported_language"
    assert "ja" in raw.reason.zh
    assert "ja" in raw.reason.en


def test_latin_pieces_become_one_word_with_the_mean_confidence() -> None:
    pieces = words(("我们", 0, 1), ("CP", 1, 2), ("M", 2, 3), ("30", 3, 4), ("%", 4, 5), ("好", 5, 6))
    assert [word.text for word in whole_words(pieces, language="zh")] == ["我们", "CPM30%", "好"]


def test_english_words_lose_their_leading_space_only() -> None:
    pieces = words((" Hello,", 0, 1), (" it", 1, 2), ("'s", 2, 3), (" me.", 3, 4))
    assert [word.text for word in whole_words(pieces, language="en")] == ["Hello,", "it's", "me."]


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    cursor, spans = 0.0, []
    for gap, length in draw(st.lists(st.tuples(st.floats(0.05, 5.0), st.floats(0.1, 40.0)), max_size=12)):
        spans.append(Span(cursor + gap, cursor + gap + length))
        cursor += gap + length
    return Timeline(spans)


@settings(deadline=None)  # the machine may be busy
@given(timelines(), st.sampled_from([0.0, 0.2]), st.sampled_from([0.0, 0.3]))
def test_packing_keeps_all_speech_in_windows_that_fit(
    speech: Timeline, margin_s: float, gap_s: float
) -> None:
    length_s = (speech.extent.end_s if speech.extent else 0.0) + 1.0
    settings = PackSettings(window_s=15.0, margin_s=margin_s, gap_s=gap_s)
    windows = pack(silence(length_s), speech, channel=0, settings=settings)
    kept = Timeline(piece.span for one in windows for piece in one.pieces)
    assert (speech - kept).duration_s == pytest.approx(0.0, abs=1e-3)
    assert all(one.duration_s <= 15.0 + 1e-6 for one in windows)
    order = [piece.span.start_s for one in windows for piece in one.pieces]
    assert order == sorted(order)


@settings(deadline=None)  # the machine may be busy
@given(timelines(), st.floats(0.0, 1.0))
def test_every_moment_of_a_piece_goes_back_to_where_it_was(speech: Timeline, share: float) -> None:
    length_s = (speech.extent.end_s if speech.extent else 0.0) + 1.0
    for one in pack(silence(length_s), speech, channel=0, settings=PackSettings()):
        for piece in one.pieces:
            real = piece.span.start_s + share * piece.span.duration_s
            there = piece.at_s + share * piece.span.duration_s
            assert one.to_real(there, piece) == pytest.approx(real)


def test_a_window_in_another_language_is_told_and_gives_no_words() -> None:
    fake = FakeRecogniser(deque([heard(window((), language="ja"))]))
    raw = transcribe([silence(10)], [Timeline([Span(1, 9)])], recogniser=fake)
    assert raw.channels[0].words == ()
    (dropped,) = raw.channels[0].dropped
    assert (dropped.rule, dropped.text) == ("other_language", "")
    assert dropped.start_s == pytest.approx(0.7)


def test_few_full_windows_cut_in_the_longest_pauses() -> None:
    speech = Timeline(Span(at, at + 4.0) for at in (0.0, 5.0, 10.0, 18.0, 23.0, 28.0))
    windows = pack(silence(40), speech, channel=0, settings=PackSettings())
    assert [len(each.pieces) for each in windows] == [3, 3]
    assert all(each.duration_s <= 15.0 for each in windows)
