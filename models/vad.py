"""Silero VAD as it ships inside faster-whisper: sound in, one speech probability per 32 ms out.

Source: https://github.com/snakers4/silero-vad (MIT), version 6, the ONNX file in faster-whisper's assets (1.2 or newer).
It runs on one thread.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
_AT_ONCE = 24
"""Stretches that step through the network side by side: three minutes, 17 MB."""
_CLOSED = np.float32(-1e4)
"""At a gate it lets nothing through: a stretch that nothing leads in begins without memory."""
_NOTHING = np.zeros(_CONTEXT, dtype=np.float32)


@functools.cache
def _file() -> Path:
    from models.whole import expect_whole

    # not by importing faster_whisper: CTranslate2 comes with it, and reads how it is to compute when it is imported
    folder = registry.package_folder("faster_whisper")
    if folder is None:
        raise ModuleNotFoundError("No module named 'faster_whisper'", name="faster_whisper")
    (found,) = (folder / "assets").glob("silero_vad*.onnx")
    expect_whole("silero-vad", found)
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
    """Probability of speech in each frame of 512 samples of one channel; see :func:`speech_of_all`."""
    return speech_of_all(((block,) for block in blocks), count=1)[0]


def speech_of_all(
    blocks: Iterable[Sequence[NDArray[np.float32]]], *, count: int
) -> list[NDArray[np.float32]]:
    """Probability of speech in each frame of 512 samples, of channels that are heard together.

    The network's memory starts afresh every 8 s, led in by the second before: after a long silence, which a channel of
    a telephone call mostly is, it otherwise stays deaf to the speech that follows. On one side of a real call with
    digital silence it then hears 56 % instead of 31 % of the loud stretches.

    Parameters
    ----------
    blocks
        Consecutive pieces of the channels, one of each at a time: 16 kHz, full scale ±1, shape ``(n,)``, of any length.
        They are never joined to one array, so a recording of hours stays in bounded memory.
    count
        How many channels there are.

    Returns
    -------
    list of numpy.ndarray
        Of each channel shape ``(ceil(samples / 512),)``, values 0..1. The last frame is filled up with zeros.
    """
    network = _network()
    found = [[np.zeros(0, dtype=np.float32)] for _ in range(count)]
    for place, part in _by_onnx(blocks) if network is None else _together(network, blocks):
        found[place].append(part)
    return [np.concatenate(parts) for parts in found]


@dataclass(slots=True)
class _Waiting:
    """A stretch that waits for the network: whose it is, its gates, and those that lead it in (none: it is the first)."""

    place: int
    gates: NDArray[np.float32]
    led_in: NDArray[np.float32] | None


def _together(
    network: VadNetwork, blocks: Iterable[Sequence[NDArray[np.float32]]]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Some stretches at a time step through the network side by side; what a frame alone gives it is worked out once."""
    before: dict[int, NDArray[np.float32]] = {}
    led_in: dict[int, NDArray[np.float32]] = {}
    waiting: list[_Waiting] = []
    for place, stretch in _stretches(blocks):
        gates = network.gates(_rows(np.concatenate([before.get(place, _NOTHING), stretch])))
        waiting.append(_Waiting(place, gates, led_in.get(place)))
        if len(waiting) == _AT_ONCE:
            yield from _side_by_side(network, waiting)
            waiting = []
        if len(gates) == _STRETCH:  # else it was the last one
            first = stretch[-_LED_IN * FRAME :][:FRAME]  # heard without what came before it
            led_in[place] = np.concatenate(
                [network.gates(_rows(np.concatenate([_NOTHING, first]))), gates[1 - _LED_IN :]]
            )
            before[place] = stretch[-_CONTEXT:]
    if waiting:
        yield from _side_by_side(network, waiting)


def _side_by_side(
    network: VadNetwork, stretches: Sequence[_Waiting]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Probabilities of some stretches, each behind the gates that lead it in."""
    longest = max(len(each.gates) for each in stretches)
    steps = np.zeros((_LED_IN + longest, len(stretches), stretches[0].gates.shape[1]), dtype=np.float32)
    for column, each in enumerate(stretches):
        steps[:_LED_IN, column] = _CLOSED if each.led_in is None else each.led_in
        steps[_LED_IN : _LED_IN + len(each.gates), column] = each.gates
    found = network.probabilities(steps)[_LED_IN:].T
    for line, each in zip(found, stretches, strict=True):
        yield each.place, line[: len(each.gates)]


def _by_onnx(
    blocks: Iterable[Sequence[NDArray[np.float32]]],
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    led_in: dict[int, NDArray[np.float32]] = {}
    for place, stretch in _stretches(blocks):
        before = led_in.get(place, stretch[:0])
        joined = np.concatenate([before, stretch])
        state = {name: np.zeros((1, 1, 128), dtype=np.float32) for name in ("h", "c")}
        rows = _rows(np.concatenate([_NOTHING, joined]))
        values = _session().run(None, {"input": rows, **state})[0]
        yield place, np.asarray(values, dtype=np.float32).reshape(-1)[before.size // FRAME :]
        led_in[place] = joined[-_LED_IN * FRAME :]


def _rows(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each frame with the samples before it; ``sound`` begins with those of the first."""
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(sound, _CONTEXT + FRAME)[::FRAME])


def _stretches(
    blocks: Iterable[Sequence[NDArray[np.float32]]],
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The same sound in pieces of ``_STRETCH`` frames with their channel's place; the last is filled up to a whole frame."""
    size = _STRETCH * FRAME
    rests: dict[int, NDArray[np.float32]] = {}
    for together in blocks:
        for place, block in enumerate(together):
            rest = np.concatenate([rests.get(place, _NOTHING[:0]), block.astype(np.float32, copy=False)])
            while rest.size >= size:
                yield place, rest[:size]
                rest = rest[size:]
            rests[place] = rest
    for place, rest in rests.items():
        if rest.size:
            yield place, np.pad(rest, (0, -rest.size % FRAME))
