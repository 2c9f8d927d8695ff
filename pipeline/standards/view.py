"""The verdict on a criterion under one reading of the call."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.intervals import Span
from pipeline.types import Finding, Reason, Verdict


@dataclass(frozen=True, slots=True)
class View:
    """A verdict under one reading of the call: with or without the doubtful findings."""

    verdict: Verdict
    reason: Reason
    fatal: bool = False
    hits: tuple[Finding, ...] = ()
    searched: Span | None = None
