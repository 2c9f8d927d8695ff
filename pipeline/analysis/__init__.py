"""What is heard in a call: one small module a behaviour, each from a conversation to findings or measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.profile import EMPTY, Profile
from pipeline.types import CallRecord, Finding, Measure, Outcome, Sound, Transcript

__all__ = ["Analysis", "analyse"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything heard in a call, before anybody judges it. Findings are in no particular order, without ids."""

    findings: tuple[Finding, ...]
    measures: Mapping[str, Measure]
    outcome: Outcome


def analyse(
    transcript: Transcript,
    sound: Sound | None,
    *,
    record: CallRecord,
    profile: Profile = EMPTY,
    prior: Sequence[Finding] = (),
) -> Analysis:
    """Run every detector, of the sound first, then of the wording.

    Parameters
    ----------
    transcript
        As it will be shown: masked. Quotes are copied from it.
    sound
        None where the transcript was made elsewhere.
    prior
        Findings already made (personal data); part of the result.
    """
    from pipeline.analysis import interruptions, outcome, timing, voice
    from pipeline.analysis.conversation import Conversation
    from pipeline.analysis.detect import find_all, measure_all

    findings = [*prior]
    measures: dict[str, Measure] = {}
    for module in (timing, interruptions, voice):
        findings += module.find(transcript, sound)
        measures |= {measure.name: measure for measure in module.measure(transcript, sound)}
    conversation = Conversation.of(transcript, profile=profile, record=record, sound=sound)
    findings += find_all(conversation, findings)
    measures |= {measure.name: measure for measure in measure_all(conversation, findings)}
    return Analysis(tuple(findings), measures, outcome.decide(conversation, findings))
