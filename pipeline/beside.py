"""A transcript delivered beside the recording, used instead of transcribing: ``<stem>.transcript.json`` or ``.jsonl``.

Its form is one line of ``callgauge analyze`` (:mod:`pipeline.delivered`); ``call_id`` may be left out. The sound is still
measured, and the words are held against it. Whose channel is whose, and whether the speakers hold: :mod:`pipeline.beside_sides`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.beside_names import transcripts_of
from pipeline.beside_sides import fit_of
from pipeline.call_names import without_numbers
from pipeline.delivered import MAX_LINE_BYTES, parse_call
from pipeline.errors import CallgaugeError, why
from pipeline.intake import lies_in
from pipeline.intervals import Span, Timeline
from pipeline.json_once import loads_once
from pipeline.types import Speaker, Transcript, Unheard

_LEAST_S = 5.0
_PAST_S = 1.0
"""How far the times of a transcript made elsewhere may be off."""
_LEAST_HEARD = 0.3
_MOST_UNHEARD = 0.25
"""Share of the speech without words over which turns that fit neither channel are those of another sound."""
_PAUSE_S, _LEAST_UNHEARD_S = 0.7, 1.0
"""Speech of this length that no delivered turn comes near to has no words."""


class TranscriptError(CallgaugeError):
    """A transcript lies beside the recording and can't be used; the call fails rather than being heard anew unasked."""

    code = "transcript"

    def __init__(self, message: str) -> None:
        """The message names files, which may be called by a telephone number."""
        super().__init__(without_numbers(message))


@dataclass(frozen=True, slots=True)
class Beside:
    """A transcript as delivered, with the name and digest of its file."""

    transcript: Transcript
    file: str
    sha256: str

    def provenance(self) -> dict[str, Any]:
        """Where the words come from, in the place of the speech engine."""
        engine = {"engine": "delivered", "file": without_numbers(self.file), "sha256": self.sha256}
        return {"recogniser": engine, "transcript_from_cache": False}


def transcript_beside(recording: Path, *, call_id: str | None = None) -> Beside | None:
    """The transcript beside a recording; None where there is none.

    Parameters
    ----------
    call_id
        The recording's own; a transcript that names neither it nor the file's stem is another call's.

    Raises
    ------
    TranscriptError
        It is there and can't be used, or there are two of them. So is one that is no plain file, or a link that leads out of
        its folder: it isn't read, and nothing is transcribed unasked.
    """
    found = transcripts_of(recording)
    if not found:
        return None
    if len(found) > 1:
        raise TranscriptError(f"{found[0].name} and {found[1].name} lie beside {recording.name}; keep one")
    path = found[0]
    if not lies_in(path, recording.parent):
        raise TranscriptError(f"{path.name}: file → a plain file in the recording's own folder is accepted")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TranscriptError(f"{path.name}: file → can't be read: {why(error)}") from error
    if len(raw) > MAX_LINE_BYTES:
        raise TranscriptError(
            f"{path.name} is longer than {MAX_LINE_BYTES} bytes; a transcript holds one call"
        )
    try:
        data = loads_once(raw.decode("utf-8-sig"))
        if isinstance(data, Mapping):
            data = {"call_id": recording.stem, **data}
        call = parse_call(data, file=recording.name)
    except (ValueError, RecursionError) as error:  # a mistake in a key, no JSON, or not UTF-8
        key = f"{error.key} → " if hasattr(error, "key") else ""
        raise TranscriptError(f"{path.name}: {key}{why(error)}") from error
    if call_id is not None and call.record.call_id not in (recording.stem, call_id):
        raise TranscriptError(
            f"{path.name}: call_id → {call.record.call_id!r} is another call; this is {call_id!r}"
        )
    return Beside(_in_order(call.transcript), path.name, hashlib.sha256(raw).hexdigest())


def held_against(
    delivered: Beside,
    activity: Sequence[Timeline],
    roles: Mapping[int, Speaker] | None,
    *,
    duration_s: float,
) -> Transcript:
    """The transcript with the speech that it has no words for.

    Parameters
    ----------
    activity
        Where each channel speaks.
    roles
        Speaker by channel; None where that is unsure.

    Raises
    ------
    TranscriptError
        It is no transcript of this sound: turns lie past its end, or nearly all where nobody speaks, or they fit neither
        channel and leave much of the speech out.
    """
    told = delivered.transcript
    for place, turn in enumerate(told.turns):
        if turn.end_s is not None and turn.end_s > duration_s + _PAST_S:
            raise TranscriptError(
                f"{delivered.file}: turns[{place}].end_s → {turn.end_s:g} lies past the recording's {duration_s:.1f} s"
            )
    if told.turns and not told.timed:
        return told
    covered = Timeline(Span(turn.start_s or 0.0, turn.end_s or 0.0) for turn in told.turns)
    heard = Timeline(span for line in activity for span in line)
    if covered.duration_s >= _LEAST_S and (covered & heard).duration_s < _LEAST_HEARD * covered.duration_s:
        raise TranscriptError(f"{delivered.file}: turns → they lie where nobody speaks in the recording")
    told = replace(told, unheard=_wordless(covered, activity, roles or {}))
    _of_this_sound(delivered.file, told, activity)
    return told


def _of_this_sound(file: str, told: Transcript, activity: Sequence[Timeline]) -> None:
    """Refuse turns of another sound: on neither speaker's own channel, with much speech beside them."""
    fit = fit_of(told, activity)
    if fit is None or not fit.enough or fit.agent_channel is not None:
        return
    spoken = Timeline(span for line in activity for span in line)
    wordless = Timeline(Span(one.start_s, one.end_s) for one in told.unheard)
    spoken_s, wordless_s = spoken.duration_s, (spoken & wordless).duration_s
    if wordless_s > _MOST_UNHEARD * spoken_s:
        raise TranscriptError(
            f"{file}: turns → they fit neither channel of the recording, and {wordless_s:.1f} s of its {spoken_s:.1f} s of "
            "speech have no words; it is another recording's transcript"
        )


def _wordless(
    covered: Timeline, activity: Sequence[Timeline], roles: Mapping[int, Speaker]
) -> tuple[Unheard, ...]:
    """Speech that no delivered turn comes near to."""
    near = Timeline(span.pad(_PAST_S) for span in covered)
    unheard = [
        Unheard(round(span.start_s, 3), round(span.end_s, 3), roles.get(channel, "unknown"))
        for channel, line in enumerate(activity)
        for span in (line - near).support(_PAUSE_S)
        if line.crop(span).duration_s >= _LEAST_UNHEARD_S
    ]
    return tuple(sorted(unheard, key=lambda one: one.start_s))


def _in_order(transcript: Transcript) -> Transcript:
    """By time where every turn has one; as delivered otherwise."""
    if not transcript.timed:
        return transcript
    return replace(transcript, turns=tuple(sorted(transcript.turns, key=lambda turn: turn.start_s or 0.0)))
