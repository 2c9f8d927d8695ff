"""Detectors and checks that other packages add, looked at before any call is judged."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points

from pipeline.analysis.detect import GROUP as DETECTORS
from pipeline.analysis.detect import added
from pipeline.errors import ConfigError
from pipeline.extensions import named
from pipeline.standards.checks import GROUP as CHECKS
from pipeline.standards.checks import catalogue

__all__ = ["check_extensions", "extension_mistakes", "extension_names"]


def extension_mistakes() -> list[str]:
    """What is wrong with installed detectors and checks, each with entry point, package and cause."""
    return [*_mistakes(added), *_mistakes(catalogue)]


def _mistakes(load: object) -> Iterator[str]:
    try:
        load()  # type: ignore[operator]  # either of the two above
    except ConfigError as error:
        yield from error.mistakes


def extension_names() -> tuple[str, ...]:
    """Every installed detector and check, by entry point and package."""
    return tuple(
        named(entry)
        for group in (DETECTORS, CHECKS)
        for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)
    )


def check_extensions() -> None:
    """Raise ConfigError with every mistake of installed detectors and checks."""
    if mistakes := extension_mistakes():
        raise ConfigError(mistakes)
