"""Keeping a judged call: its files are there already, now its rows, all in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pipeline.store.alerting import raise_alerts
from pipeline.store.files import Kept
from pipeline.store.said import Said
from pipeline.store.search_index import keep_words
from pipeline.store.tables import (
    Call,
    CriterionRow,
    FindingRow,
    RecordingRow,
    Score,
    StandardText,
    StoredFile,
)
from pipeline.types import CallScore, Finding, Outcome, Recording


@dataclass(frozen=True, slots=True)
class Basis:
    """What a version of a score rests on.

    Attributes
    ----------
    follows
        The version that counts so far, 0 for none.
    cause
        ``first, metadata, replaced, mended`` or ``rescore``.
    """

    call: int
    follows: int
    cause: str
    recording_sha256: str
    record_sha256: str
    standard_sha256: str

    @property
    def fingerprint(self) -> str:
        """The same for whoever makes the same version twice."""
        plain = {key: value for key, value in asdict(self).items() if key != "cause"}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Judged:
    """A call's result: what the rows hold, the files where it lies whole, and ``said`` for the search
    (None: `store check` reads it from the file).

    ``talk_s`` and ``agent_talk_s`` are None where they could not be measured.
    """

    recording: Recording
    language: str
    score: CallScore
    findings: tuple[Finding, ...]
    outcome: Outcome
    files: tuple[Kept, ...]
    seconds: Mapping[str, float]
    talk_s: float | None = None
    agent_talk_s: float | None = None
    said: tuple[Said, ...] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """The run that makes a score, when, and for which night."""

    run: int
    night: date
    at: datetime


def keep_standard(
    session: Session, *, sha256: str, standard: str, version: str, text: str, at: datetime
) -> None:
    """Keep a standard's whole text, once."""
    if session.get(StandardText, sha256) is None:
        session.add(
            StandardText(sha256=sha256, standard=standard, version=version, text=text, first_used_at=at)
        )
        session.flush()


def keep_score(session: Session, judged: Judged, basis: Basis, made: Made) -> Score:
    """Add a version and let the call point at it. A version that is there already is returned as it is."""
    there = session.scalar(select(Score).where(Score.fingerprint == basis.fingerprint))
    if there is not None:
        return there
    call = session.get_one(Call, basis.call, with_for_update=True)
    _keep_files(session, judged.files, made.at)
    recording = session.get_one(RecordingRow, basis.recording_sha256)
    recording.duration_s = judged.recording.duration_s
    recording.channels = judged.recording.channels
    recording.sample_rate_hz = judged.recording.sample_rate_hz
    recording.codec = judged.recording.codec
    score = _score(judged, basis, made, version=call.current_version + 1)
    session.add(score)
    session.flush()
    _keep_details(session, score.id, judged.score, judged.findings)
    call.current_version, call.current_score_id = score.version, score.id
    call.updated_at = made.at
    raise_alerts(session, call, score, judged.findings, made.night)
    if judged.said is not None and score.transcript_file is not None:
        keep_words(session, call.id, judged.said, transcript=score.transcript_file)
    return score


def keep_human_score(
    session: Session, machine: Score, score: CallScore, findings: Sequence[Finding], *, act: int, at: datetime
) -> Score:
    """Add a version that people made, beside the machine's one that it started from, and let the call point at it.

    Its files are the machine's; ``act`` is the entry of the review's history that brought it about.
    """
    call = session.get_one(Call, machine.call, with_for_update=True)
    made = Score(
        call=call.id, version=call.current_version + 1, made_by="human", cause="review",
        fingerprint=hashlib.sha256(f"human {machine.id} {act}".encode()).hexdigest(),
        standard_sha256=machine.standard_sha256, recording_sha256=machine.recording_sha256,
        record_sha256=machine.record_sha256, percent=score.percent, percent_before_fatal=score.percent_before_fatal,
        points=score.points, max_points=score.max_points, coverage=score.coverage, grade=score.grade,
        fatal=list(score.fatal), needs_review=score.needs_review, language=machine.language, outcome=machine.outcome,
        outcome_confidence=machine.outcome_confidence, follow_up=machine.follow_up, result_file=machine.result_file,
        transcript_file=machine.transcript_file, audio_file=machine.audio_file,
        original_transcript_file=machine.original_transcript_file, original_audio_file=machine.original_audio_file,
        run=None, seconds={}, made_at=at, talk_s=machine.talk_s, agent_talk_s=machine.agent_talk_s,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _keep_details(session, made.id, score, findings)
    call.current_version, call.current_score_id = made.version, made.id
    call.updated_at = at
    return made


def _keep_files(session: Session, files: tuple[Kept, ...], at: datetime) -> None:
    """A file that is known already stays; one that was lost or removed has just been written again.

    Two calls may have one content, and be kept at the same moment: in one statement, and in one order for everybody,
    neither fails for the other nor waits for it in a ring.
    """
    rows = {
        kept.sha256: {"sha256": kept.sha256, "kind": kept.kind, "bytes": kept.bytes, "written_at": at}
        for kept in sorted(files, key=lambda kept: kept.sha256)
    }
    if not rows:
        return
    made = _INSERTS[session.get_bind().dialect.name](StoredFile).values(list(rows.values()))
    session.execute(
        made.on_conflict_do_update(
            index_elements=[StoredFile.sha256],
            set_=dict.fromkeys(("lost_at", "removed_at", "removal", "replaced_by")),
            where=StoredFile.lost_at.is_not(None) | StoredFile.removed_at.is_not(None),
        )
    )


_INSERTS: Mapping[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _score(judged: Judged, basis: Basis, made: Made, *, version: int) -> Score:
    score, outcome = judged.score, judged.outcome
    follow_up = {"text": outcome.follow_up_text, "when": outcome.follow_up_when}
    files = {kept.kind: kept.sha256 for kept in judged.files}
    return Score(
        call=basis.call, version=version, made_by="machine", cause=basis.cause, fingerprint=basis.fingerprint,
        standard_sha256=basis.standard_sha256, recording_sha256=basis.recording_sha256,
        record_sha256=basis.record_sha256, percent=score.percent, percent_before_fatal=score.percent_before_fatal,
        points=score.points, max_points=score.max_points, coverage=score.coverage, grade=score.grade,
        fatal=list(score.fatal), needs_review=score.needs_review, language=judged.language, outcome=outcome.label,
        outcome_confidence=outcome.confidence, follow_up=follow_up if any(follow_up.values()) else None,
        result_file=files.get("result"), transcript_file=files.get("transcript"), audio_file=files.get("audio"),
        original_transcript_file=files.get("original_transcript"), original_audio_file=files.get("original_audio"),
        run=made.run, seconds=dict(judged.seconds), made_at=made.at, talk_s=judged.talk_s,
        agent_talk_s=judged.agent_talk_s,
    )  # fmt: skip


def _keep_details(session: Session, score: int, judged: CallScore, findings: Sequence[Finding]) -> None:
    criteria = [
        {
            "score": score, "criterion": each.id, "article": each.article, "verdict": each.verdict,
            "points": each.points, "max_points": each.max_points, "advisory": each.advisory,
            "reason_code": each.reason.code, "findings": list(each.findings),
        }
        for each in judged.criteria
    ]  # fmt: skip
    found = [
        {
            "score": score, "finding": each.id, "kind": each.kind, "criterion": each.criterion, "turn": each.turn,
            "speaker": each.speaker, "start_s": each.start_s, "end_s": each.end_s, "quote": each.quote,
            "confidence": each.confidence, "detail": _plain(each.detail),
        }
        for each in findings
    ]  # fmt: skip
    for table, rows in ((CriterionRow, criteria), (FindingRow, found)):
        if rows:
            session.execute(insert(table), rows)  # all rows at once


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A detail as JSON data; numpy's numbers and other things that know their plain form take it."""
    return json.loads(json.dumps(dict(detail), ensure_ascii=False, default=_simple))


def _simple(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
