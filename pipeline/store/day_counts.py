"""One day's sums as selects over its calls: what `pipeline.store.tally` keeps, and what a check holds it against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy import literal_column as raw
from sqlalchemy.orm import aliased

from pipeline.store.card_query import NO_CONNECT
from pipeline.store.tables import Call, CriterionRow, RecordingRow, Score

_AGENT = func.coalesce(
    Call.agent_id, raw("''")
)  # no parameters: PostgreSQL must see that what it groups by is the same
_CAMPAIGN = func.coalesce(Call.campaign, raw("''"))
_STANDARD = func.coalesce(Score.standard_sha256, raw("''"))
_SCORED = Score.id.is_not(None)
_CONNECT = and_(_SCORED, Score.outcome.not_in(NO_CONNECT))
_AVERAGED = and_(_CONNECT, Score.percent.is_not(None))
_HUMAN = and_(_SCORED, Score.made_by != "machine")
_OPEN = and_(_CONNECT, Score.needs_review.is_(True))
_OUTCOMES = (
    "interested", "not_interested", "call_back", "order_placed", "wrong_person", "voicemail", "no_conversation",
    "undetermined",
)  # fmt: skip
COLUMN_OF = {
    "pass": "passed", "partial": "partial", "fail": "failed", "needs_review": "needs_review",
    "not_measurable": "not_measurable", "not_applicable": "not_applicable",
}  # fmt: skip
"""Verdict → its column in `DayCriteria`."""


def sums_of_days(day: date, start: datetime, end: datetime, *, agents: Sequence[str] | None) -> Select[Any]:
    """What `DayCalls` holds of a day that lasts from ``start`` to before ``end``, of everybody without ``agents``."""
    tenths = _whole(Score.percent * 10)
    counted: dict[str, ColumnElement[Any]] = {
        "calls": func.count(),
        "scored": _sum(_SCORED),
        "connects": _sum(_CONNECT),
        "averaged": _sum(_AVERAGED),
        "tenths": _sum(_AVERAGED, tenths),
        "tenths_squared": _sum(_AVERAGED, tenths * tenths),
        "human_averaged": _sum(and_(_AVERAGED, _HUMAN)),
        "human_tenths": _sum(and_(_AVERAGED, _HUMAN), tenths),
        "open_averaged": _sum(and_(_AVERAGED, _OPEN)),
        "open_tenths": _sum(and_(_AVERAGED, _OPEN), tenths),
        "no_percent": _sum(and_(_CONNECT, Score.percent.is_(None))),
        "fatal": _sum(and_(_CONNECT, cast(Score.fatal, Text) != "[]")),
        "provisional": _sum(_OPEN),
        "reviewed": _sum(_HUMAN),
        "corrected": _sum(and_(_HUMAN, Score.percent.is_distinct_from(_machine_percent()))),
        "talk_known": _sum(and_(_CONNECT, Score.talk_s.is_not(None))),
        "talk_ms": _sum(and_(_CONNECT, Score.talk_s.is_not(None)), _whole(Score.talk_s * 1000)),
        "duration_ms": _sum(RecordingRow.duration_s.is_not(None), _whole(RecordingRow.duration_s * 1000)),
        **{f"outcome_{name}": _sum(and_(_SCORED, Score.outcome == name)) for name in _OUTCOMES},
    }
    return (
        select(
            literal(day, Date).label("day"), _AGENT.label("agent_id"), _CAMPAIGN.label("campaign"),
            _STANDARD.label("standard_sha256"), func.max(Call.agent_name).label("agent_name"),
            *[column.label(name) for name, column in counted.items()],
        )
        .join(RecordingRow, RecordingRow.sha256 == Call.recording_sha256)
        .outerjoin(Score, Score.id == Call.current_score_id)
        .where(Call.started_at >= start, Call.started_at < end, _of(agents))
        .group_by(_AGENT, _CAMPAIGN, _STANDARD)
    )  # fmt: skip


def criteria_of_days(
    day: date, start: datetime, end: datetime, *, agents: Sequence[str] | None
) -> Select[Any]:
    """What `DayCriteria` holds of a day, counted from the verdicts on its connected calls."""
    verdict = CriterionRow.verdict
    last = {f"last_{COLUMN_OF[name]}": name for name in ("pass", "partial", "fail")}
    return (
        select(
            literal(day, Date).label("day"), _AGENT.label("agent_id"), CriterionRow.criterion.label("criterion"),
            *[_sum(verdict == name).label(column) for name, column in COLUMN_OF.items()],
            *[func.max(case((verdict == name, Score.id))).label(column) for column, name in last.items()],
        )
        .select_from(Call)
        .join(Score, Score.id == Call.current_score_id)
        .join(CriterionRow, CriterionRow.score == Score.id)
        .where(Call.started_at >= start, Call.started_at < end, _of(agents), Score.outcome.not_in(NO_CONNECT))
        .group_by(_AGENT, CriterionRow.criterion)
    )  # fmt: skip


def _of(agents: Sequence[str] | None) -> ColumnElement[bool]:
    if agents is None:
        return true()
    named = Call.agent_id.in_([agent for agent in agents if agent])
    return or_(named, Call.agent_id.is_(None), Call.agent_id == "") if "" in agents else named


def _sum(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, value), else_=0)), 0)


def _whole(value: Any) -> ColumnElement[int]:
    return cast(func.round(value), BigInteger)


def _machine_percent() -> Any:
    """What the machine's last version before a person's said."""
    machine = aliased(Score)
    return (
        select(machine.percent)
        .where(machine.call == Call.id, machine.made_by == "machine", machine.version < Score.version)
        .order_by(machine.version.desc())
        .limit(1)
        .correlate(Call, Score)
        .scalar_subquery()
    )
