"""One call's result in the form ``callgauge/call/1``.

The text arrives masked (`pipeline.privacy.masking`); nothing here unmasks it. The JSON Schema that ships
beside this module says what a reader may rely on; fields may be added within ``call/1``, none changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.call_names import safe_name
from pipeline.intervals import Span
from pipeline.reports.files import write_atomic
from pipeline.reports.timeline import thinned
from pipeline.types import (
    CallRecord,
    CallResult,
    CallScore,
    CriterionResult,
    Dropped,
    Finding,
    Measure,
    Outcome,
    Reason,
    Recording,
    Sound,
    Transcript,
    Turn,
    Unheard,
)

SCHEMA_ID = "callgauge/call/1"


def to_json(result: CallResult) -> dict[str, Any]:
    """A result as plain JSON data.

    Parameters
    ----------
    result
        All that is known of one call. ``started_at`` must carry its offset.

    Returns
    -------
    dict
        Only ``dict, list, str, int, float, bool, None``; times and ratios with three decimals, never NaN.

    Raises
    ------
    ValueError
        Where ``started_at`` has no offset: a time of day in an unknown zone can't be judged.
    """
    facts = facts_json(result)
    return {
        "schema": SCHEMA_ID, "call": facts["call"], "recording": facts["recording"],
        "provenance": _plain(result.provenance),
        "transcript": _transcript(result.transcript),
        "sound": _sound(result.sound),
        "measures": facts["measures"],
        "findings": [_finding(finding) for finding in result.findings],
        "score": facts["score"], "outcome": facts["outcome"],
    }  # fmt: skip


def facts_json(result: CallResult) -> dict[str, Any]:
    """The parts of `to_json` that a row of a table needs: no words, no curves."""
    return {
        "call": _call(result.call, result.transcript.language),
        "recording": _recording(result.recording, result.call.file),
        "measures": {name: _measure(measure) for name, measure in result.measures.items()},
        "score": _score(result.score),
        "outcome": _outcome(result.outcome),
    }


def dumps(result: CallResult) -> str:
    """The result as text, UTF-8 characters as they are, ending in a newline."""
    return _whole(json.dumps(to_json(result), ensure_ascii=False, indent=1, allow_nan=False)) + "\n"


def dumps_line(result: CallResult) -> str:
    """The result on one line, for files that hold a call a line."""
    return _whole(json.dumps(to_json(result), ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def _whole(text: str) -> str:
    """Without halves of surrogates, which JSON can carry in escapes and UTF-8 can't."""
    return text.encode("utf-8", "replace").decode("utf-8")


def write_json(result: CallResult, folder: Path) -> Path:
    """Write ``<call_id>.json`` into a folder, atomically, and say where it lies."""
    path = folder / f"{safe_name(result.call.call_id)}.json"
    write_atomic(path, dumps(result))
    return path


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``callgauge/call/1``."""
    text = (Path(__file__).parent / "schema" / "call-1.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _call(call: CallRecord, language: str) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "started_at": iso(call.started_at),
        "direction": call.direction,
        "campaign": call.campaign,
        "language": language,
    }


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with offset, to the second unless there is a finer part."""
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise ValueError(f"started_at {moment.isoformat()} has no offset from UTC")
    return moment.isoformat()


def _recording(recording: Recording | None, file: str) -> dict[str, Any] | None:
    if recording is None:
        return None
    return {
        "file": recording.file or file,
        "sha256": recording.sha256,
        "duration_s": _number(recording.duration_s),
        "channels": recording.channels,
        "sample_rate_hz": recording.sample_rate_hz,
        "codec": recording.codec,
    }


def _transcript(transcript: Transcript) -> dict[str, Any]:
    return {
        "language": transcript.language,
        "language_confidence": _number(transcript.language_confidence),
        "role_confidence": _number(transcript.role_confidence),
        "roles_from": transcript.roles_from,
        "turns": [_turn(turn) for turn in transcript.turns],
        "dropped": [_dropped(dropped) for dropped in transcript.dropped],
        "unheard": [_unheard(span) for span in transcript.unheard],
        "covered": [_unheard(span) for span in transcript.covered],
    }


def _unheard(span: Unheard) -> dict[str, Any]:
    return {"start_s": _number(span.start_s), "end_s": _number(span.end_s), "speaker": span.speaker}


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "speaker": turn.speaker,
        "start_s": _number(turn.start_s),
        "end_s": _number(turn.end_s),
        "text": turn.text,
        "confidence": _number(turn.confidence),
        "language": turn.language,
        "words": [
            {
                "text": word.text,
                "start_s": _number(word.start_s),
                "end_s": _number(word.end_s),
                "confidence": _number(word.confidence),
            }
            for word in turn.words
        ],
    }


def _dropped(dropped: Dropped) -> dict[str, Any]:
    span = {"start_s": _number(dropped.start_s), "end_s": _number(dropped.end_s)}
    return {**span, "speaker": dropped.speaker, "text": dropped.text, "rule": dropped.rule}


def _sound(sound: Sound | None) -> dict[str, Any] | None:
    if sound is None:
        return None
    return {
        "layout": sound.layout,
        "rings": [_span(ring) for ring in sound.rings],
        **({"hung_up": _span(sound.hung_up)} if sound.hung_up else {}),
        "notes": list(sound.notes),
        "loudness": {speaker: _curve(side.curve_lufs) for speaker, side in sound.sides.items()},
    }


def _curve(curve: Sequence[float | None]) -> dict[str, Any]:
    """A side's loudness as a page draws it: whole LUFS, so that a long call takes a few kB."""
    values, step_s = thinned(curve)
    lufs = [None if value is None or not math.isfinite(value) else round(value) for value in values]
    return {"step_s": _number(step_s), "lufs": lufs}


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "value": _plain(measure.value),
        "unit": measure.unit,
        "measurable": measure.measurable,
        "reason": _reason(measure.reason),
        "method": measure.method,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "criterion": finding.criterion,
        "turn": finding.turn,
        "speaker": finding.speaker,
        "start_s": _number(finding.start_s),
        "end_s": _number(finding.end_s),
        "quote": finding.quote,
        "confidence": _number(finding.confidence),
        "detail": _plain(finding.detail),
    }


def _score(score: CallScore) -> dict[str, Any]:
    return {
        "standard": score.standard,
        "version": score.version,
        "percent": _number(score.percent),
        "percent_before_fatal": _number(score.percent_before_fatal),
        "points": _number(score.points),
        "max_points": _number(score.max_points),
        "coverage": _number(score.coverage),
        "grade": score.grade,
        "fatal": list(score.fatal),
        "needs_review": score.needs_review,
        "criteria": [_criterion(criterion) for criterion in score.criteria],
    }


def _criterion(criterion: CriterionResult) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "article": criterion.article,
        "verdict": criterion.verdict,
        "points": _number(criterion.points),
        "max_points": _number(criterion.max_points),
        "advisory": criterion.advisory,
        "findings": list(criterion.findings),
        "reason": _reason(criterion.reason),
        "searched": None if criterion.searched is None else _span(criterion.searched),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    follow_up = None
    if outcome.follow_up_text is not None or outcome.follow_up_when is not None:
        follow_up = {"text": outcome.follow_up_text, "when": outcome.follow_up_when}
    return {"label": outcome.label, "confidence": _number(outcome.confidence), "follow_up": follow_up}


def _span(span: Span) -> dict[str, Any]:
    return {"start_s": _number(span.start_s), "end_s": _number(span.end_s)}


def _reason(reason: Reason | None) -> dict[str, str] | None:
    return None if reason is None else {"code": reason.code, "zh": reason.zh, "en": reason.en}


def _number(value: float | None) -> float | int | None:
    if value is None:
        return None
    if not math.isfinite(value):
        return None
    return value if isinstance(value, int) else round(float(value), 3)


def _plain(value: Any) -> Any:
    """Whatever a detail, a measure or the provenance holds, as JSON data."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, str | bool | None):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Sequence | set | frozenset):
        return [_plain(inner) for inner in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "item"):  # a numpy scalar
        return _plain(value.item())
    return str(value)
