"""What a call was judged by, read back from the files that the store keeps of it: nothing is heard or looked for again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from pipeline.profile import Profile
from pipeline.standards import Evidence
from pipeline.types import (
    CallRecord,
    Finding,
    Measure,
    Outcome,
    Reason,
    Sound,
    Span,
    Transcript,
    Turn,
    Unheard,
    Word,
)


def evidence_from(
    data: Mapping[str, Any],
    words: Mapping[str, Any],
    *,
    record: CallRecord,
    profile: Profile,
    suppressed_since: datetime | None,
) -> Evidence:
    """The evidence that a stored result and its transcript hold."""
    return Evidence(
        transcript=transcript_of(words),
        measures={
            name: Measure(name, each["value"], each["unit"], each["method"], _reason(each["reason"]))
            for name, each in data["measures"].items()
        },
        findings=tuple(_findings(data["findings"])),
        outcome=outcome_of(data),
        record=record,
        profile=profile,
        sound=_sound(data),
        suppressed_since=suppressed_since,
    )


def outcome_of(data: Mapping[str, Any]) -> Outcome:
    """How the call ended."""
    told = data["outcome"]["follow_up"] or {}
    return Outcome(
        data["outcome"]["label"], data["outcome"]["confidence"], told.get("text"), told.get("when")
    )


def transcript_of(data: Mapping[str, Any]) -> Transcript:
    """The words, as they are kept."""
    turns = tuple(
        Turn(
            each["speaker"], each["text"], each["start_s"], each["end_s"], each["confidence"],
            tuple(Word(w["text"], w["start_s"], w["end_s"], w["confidence"]) for w in each["words"]), each["language"],
        )
        for each in data["turns"]
    )  # fmt: skip
    return Transcript(
        data["language"], turns, data["role_confidence"], data["roles_from"], data["language_confidence"],
        unheard=tuple(Unheard(**span) for span in data.get("unheard", ())),  # not in results of earlier versions
        covered=tuple(Unheard(**span) for span in data.get("covered", ())),
    )  # fmt: skip


def _findings(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What the detectors found; the hits of the old standard's own wording rules are left to each standard.

    Those name their rule and nothing else; a detector that works by rules names its layer too.
    """
    names = {field.name for field in fields(Finding)} - {"id", "criterion", "at"}
    for row in rows:
        if row["detail"].keys() != {"rule"}:
            yield Finding(**{name: row[name] for name in names})


def _sound(data: Mapping[str, Any]) -> Sound | None:
    """The sound as far as a standard reads it: its length, layout and rings; each side's figures are measures."""
    if data.get("sound") is None or data["recording"] is None:
        return None
    rings = tuple(Span(ring["start_s"], ring["end_s"]) for ring in data["sound"]["rings"])
    tone = data["sound"].get("hung_up")
    hung_up = Span(tone["start_s"], tone["end_s"]) if tone else None
    return Sound(data["recording"]["duration_s"], data["sound"]["layout"], {}, rings, hung_up=hung_up)


def _reason(data: Mapping[str, str] | None) -> Reason | None:
    return None if data is None else Reason(data["code"], data["zh"], data["en"])
