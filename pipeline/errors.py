"""Everything Callgauge raises on purpose, under one root.

A message says what was wrong, where, and what is accepted. ``code`` is stable: it goes into CSV files and the
ledger, where a message would change with its wording.
"""

from __future__ import annotations

from collections.abc import Sequence


class CallgaugeError(Exception):
    """Root of all errors that Callgauge raises on purpose."""

    code = "error"


class RecordingError(CallgaugeError):
    """One recording can't be used; the others go on.

    Parameters
    ----------
    message
        What is wrong with the file and what is accepted.
    code
        One of ``empty, truncated, not_audio, too_many_channels, unreadable, damaged, missing, too_long``.
    """

    def __init__(self, message: str, *, code: str = "not_audio") -> None:
        super().__init__(message)
        self.code = code


class ModelError(CallgaugeError):
    """A model is missing or damaged; the message holds the command that mends it."""

    code = "model"


class ExtraMissingError(ModelError):
    """An optional part is not installed; the message holds the command that installs it."""

    code = "extra_missing"


class ExtensionError(CallgaugeError):
    """A detector or check of another package breaks off, or delivers what it may not; the message names it."""

    code = "extension"


class ConfigError(CallgaugeError):
    """A settings file, profile, call list, lexicon or standard is wrong. All mistakes at once.

    Parameters
    ----------
    mistakes
        One line each, in the form ``file: key → message``.
    """

    code = "config"

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)
