"""Sentences, offsets and seconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.text import fold, sentences
from pipeline.types import Transcript, Turn, Word


def _words(text: str, start_s: float) -> tuple[Word, ...]:
    return tuple(
        Word(w, start_s + n, start_s + n + 0.5, 0.5 + 0.1 * n) for n, w in enumerate(text.split(" "))
    )


def test_sentences_keep_speaker_language_and_offset() -> None:
    turns = (
        Turn("agent", "您好。我是小王！CPM is low.", 0.0, 4.0, 0.9),
        Turn("customer", "好的", 4.0, 5.0, 0.9),
    )
    said = Conversation.of(Transcript("zh", turns)).sentences
    assert [(s.text, s.language, s.speaker, s.start) for s in said] == [
        ("您好。", "zh", "agent", 0), ("我是小王！", "zh", "agent", 3), ("CPM is low.", "en", "agent", 8),
        ("好的", "zh", "customer", 0),
    ]  # fmt: skip


def test_words_give_the_seconds_and_the_confidence() -> None:
    text = "please sign up today"
    turn = Turn("agent", text, 10.0, 14.0, 0.9, _words(text, 10.0))
    conversation = Conversation.of(Transcript("en", (turn,)))
    found = conversation.finding("x", conversation.sentences[0], 7, 14, strength=0.5, kind="inner")
    assert (found.start_s, found.end_s, found.quote) == (11.0, 12.5, "sign up")
    assert found.confidence == 0.325
    assert found.detail == {"kind": "inner"}


def test_without_words_seconds_are_interpolated_and_without_times_absent() -> None:
    timed = Conversation.of(Transcript("zh", (Turn("agent", "一二三四五六七八九十", 0.0, 10.0, 0.8),)))
    assert timed.time_of(0, 2, 4) == (2.0, 4.0, 0.8)
    untimed = Conversation.of(Transcript("zh", (Turn("agent", "一二三四", None, None, 1.0),)))
    assert untimed.time_of(0, 0, 2) == (None, None, 1.0)


def test_unknown_speakers_come_along() -> None:
    conversation = Conversation.of(Transcript("zh", (Turn("unknown", "好", None, None, 1.0),)))
    assert len(list(conversation.by("agent"))) == len(list(conversation.by("customer"))) == 1


@given(st.text(max_size=60))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert all(0 <= start < end <= len(text) for start, end in sentences(text))
