"""Whisper models that faster-whisper fetches from a hub, or finds in the hub client's cache."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ModelError


def hub_path(name: str) -> Path:
    """The folder of a model by its name (``small`` …) or hub name (``owner/model``). Raises ModelError."""
    from faster_whisper.utils import available_models, download_model

    name = name.lower() if name.lower() in available_models() else name
    if "/" not in name and name not in available_models():
        raise ModelError(
            f"no Whisper model {name!r}: neither a folder nor a known name. "
            f"Accepted: a folder with model.bin, a hub name owner/model, "
            f"or one of {', '.join(available_models())}"
        )
    if name.startswith((".", "/", "~")):
        raise ModelError(f"no folder {name}; a folder with a CTranslate2 Whisper model is expected")
    hub_name = name if "/" in name else f"Systran/faster-whisper-{name}"
    try:
        return Path(download_model(name))  # from the hub client's own cache where it is there already
    except Exception as error:
        raise ModelError(
            f"the Whisper model {name!r} can't be fetched from the hub ({type(error).__name__}). "
            f"Fetch it where there is a network with: hf download {hub_name}, "
            "or unset CALLGAUGE_WHISPER to use the packaged model"
        ) from error
