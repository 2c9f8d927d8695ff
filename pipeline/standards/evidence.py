"""All that a call is judged by, in one frozen record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord, Finding, Measure, Outcome, Sound, Transcript

__all__ = ["Evidence", "Similar"]

Similar = Callable[[str, Sequence[str]], float]
"""How near a sentence comes to the nearest of some examples, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was heard, measured and written down about one call.

    Attributes
    ----------
    transcript, measures, findings, outcome
        What speech and analysis deliver. Findings need no ids; the scoring gives them.
    record, profile
        The call list's row and the company.
    sound
        None where the transcript was made elsewhere: what needs sound is not measurable then.
    detectors
        Kinds of finding that were looked for; None means all. A criterion that reads another is "not yet
        measured".
    similar
        Sentence similarity for rules with ``meaning``; None makes them not measurable.
    suppressed_since
        When this customer asked not to be called again, if a store knows.
    """

    transcript: Transcript
    measures: Mapping[str, Measure]
    findings: tuple[Finding, ...]
    outcome: Outcome
    record: CallRecord
    profile: Profile = field(default_factory=lambda: EMPTY)
    sound: Sound | None = None
    detectors: frozenset[str] | None = None
    similar: Similar | None = None
    suppressed_since: datetime | None = None
