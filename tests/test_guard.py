"""Inventions go and are put on record; what people really say stays."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import noise, placed, speech, tone
from speech_fakes import window

from pipeline.intervals import Span, Timeline
from pipeline.speech import guard
from pipeline.speech.inventions import bare, inventions
from pipeline.types import Dropped, Word

AUDIO = np.zeros(16_000 * 60, dtype=np.float32)


def spoken(*texts: str, confidence: float = 0.9, each_s: float = 0.3, start_s: float = 0.0) -> list[Word]:
    return [
        Word(text, start_s + place * each_s, start_s + (place + 1) * each_s, confidence)
        for place, text in enumerate(texts)
    ]


def examine(
    words: list[Word],
    *,
    mean: float = -0.3,
    silence: float = 0.05,
    prompt: str = "",
    hints: tuple[str, ...] = (),
) -> tuple[str, list[Dropped]]:
    kept, dropped = guard.examine(
        words, window((), mean=mean, silence=silence, prompt=prompt),
        audio=AUDIO, speech=Timeline([Span(0, 60)]), language="zh", hints=hints,
    )  # fmt: skip
    return "".join(word.text for word in kept), dropped


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_known_invention_hits_and_misses_its_examples(language: str) -> None:
    assert inventions(language)
    for item in inventions(language):
        test = item.pattern.search if item.always else item.pattern.fullmatch
        assert item.hits
        assert item.misses
        for text in item.hits:
            assert test(bare(text, language=language)), text
        for text in item.misses:
            assert not test(bare(text, language=language)), text


def test_a_known_invention_goes_however_sure_the_recogniser_is() -> None:
    kept, dropped = examine(spoken("请不吝", "点赞", "订阅", "转发", confidence=0.99))
    assert kept == ""
    assert [item.rule for item in dropped] == ["known_invention"]
    assert dropped[0].text == "请不吝点赞订阅转发"


def test_what_stands_beside_an_invention_stays() -> None:
    kept, _ = examine(spoken("好的", "再见", "字幕", "由", "Amara", ".org", "社区", "提供"))
    assert kept == "好的再见"


@pytest.mark.parametrize("text", ["谢谢", "谢谢您", "再见", "嗯", "thank you", "Bye."])
def test_a_phrase_that_people_say_stays_where_it_was_heard_well(text: str) -> None:
    assert examine(spoken(text, confidence=0.8))[0] == text


def test_the_same_phrase_goes_where_the_sound_speaks_against_it() -> None:
    kept, dropped = examine(spoken("谢谢", "观看", confidence=0.45))
    assert kept == ""
    assert dropped[0].rule == "doubtful_phrase"


def test_babble_goes_by_the_recognisers_own_doubt_even_with_sure_words() -> None:
    kept, dropped = examine(spoken("我", "当时", "也", "没", "证明", confidence=0.7), mean=-1.2, silence=0.6)
    assert (kept, dropped[0].rule) == ("", "no_speech")


def test_a_badly_heard_sentence_of_a_speaker_stays() -> None:
    assert (
        examine(spoken("你们", "什么", "价格", confidence=0.45), mean=-0.8, silence=0.3)[0] == "你们什么价格"
    )


def test_noise_goes() -> None:
    assert examine(spoken("鸡鸡", confidence=0.1))[1][0].rule == "noise"


def test_nobody_speaks_fifty_characters_a_second() -> None:
    words = [Word(character, 0.0, 0.4, 0.9) for character in "这句话在半秒里是说不完的对吧"]
    assert examine(words)[1][0].rule == "impossible_rate"


def test_a_loop_keeps_one_saying_of_what_it_repeats() -> None:
    kept, dropped = examine(spoken(*["我们", "的"] * 9))
    assert kept == "我们的"
    assert (dropped[0].rule, dropped[0].text) == ("loop", "我们的" * 8)


def test_a_long_run_of_few_different_characters_is_a_loop() -> None:
    kept, dropped = examine(spoken(*"诶诒诶诶语诒诶诒诒语诶诒诶诶诒语诒诶语诒诶诒诒诶"))
    assert (kept, dropped[0].rule) == ("", "loop")


def test_notes_taken_for_few_syllables_go_and_a_listener_stays() -> None:
    notes = [
        word
        for place, text in enumerate("宝寂寺宝宝寂宝寺宝寂宝宝寺宝寂寺宝宝寂宝寺")
        for word in spoken(text, start_s=2.0 * place)
    ]
    assert examine(notes, mean=-0.44, silence=0.52)[0] == ""
    listener = [
        word
        for place, text in enumerate("嗯对嗯嗯对嗯对对嗯嗯嗯对嗯嗯对嗯对对嗯嗯嗯")
        for word in spoken(text, start_s=2.0 * place)
    ]
    assert len(examine(listener, mean=-0.44, silence=0.1)[0]) == len(listener)


def test_an_angry_customer_repeats_and_stays() -> None:
    said = "你会不会好好说话会不会会不会会不会好好说"
    assert examine(spoken(*said))[0] == said


def test_people_say_yes_more_than_once() -> None:
    assert examine(spoken(*["对"] * 5))[0] == "对对对对对"


def test_the_prompt_does_not_leak() -> None:
    prompt = "以下是普通话的电话录音，标点齐全。"
    kept, dropped = examine(spoken("录音", "，标点", "齐全", confidence=0.6), prompt=prompt)
    assert (kept, dropped[0].rule) == ("", "prompt_leak")
    kept, dropped = examine(spoken(prompt, prompt, confidence=0.97, each_s=2.0), prompt=prompt)
    assert (kept, dropped[0].rule) == ("", "prompt_leak")


def test_a_bare_list_of_hints_heard_badly_is_a_leak_and_a_name_in_a_sentence_is_not() -> None:
    hints = ("华信传媒", "李明", "销售部")
    assert examine(spoken("华信传媒", "李明", confidence=0.3), hints=hints)[1][0].rule == "hint_leak"
    assert examine(spoken("我是", "华信传媒", "李明", confidence=0.35), hints=hints)[0] == "我是华信传媒李明"


def test_another_script_goes() -> None:
    assert examine(spoken("ご視聴ありがとう"))[1][0].rule == "other_script"


def test_what_was_dropped_has_its_time() -> None:
    _, dropped = examine(spoken("鸡鸡", confidence=0.1, start_s=12.0))
    assert (dropped[0].start_s, dropped[0].end_s) == (12.0, pytest.approx(12.3))


def _in(
    sound: np.ndarray, *, mean: float, silence: float, confidence: float, each_s: float = 0.3
) -> list[str]:
    audio = placed(30, (3.0, sound)).astype(np.float32)
    kept, _ = guard.examine(
        spoken("嗯", "再", "见", confidence=confidence, each_s=each_s, start_s=3.0),
        window((), mean=mean, silence=silence),
        audio=audio, speech=Timeline([Span(3.0, 3.0 + len(sound) / 16_000)]), language="zh",
    )  # fmt: skip
    return [word.text for word in kept]


@pytest.mark.parametrize(("mean", "silence", "confidence"), [(-0.95, 0.05, 0.08), (-0.75, 0.5, 0.5)])
def test_what_one_voice_said_stays_however_badly_it_was_heard(
    mean: float, silence: float, confidence: float
) -> None:
    doubts = {"mean": mean, "silence": silence, "confidence": confidence}
    assert _in(speech(1.0, seed=4), **doubts) == ["嗯", "再", "见"]
    assert not _in(noise(1.0, dbfs=-20), **doubts)
    assert not _in(tone(1.0, 220, 440, 660), **doubts)
    assert not _in(speech(1.0, seed=4), **{**doubts, "mean": -1.6})


def test_three_words_over_five_seconds_are_not_what_was_said() -> None:
    assert not _in(speech(5.0, seed=4), mean=-0.3, silence=0.05, confidence=0.05, each_s=1.6)


def test_one_foreign_letter_takes_its_word_and_not_the_sentence() -> None:
    kept, dropped = examine(spoken("We", "are", "twenty", "people", "free는", "today"))
    assert kept == "Wearetwentypeopletoday"
    assert [(item.text, item.rule) for item in dropped] == [("free는", "other_script")]


def test_a_window_filled_from_its_prompt_keeps_no_piece_of_it() -> None:
    prompt = "以下是普通话的电话录音，标点齐全。"
    pieces = [*spoken("以下是普通"), *spoken("话的电话录", start_s=2.0), *spoken("点齐", start_s=4.0)]
    kept, dropped = examine([*pieces, *spoken("好的再见", start_s=6.0)], prompt=prompt)
    assert kept == "好的再见"
    assert {item.rule for item in dropped} == {"prompt_leak"}
    assert examine(spoken("电话"), prompt=prompt)[0] == "电话"


LONG = {
    "en": ["we", "will", "show", "you", "how", "this", "works", "in", "detail"],
    "zh": list("今天我们来看一下这个怎么做出来的"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_long_utterance_twice_in_a_row_is_a_loop_where_the_recogniser_doubts_it(language: str) -> None:
    said = LONG[language]
    _, dropped = examine(spoken(*said, *said), mean=-0.45)
    assert [item.rule for item in dropped] == ["loop"]
    _, thrice = examine(spoken(*said, *said, *said), mean=-0.45)
    assert [item.rule for item in thrice] == ["loop"]
    assert thrice[0].start_s == pytest.approx(0.3 * len(said))  # the first saying stays
    assert not examine(spoken(*said, *said), mean=-0.1)[1]  # an announcement, heard surely


@pytest.mark.parametrize(
    "said",
    [
        ["yes", "that", "is", "fine"], list("好的没问题"), list("幺三八零零幺三八零零零"),
        ["one", "three", "eight", "double", "one", "oh", "four", "five", "six"], ["13800", "138000", "77"], list("喂您好"),
    ],
)  # fmt: skip
def test_a_short_answer_or_a_number_may_be_said_twice(said: list[str]) -> None:
    again = spoken(*said, start_s=0.3 * len(said) + 0.6)
    assert not examine([*spoken(*said), *again], mean=-0.45)[1]


def test_a_known_invention_goes_as_often_as_it_is_written() -> None:
    said = ["If", "you", "have", "any", "questions,", "please", "leave", "a", "comment."]
    kept, dropped = examine(spoken(*said, "Sure.", *said), mean=-0.2)
    assert kept == "Sure."
    assert [item.rule for item in dropped] == ["known_invention"] * 2
