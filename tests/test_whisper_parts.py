"""What Whisper's engine decides with plain numbers: silence after a window, which language, what it keeps of memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from models.recognition import HeardWindow, HeardWord
from models.whisper import WhisperRecogniser
from models.whisper_again import SecondHearing, pieces
from models.whisper_contest import Contest
from models.whisper_search import Draft, with_silence
from models.whisper_settings import WhisperSettings


def test_a_loop_in_the_wrong_language_is_worth_less_than_a_doubtful_sentence() -> None:
    sentence = Draft(
        list(range(12)), -0.89, 0.1, "People make a sense or not to more difficult than they are."
    )
    loop = Draft([1, 2, 3, *[4, 5] * 29], -0.64, 0.1, "皮肤、美克鲜、" + "蚵蚵、" * 20)
    assert loop.mean_log_probability > sentence.mean_log_probability
    assert loop.merit < sentence.merit == sentence.mean_log_probability


def test_a_window_is_filled_up_with_its_own_silence() -> None:
    features = np.array([[1.5, -0.5, 0.2], [0.0, -0.4, 0.1]], dtype=np.float32)
    filled = with_silence(features, 5)
    assert filled.shape == (2, 5)
    assert np.array_equal(filled[:, :3], features)
    assert (filled[:, 3:] == np.float32(-0.5)).all()
    assert np.array_equal(with_silence(features, 2), features[:, :2])


class _Hearing:
    """A search that hears one thing in everything, as surely as it is told, and counts the windows that it was asked for."""

    def __init__(self, text: str, mean: float, silence: float = 0.1) -> None:
        self.draft = Draft([1, 2, 3], mean, silence, text)
        self.words = (HeardWord(text, 0.5, 1.0, 0.9),)
        self.asked = self.settling = 0

    def careful(self, encoded: Sequence[object]) -> list[Draft]:
        self.asked += len(encoded)
        return [self.draft] * len(encoded)

    drafts = first = careful

    def settled(self, encoded: Sequence[object], first: Sequence[Draft]) -> list[Draft]:
        self.settling += len(encoded)
        return list(first)

    def says_something(self, draft: Draft) -> bool:
        return draft.no_speech_probability <= 0.6 and draft.mean_log_probability >= -1.0

    def align(self, *_: object) -> list[tuple[HeardWord, ...]]:
        return [self.words]


def _again(odds: dict[str, float] | list[dict[str, float]], **searches: _Hearing) -> SecondHearing:
    told = iter(odds if isinstance(odds, list) else [odds] * 9)
    return SecondHearing(
        searches,  # type: ignore[arg-type]
        lambda _: np.zeros((1, 10, 4), dtype=np.float32),
        lambda encoded: [next(told) for _ in encoded],
        WhisperSettings(),
    )


def _filled(odds: dict[str, float], *words: HeardWord, **searches: _Hearing) -> list[tuple[str, float]]:
    sound = np.zeros(6 * 16_000, dtype=np.float32)
    known = words or (HeardWord("hello", 0.2, 0.8, 0.9),)
    return [(w.text, w.start_s) for w in _again(odds, **searches).filled(known, sound)]


def test_what_was_passed_over_is_heard_in_its_own_language() -> None:
    en, zh = _Hearing("hum", -0.4), _Hearing("您好", -0.2)
    heard = [("hello", 0.2), ("您好", 1.3)]
    assert _filled({"zh": 0.95, "en": 0.05}, en=en, zh=zh) == heard
    assert _filled({"zh": 0.5, "en": 0.5}, en=en, zh=zh) == heard
    assert _filled({"zh": 0.1, "en": 0.9}, en=en, zh=zh) == [("hello", 0.2), ("hum", 1.3)]
    assert _filled({"zh": 0.95, "en": 0.05}, en=en) == [("hello", 0.2), ("hum", 1.3)]
    assert _filled({"zh": 0.5, "en": 0.5}, en=_Hearing("hum", -0.9), zh=_Hearing("", -2.0)) == heard[:1]


def test_a_word_stretched_over_what_was_passed_over_is_heard_with_it() -> None:
    known = (HeardWord("mostly", 0.0, 4.2, 0.9), HeardWord("calls", 4.2, 5.8, 0.9))
    two = _Hearing("right, mostly", -0.2)
    two.words = (HeardWord("right,", 0.3, 1.0, 0.9), HeardWord("mostly", 3.0, 4.0, 0.9))
    assert _filled({"en": 1.0}, *known, en=two) == [("right,", 0.3), ("mostly", 3.0), ("calls", 4.2)]
    assert _filled({"en": 1.0}, *known, en=_Hearing("most", -0.2)) == [("mostly", 0.0), ("calls", 4.2)]


def test_a_window_of_two_languages_is_heard_piece_by_piece() -> None:
    rng = np.random.default_rng(1)
    speech = rng.normal(0, 0.1, 2 * 16_000)
    sound = np.concatenate([speech, np.zeros(8_000), speech, np.zeros(8_000), speech]).astype(np.float32)
    assert [round(start, 2) for start, _ in pieces(sound)] == [0.0, 2.25, 4.75]
    english, mandarin = {"en": 0.99, "zh": 0.01}, {"en": 0.02, "zh": 0.98}
    known = tuple(HeardWord("hello", at, at + 1.3, 0.9) for at in (0.2, 1.5, 2.8, 4.1, 5.4))
    window = HeardWindow(known, -0.1, 0.1, "en")

    def heard(whole: dict[str, float], parts: list[dict[str, float]], zh: float) -> list[tuple[str, float]]:
        again = _again(parts, en=_Hearing("hum", -0.4), zh=_Hearing("您好", zh))
        return [(w.text, w.start_s) for w in again.mended(window, sound, whole).words]

    mixed = {"en": 0.95, "zh": 0.05}
    alone = [(word.text, word.start_s) for word in known]
    both = [("hum", 0.5), ("您好", 2.75), ("hum", 5.25)]
    assert heard(mixed, [english, mandarin, english], -0.2) == both
    assert heard(mixed, [mandarin, english, mandarin], -0.2) == [("您好", 0.5), ("hum", 2.75), ("您好", 5.25)]
    # what the finder isn't sure of, or for too short, proves no other language: nothing of it is decoded
    unsure, en, zh = {"en": 0.5, "zh": 0.5}, _Hearing("hum", -0.4), _Hearing("您好", -0.2)
    again = _again([english, unsure, english], en=en, zh=zh)
    assert again.mended(window, sound, mixed).words == known
    assert (en.asked, zh.asked) == (0, 0)
    # the decoder has the last word, and a window that is clearly in one language is left alone
    assert heard(mixed, [english, mandarin, english], -0.6) == alone
    assert heard(english, [english, mandarin, english], -0.2) == alone


def _contest(seconds: float = 12.0, **searches: _Hearing) -> Contest:
    sound = np.zeros((1, 10, 4), dtype=np.float32)
    return Contest(
        lambda code: searches[code],  # type: ignore[arg-type, return-value]
        [sound], [round(seconds * 16_000)], WhisperSettings(),
    )  # fmt: skip


def test_a_third_language_needs_words() -> None:
    heard = _contest(es=_Hearing("Buenos días", -0.4), nn=_Hearing("1-2-3", -1.5, 0.7))
    assert heard.has_words("es")
    assert not heard.has_words("nn")


FRENCH = {"fr": 0.41, "la": 0.09, "en": 0.09, "ja": 0.04, "zh": 0.04}


@pytest.mark.parametrize(
    ("odds", "seconds", "merits", "expected"),
    [
        (FRENCH, 16.0, {"fr": -0.9, "en": -1.3, "zh": -4.0}, "fr"),
        (FRENCH, 16.0, {"la": -0.7, "fr": -0.9, "en": -1.3, "zh": -4.0}, "fr"),  # the likeliest by its sound
        (FRENCH, 16.0, {"la": -0.7, "fr": -1.2, "en": -1.3, "zh": -4.0}, "la"),  # confirmed
        (FRENCH, 16.0, {"fr": -0.9, "en": -1.3, "zh": -0.5}, "zh"),  # ours has words
        (FRENCH, 16.0, {"fr": -0.99, "en": -1.1, "zh": -4.0}, "en"),  # no lead
        (FRENCH, 16.0, {"fr": -1.1, "en": -1.9, "zh": -4.0}, "en"),  # noise in every language
        (FRENCH, 8.0, {"fr": -0.5, "en": -1.3, "zh": -4.0}, "en"),  # too little speech
        ({**FRENCH, "en": 0.45}, 16.0, {"fr": -0.5, "en": -1.3, "zh": -4.0}, "en"),  # ours leads
        (FRENCH, 16.0, {"fr": -0.99, "ja": -0.2, "en": -1.1, "zh": -4.0}, "en"),  # unlikely by its sound
    ],
)
def test_an_unsure_third_language_is_settled_by_the_decoder(
    odds: dict[str, float], seconds: float, merits: dict[str, float], expected: str
) -> None:
    told = {**dict.fromkeys(odds, -2.0), **merits}
    contest = _contest(seconds, **{code: _Hearing("…", merit) for code, merit in told.items()})
    language, liking = contest.settled(odds, seconds)
    assert language == expected
    assert liking == 0.0 if expected in ("zh", "en") else 0.5 < liking < 1.0


def test_a_third_language_is_looked_for_no_longer_than_until_it_is_found() -> None:
    heard = {
        code: _Hearing("…", merit) for code, merit in {"fr": -0.6, "la": -0.5, "en": -1.3, "zh": -4.0}.items()
    }
    sounds = [np.zeros((1, 10, 4), dtype=np.float32)] * 3
    contest = Contest(lambda code: heard[code], sounds, [160_000] * 3, WhisperSettings())  # type: ignore[arg-type, return-value]
    assert contest.has_words("fr")
    assert (heard["fr"].asked, heard["fr"].settling) == (1, 0), "one window with words is enough"
    assert contest.settled(FRENCH, 30.0)[0] == "fr"
    assert {code: one.asked for code, one in heard.items()} == {"fr": 3, "la": 0, "en": 3, "zh": 3}


def test_a_clear_loser_is_not_searched_again() -> None:
    loop, lost = _Hearing("…", -0.3), _Hearing("…", -3.1)
    loop.draft = Draft([1, 2] * 20, -0.3, 0.1, "mur mur")
    heard = {"fr": loop, "la": lost, "en": _Hearing("…", -1.3), "zh": _Hearing("…", -4.0)}
    assert _contest(16.0, **heard).settled(FRENCH, 16.0)[0] == "en"
    assert (loop.asked, loop.settling, lost.asked, lost.settling) == (1, 0, 1, 0)
    assert heard["en"].settling == 1


def test_a_loop_in_a_third_language_is_no_speech_of_it() -> None:
    loop = _Hearing("လာ လာ လာ", -0.86)
    loop.draft = Draft([1, 2] * 20, -0.86, 0.4, "လာ လာ လာ")
    heard = _contest(fr=loop, en=_Hearing("…", -2.8), zh=_Hearing("…", -2.9))
    assert heard.has_words("fr")
    assert heard.settled({"fr": 0.4, "en": 0.2, "zh": 0.03}, 14.0)[0] == "en"


def test_a_call_in_an_unsure_third_language_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def search(_: object, settings: WhisperSettings, code: str, __: object) -> _Hearing:
        asked.append(dict(settings.prompts))
        return _Hearing("…", {"fr": -0.8}.get(code, -2.5))

    monkeypatch.setattr("models.whisper.Search", search)
    monkeypatch.setattr(WhisperRecogniser, "model", None)
    sound = np.zeros((1, 10, 4), dtype=np.float32)
    monkeypatch.setattr(WhisperRecogniser, "_encode", lambda *_: sound)
    monkeypatch.setattr(WhisperRecogniser, "_ranked", lambda _, encoded: [FRENCH] * len(encoded))
    heard = WhisperRecogniser().transcribe([np.zeros(13 * 16_000, dtype=np.float32)])
    assert (heard.language, heard.windows) == ("fr", ())
    assert heard.language_confidence > 0.5
    assert asked == [{}] * len(asked)  # a prompt told back is likely, whatever was said


_LOADED = """
from models import whisper_load
from models.whisper_settings import WhisperSettings
import faster_whisper
give_back = whisper_load.give_back_freed_memory
whisper_load.give_back_freed_memory = lambda **over: None
def held():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
model = whisper_load.load_model(WhisperSettings(device="cpu", compute_type="int8"))
before = held()
give_back()
print((before - held()) // 1024)
"""


@pytest.mark.models
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_reading_the_model_took_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 40  # MB; 178 measured
