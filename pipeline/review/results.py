"""A stored call's result read back into the types that the pages and the scoring know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.intervals import Span, Timeline
from pipeline.sealing import BrokenSealError
from pipeline.store.files import FileArea, read_result
from pipeline.store.tables import Call, CriterionRow, FindingRow, RecordingRow, Score, StoredFile
from pipeline.types import (
    CallRecord,
    CallResult,
    CallScore,
    CriterionResult,
    Finding,
    Measure,
    Outcome,
    Reason,
    Recording,
    Side,
    Sound,
    Transcript,
    Turn,
    Unheard,
    Word,
)


def stored_result(session: Session, files: FileArea, call: Call, score: Score) -> CallResult:
    """The result that a machine's score came with; where its files are gone, what the rows hold of it."""
    if score.result_file is not None:
        data = None if call.forgotten_at is not None else _read(session, files, score)
        if data is not None:
            return result_of(data, record_of(call))
    return _from_rows(session, call, score)


def _read(session: Session, files: FileArea, score: Score) -> dict[str, Any] | None:
    """The result's files joined; words that were taken away are left out, a result that was is None."""
    result = session.get(StoredFile, score.result_file)
    words = session.get(StoredFile, score.transcript_file) if score.transcript_file is not None else None
    kept = result.replaced_by if result is not None and result.removed_at is not None else score.result_file
    if kept is None:
        return None
    transcript = words.sha256 if words is not None and words.removed_at is None else None
    try:
        return read_result(files, result=kept, transcript=transcript)
    except (FileNotFoundError, BrokenSealError):
        return None


def record_of(call: Call) -> CallRecord:
    """A call's row of the call list."""
    direction: Any = call.direction
    record = {key: call.record.get(key) for key in ("ring_count", "agent_channel", "notes", "outcome")}
    return CallRecord(
        call.file, call.call_id, call.agent_id, call.agent_name, call.customer_id, call.started_at, direction,
        call.campaign, **record, listed=call.listed, extra=call.record.get("extra") or {},
    )  # fmt: skip


def result_of(data: Mapping[str, Any], record: CallRecord) -> CallResult:
    """A result in the form ``callgauge/call/1`` as types; what that form leaves out is left out here."""
    rec = data["recording"]
    started = data["call"].get("started_at")
    if started is not None:
        from dataclasses import replace

        record = replace(record, started_at=datetime.fromisoformat(started))
    return CallResult(
        call=record,
        recording=None if rec is None else Recording(Path(rec["file"]), **rec),
        provenance=data["provenance"],
        transcript=_transcript(data["transcript"]),
        sound=_sound(data.get("sound"), 0.0 if rec is None else rec["duration_s"]),
        measures={name: _measure(name, value) for name, value in data["measures"].items()},
        findings=tuple(_finding(finding) for finding in data["findings"]),
        score=_score(data["score"]),
        outcome=_outcome(data["outcome"]),
    )


def _transcript(data: Mapping[str, Any] | None) -> Transcript:
    if data is None:  # the words were taken away when their time was over
        return Transcript("und", ())
    turns = tuple(
        Turn(
            turn["speaker"], turn["text"], turn["start_s"], turn["end_s"], turn["confidence"],
            tuple(Word(w["text"], w["start_s"], w["end_s"], w["confidence"]) for w in turn["words"]),
            turn.get("language"),
        )
        for turn in data["turns"]
    )  # fmt: skip
    return Transcript(
        data["language"], turns, data.get("role_confidence", 1.0), data.get("roles_from", "delivered"),
        data.get("language_confidence", 1.0), unheard=tuple(Unheard(**span) for span in data.get("unheard", ())),
        covered=tuple(Unheard(**span) for span in data.get("covered", ())),
    )  # fmt: skip


def _sound(data: Mapping[str, Any] | None, duration_s: float) -> Sound | None:
    if data is None:
        return None
    rings = tuple(_span(ring) for ring in data["rings"])
    curves = data.get("loudness", {})  # results of earlier versions have none
    sides: Mapping[Any, Side] = {
        speaker: Side(Timeline(), None, 0.0, curve_lufs=_curve(curve)) for speaker, curve in curves.items()
    }
    hung_up = _span(data["hung_up"]) if data.get("hung_up") else None
    return Sound(duration_s, data["layout"], sides, rings, tuple(data["notes"]), hung_up=hung_up)


def _curve(data: Mapping[str, Any]) -> tuple[float | None, ...]:
    """Loudness every 0.1 s, from the wider steps that it is kept in."""
    each = max(1, round(data["step_s"] * 10))
    return tuple(level for level in data["lufs"] for _ in range(each))


def _span(data: Mapping[str, Any]) -> Span:
    return Span(data["start_s"], data["end_s"])


def _reason(data: Mapping[str, str]) -> Reason:
    return Reason(data["code"], data["zh"], data["en"])


def _measure(name: str, data: Mapping[str, Any]) -> Measure:
    why = data["reason"]
    return Measure(name, data["value"], data["unit"], data["method"], None if why is None else _reason(why))


def _finding(data: Mapping[str, Any]) -> Finding:
    return Finding(
        data["kind"], data["turn"], data["speaker"], data["start_s"], data["end_s"], data["quote"],
        data["confidence"], data["detail"], data["id"], data["criterion"],
    )  # fmt: skip


def _score(data: Mapping[str, Any]) -> CallScore:
    return CallScore(
        data["standard"], data["version"], data["percent"], data["percent_before_fatal"], data["points"],
        data["max_points"], data["coverage"], data["grade"], tuple(data["fatal"]), data["needs_review"],
        tuple(_criterion(each) for each in data["criteria"]),
    )  # fmt: skip


def _criterion(data: Mapping[str, Any]) -> CriterionResult:
    return CriterionResult(
        data["id"], data["article"], data["verdict"], data["points"], data["max_points"], data["advisory"],
        tuple(data["findings"]), _reason(data["reason"]), _span(data["searched"]) if data["searched"] else None,
    )  # fmt: skip


def _outcome(data: Mapping[str, Any]) -> Outcome:
    follow = data["follow_up"] or {}
    return Outcome(data["label"], data["confidence"], follow.get("text"), follow.get("when"))


def _from_rows(session: Session, call: Call, score: Score) -> CallResult:
    recording = session.get_one(RecordingRow, score.recording_sha256)
    found = session.scalars(select(FindingRow).where(FindingRow.score == score.id)).all()
    judged = session.scalars(select(CriterionRow).where(CriterionRow.score == score.id)).all()
    follow = score.follow_up or {}
    return CallResult(
        record_of(call),
        Recording(
            Path(call.file), call.file, score.recording_sha256, recording.duration_s or 0.0,
            recording.channels or 1, recording.sample_rate_hz or 0, recording.codec or "",
        ),
        {}, Transcript(score.language, ()), None, {},
        tuple(
            Finding(f.kind, f.turn, f.speaker, f.start_s, f.end_s, f.quote, f.confidence, f.detail, f.finding,  # type: ignore[arg-type]  # as stored
                    f.criterion)
            for f in sorted(found, key=lambda row: (len(row.finding), row.finding))
        ),
        CallScore(
            "", "", score.percent, score.percent_before_fatal, score.points, score.max_points, score.coverage,
            score.grade, tuple(score.fatal), score.needs_review,
            tuple(
                CriterionResult(c.criterion, c.article, c.verdict, c.points, c.max_points, c.advisory,  # type: ignore[arg-type]  # as stored
                                tuple(c.findings), Reason(c.reason_code, c.reason_code, c.reason_code))
                for c in judged
            ),
        ),
        Outcome(score.outcome, score.outcome_confidence, follow.get("text"), follow.get("when")),
    )  # fmt: skip
