"""Secrets by the environment or by a file, never by an argument: whoever sees the processes sees their arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import ConfigError, why
from pipeline.modes import tell_secret_open


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """What a variable holds, or the file that ``NAME_FILE`` names; None where neither is set.

    Raises
    ------
    ConfigError
        The file can't be read, or holds nothing.
    """
    given, file = environment.get(name), environment.get(f"{name}_FILE")
    if given or not file:
        return given or None
    try:
        text = Path(file).expanduser().read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError([f"{name}_FILE: {file} → can't be read: {why(error)}"]) from error
    tell_secret_open(Path(file).expanduser())
    if not text:
        raise ConfigError([f"{name}_FILE: {file} → is empty"])
    return text
