"""What crosses the boundaries between stages: frozen, slotted dataclasses, never dicts.

Times are seconds as float from the start of the recording; ``None`` where a transcript made elsewhere has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pipeline.intervals import Span, Timeline

__all__ = [
    "CallRecord", "CallResult", "CallScore", "CriterionResult", "Finding", "Layout", "Measure", "Outcome", "Reason",
    "Recording", "Side", "Sound", "Span", "Speaker", "Timeline", "Transcript", "Turn", "Verdict", "Word",
]  # fmt: skip

Speaker = Literal["agent", "customer", "unknown"]
Layout = Literal["two_sides", "mono", "dual_mono"]
Verdict = Literal["pass", "partial", "fail", "not_applicable", "not_measurable", "needs_review"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code and a sentence in each language."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One sound file as it was received. ``file`` is the name shown to people, ``path`` where it lies."""

    path: Path
    file: str
    sha256: str
    duration_s: float
    channels: int
    sample_rate_hz: int
    codec: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One row of the call list. What is absent there is None; unknown columns are kept in ``extra``."""

    file: str
    call_id: str
    agent_id: str | None = None
    agent_name: str | None = None
    customer_id: str | None = None
    started_at: datetime | None = None
    direction: Literal["outbound", "inbound"] | None = None
    campaign: str | None = None
    ring_count: int | None = None
    agent_channel: Literal[0, 1] | None = None
    notes: str | None = None
    outcome: str | None = None
    listed: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word. Punctuation stays on the word it follows; English words carry no leading space."""

    text: str
    start_s: float | None
    end_s: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Speech of one side with inner gaps under 0.7 s. ``words`` is empty in transcripts made elsewhere."""

    speaker: Speaker
    text: str
    start_s: float | None
    end_s: float | None
    confidence: float
    words: tuple[Word, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Words that the recogniser wrote and the guard took out, with the rule that did it."""

    start_s: float
    end_s: float
    text: str
    rule: str
    speaker: Speaker = "unknown"


@dataclass(frozen=True, slots=True)
class Unheard:
    """Speech of one side that nobody could put into words: what was said there is not known."""

    start_s: float
    end_s: float
    speaker: Speaker = "unknown"


@dataclass(frozen=True, slots=True)
class Transcript:
    """All turns of both sides by time.

    ``role_confidence`` says how sure it is which side is the agent (1.0 when the call list said so); under 0.8 every
    speaker is ``unknown``. ``roles_from`` is ``call_list, speech, separation, delivered`` or
    ``none``. ``covered`` are the seconds in which nobody was understood and personal data may be said: the playable copy
    has a tone there, too. ``unsure`` says why delivered speakers are not believed.
    """

    language: str
    turns: tuple[Turn, ...]
    role_confidence: float = 1.0
    roles_from: str = "delivered"
    language_confidence: float = 1.0
    dropped: tuple[Dropped, ...] = ()
    unheard: tuple[Unheard, ...] = ()
    covered: tuple[Unheard, ...] = ()
    unsure: Reason | None = None

    @property
    def sides_sure(self) -> bool:
        """Whether each turn's side is known well enough to judge one of them."""
        return self.role_confidence >= 0.8 and all(turn.speaker != "unknown" for turn in self.turns)

    @property
    def timed(self) -> bool:
        """Whether every turn has a start and an end."""
        return all(turn.start_s is not None and turn.end_s is not None for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Side:
    """What the sound of one side says.

    Attributes
    ----------
    speech
        Voice activity of this side.
    loudness_lufs
        Gated loudness (ITU-R BS.1770-4) of this side's speech alone; None with under 0.4 s of it.
    clipped_ratio, clipping
        Share of samples at the channel's ceiling, and where.
    curve_lufs
        Momentary loudness every 0.1 s, for the report; None where silent.
    """

    speech: Timeline
    loudness_lufs: float | None
    clipped_ratio: float
    clipping: tuple[Span, ...] = ()
    curve_lufs: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """What is measured in the sound itself. In mono the only side is ``unknown``.

    ``apart`` is the speech of agent and customer in a mono call whose voices could be told apart, else empty;
    ``unsure`` says why a mono call's sides are not known, or delivered ones are not believed. ``hung_up`` is the
    disconnect tone that the recording ends with: the call ends where it begins.
    """

    duration_s: float
    layout: Layout
    sides: Mapping[Speaker, Side]
    rings: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    apart: Mapping[Speaker, Timeline] = field(default_factory=dict)
    unsure: Reason | None = None
    hung_up: Span | None = None

    @property
    def unrecorded(self) -> frozenset[str]:
        """Sides whose channel carries nothing while the other speaks: what they said, nobody knows."""
        named = (note.partition(":") for note in self.notes)
        return frozenset(side for code, _, side in named if code == "unrecorded_side")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a call, or the reason why there is none. Not measurable is a result, not an error."""

    name: str
    value: float | int | bool | str | None
    unit: str
    method: str
    reason: Reason | None = None

    @property
    def measurable(self) -> bool:
        """Whether there is a value; else ``reason`` says why not."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing heard: what, by whom, when, in which words, how surely.

    ``id`` is ``f1, f2 …`` in order of time, given once all are known. ``criterion`` is filled by the scoring.
    ``quote`` is copied from the turn's text as delivered; None for what has no words (level_jump, clipping …). ``at`` is
    its place in the turn's text where that is known, for the time of judging only: it is not written down.
    """

    kind: str
    turn: int | None
    speaker: Speaker
    start_s: float | None
    end_s: float | None
    quote: str | None
    confidence: float
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    criterion: str | None = None
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the call ended. ``follow_up_when`` as heard or as ISO 8601 where it could be resolved."""

    label: str
    confidence: float
    follow_up_text: str | None = None
    follow_up_when: str | None = None


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """The verdict on one criterion, with the findings it rests on or the stretch that was searched in vain."""

    id: str
    article: str
    verdict: Verdict
    points: float | None
    max_points: float | None
    advisory: bool
    findings: tuple[str, ...]
    reason: Reason
    searched: Span | None = None


@dataclass(frozen=True, slots=True)
class CallScore:
    """A call judged by one version of a standard. ``percent`` and ``grade`` are None below the least coverage."""

    standard: str
    version: str
    percent: float | None
    percent_before_fatal: float | None
    points: float
    max_points: float
    coverage: float
    grade: str | None
    fatal: tuple[str, ...]
    needs_review: bool
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True, slots=True)
class CallResult:
    """All that is known of one call; ``reports.json`` writes it in the form ``callgauge/call/1``."""

    call: CallRecord
    recording: Recording | None
    provenance: Mapping[str, Any]
    transcript: Transcript
    sound: Sound | None
    measures: Mapping[str, Measure]
    findings: tuple[Finding, ...]
    score: CallScore
    outcome: Outcome
