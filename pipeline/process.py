"""The whole chain for one call: a path in, everything known about the call out."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.audio import Heard
from pipeline.audio.known import hear_sound, known_sound
from pipeline.beside import Beside, held_against, transcript_beside
from pipeline.beside_sides import doubt_of, sides_of, without_sides
from pipeline.errors import CallgaugeError
from pipeline.known_findings import Said, find
from pipeline.profile import EMPTY, Profile
from pipeline.provenance import heard_by, judged_by
from pipeline.settings import Settings
from pipeline.speech import (
    RawTranscript,
    Recogniser,
    SpeechSettings,
    VoiceModel,
    default_recogniser,
    default_voice_model,
    hear_voices,
    listen_words,
    tell_sides,
    with_sides,
)
from pipeline.standards import Evidence, Standard, load_standard, score
from pipeline.types import CallRecord, CallResult, Recording, Sound, Span, Transcript


class UnsupportedLanguageError(CallgaugeError):
    """The call is in a language that isn't read: excluded, not failed. To find that out it was heard all the same."""

    code = "unsupported_language"

    def __init__(
        self, message: str, *, language: str = "und", duration_s: float = 0.0, channels: int = 0
    ) -> None:
        super().__init__(message)
        self.language, self.duration_s, self.channels = language, duration_s, channels


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to be scored, with its row of the call list."""

    path: Path
    record: CallRecord
    suppressed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeardCall:
    """What was heard in one recording, before anything is judged."""

    recording: Recording
    transcript: Transcript
    sound: Sound
    provenance: Mapping[str, Any]


@dataclass(frozen=True)
class Workplace:
    """What every call of a run shares. It pickles; models are loaded where they are used, once a process.

    Attributes
    ----------
    make_recogniser
        Another speech engine, made once a process; None is Whisper as the settings say.
    make_voice_model
        What tells the voices of mono calls apart, made once a process; None is senko where it is installed.
    """

    settings: Settings = field(default_factory=Settings)
    profile: Profile = EMPTY
    standard: Standard = field(default_factory=load_standard)
    make_recogniser: Callable[[], Recogniser] | None = None
    make_voice_model: Callable[[], VoiceModel | None] | None = None

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Names likely to be said: company, departments, products, people."""
        return names_of(self.profile)

    @functools.cached_property
    def recogniser(self) -> Recogniser:
        """The speech engine of this process."""
        if self.make_recogniser is not None:
            return self.make_recogniser()
        return default_recogniser(self.settings.whisper)

    @functools.cached_property
    def voice_model(self) -> VoiceModel | None:
        """What tells the voices of mono calls apart; None where the extra is not installed."""
        return (self.make_voice_model or default_voice_model)()


def _no_lap(_stage: str) -> None:
    """Nobody holds the watch."""


def process_call(job: Job, workplace: Workplace, *, lap: Callable[[str], None] = _no_lap) -> CallResult:
    """Listen to one recording and judge it. Raises as `hear_call` does.

    Parameters
    ----------
    lap
        Told the name of each stage as it ends: ``decode, activity, transcribe, judge``.
    """
    result = judge_call(hear_call(job, workplace, lap=lap), job, workplace)
    lap("judge")
    return result


def hear_call(job: Job, workplace: Workplace, *, lap: Callable[[str], None] = _no_lap) -> HeardCall:
    """Listen to one recording: its sound, its words, who said them.

    Raises
    ------
    RecordingError
        The file can't be read as a call.
    UnsupportedLanguageError
        The call is in neither Mandarin nor English.
    TranscriptError
        The transcript that lies beside the recording can't be used.
    """
    recording, heard = hear_sound(
        job.path, file=job.record.file, cached=workplace.settings.transcript_cache, lap=lap
    )
    delivered = transcript_beside(job.path, call_id=job.record.call_id)
    if delivered is not None:
        return _with_delivered(delivered, job, recording, heard, workplace.names)
    return _with_words(job, recording, heard, workplace, lap)


def hear_known(job: Job, sha256: str, workplace: Workplace) -> HeardCall | None:
    """What the caches know of a recording by its digest, whether or not it still lies at the job's path.

    None where its sound was never measured, or by other code. Where its words are in no cache the workplace's recogniser is
    asked, as in `hear_call`; it may refuse.
    """
    known = known_sound(sha256, job.path, file=job.record.file)
    return None if known is None else _with_words(job, *known, workplace, _no_lap)


def _with_words(
    job: Job, recording: Recording, heard: Heard, workplace: Workplace, lap: Callable[[str], None]
) -> HeardCall:
    raw = hear_words(recording, heard, workplace)
    lap("transcribe")
    if raw.reason is not None:
        raise UnsupportedLanguageError(
            raw.reason.en, language=raw.language, duration_s=heard.duration_s, channels=recording.channels
        )
    in_one = heard.layout != "two_sides"
    transcript, sound, told_apart = (_mono if in_one else _two_sides)(job, recording, heard, raw, workplace)
    return HeardCall(recording, transcript, sound, {**heard_by(recording, raw), **told_apart})


def _two_sides(
    job: Job, recording: Recording, heard: Heard, raw: RawTranscript, workplace: Workplace
) -> tuple[Transcript, Sound, dict[str, Any]]:
    activity = [side.speech for side in heard.sides]
    transcript, roles = with_sides(
        raw, activity, record=job.record, layout=heard.layout, known_names=workplace.names
    )
    return transcript, heard.label(roles, inbound=job.record.direction == "inbound"), {}


def _mono(
    job: Job, recording: Recording, heard: Heard, raw: RawTranscript, workplace: Workplace
) -> tuple[Transcript, Sound, dict[str, Any]]:
    """One channel: its voices are told apart where that can be done and is sure."""
    speech, model = heard.sides[0].speech, workplace.voice_model
    voices = hear_voices(
        lambda start_s, end_s: heard.channels.samples(0, Span(start_s, end_s)),
        heard.duration_s,
        speech,
        model=model,
        audio_sha256=recording.sha256,
    )
    call = tell_sides(raw, speech, voices, record=job.record, known_names=workplace.names)
    told = {**model.describe(), "confidence": voices.confidence} if model and voices else None
    sound = replace(heard.label(None), apart=call.apart, unsure=call.unsure)
    return call.transcript, sound, {"separation": told}


def judge_call(heard: HeardCall, job: Job, workplace: Workplace) -> CallResult:
    """Judge what was heard by the workplace's standard."""
    return appraise(
        heard.transcript,
        record=job.record,
        workplace=workplace,
        recording=heard.recording,
        sound=heard.sound,
        provenance=heard.provenance,
        suppressed_since=job.suppressed_since,
    )


def _with_delivered(
    delivered: Beside, job: Job, recording: Recording, heard: Heard, known_names: Sequence[str]
) -> HeardCall:
    """A call whose words were delivered beside it: nothing is transcribed, the sound is measured as ever."""
    activity = [side.speech for side in heard.sides]
    roles = sides_of(delivered.transcript, activity, record=job.record, layout=heard.layout)
    transcript = held_against(delivered, activity, roles, duration_s=heard.duration_s)
    provenance = {"audio_sha256": recording.sha256, **delivered.provenance()}
    doubt = doubt_of(transcript, activity, record=job.record, known_names=known_names)
    if doubt is not None:
        sound = replace(heard.label(None), unsure=doubt)
        return HeardCall(recording, without_sides(transcript, doubt), sound, provenance)
    sound = heard.label(roles, inbound=job.record.direction == "inbound")
    return HeardCall(recording, transcript, sound, provenance)


def hear_words(recording: Recording, heard: Heard, workplace: Workplace) -> RawTranscript:
    """Words of each channel of a recording, in the language the run asks for."""
    language = workplace.settings.language
    return listen_words(
        [heard.channels.view(channel) for channel in range(heard.channels.count)],
        [side.speech for side in heard.sides],
        recogniser=workplace.recogniser,
        settings=SpeechSettings(language=None if language == "auto" else language),
        hints=workplace.names if workplace.settings.bias_names else (),
        audio_sha256=recording.sha256 if workplace.settings.transcript_cache else None,
        duration_s=heard.duration_s,
    )


def appraise(
    transcript: Transcript,
    *,
    record: CallRecord,
    workplace: Workplace,
    recording: Recording | None = None,
    sound: Sound | None = None,
    provenance: Mapping[str, Any] | None = None,
    suppressed_since: datetime | None = None,
) -> CallResult:
    """Judge a transcript, with its sound where there is one. The text is masked before anything else reads it."""
    known_by = recording.sha256 if recording and workplace.settings.transcript_cache else None
    found = find(Said(transcript, sound, record), workplace.profile, workplace.names, audio_sha256=known_by)
    transcript, heard = found.transcript, found.analysis
    evidence = Evidence(
        transcript=transcript,
        measures=heard.measures,
        findings=heard.findings,
        outcome=heard.outcome,
        record=record,
        profile=workplace.profile,
        sound=sound,
        suppressed_since=suppressed_since,
    )
    judged, findings = score(evidence, workplace.standard)
    _settled(transcript.language)
    return CallResult(
        call=record,
        recording=recording,
        provenance={
            **(provenance or {}),
            **({"findings_from_cache": found.from_cache} if known_by else {}),
            **judged_by(workplace.standard),
        },
        transcript=transcript,
        sound=sound,
        measures=heard.measures,
        findings=findings,
        score=judged,
        outcome=heard.outcome,
    )


@functools.cache
def _settled(language: str) -> None:
    """Tell the garbage collector, after a language's first call, that what was loaded for it stays.

    Else it looks through all rules again every few dozen calls, which takes as long as judging one.
    """
    gc.collect()
    gc.freeze()


def names_of(profile: Profile) -> tuple[str, ...]:
    """Every name the profile holds, as it may be said in a call; each once, the likeliest first."""
    company = [profile.company.name, *profile.company.aliases]
    named = [name for agent in profile.agents for name in agent.names]
    departments = [name for each in profile.departments for name in (each.name, *each.aliases)]
    products = [name for each in profile.products for name in (each.name, *each.aliases)]
    return tuple(dict.fromkeys(name for name in (*company, *named, *departments, *products) if name))
