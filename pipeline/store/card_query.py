"""What the store holds of a period, for scorecards and appraisals. The only place that reads it from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.store.night_tables import NIGHTLY, Run
from pipeline.store.tables import Call, CriterionRow, FindingRow, RecordingRow, Score, StandardText

NO_CONNECT = ("wrong_person", "voicemail", "no_conversation")
"""Outcomes that reached nobody: they stay out of averages."""
JUDGED = ("pass", "partial", "fail")


@dataclass(frozen=True, slots=True)
class Window:
    """Calls that started from ``start`` to before ``end``; of one agent where ``agent_id`` is given (empty: of nobody known)."""

    start: datetime
    end: datetime
    agent_id: str | None = None


class CallFact(NamedTuple):
    """One call and the score that counts. All of the score is None where the call has none yet."""

    call: int
    call_id: str
    agent_id: str | None
    agent_name: str | None
    campaign: str | None
    started_at: datetime
    duration_s: float | None
    score: int | None
    version: int | None
    made_by: str | None
    percent: float | None
    percent_before_fatal: float | None
    grade: str | None
    coverage: float | None
    fatal: Sequence[str] | None
    needs_review: bool | None
    outcome: str | None
    talk_s: float | None
    agent_talk_s: float | None
    standard_sha256: str | None
    fingerprint: str | None
    result_file: str | None


class VerdictCount(NamedTuple):
    """How often an agent got a verdict on a criterion, and the latest score that has it."""

    agent_id: str | None
    criterion: str
    verdict: str
    calls: int
    latest_score: int | None


class Heard(NamedTuple):
    """The second of a call at which a criterion was decided, with its quote (masked)."""

    score: int
    criterion: str
    call_id: str
    start_s: float | None
    quote: str | None
    audio_file: str | None


class Mean(NamedTuple):
    """Mean score of an agent's connected calls in a window."""

    agent_id: str | None
    calls: int
    mean: float


FACTS: tuple[Any, ...] = (
    Call.id, Call.call_id, Call.agent_id, Call.agent_name, Call.campaign, Call.started_at, RecordingRow.duration_s,
    Score.id, Score.version, Score.made_by, Score.percent, Score.percent_before_fatal, Score.grade, Score.coverage,
    Score.fatal, Score.needs_review, Score.outcome, Score.talk_s, Score.agent_talk_s, Score.standard_sha256,
    Score.fingerprint, Score.result_file,
)  # fmt: skip


def call_facts(session: Session, window: Window) -> list[CallFact]:
    """Every call of a window by start, scored or not."""
    rows = session.execute(_within(_facts(), window).order_by(Call.started_at, Call.id))
    return [CallFact(*row) for row in rows]


def lowest_facts(session: Session, window: Window, *, most: int) -> list[CallFact]:
    """The calls of a window's one agent with the lowest scores; those without a score come last."""
    query = _within(_facts(), window).order_by(Score.percent.is_(None), Score.percent, Call.id).limit(most)
    found = [CallFact(*row) for row in session.execute(query)]
    return sorted(found, key=lambda fact: (fact.started_at, fact.call))


def _facts() -> Any:
    return (
        select(*FACTS)
        .join(RecordingRow, RecordingRow.sha256 == Call.recording_sha256)
        .outerjoin(Score, Score.id == Call.current_score_id)
    )


def count_calls(session: Session, window: Window) -> int:
    """How many calls started in a window."""
    return session.scalar(_within(select(func.count(Call.id)), window)) or 0


def calls_without_start(session: Session) -> int:
    """Calls that belong to no period, since nobody knows when they were made."""
    return session.scalar(select(func.count(Call.id)).where(Call.started_at.is_(None))) or 0


def verdict_counts(session: Session, window: Window) -> list[VerdictCount]:
    """Verdicts on connected calls, counted by agent, criterion and verdict in the database."""
    query = (
        select(
            Call.agent_id, CriterionRow.criterion, CriterionRow.verdict, func.count(), func.max(CriterionRow.score),
        )
        .join(Score, Score.id == Call.current_score_id)
        .join(CriterionRow, CriterionRow.score == Score.id)
        .where(Score.outcome.not_in(NO_CONNECT))
    )  # fmt: skip
    query = _within(query, window).group_by(Call.agent_id, CriterionRow.criterion, CriterionRow.verdict)
    return [VerdictCount(*row) for row in session.execute(query)]


def means(session: Session, window: Window) -> list[Mean]:
    """Mean score by agent, for trends."""
    query = (
        select(Call.agent_id, func.count(Score.percent), func.avg(Score.percent))
        .join(Score, Score.id == Call.current_score_id)
        .where(Score.outcome.not_in(NO_CONNECT), Score.percent.is_not(None))
    )
    rows = session.execute(_within(query, window).group_by(Call.agent_id))
    return [Mean(agent, count, float(mean)) for agent, count, mean in rows]


def machine_percents(session: Session, scores: Sequence[int]) -> dict[int, float | None]:
    """Score made by a person → what the machine's last version before it said."""
    human, machine = aliased(Score), aliased(Score)
    found: dict[int, float | None] = {}
    for part in _parts(scores):
        rows = session.execute(
            select(human.id, machine.percent)
            .join(
                machine,
                and_(
                    machine.call == human.call, machine.made_by == "machine", machine.version < human.version
                ),
            )
            .where(human.id.in_(part))
            .order_by(machine.version)
        )
        found.update((score, percent) for score, percent in rows)
    return found


def heard(session: Session, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Heard]:
    """For scores and criteria: the call, and the surest finding that the verdict rests on."""
    keys = set(wanted)
    found: dict[tuple[int, str], Heard] = {}
    for part in _parts(sorted({score for score, _ in keys})):
        rows = session.execute(
            select(
                CriterionRow.score, CriterionRow.criterion, Call.call_id, FindingRow.start_s, FindingRow.quote,
                CriterionRow.findings, FindingRow.finding, Score.audio_file,
            )
            .join(Score, Score.id == CriterionRow.score)
            .join(Call, Call.id == Score.call)
            .outerjoin(FindingRow, FindingRow.score == CriterionRow.score)
            .where(CriterionRow.score.in_(part), CriterionRow.criterion.in_({each for _, each in keys}))
            .order_by(FindingRow.confidence.desc(), FindingRow.start_s)
        )  # fmt: skip
        for score, criterion, call_id, start_s, quote, listed, finding, audio in rows:
            key = (score, criterion)
            if key not in keys:
                continue
            if finding in listed and (key not in found or found[key].start_s is None):
                found[key] = Heard(score, criterion, call_id, start_s, quote, audio)
            found.setdefault(key, Heard(score, criterion, call_id, None, None, audio))
    return found


def standards_used(session: Session, digests: Sequence[str]) -> dict[str, StandardText]:
    """Standards by their digest, as they were used."""
    rows = session.scalars(select(StandardText).where(StandardText.sha256.in_(digests)))
    return {row.sha256: row for row in rows}


def last_profile(session: Session) -> tuple[str | None, str] | None:
    """The latest night's profile (None where none was named) and its inbox."""
    nights = select(Run.settings, Run.inbox).where(Run.kind == NIGHTLY)
    row = session.execute(nights.order_by(Run.id.desc()).limit(1)).first()
    return None if row is None else (row[0].get("profile"), row[1])


def _within(query: Any, window: Window) -> Any:
    """A select with the window's bounds; typed loosely, since each select has its own columns."""
    query = query.where(Call.started_at >= window.start, Call.started_at < window.end)
    if window.agent_id == "":
        return query.where(or_(Call.agent_id.is_(None), Call.agent_id == ""))
    return query if window.agent_id is None else query.where(Call.agent_id == window.agent_id)


def _parts(items: Sequence[Any], size: int = 500) -> list[Sequence[Any]]:
    return [items[i : i + size] for i in range(0, len(items), size)]
