"""Silero VAD as it ships inside faster-whisper: sound in, one speech probability per 32 ms out.

Source: https://github.com/snakers4/silero-vad (MIT), version 6, the ONNX file in faster-whisper's assets (1.2 or newer).
It runs on one thread. Its state is carried from block to block, since it remembers tens of seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
_CONTEXT = 64
"""Each frame is read with the last 64 samples before it."""


@functools.cache
def _session() -> Any:  # onnxruntime ships no types
    from faster_whisper.vad import get_vad_model

    return get_vad_model().session


def speech_probabilities(blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Probability of speech in each frame of 512 samples.

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
    run = _session().run
    state = {name: np.zeros((1, 1, 128), dtype=np.float32) for name in ("h", "c")}
    context = np.zeros(_CONTEXT, dtype=np.float32)
    found: list[NDArray[np.float32]] = []
    for ready in _whole_frames(blocks):
        led_in = np.concatenate([context, ready])
        rows = np.lib.stride_tricks.sliding_window_view(led_in, _CONTEXT + FRAME)[::FRAME]
        values, state["h"], state["c"] = run(None, {"input": np.ascontiguousarray(rows), **state})
        context = ready[-_CONTEXT:]
        found.append(np.asarray(values, dtype=np.float32).reshape(-1))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _whole_frames(blocks: Iterable[NDArray[np.float32]]) -> Iterable[NDArray[np.float32]]:
    rest = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block.astype(np.float32, copy=False)])
        whole = joined.size // FRAME * FRAME
        rest = joined[whole:]
        if whole:
            yield joined[:whole]
    if rest.size:
        yield np.pad(rest, (0, FRAME - rest.size))
