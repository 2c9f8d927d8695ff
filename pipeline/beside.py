"""A transcript delivered beside the recording, used instead of transcribing: ``<stem>.transcript.json`` or ``.jsonl``.

Its form is one line of ``callgauge analyze`` (:mod:`pipeline.delivered`); ``call_id`` may be left out. The sound is still
measured. Which channel is whose is told by the call list, else by the delivered times: the agent's turns must lie where
that channel speaks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.delivered import MAX_LINE_BYTES, parse_call
from pipeline.errors import CallgaugeError, why
from pipeline.intake import lies_in
from pipeline.intervals import Span, Timeline
from pipeline.json_once import loads_once
from pipeline.types import CallRecord, Layout, Speaker, Transcript, Unheard

SUFFIXES = (".transcript.json", ".transcript.jsonl")
_LEAST_SHARE = 0.65
_LEAST_S = 5.0
_PAST_S = 1.0
"""How far the times of a transcript made elsewhere may be off."""
_LEAST_HEARD = 0.3
_PAUSE_S, _LEAST_UNHEARD_S = 0.7, 1.0
"""Speech of this length that no delivered turn comes near to has no words."""


class TranscriptError(CallgaugeError):
    """A transcript lies beside the recording and can't be used; the call fails rather than being heard anew unasked."""

    code = "transcript"


@dataclass(frozen=True, slots=True)
class Beside:
    """A transcript as delivered, with the name and digest of its file."""

    transcript: Transcript
    file: str
    sha256: str

    def provenance(self) -> dict[str, Any]:
        """Where the words come from, in the place of the speech engine."""
        engine = {"engine": "delivered", "file": self.file, "sha256": self.sha256}
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
    beside = (recording.with_name(recording.stem + suffix) for suffix in SUFFIXES)
    found = [path for path in beside if os.path.lexists(path)]
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
        It is no transcript of this sound: turns lie past its end, or nearly all where nobody speaks.
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
    near = Timeline(span.pad(_PAST_S) for span in covered)
    unheard = [
        Unheard(round(span.start_s, 3), round(span.end_s, 3), (roles or {}).get(channel, "unknown"))
        for channel, line in enumerate(activity)
        for span in (line - near).support(_PAUSE_S)
        if line.crop(span).duration_s >= _LEAST_UNHEARD_S
    ]
    return replace(told, unheard=tuple(sorted(unheard, key=lambda one: one.start_s)))


def sides_of(
    transcript: Transcript, activity: Sequence[Timeline], *, record: CallRecord, layout: Layout
) -> dict[int, Speaker] | None:
    """Speaker by channel of a delivered transcript; None where that is unsure or the call has no sides.

    Parameters
    ----------
    activity
        Where each channel speaks.
    record
        The call list's row; its ``agent_channel`` is believed.
    """
    if layout != "two_sides" or len(activity) != 2:
        return None
    if record.agent_channel is not None:
        return _sides(record.agent_channel)
    agent, customer = _spoken(transcript, "agent"), _spoken(transcript, "customer")
    straight = (agent & activity[0]).duration_s + (customer & activity[1]).duration_s
    crossed = (agent & activity[1]).duration_s + (customer & activity[0]).duration_s
    total = straight + crossed
    if total < _LEAST_S or max(straight, crossed) < _LEAST_SHARE * total:
        return None
    return _sides(0 if straight > crossed else 1)


def _sides(agent_channel: int) -> dict[int, Speaker]:
    return {agent_channel: "agent", 1 - agent_channel: "customer"}


def _spoken(transcript: Transcript, speaker: Speaker) -> Timeline:
    return Timeline(
        Span(turn.start_s, turn.end_s)
        for turn in transcript.turns
        if turn.speaker == speaker and turn.start_s is not None and turn.end_s is not None
    )


def _in_order(transcript: Transcript) -> Transcript:
    """By time where every turn has one; as delivered otherwise."""
    if not transcript.timed:
        return transcript
    return replace(transcript, turns=tuple(sorted(transcript.turns, key=lambda turn: turn.start_s or 0.0)))
