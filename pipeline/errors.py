"""Everything Callgauge raises on purpose, under one root.

A message says what was wrong, where, and what is accepted. ``code`` is stable: it goes into CSV files and the
ledger, where a message would change with its wording.
"""

from __future__ import annotations

import errno
import json
import unicodedata
from collections.abc import Sequence

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Control and format characters (line breaks, escapes, turned writing direction), halves of surrogates, private use."""


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


_WHY = {
    errno.EACCES: "no permission", errno.EPERM: "no permission", errno.ENOENT: "it isn't there", errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is no folder", errno.EEXIST: "something else has its name",
    errno.ENAMETOOLONG: "its name is too long", errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk's share is used up",
    errno.EROFS: "the disk can't be written to", errno.ELOOP: "its links lead round in a circle",
    errno.EIO: "the disk doesn't answer", errno.EMFILE: "too many files are open", errno.ENXIO: "it is no plain file",
}  # fmt: skip


def why(error: Exception) -> str:
    """What went wrong with a file or its text, in plain words; Python's own are for who writes it.

    Examples
    --------
    >>> why(PermissionError(13, "Permission denied", "a.wav")), why(RecursionError())
    ('no permission', 'nested too deep')
    """
    if isinstance(error, OSError):
        return _WHY.get(error.errno or 0) or error.strerror or "it can't be reached"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 (byte {error.start}); save it as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON from line {error.lineno}, column {error.colno} on"
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, ValueError) and "int_max_str_digits" in str(error):
        return "a number has too many digits"
    return str(error)


def told_file(error: OSError) -> str:
    """An error of the disk as one line: the file where it is known, and why."""
    named = error.filename if error.filename2 is None else error.filename2
    name = "" if named is None else f"{named}: file → "
    return f"{name}can't be read or written: {why(error)}"


def code_of_disk(error: OSError) -> str:
    """The reason code of a call that an error of the disk ended."""
    return "no_space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "io"


def printable(text: str) -> str:
    """A text on one line, characters that nobody sees as ``?``."""
    return "".join("?" if unicodedata.category(char) in _UNPRINTABLE else char for char in text)


def kind_and_place(error: BaseException) -> tuple[str, str]:
    """What may be told of an error that nobody expected: its message may hold words of a call.

    Examples
    --------
    >>> try:
    ...     int("what somebody said")
    ... except ValueError as error:
    ...     kind_and_place(error)[0]
    'ValueError'
    """
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(error).__name__, place
