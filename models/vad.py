"""Silero VAD as it ships inside faster-whisper: sound in, one speech probability per 32 ms out.

Source: https://github.com/snakers4/silero-vad (MIT), the ONNX file in faster-whisper's assets. It runs on one thread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
_WARM_UP_FRAMES = 64
"""The network forgets its start after about two seconds; each block is led in by the end of the one before."""


@functools.cache
def _network() -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    from faster_whisper.vad import get_vad_model

    network: Callable[[NDArray[np.float32]], NDArray[np.float32]] = get_vad_model()
    return network


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
    network = _network()
    found: list[NDArray[np.float32]] = []
    rest = np.zeros(0, dtype=np.float32)
    led_in = np.zeros(0, dtype=np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = joined.size // FRAME * FRAME
        ready, rest = joined[:whole], joined[whole:]
        if ready.size:
            found.append(_run(network, led_in, ready))
            led_in = np.concatenate([led_in, ready])[-_WARM_UP_FRAMES * FRAME :]
    if rest.size:
        found.append(_run(network, led_in, np.pad(rest, (0, FRAME - rest.size))))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _run(
    network: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    led_in: NDArray[np.float32],
    ready: NDArray[np.float32],
) -> NDArray[np.float32]:
    values = np.asarray(network(np.concatenate([led_in, ready])), dtype=np.float32).reshape(-1)
    return values[led_in.size // FRAME :]
