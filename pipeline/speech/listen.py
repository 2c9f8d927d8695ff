"""The two steps that the rest of the pipeline calls: words of each channel, then the call's transcript.

They are two because the first is dear and cached, and the second depends on the call list and the
profile, which may change without anything having to be heard again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.intervals import Timeline
from pipeline.speech import cache, roles, turns
from pipeline.speech.protocol import Recogniser, Sound
from pipeline.speech.transcribe import RawTranscript, SpeechSettings, transcribe
from pipeline.types import CallRecord, Dropped, Layout, Speaker, Transcript, Turn, Unheard


def listen_words(
    channels: Sequence[Sound],
    activity: Sequence[Timeline],
    *,
    recogniser: Recogniser,
    settings: SpeechSettings | None = None,
    hints: Sequence[str] = (),
    audio_sha256: str | None = None,
    duration_s: float | None = None,
) -> RawTranscript:
    """Words of each channel, from the cache where they are known.

    Parameters
    ----------
    channels, activity
        Mono float32 at 16 kHz and its speech, one each a channel.
    audio_sha256
        Digest of the recording; None leaves the cache alone.
    duration_s
        The recording's length, beyond which no known word can lie.

    Raises
    ------
    ModelError
        The recogniser's model is missing or damaged.
    """
    chosen = settings or SpeechSettings()
    if audio_sha256 is None:
        return transcribe(channels, activity, recogniser=recogniser, settings=chosen, hints=hints)
    key = cache.transcript_key(
        audio_sha256, activity, recogniser=recogniser.describe(), settings=chosen, hints=hints
    )
    known = cache.load(key, audio_sha256, channels=len(activity), duration_s=duration_s)
    if known is not None:
        return known
    made = transcribe(channels, activity, recogniser=recogniser, settings=chosen, hints=hints)
    cache.store(key, audio_sha256, made)
    return made


def build_transcript(
    raw: RawTranscript,
    activity: Sequence[Timeline],
    *,
    record: CallRecord,
    layout: Layout,
    known_names: Sequence[str] = (),
) -> Transcript:
    """Turns of both sides by time, with the sides named where that is sure enough: `with_sides` without who is who."""
    return with_sides(raw, activity, record=record, layout=layout, known_names=known_names)[0]


def with_sides(
    raw: RawTranscript,
    activity: Sequence[Timeline],
    *,
    record: CallRecord,
    layout: Layout,
    known_names: Sequence[str] = (),
) -> tuple[Transcript, dict[int, Speaker] | None]:
    """A call's transcript, and the speaker of each channel as it names them; None where the sides are unsure.

    Parameters
    ----------
    raw, activity
        Words and speech of each channel, in the same order.
    record
        The call list's row; its ``agent_channel`` is believed.
    layout
        A mono or dual-mono call has no sides: every speaker is ``unknown``.
    known_names
        Company, departments, products and roster, for telling who is the agent.
    """
    sides = _sides(raw, activity)
    who = _who(sides, raw, record, layout, known_names)
    named = {channel: who.speaker(channel) for channel in range(len(raw.channels))}
    sure = layout == "two_sides" and "unknown" not in named.values()
    return _transcript(raw, sides, who), named if sure else None


def _transcript(raw: RawTranscript, sides: Sequence[Sequence[Turn]], who: roles.Roles) -> Transcript:
    named = [
        [replace(turn, speaker=who.speaker(channel)) for turn in side] for channel, side in enumerate(sides)
    ]
    dropped: list[Dropped] = [
        replace(item, speaker=who.speaker(channel))
        for channel, heard in enumerate(raw.channels)
        for item in heard.dropped
    ]
    unheard = [
        Unheard(round(span.start_s, 3), round(span.end_s, 3), who.speaker(channel))
        for channel, heard in enumerate(raw.channels)
        for span in heard.unheard
    ]
    return Transcript(
        language=raw.language,
        turns=turns.merge_sides(named),
        role_confidence=who.confidence,
        roles_from=who.source,
        language_confidence=raw.language_confidence,
        dropped=tuple(sorted(dropped, key=lambda item: item.start_s)),
        unheard=tuple(sorted(unheard, key=lambda item: item.start_s)),
    )


def _sides(raw: RawTranscript, activity: Sequence[Timeline]) -> list[list[Turn]]:
    return [
        turns.turns_of(channel.words, speech, speaker="unknown", language=raw.language)
        for channel, speech in zip(raw.channels, activity, strict=True)
    ]


def _who(
    sides: list[list[Turn]],
    raw: RawTranscript,
    record: CallRecord,
    layout: Layout,
    known_names: Sequence[str],
) -> roles.Roles:
    two_sided = layout == "two_sides" and len(sides) == 2
    return roles.decide(
        sides if two_sided else sides[:1],
        language=raw.language,
        known_names=known_names,
        listed=record.agent_channel,
    )
