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
from pipeline.errors import ConfigError, ExtensionError
from pipeline.extensions import cause, named, takes
from pipeline.intervals import Span
from pipeline.standards.evidence import Evidence
from pipeline.types import Finding, Reason

__all__ = ["CheckSpec", "Told", "catalogue", "told_by"]

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
        except Exception as error:  # whatever another package does must not end in a traceback
            mistakes.append(f"{named(entry)} → can't be loaded: {cause(error)}")
            continue
        if told := _wrong(spec, entry.name in found):
            mistakes.append(f"{named(entry)} → {told}")
        else:
            found[entry.name] = spec
    if mistakes:
        raise ConfigError(mistakes)
    return found


def _wrong(spec: Any, taken: bool) -> str | None:
    if not isinstance(spec, CheckSpec):
        return f"a CheckSpec is accepted, not {type(spec).__name__}"
    if not callable(spec.run) or not takes(spec.run, 2):
        return "its function takes (evidence, settings)"
    if not spec.answers or not all(isinstance(answer, str) and answer for answer in spec.answers):
        return "answers: a list of the words it may answer is accepted"
    return "the name is taken; accepted: any other" if taken else None


def told_by(name: str, spec: CheckSpec, evidence: Evidence, settings: Frozen) -> Told:
    """What a check answers.

    Raises
    ------
    ExtensionError
        It breaks off, or answers what it doesn't declare.
    """
    try:
        told = spec.run(evidence, settings)
    except Exception as error:
        raise ExtensionError(f"{_whose(name)} → breaks off: {cause(error)}") from error
    if not isinstance(told, Told):
        raise ExtensionError(f"{_whose(name)} → a Told is accepted, not {type(told).__name__}")
    if told.answer is not None and told.answer not in spec.answers:
        accepted = ", ".join(spec.answers)
        raise ExtensionError(
            f"{_whose(name)} → answers {told.answer!r}, which it doesn't declare. Declared: {accepted}"
        )
    return told


def _whose(name: str) -> str:
    from importlib.metadata import entry_points

    entry = next((each for each in entry_points(group=GROUP) if each.name == name), None)
    return f"{GROUP}: {name}" if entry is None else named(entry)
