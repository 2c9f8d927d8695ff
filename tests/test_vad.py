"""The speech detector's network in numpy against onnxruntime's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sounds import noise, placed, speech, telephone

from models import vad
from models.vad_network import VadNetwork, weights_of


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    said = placed(40, (1.0, speech(3.0, seed=1)), (7.0, speech(4.0, seed=2)), (23.0, speech(2.0, seed=3)))
    return telephone(said, noise_dbfs=-50).astype(np.float32)


def _network() -> VadNetwork:
    weights = weights_of(vad._file())
    assert weights is not None
    return VadNetwork(weights)


@pytest.mark.models
@pytest.mark.parametrize("size", [100, 512, 5_000, 128_000, 128_001, 300_000, 640_000])
@pytest.mark.parametrize("at_once", [2, 16])
def test_the_same_probabilities_as_onnxruntime(
    sound: np.ndarray, size: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vad, "_AT_ONCE", at_once)
    blocks = np.split(sound[:size], range(30_000, size, 30_000))
    ours = np.concatenate([found for _, found in vad._together(_network(), [(block,) for block in blocks])])
    expected = np.concatenate([found for _, found in vad._by_onnx([(block,) for block in blocks])])
    assert ours.shape == expected.shape == (-(-size // vad.FRAME),)
    assert np.abs(ours - expected).max() < 1e-5
    assert size < 100_000 or expected.max() > 0.3  # speech was among it


@pytest.mark.models
def test_another_network_is_left_to_onnxruntime(
    tmp_path: Path, sound: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "silero_vad.onnx"
    other.write_bytes(vad._file().read_bytes().replace(b"conv_layers.3", b"conv_layers.4"))
    assert weights_of(other) is None
    monkeypatch.setattr(vad, "_network", lambda: None)
    expected = np.concatenate([found for _, found in vad._by_onnx([(sound,)])])
    assert np.array_equal(vad.speech_probabilities([sound]), expected)


@pytest.mark.models
def test_no_sound_no_frames() -> None:
    assert vad.speech_probabilities([]).size == 0
    assert vad.speech_probabilities([noise(0.1, dbfs=-60).astype(np.float32)]).size == 4
