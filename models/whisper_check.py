"""Whether Whisper can be used as it is set: told once, before the first call, instead of call by call.

What the settings alone show wrong is told by :func:`models.whisper_load.from_environment`; here is what the machine and
the model's files have to say. Trying out takes a process of its own, which may break and leaves no memory or GPU behind.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from models import registry
from models.whisper_load import load_model, prepare_processor, resolve, try_out
from models.whisper_settings import WhisperSettings
from pipeline.errors import ConfigError, ModelError

_ANYWHERE = ("auto", "default", "int8")
"""Precisions that every processor computes."""
_FOLDER = "a folder with model.bin, tokenizer.json, config.json and vocabulary, as ct2-transformers-converter makes them"


def check_recogniser(settings: WhisperSettings) -> None:
    """Find the model, and where anything else than the default was asked for, load it once and hear a second.

    Raises
    ------
    ConfigError
        The model, device or precision asked for can't be used; each mistake with its setting and what is accepted.
    ModelError
        The packaged model is missing or damaged.
    """
    own = registry.chosen_whisper(settings.model) != registry.WHISPER_BASE
    mistakes: list[str] = []
    folder = ""
    try:
        folder = str(registry.whisper_path(settings.model))
    except ModelError as error:
        if not own:
            raise
        mistakes.append(f"environment: CALLGAUGE_WHISPER → {error}")
    if own or settings.device == "cuda" or settings.compute_type not in _ANYWHERE:
        mistakes += _tried(settings, folder)
    if mistakes:
        raise ConfigError(mistakes)


_known: dict[str, tuple[str, ...]] = {}


def _tried(settings: WhisperSettings, folder: str) -> tuple[str, ...]:
    key = f"{folder} {settings}"
    if key not in _known:
        _known[key] = _tried_apart(settings, folder)
    return _known[key]


def _tried_apart(settings: WhisperSettings, folder: str) -> tuple[str, ...]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(faults, settings, folder).result()
        except BrokenProcessPool:
            return (_fault(settings, folder, "the process that loaded it ended abruptly"),)


def faults(settings: WhisperSettings, folder: str) -> tuple[str, ...]:
    """What is wrong with the settings on this machine, found by trying; ``folder`` is empty where there is no model."""
    prepare_processor(os.environ, settings.compute_type)
    import ctranslate2

    gpus = int(ctranslate2.get_cuda_device_count())
    mistakes = []
    if settings.device == "cuda" and not gpus:
        mistakes.append(
            "environment: CALLGAUGE_DEVICE → 'cuda', but there is no GPU that can be used; accepted here: auto, cpu"
        )
    device, compute_type = resolve(settings.device, settings.compute_type, gpus=gpus)
    computed = ctranslate2.get_supported_compute_types(device if gpus else "cpu")
    if compute_type not in (*_ANYWHERE, *computed) and not mistakes:
        accepted = ", ".join(dict.fromkeys((*_ANYWHERE, *sorted(computed))))
        mistakes.append(
            f"environment: CALLGAUGE_COMPUTE_TYPE → {compute_type!r} can't be computed by the {device.upper()} here; "
            f"accepted: {accepted}"
        )
    if mistakes or not folder:
        return tuple(mistakes)
    try:
        try_out(load_model(settings))
    except Exception as error:  # whatever is the matter with another's file, or with a GPU's library
        return (_fault(settings, folder, str(error)),)
    return ()


def _fault(settings: WhisperSettings, folder: str, why: str) -> str:
    """The setting that is most likely to blame for a model that can't be loaded."""
    if settings.device == "cuda" and registry.chosen_whisper(settings.model) == registry.WHISPER_BASE:
        return (
            f"environment: CALLGAUGE_DEVICE → 'cuda', but the GPU can't be used ({why}); accepted: auto, cpu"
        )
    return f"environment: CALLGAUGE_WHISPER → {folder} can't be used ({why}); accepted: {_FOLDER}"
