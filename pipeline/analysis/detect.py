"""All detectors of wording, in their order: what is found earlier is known to those that come later.

A company adds a detector of its own through the entry-point group ``callgauge.detectors``: each entry names
a module (or any object) with ``KINDS``, the kinds it delivers, each with a dot (``acme.weather``), with
``find(conversation, prior)`` and, where it delivers figures, ``measure(conversation, findings)``. Added
detectors run after the built-in ones, by name.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Protocol, cast

from pipeline.analysis.conversation import Conversation
from pipeline.errors import ConfigError
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


@functools.cache
def detectors() -> tuple[tuple[str, Detector], ...]:
    """Name and module of every detector, built-in ones first, in order."""
    own = [(name, cast(Detector, importlib.import_module(f"pipeline.analysis.{name}"))) for name in BUILT_IN]
    added = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return (*own, *((entry.name, cast(Detector, entry.load())) for entry in added))


@functools.cache
def added_kinds() -> frozenset[str]:
    """Kinds of finding that added detectors declare.

    Raises
    ------
    ConfigError
        A kind of theirs has no dot, so that it could be taken for one of ours.
    """
    declared = {
        (name, kind)
        for name, detector in detectors()[len(BUILT_IN) :]
        for kind in getattr(detector, "KINDS", ())
    }
    wrong = [
        f"{GROUP}: {name} → kind {kind!r} needs a dot, as in acme.weather"
        for name, kind in declared
        if "." not in kind
    ]
    if wrong:
        raise ConfigError(sorted(wrong))
    return frozenset(kind for _name, kind in declared)


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
    """
    known = list(prior)
    for _name, detector in detectors():
        known.extend(detector.find(conversation, tuple(known)))
    return tuple(sorted(known[len(prior) :], key=_place))


def measure_all(conversation: Conversation, findings: Sequence[Finding]) -> tuple[Measure, ...]:
    """The figures that the detectors of wording deliver, in the detectors' order."""
    measures: list[Measure] = []
    for _name, detector in detectors():
        measure = getattr(detector, "measure", None)
        if measure is not None:
            measures.extend(measure(conversation, findings))
    return tuple(measures)


def _place(finding: Finding) -> tuple[int, float]:
    turn = finding.turn if finding.turn is not None else -1
    return turn, finding.start_s if finding.start_s is not None else 0.0
