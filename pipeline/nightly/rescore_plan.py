"""Which stored calls are judged again, by what, and which can't be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pipeline.call_names import path_in, shown_name
from pipeline.errors import ConfigError
from pipeline.nightly.again import Again
from pipeline.nightly.tickets import record_of
from pipeline.reports.period import Period
from pipeline.store.alerting import suppressed_since
from pipeline.store.files import Kept
from pipeline.store.keep import Basis
from pipeline.store.night_tables import NIGHTLY, LedgerEntry, Run
from pipeline.store.reasons import reason_of
from pipeline.store.tables import Call, Score, StandardText, StoredFile
from pipeline.types import Reason

JudgedBy = Callable[[Call, Score, date], str]
"""Digest of the standard for a call, its score and its night."""
_PART = 500
_WHY = {
    "not_scored": Reason("not_scored", "尚无评分", "it has no score yet"),
    "forgotten": Reason("forgotten", "客户资料已按要求删除", "its customer was forgotten"),
    "words_removed": Reason("words_removed", "文字已按保存期限删除", "its words were removed by the retention rules"),
    "words_gone": Reason(
        "words_gone", "缓存和存储中均无文字", "neither a cache nor the store holds its words and findings"
    ),
    "replaced": Reason("replaced", "录音已更换，等待下一次夜间处理", "its recording was replaced; the next night scores it"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Calls of a period, of an agent, by their ids; each None or empty is no limit."""

    period: Period | None = None
    agent_id: str | None = None
    call_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """A call that is left as it is, and why."""

    call_id: str
    code: str
    message: str = ""

    @property
    def reason(self) -> Reason:
        """Why, in words."""
        told = self.message or self.code
        return _WHY.get(self.code) or reason_of(self.code) or Reason(self.code, told, told)


@dataclass
class Plan:
    """What is to be judged again. ``before``: a call's percentage and grade by the machine; ``standards``: texts by digest."""

    calls: list[Again] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    before: dict[int, tuple[float | None, str | None]] = field(default_factory=dict)
    standards: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows of some calls, by their keys."""

    scores: Mapping[int, Score]
    nights: Mapping[int, tuple[date, Path]]
    heard: Mapping[int, tuple[date, Any]]
    files: Mapping[str, StoredFile]


def plan_calls(session: Session, choice: Choice, zone: ZoneInfo, judged_by: JudgedBy) -> Plan:
    """Every call that is chosen. Raises ConfigError where one that is named is unknown."""
    calls = session.scalars(_chosen(choice, zone)).all()
    lacking = sorted(set(choice.call_ids) - {call.call_id for call in calls})
    if lacking:
        raise ConfigError([f"--call: {name} → no such call among those chosen" for name in lacking])
    plan = Plan()
    for start in range(0, len(calls), _PART):
        _plan_part(session, plan, calls[start : start + _PART], judged_by)
    for digest in {again.basis.standard_sha256 for again in plan.calls}:
        row = session.get(StandardText, digest)
        if row is not None:
            plan.standards[digest] = row.text
    return plan


def _chosen(choice: Choice, zone: ZoneInfo) -> Select[Call]:
    query = select(Call).order_by(Call.id)
    if choice.period is not None:
        since, until = choice.period.moments(zone)
        query = query.where(Call.started_at >= since, Call.started_at < until)
    if choice.agent_id is not None:
        query = query.where(Call.agent_id == choice.agent_id)
    if choice.call_ids:
        return query.where(Call.call_id.in_(choice.call_ids))
    return query.where(Call.current_score_id.is_not(None))


def _plan_part(session: Session, plan: Plan, calls: Sequence[Call], judged_by: JudgedBy) -> None:
    known = _known(session, [call.id for call in calls])
    due: list[tuple[Call, Score, date]] = []
    for call in calls:
        score = known.scores.get(call.id)
        code = _why_not(call, score, known.files)
        if code is not None or score is None:
            plan.left.append(Left(call.call_id, code or "not_scored"))
            continue
        due.append((call, score, _night(call, score, known)))
    asked = dict(_asked(session, due))
    for call, score, night in due:
        digest = judged_by(call, score, night)
        plan.before[call.id] = (score.percent, score.grade)
        plan.calls.append(_again(call, score, night, digest, known, asked.get(call.id)))


def _known(session: Session, keys: Sequence[int]) -> _Known:
    machine = select(Score).where(Score.call.in_(keys), Score.made_by == "machine").order_by(Score.version)
    scores = {score.call: score for score in session.scalars(machine)}
    ledger = select(LedgerEntry).where(LedgerEntry.call.in_(keys)).order_by(LedgerEntry.id)
    nights = {
        entry.call: (entry.night, _path(entry))
        for entry in session.scalars(ledger)
        if entry.call is not None and entry.reason not in ("replaced", "withdrawn")
    }
    runs = select(Score.call, Run.night, Run.settings).join(Run, Run.id == Score.run)
    runs = runs.where(Score.call.in_(keys), Run.kind == NIGHTLY).order_by(Score.version)
    heard = {call: (night, settings.get("language")) for call, night, settings in session.execute(runs)}
    digests = {digest for score in scores.values() for digest in _files_of(score).values()}
    rows: dict[str, StoredFile] = {}
    for start in range(0, len(digests), _PART):
        part = sorted(digests)[start : start + _PART]
        rows |= {
            row.sha256: row for row in session.scalars(select(StoredFile).where(StoredFile.sha256.in_(part)))
        }
    return _Known(scores, nights, heard, rows)


def _path(entry: LedgerEntry) -> Path:
    """Where the recording lay; on shared storage it is looked for nowhere."""
    return Path(entry.file) if "://" in entry.inbox else path_in(entry.inbox, entry.file)


def _files_of(score: Score) -> dict[str, str]:
    files = {
        "result": score.result_file, "transcript": score.transcript_file, "audio": score.audio_file,
        "original_transcript": score.original_transcript_file, "original_audio": score.original_audio_file,
    }  # fmt: skip
    return {kind: digest for kind, digest in files.items() if digest is not None}


def _why_not(call: Call, score: Score | None, files: Mapping[str, StoredFile]) -> str | None:
    if call.forgotten_at is not None:
        return "forgotten"
    if score is None:
        return "not_scored"
    if score.recording_sha256 != call.recording_sha256:
        return "replaced"
    words = (score.result_file, score.transcript_file or score.original_transcript_file)
    gone = [files[digest].removed_at for digest in words if digest is not None and digest in files]
    return "words_removed" if any(gone) else None


def _night(call: Call, score: Score, known: _Known) -> date:
    """The night that the call came in, so that its alerts stay there."""
    if call.id in known.nights:
        return known.nights[call.id][0]
    return known.heard[call.id][0] if call.id in known.heard else score.made_at.date()


def _asked(session: Session, due: Sequence[tuple[Call, Score, date]]) -> Iterator[tuple[int, datetime]]:
    """Since when calls' customers didn't want any, as it was known in the night that they came in."""
    for night in sorted({night for _, _, night in due}):
        here = [call for call, _, each in due if each == night and call.customer_id]
        since = suppressed_since(session, [call.customer_id or "" for call in here], before=night)
        yield from ((call.id, since[call.customer_id]) for call in here if call.customer_id in since)


def _again(
    call: Call, score: Score, night: date, digest: str, known: _Known, asked_at: datetime | None
) -> Again:
    basis = Basis(call.id, call.current_version, "rescore", call.recording_sha256, call.record_sha256, digest)
    files = {kind: known.files[sha256] for kind, sha256 in _files_of(score).items() if sha256 in known.files}
    record = record_of(call, shown_name(call.file, call.recording_sha256))
    return Again(
        path=known.nights[call.id][1] if call.id in known.nights else Path(call.file),
        record=record,
        basis=basis,
        night=night,
        language=(known.heard[call.id][1] if call.id in known.heard else None) or "auto",
        same_basis=(score.standard_sha256, score.record_sha256) == (digest, call.record_sha256),
        keeps_words=score.transcript_file is not None,
        kept={
            kind: Kept(row.sha256, row.kind, row.bytes)
            for kind, row in files.items()
            if row.lost_at is None and row.removed_at is None
        },
        suppressed_since=asked_at,
    )
