"""All detectors of wording, in their order: what is found earlier is known to those that come later.

A company adds a detector of its own through the entry-point group ``callgauge.detectors``: each entry names
a module (or any object) with ``KINDS``, the kinds it delivers, each with a dot (``acme.weather``), with
``find(conversation, prior)`` and, where it delivers figures, ``measure(conversation, findings)``, whose names
have a dot too. ``DETAILS`` may say what its findings' detail holds. Added detectors run after the built-in ones,
by name.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, cast

from pipeline.analysis.conversation import Conversation
from pipeline.errors import ConfigError, ExtensionError
from pipeline.extensions import cause, named, takes
from pipeline.types import Finding, Measure

GROUP = "callgauge.detectors"

BUILT_IN = (
    "opening", "refusal", "pitch", "hard_sell", "absolute_claim",
    "needs", "questions", "confusion", "objection", "benefit", "courtesy", "patience", "off_topic",
    "jargon", "follow_up", "compliance", "apology", "reference", "preparation",
)  # fmt: skip
"""Modules of ``pipeline.analysis``, in the order in which they run."""


class Detector(Protocol):
    """One behaviour: from a conversation to findings. ``measure`` is optional and looked up by name."""

    def find(self, conversation: Conversation, prior: Sequence[Finding]) -> list[Finding]:
        """Findings of this behaviour; ``prior`` are those of the detectors that ran before."""
        ...


@dataclass(frozen=True, slots=True)
class Added:
    """A detector of another package: its entry point and what it declares."""

    entry: EntryPoint
    detector: Detector
    kinds: frozenset[str]
    details: Mapping[str, Mapping[str, Any]]


@functools.cache
def built_in() -> tuple[tuple[str, Detector], ...]:
    """Name and module of every detector of our own, in order."""
    return tuple(
        (name, cast(Detector, importlib.import_module(f"pipeline.analysis.{name}"))) for name in BUILT_IN
    )


@functools.cache
def added() -> tuple[Added, ...]:
    """The detectors of installed packages, by name.

    Raises
    ------
    ConfigError
        One can't be loaded, has no ``find(conversation, prior)``, or declares a kind without a dot, which could be taken for
        one of ours; all mistakes at once, each with entry point and package.
    """
    found, mistakes = [], []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            detector = entry.load()
        except Exception as error:  # whatever another package does must not end in a traceback
            mistakes.append(f"{named(entry)} → can't be loaded: {cause(error)}")
            continue
        wrong = [f"{named(entry)} → {told}" for told in _wrong(detector)]
        mistakes += wrong
        if not wrong:
            kinds = frozenset(detector.KINDS)
            found.append(Added(entry, detector, kinds, dict(getattr(detector, "DETAILS", {}))))
    if mistakes:
        raise ConfigError(mistakes)
    return tuple(found)


def _wrong(detector: Any) -> Iterator[str]:
    kinds = getattr(detector, "KINDS", None)
    if not isinstance(kinds, (tuple, list, set, frozenset)) or not kinds:
        yield 'KINDS: a list of the kinds it delivers is required, such as ("acme.weather",)'
    for kind in kinds if isinstance(kinds, (tuple, list, set, frozenset)) else ():
        if not isinstance(kind, str) or "." not in kind:
            yield f"kind {kind!r} needs a dot, as in acme.weather"
    if not isinstance(getattr(detector, "DETAILS", {}), Mapping):
        yield "DETAILS: each kind with its details is accepted"
    for name, count, told in (("find", 2, "conversation, prior"), ("measure", 2, "conversation, findings")):
        function = getattr(detector, name, None)
        if function is None and name == "measure":
            continue
        if not callable(function) or not takes(function, count):
            yield f"{name}({told}) is required" if function is None else f"{name} takes ({told})"


def detectors() -> tuple[tuple[str, Detector], ...]:
    """Name and module of every detector, built-in ones first, in order. Raises as `added` does."""
    return (*built_in(), *((each.entry.name, each.detector) for each in added()))


def added_kinds() -> frozenset[str]:
    """Kinds of finding that added detectors declare. Raises as `added` does."""
    return frozenset().union(*(each.kinds for each in added()))


def added_details() -> dict[str, Mapping[str, Any]]:
    """What added detectors declare of their kinds' details; a kind that is absent may hold anything."""
    return {kind: accepts for each in added() for kind, accepts in each.details.items()}


def find_all(conversation: Conversation, prior: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """Everything heard in the wording of a call.

    Parameters
    ----------
    conversation
        The transcript, opened up.
    prior
        Findings from elsewhere (the sound) that detectors may look at; not part of the result.

    Returns
    -------
    tuple of Finding
        By turn and time, without ``id``.

    Raises
    ------
    ExtensionError
        An added detector breaks off, or delivers what it may not.
    """
    known = list(prior)
    for _name, detector in built_in():
        known.extend(detector.find(conversation, tuple(known)))
    for each in added():
        known.extend(_found_by(each, conversation, tuple(known)))
    return tuple(sorted(known[len(prior) :], key=_place))


def _found_by(each: Added, conversation: Conversation, prior: tuple[Finding, ...]) -> list[Finding]:
    try:
        found = list(each.detector.find(conversation, prior))
    except Exception as error:
        raise ExtensionError(f"{named(each.entry)} → breaks off in find: {cause(error)}") from error
    for finding in found:
        if not isinstance(finding, Finding):
            raise ExtensionError(
                f"{named(each.entry)} → find returns a list of Finding, not of {type(finding).__name__}"
            )
        if finding.kind not in each.kinds:
            declared = ", ".join(sorted(each.kinds))
            raise ExtensionError(
                f"{named(each.entry)} → delivers {finding.kind!r}, which KINDS doesn't hold. Declared: {declared}"
            )
    return found


def measure_all(conversation: Conversation, findings: Sequence[Finding]) -> tuple[Measure, ...]:
    """The figures that the detectors of wording deliver, in the detectors' order. Raises as `find_all` does."""
    measures: list[Measure] = []
    for _name, detector in built_in():
        measure = getattr(detector, "measure", None)
        if measure is not None:
            measures.extend(measure(conversation, findings))
    for each in added():
        measures.extend(_measured_by(each, conversation, findings))
    return tuple(measures)


def _measured_by(each: Added, conversation: Conversation, findings: Sequence[Finding]) -> list[Measure]:
    measure = getattr(each.detector, "measure", None)
    if measure is None:
        return []
    try:
        measured = list(measure(conversation, findings))
    except Exception as error:
        raise ExtensionError(f"{named(each.entry)} → breaks off in measure: {cause(error)}") from error
    for one in measured:
        if not isinstance(one, Measure):
            told = f"measure returns a list of Measure, not of {type(one).__name__}"
        elif not isinstance(one.name, str) or "." not in one.name:
            told = f"measure {one.name!r} needs a dot, as in acme.weather_sentences"
        elif one.value is not None and not isinstance(one.value, (bool, int, float)):
            told = f"{one.name}: a number, true or false is accepted, not {type(one.value).__name__}"
        elif isinstance(one.value, float) and not math.isfinite(one.value):
            told = f"{one.name}: a finite number is accepted, not {one.value}"
        else:
            continue
        raise ExtensionError(f"{named(each.entry)} → {told}")
    return measured


def _place(finding: Finding) -> tuple[int, float]:
    turn = finding.turn if finding.turn is not None else -1
    return turn, finding.start_s if finding.start_s is not None else 0.0
