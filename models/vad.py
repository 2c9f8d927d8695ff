"""Silero VAD as it ships inside faster-whisper: sound in, one speech probability per 32 ms out.

Source: https://github.com/snakers4/silero-vad (MIT), version 6, the ONNX file in faster-whisper's assets (1.2 or newer).
It runs on one thread.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import registry
from models.vad_network import VadNetwork, weights_of

RATE_HZ = 16_000
FRAME = 512
FRAME_S = FRAME / RATE_HZ
_CONTEXT = 64
"""Each frame is read with the last 64 samples before it."""
_STRETCH = 250
_LED_IN = 31
_AT_ONCE = 16
"""Stretches that step through the network side by side: two minutes, 10 MB."""


@functools.cache
def _file() -> Path:
    from models.whole import expect_whole

    expect_whole("silero-vad")
    # not by importing faster_whisper: CTranslate2 comes with it, and reads how it is to compute when it is imported
    folder = registry.package_folder("faster_whisper")
    if folder is None:
        raise ModuleNotFoundError("No module named 'faster_whisper'", name="faster_whisper")
    (found,) = (folder / "assets").glob("silero_vad*.onnx")
    return found


@functools.cache
def _network() -> VadNetwork | None:
    """The network as we compute it; None where the installed release brings another one."""
    weights = weights_of(_file())
    return None if weights is None else VadNetwork(weights)


@functools.cache
def _session() -> Any:  # onnxruntime ships no types
    from models.whisper_load import from_environment, prepare_processor

    prepare_processor(os.environ, from_environment().compute_type)
    from faster_whisper.vad import get_vad_model

    _file()  # its digest
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
    network = _network()
    found = list(_by_onnx(blocks) if network is None else _together(network, blocks))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)


def _together(network: VadNetwork, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Some stretches at a time step through the network side by side; what a frame alone gives it is worked out once."""
    before = np.zeros(_CONTEXT, dtype=np.float32)
    led_in: NDArray[np.float32] | None = None
    waiting: list[tuple[NDArray[np.float32] | None, NDArray[np.float32]]] = []
    for stretch in _stretches(blocks):
        gates = network.gates(_rows(np.concatenate([before, stretch])))
        waiting.append((led_in, gates))
        if led_in is None or len(waiting) == _AT_ONCE:
            yield _side_by_side(network, waiting)
            waiting = []
        if len(gates) == _STRETCH:  # else it was the last one
            first = stretch[-_LED_IN * FRAME :][:FRAME]  # heard without what came before it
            led_in = np.concatenate(
                [network.gates(_rows(np.pad(first, (_CONTEXT, 0)))), gates[1 - _LED_IN :]]
            )
            before = stretch[-_CONTEXT:]
    if waiting:
        yield _side_by_side(network, waiting)


def _side_by_side(
    network: VadNetwork, stretches: Sequence[tuple[NDArray[np.float32] | None, NDArray[np.float32]]]
) -> NDArray[np.float32]:
    """Probabilities of consecutive stretches, each with the gates that lead it in; only the very first has none."""
    led_in = 0 if stretches[0][0] is None else _LED_IN
    steps = np.zeros((led_in + _STRETCH, len(stretches), stretches[0][1].shape[1]), dtype=np.float32)
    for place, (before, gates) in enumerate(stretches):
        steps[:led_in, place] = 0.0 if before is None else before
        steps[led_in : led_in + len(gates), place] = gates
    found = network.probabilities(steps)[led_in:].T
    return np.concatenate([line[: len(gates)] for line, (_, gates) in zip(found, stretches, strict=True)])


def _by_onnx(blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    led_in = np.zeros(0, dtype=np.float32)
    for stretch in _stretches(blocks):
        joined = np.concatenate([led_in, stretch])
        state = {name: np.zeros((1, 1, 128), dtype=np.float32) for name in ("h", "c")}
        rows = _rows(np.pad(joined, (_CONTEXT, 0)))
        values = _session().run(None, {"input": rows, **state})[0]
        yield np.asarray(values, dtype=np.float32).reshape(-1)[led_in.size // FRAME :]
        led_in = joined[-_LED_IN * FRAME :]


def _rows(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each frame with the samples before it; ``sound`` begins with those of the first."""
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(sound, _CONTEXT + FRAME)[::FRAME])


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
