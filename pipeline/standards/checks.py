"""The catalogue of checks written in Python, for what the rule grammar can't say.

A check is a pure function of the evidence and its settings. Packages add their own through the entry-point
group ``callgauge.checks``: each entry point names a `CheckSpec`, under the name that a standard uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pipeline.config import Frozen
from pipeline.errors import ConfigError
from pipeline.intervals import Span
from pipeline.standards.evidence import Evidence
from pipeline.types import Finding, Reason

__all__ = ["CheckSpec", "Told", "catalogue"]

GROUP = "callgauge.checks"


@dataclass(frozen=True, slots=True)
class Told:
    """A check's answer; None when not measurable, ``why`` says why. ``values`` fill the reason's wording."""

    answer: str | None
    hits: tuple[Finding, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    why: Reason | None = None
    searched: Span | None = None


class NoSettings(Frozen):
    """A check without settings."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check and what it reads.

    Attributes
    ----------
    run
        Takes the evidence (without doubtful findings when judged so) and the settings under ``with``.
    answers
        Every answer that it may give.
    kinds
        Kinds of finding that it reads.
    needs_side, needs_clock
        Whether it must know who speaks, and when.
    settings
        What it accepts under ``with``: a model whose fields have defaults. ``run`` is given one of these.
    """

    run: Callable[[Evidence, Any], Told]
    answers: tuple[str, ...]
    kinds: frozenset[str] = frozenset()
    needs_side: bool = False
    needs_clock: bool = False
    settings: type[Frozen] = NoSettings


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, CheckSpec]:
    """All checks by name: our own, then those of installed packages.

    Raises
    ------
    ConfigError
        An installed package's entry point can't be loaded, is no `CheckSpec`, or takes a name in use.
    """
    from importlib.metadata import entry_points

    from pipeline.standards import checks_compliance, checks_record

    found: dict[str, CheckSpec] = {**checks_record.CHECKS, **checks_compliance.CHECKS}
    mistakes = []
    for entry in entry_points(group=GROUP):
        try:
            spec = entry.load()
        except Exception as error:
            mistakes.append(f"{entry.value}: {entry.name} → can't be loaded: {error}")
            continue
        if not isinstance(spec, CheckSpec):
            mistakes.append(
                f"{entry.value}: {entry.name} → a CheckSpec is accepted, not {type(spec).__name__}"
            )
        elif entry.name in found:
            mistakes.append(f"{entry.value}: {entry.name} → the name is taken; accepted: any other")
        else:
            found[entry.name] = spec
    if mistakes:
        raise ConfigError(mistakes)
    return found
