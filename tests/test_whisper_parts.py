"""What Whisper's engine decides with plain numbers: silence after a window, which language, what it keeps of memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models.whisper import with_silence
from models.whisper_search import Draft


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
