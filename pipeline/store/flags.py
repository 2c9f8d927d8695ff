"""Flags beside scores: counted with the days' sums, by the standard that each score was made by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from pipeline.standards.flagging import SAMPLE, Heard, Past, Sample, Seen, drawn, flags_of
from pipeline.standards.library import flagging_of, read_standard
from pipeline.standards.schema import Standard
from pipeline.store.card_query import NO_CONNECT, Window
from pipeline.store.day_tables import DayCalls, Flag
from pipeline.store.tables import Call, FindingRow, Score, StandardText


class Told(NamedTuple):
    """One flag of a call's newest score, and the standard whose rule it is."""

    call_id: str
    agent_id: str | None
    rule: str
    kind: str
    values: Mapping[str, Any]
    standard_sha256: str


class _Row(NamedTuple):
    call: int
    agent_id: str
    score: int
    percent: float | None
    needs_review: bool
    fatal: Sequence[str]
    outcome: str
    standard_sha256: str


def flag_days(session: Session, days: Mapping[date, Iterable[str]], zone: ZoneInfo) -> None:
    """Flag the calls of some agents' days anew, and draw the samples of the months that these lie in."""
    months: dict[date, set[str]] = {}
    for day, agents in sorted(days.items()):
        chosen = sorted(agents)
        _flag_day(session, day, chosen, zone)
        months.setdefault(day.replace(day=1), set()).update(chosen)
    for month, agents in months.items():
        for agent in sorted(agents - {""}):
            _draw(session, month, agent, zone)


def flags_told(session: Session, calls: Sequence[int]) -> dict[int, list[Told]]:
    """The flags of calls' newest scores."""
    found: dict[int, list[Told]] = {}
    for start in range(0, len(calls), 500):
        found.update(_told(session, Call.id.in_(calls[start : start + 500])))
    return found


def flags_within(session: Session, window: Window) -> dict[int, list[Told]]:
    """The flags of a window's calls, by the call."""
    conditions = [Call.started_at >= window.start, Call.started_at < window.end]
    if window.agent_id is not None:
        conditions.append(_of([window.agent_id]))
    return _told(session, *conditions)


def _told(session: Session, *conditions: Any) -> dict[int, list[Told]]:
    found: dict[int, list[Told]] = {}
    rows = session.execute(
        select(Call.id, Call.call_id, Call.agent_id, Flag.rule, Flag.kind, Flag.values, Score.standard_sha256)
        .join(Flag, Flag.score == Call.current_score_id)
        .join(Score, Score.id == Flag.score)
        .where(*conditions)
        .order_by(Call.id, Flag.rule)
    )
    for call, *told in rows:
        found.setdefault(call, []).append(Told(*told))
    return found


def standard_by(session: Session, digest: str) -> Standard:
    """A standard that scores were made by."""
    return _standard(digest, session.get_one(StandardText, digest).text)


@lru_cache(maxsize=16)
def _standard(digest: str, text: str) -> Standard:
    return read_standard(text, name=f"standard {digest[:12]}")


def _flag_day(session: Session, day: date, agents: Sequence[str], zone: ZoneInfo) -> None:
    start, end = _moments(day, day + timedelta(days=1), zone)
    rows = [_Row(*row) for row in session.execute(_rows(agents, start, end))]
    calls = select(Call.id).where(Call.started_at >= start, Call.started_at < end, _of(agents))
    session.execute(delete(Flag).where(Flag.call.in_(calls), Flag.kind != SAMPLE))
    standards = {
        digest: standard_by(session, digest) for digest in sorted({row.standard_sha256 for row in rows})
    }
    kinds = {
        kind
        for each in standards.values()
        for rule in flagging_of(each).rules
        for kind in rule.findings or ()
    }
    heard = _heard(session, [row.score for row in rows], sorted(kinds))
    spans = {rule.days for each in standards.values() for rule in flagging_of(each).rules if rule.days}
    past = {span: _past(session, day, span, agents) for span in spans}
    numbers = _before(session, day, agents)
    made = []
    for row in rows:
        number = None
        if row.outcome not in NO_CONNECT and row.percent is not None:
            number = numbers[row.agent_id] = numbers.get(row.agent_id, 0) + 1
        named = number if row.agent_id else None
        percent = row.percent if number is not None else None
        seen = Seen(percent, bool(row.needs_review), row.fatal, heard.get(row.score, ()), named)
        mine = {span: people.get(row.agent_id, Past()) for span, people in past.items()}
        standard = standards[row.standard_sha256]
        made += [
            {
                "score": row.score,
                "rule": each.rule,
                "kind": each.kind,
                "call": row.call,
                "values": dict(each.values),
            }
            for each in flags_of(flagging_of(standard), seen, mine, gate=standard.scoring.gate)
        ]
    _put(session, made)


def _rows(agents: Sequence[str], start: datetime, end: datetime) -> Any:
    return (
        select(
            Call.id, func.coalesce(Call.agent_id, ""), Score.id, Score.percent, Score.needs_review, Score.fatal,
            Score.outcome, Score.standard_sha256,
        )
        .join(Score, Score.id == Call.current_score_id)
        .where(Call.started_at >= start, Call.started_at < end, _of(agents))
        .order_by(Call.started_at, Call.id)
    )  # fmt: skip


def _heard(session: Session, scores: Sequence[int], kinds: Sequence[str]) -> dict[int, list[Heard]]:
    found: dict[int, list[Heard]] = {}
    for start in range(0, len(scores) if kinds else 0, 500):
        rows = session.execute(
            select(
                FindingRow.score, FindingRow.kind, FindingRow.speaker, FindingRow.confidence, FindingRow.quote
            )
            .where(FindingRow.score.in_(scores[start : start + 500]), FindingRow.kind.in_(kinds))
            .order_by(FindingRow.score, FindingRow.confidence.desc(), FindingRow.start_s)
        )
        for score, kind, speaker, confidence, quote in rows:
            found.setdefault(score, []).append(Heard(kind, speaker, confidence, quote))
    return found


def _past(session: Session, day: date, days: int, agents: Sequence[str]) -> dict[str, Past]:
    """Each agent's mean and spread over the days before one."""
    first = day - timedelta(days=days)
    rows = session.execute(
        select(
            DayCalls.agent_id, func.sum(DayCalls.averaged), func.sum(DayCalls.tenths), func.sum(DayCalls.tenths_squared)
        )
        .where(DayCalls.agent_id.in_(agents), DayCalls.day >= first, DayCalls.day < day)
        .group_by(DayCalls.agent_id)
    )  # fmt: skip
    found = {}
    for agent, count, tenths, squared in rows:
        n, total, squares = int(count), int(tenths), int(squared)
        if n > 1:
            spread = (max(0, n * squares - total * total) / (n * (n - 1))) ** 0.5
            found[agent] = Past(n, total / 10 / n, spread / 10)
    return found


def _before(session: Session, day: date, agents: Sequence[str]) -> dict[str, int]:
    """How many averaged calls each agent had before a day."""
    query = select(DayCalls.agent_id, func.sum(DayCalls.averaged)).where(
        DayCalls.agent_id.in_(agents), DayCalls.day < day
    )
    return {agent: int(count) for agent, count in session.execute(query.group_by(DayCalls.agent_id))}


def _draw(session: Session, month: date, agent: str, zone: ZoneInfo) -> None:
    """Draw an agent's sample of a month anew, as the standard of the latest score says."""
    start, end = _moments(month, (month + timedelta(days=31)).replace(day=1), zone)
    rows = session.execute(
        select(Call.id, Call.call_id, Score.id, Score.standard_sha256)
        .join(Score, Score.id == Call.current_score_id)
        .where(
            Call.agent_id == agent, Call.started_at >= start, Call.started_at < end,
            Score.outcome.not_in(NO_CONNECT), Score.percent.is_not(None),
        )
        .order_by(Call.started_at, Call.id)
    ).all()  # fmt: skip
    calls = select(Call.id).where(Call.agent_id == agent, Call.started_at >= start, Call.started_at < end)
    session.execute(delete(Flag).where(Flag.kind == SAMPLE, Flag.call.in_(calls)))
    if not rows:
        return
    sample: Sample | None = flagging_of(standard_by(session, rows[-1].standard_sha256)).sample
    if sample is None:
        return
    chosen = drawn(sample, agent, f"{month:%Y-%m}", [row.call_id for row in rows])
    values = {"count": sample.calls, "total": len(rows)}
    _put(session, [
        {"score": score, "rule": SAMPLE, "kind": SAMPLE, "call": call, "values": values}
        for call, call_id, score, _ in rows if call_id in chosen
    ])  # fmt: skip


def _put(session: Session, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(Flag), rows)


def _of(agents: Sequence[str]) -> Any:
    named = Call.agent_id.in_([agent for agent in agents if agent])
    return or_(named, Call.agent_id.is_(None), Call.agent_id == "") if "" in agents else named


def _moments(first: date, end: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return datetime.combine(first, time(), zone), datetime.combine(end, time(), zone)
