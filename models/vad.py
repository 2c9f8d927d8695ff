"""Silero VAD as it ships inside faster-whisper: sound in, one speech probability per 32 ms out.

Source: https://github.com/snakers4/silero-vad (MIT), version 6, the ONNX file in faster-whisper's assets (1.2 or newer).
It runs on one thread.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
_CONTEXT = 64
"""Each frame is read with the last 64 samples before it."""
_STRETCH = 250
_LED_IN = 31


@functools.cache
def _session() -> Any:  # onnxruntime ships no types
    from faster_whisper.vad import get_vad_model

    from models.whole import expect_whole

    expect_whole("silero-vad")

    return get_vad_model().session


def speech_probabilities(blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Probability of speech in each frame of 512 samples.

    The network's memory starts afresh every 8 s, led in by the second before: after a long silence, which a channel of
    a telephone call mostly is, it otherwise stays deaf to the speech that follows. On one side of a real call with
    digital silence it then hears 56 % instead of 31 % of the loud stretches.

    Parameters
    ----------
    blocks
        Consecutive pieces of one channel, 16 kHz, full scale ±1, shape ``(n,)``, of any length. They are never joined
        to one array, so a recording of hours stays in bounded memory.

    Returns
    -------
    numpy.ndarray
        Shape ``(ceil(samples / 512),)``, values 0..1. The last frame is filled up with zeros.
    """
    led_in = np.zeros(0, dtype=np.float32)
    found: list[NDArray[np.float32]] = []
    for stretch in _stretches(blocks):
        joined = np.concatenate([led_in, stretch])
        found.append(_run(joined)[led_in.size // FRAME :])
        led_in = joined[-_LED_IN * FRAME :]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _run(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (_CONTEXT, 0)), _CONTEXT + FRAME)[::FRAME]
    state = {name: np.zeros((1, 1, 128), dtype=np.float32) for name in ("h", "c")}
    values = _session().run(None, {"input": np.ascontiguousarray(rows), **state})[0]
    return np.asarray(values, dtype=np.float32).reshape(-1)


def _stretches(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """The same sound in pieces of ``_STRETCH`` frames; the last one is filled up to a whole frame."""
    size = _STRETCH * FRAME
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block.astype(np.float32, copy=False)])
        while rest.size >= size:
            yield rest[:size]
            rest = rest[size:]
    if rest.size:
        yield np.pad(rest, (0, -rest.size % FRAME))
