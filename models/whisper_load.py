"""Where and how Whisper is computed: device, precision, processor instructions, memory.

All that is ``auto`` is decided here, once a process, and none of it changes what is asked of the model.
"""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from models import registry
from models.memory import give_back_freed_memory
from models.whisper_settings import WhisperSettings
from pipeline.errors import ConfigError, ModelError

DEVICES = ("auto", "cpu", "cuda")
COMPUTE_TYPES = (
    "auto", "default", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16",
    "float32",
)  # fmt: skip
_AVX512 = frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"})
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT_BYTES = 256 << 20
MUCH_BYTES = 700_000_000
"""From here on a worker hands back before it decodes a call what it holds free: decoding may take 0.1 GB more."""
_log = logging.getLogger(__name__)


def from_environment(base: WhisperSettings | None = None) -> WhisperSettings:
    """Settings with what the environment says: ``CALLGAUGE_DEVICE``, ``CALLGAUGE_COMPUTE_TYPE``, ``CALLGAUGE_BEAM``.

    Letter case and blanks around a value don't count.

    Raises
    ------
    ConfigError
        A value isn't among the accepted ones; all such mistakes at once, with the model's as far as it shows at a glance.
    """
    settings = base or WhisperSettings()
    device = _word("CALLGAUGE_DEVICE") or settings.device
    compute_type = _word("CALLGAUGE_COMPUTE_TYPE") or settings.compute_type
    beam = _word("CALLGAUGE_BEAM") or str(settings.beam_size)
    mistakes = []
    if device not in DEVICES:
        mistakes.append(f"environment: CALLGAUGE_DEVICE → {device!r} is unknown; one of {', '.join(DEVICES)}")
    if compute_type not in COMPUTE_TYPES:
        accepted = ", ".join(COMPUTE_TYPES)
        mistakes.append(
            f"environment: CALLGAUGE_COMPUTE_TYPE → {compute_type!r} is unknown; one of {accepted}"
        )
    if not beam.isdecimal() or not 1 <= int(beam) <= 20:
        mistakes.append(f"environment: CALLGAUGE_BEAM → {beam!r}; a whole number from 1 to 20 is accepted")
    if mistakes:
        raise ConfigError([*mistakes, *_no_model(registry.chosen_whisper(settings.model))])
    return replace(settings, device=device, compute_type=compute_type, beam_size=int(beam))


def _word(name: str) -> str:
    """A setting of the environment that is one word, in small letters; empty where there is none."""
    return os.environ.get(name, "").strip().lower()


def _no_model(chosen: str) -> list[str]:
    """What is wrong with the model's setting, told without fetching, reading or trying one."""
    from faster_whisper.utils import available_models

    hub = "/" in chosen and not chosen.startswith((".", "/", "~"))
    known = chosen == registry.WHISPER_BASE or chosen.lower() in available_models()
    if known or (hub and not Path(chosen).is_dir()):
        return []
    try:
        registry.whisper_path(chosen)
    except ModelError as error:
        return [f"environment: CALLGAUGE_WHISPER → {error}"]
    return []


def load_model(settings: WhisperSettings) -> Any:
    """A ``faster_whisper.WhisperModel`` for these settings.

    Where ``auto`` chose a GPU whose libraries turn out to be missing, the CPU takes over and the log says so; a GPU that
    was asked for by name is an error instead.

    Raises
    ------
    ModelError
        The model is missing or damaged.
    """
    prepare_processor(os.environ, settings.compute_type)
    folder = registry.whisper_path(settings.model)
    try:
        return _load(folder, settings)
    finally:
        give_back_freed_memory()


def _load(folder: Path, settings: WhisperSettings) -> Any:
    device, compute_type = resolve(settings.device, settings.compute_type, gpus=_gpus())
    if device == "cuda" and settings.device == "auto":
        try:
            model = _open(folder, device, compute_type, settings)
            try_out(model)
        except RuntimeError as error:
            _log.warning("a GPU is there but can't be used (%s); transcribing on the CPU", error)
            device, compute_type = resolve("cpu", settings.compute_type, gpus=0)
        else:
            return model
    return _open(folder, device, compute_type, settings)


def resolve(device: str, compute_type: str, *, gpus: int) -> tuple[str, str]:
    """Device and precision with ``auto`` decided: a GPU in float16 where there is one, else the CPU in int8.

    >>> resolve("auto", "auto", gpus=0), resolve("auto", "auto", gpus=1), resolve("cuda", "int8_float16", gpus=1)
    (('cpu', 'int8'), ('cuda', 'float16'), ('cuda', 'int8_float16'))
    """
    if device == "auto":
        device = "cuda" if gpus else "cpu"
    if compute_type == "auto":
        compute_type = "int8" if device == "cpu" else "float16"
    return device, compute_type


def _gpus() -> int:
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def _open(folder: Path, device: str, compute_type: str, settings: WhisperSettings) -> Any:
    from faster_whisper import WhisperModel

    # a worker among others takes one thread: more of them only get into each other's way
    threads = settings.cpu_threads or (1 if multiprocessing.parent_process() is not None else 0)
    return WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)


def try_out(model: Any) -> None:
    """One second of silence through the encoder: missing CUDA libraries are only noticed there."""
    import numpy as np

    model.encode(np.zeros((1, model.feature_extractor.mel_filters.shape[0], 100), dtype=np.float32))


def prepare_processor(environment: Any, compute_type: str = "auto") -> None:
    """Say how CTranslate2 is to compute, unless the user has: it reads the variables when it is imported or first used."""
    # CTranslate2 keeps AVX-512 to Intel's processors; others that have it save a tenth of the encoder's time with it.
    if "CT2_FORCE_CPU_ISA" not in environment and has_avx512(_cpu_flags()):
        environment["CT2_FORCE_CPU_ISA"] = "AVX512"
    # Intel's processors would get MKL, all others oneDNN: other words by the maker, and MKL keeps the weights once
    # more in an order of its own. Only MKL computes int16.
    if "CT2_USE_MKL" not in environment and compute_type != "int16":
        environment["CT2_USE_MKL"] = "0"
    _keep_freed_memory()


def arithmetic(environment: Mapping[str, str]) -> dict[str, str]:
    """What the words depend on beside the settings: Intel's library, where somebody asked for it.

    >>> arithmetic({"CT2_USE_MKL": "1"}), arithmetic({"CT2_USE_MKL": "0"})
    ({'arithmetic': 'mkl'}, {})
    """
    asked = environment.get("CT2_USE_MKL", "").lower() in ("1", "true")
    return {"arithmetic": "mkl"} if asked else {}


def has_avx512(flags: frozenset[str]) -> bool:
    """Whether a processor's flags hold all parts of AVX-512 that CTranslate2's build needs."""
    return flags >= _AVX512


def _cpu_flags() -> frozenset[str]:
    listing = Path("/proc/cpuinfo")
    if platform.machine() not in ("x86_64", "AMD64") or not listing.is_file():
        return frozenset()
    for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def _keep_freed_memory() -> None:
    """glibc gives large blocks back to the system at once; the decoder asks for the same ones again at each step.

    Keeping up to 256 MB saves about a seventh of its time. One arena for all threads: what the decoder's thread gives back
    then serves everybody else, where it would lie idle in an arena of its own.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_ARENA_MAX, 1)
