"""Secrets by the environment or by a file, never by an argument: whoever sees the processes sees their arguments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import ConfigError, why
from pipeline.modes import tell_secret_open

_MOST_BYTES = 65_536
"""Of a file of secrets: what goes on without end is none."""


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
        with Path(file).expanduser().open("rb") as stream:
            text = stream.read(_MOST_BYTES).decode("utf-8-sig").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError([f"{name}_FILE: {file} → can't be read: {why(error)}"]) from error
    tell_secret_open(Path(file).expanduser())
    if not text:
        raise ConfigError([f"{name}_FILE: {file} → is empty"])
    return text
