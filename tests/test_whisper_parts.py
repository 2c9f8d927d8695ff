"""What Whisper's engine decides with plain numbers: silence after a window, which language, what it keeps of memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from models.recognition import HeardWord
from models.whisper import WhisperRecogniser
from models.whisper_search import Draft, with_silence


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
    """A search that hears one thing in everything, as surely as it is told."""

    def __init__(self, text: str, mean: float, silence: float = 0.1) -> None:
        self.draft = Draft([1, 2, 3], mean, silence, text)

    def careful(self, encoded: Sequence[object]) -> list[Draft]:
        return [self.draft] * len(encoded)

    drafts = careful

    def says_something(self, draft: Draft) -> bool:
        return draft.no_speech_probability <= 0.6 and draft.mean_log_probability >= -1.0

    def align(self, *_: object) -> list[tuple[HeardWord, ...]]:
        return [(HeardWord(self.draft.text, 0.5, 1.0, 0.9),)]


def _filled(
    monkeypatch: pytest.MonkeyPatch, odds: dict[str, float], **searches: _Hearing
) -> list[tuple[str, float]]:
    engine = WhisperRecogniser()
    monkeypatch.setattr(engine, "_encode", lambda *_: np.zeros((1, 10, 4), dtype=np.float32))
    monkeypatch.setattr(engine, "_ranked", lambda encoded: [odds] * len(encoded))
    words = (HeardWord("hello", 0.2, 0.8, 0.9),)
    sound = np.zeros(6 * 16_000, dtype=np.float32)
    return [(w.text, w.start_s) for w in engine._filled(searches, words, sound, 100)]  # type: ignore[arg-type]


def test_what_was_passed_over_is_heard_in_its_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    en, zh = _Hearing("hum", -0.4), _Hearing("您好", -0.2)
    heard = [("hello", 0.2), ("您好", 1.3)]
    assert _filled(monkeypatch, {"zh": 0.95, "en": 0.05}, en=en, zh=zh) == heard
    assert _filled(monkeypatch, {"zh": 0.5, "en": 0.5}, en=en, zh=zh) == heard
    assert _filled(monkeypatch, {"zh": 0.1, "en": 0.9}, en=en, zh=zh) == [("hello", 0.2), ("hum", 1.3)]
    assert _filled(monkeypatch, {"zh": 0.95, "en": 0.05}, en=en) == [("hello", 0.2), ("hum", 1.3)]
    assert (
        _filled(monkeypatch, {"zh": 0.5, "en": 0.5}, en=_Hearing("hum", -0.9), zh=_Hearing("", -2.0))
        == heard[:1]
    )


def test_a_third_language_needs_words(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = WhisperRecogniser()
    encoded = {0: np.zeros((1, 10, 4), dtype=np.float32)}
    for heard, believed in ((_Hearing("Buenos días", -0.4), True), (_Hearing("1-2-3", -1.5, 0.7), False)):
        monkeypatch.setattr("models.whisper.Search", lambda *_, heard=heard: heard)
        monkeypatch.setattr(WhisperRecogniser, "model", None)
        assert engine._has_words("es", [16_000], encoded) is believed


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
