"""What other packages add by entry points, told apart by name: detectors and checks that break are named, with whose they
are and why."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from pipeline.call_names import without_numbers
from pipeline.errors import printable

__all__ = ["cause", "named", "takes"]

_LONGEST = 300


def named(entry: EntryPoint) -> str:
    """``callgauge.checks: acme.weekday (acme_checks:SPEC of acme-rules 1.2)``."""
    package = getattr(entry, "dist", None)
    whose = f" of {package.name} {package.version}" if package is not None else ""
    return f"{entry.group}: {entry.name} ({entry.value}{whose})"


def cause(error: BaseException) -> str:
    """An error's kind and message on one line; numbers that may be a person's are left out."""
    told = without_numbers(printable(" ".join(str(error).split())))[:_LONGEST]
    return f"{type(error).__name__}: {told}" if told else type(error).__name__


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many values."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # written in C: its signature isn't known
        return True
    return True
