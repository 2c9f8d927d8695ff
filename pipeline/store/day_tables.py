"""What the store keeps by the day, so that a month needn't be counted call by call; flags; acts on standards.

Days are those of one time zone (`DayZone`). Counts are whole numbers (tenths of a percent, milliseconds), so that their
sums don't depend on the order of adding. Triggers put down in `ChangedDay` which agent's day no longer holds, whoever
changed a call; `pipeline.store.tally` counts those days anew.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest, Key

SUMS = (
    "calls", "scored", "connects", "averaged", "tenths", "tenths_squared", "human_averaged", "human_tenths",
    "open_averaged", "open_tenths", "no_percent", "fatal", "provisional", "reviewed", "corrected", "talk_known",
    "talk_ms", "duration_ms", "outcome_interested", "outcome_not_interested", "outcome_call_back",
    "outcome_order_placed", "outcome_wrong_person", "outcome_voicemail", "outcome_no_conversation",
    "outcome_undetermined",
)  # fmt: skip
"""Columns of `DayCalls` that add up."""


class DayCalls(Base):
    """An agent's calls of one day, campaign and standard; empty texts stand for what is not known.

    ``averaged`` calls have the sum ``tenths`` of their percentages in tenths; ``human_`` those that a person judged,
    ``open_`` those with open reviews.
    """

    __tablename__ = "day_calls"
    __table_args__ = (Index("ix_day_calls_agent_id_day", "agent_id", "day"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text, primary_key=True)
    campaign: Mapped[str] = mapped_column(Text, primary_key=True)
    standard_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    agent_name: Mapped[str | None] = mapped_column(Text)
    calls: Mapped[int]
    scored: Mapped[int]
    connects: Mapped[int]
    averaged: Mapped[int]
    tenths: Mapped[int] = mapped_column(BigInteger)
    tenths_squared: Mapped[int] = mapped_column(BigInteger)
    human_averaged: Mapped[int]
    human_tenths: Mapped[int] = mapped_column(BigInteger)
    open_averaged: Mapped[int]
    open_tenths: Mapped[int] = mapped_column(BigInteger)
    no_percent: Mapped[int]
    fatal: Mapped[int]
    provisional: Mapped[int]
    reviewed: Mapped[int]
    corrected: Mapped[int]
    talk_known: Mapped[int]
    talk_ms: Mapped[int] = mapped_column(BigInteger)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    outcome_interested: Mapped[int]
    outcome_not_interested: Mapped[int]
    outcome_call_back: Mapped[int]
    outcome_order_placed: Mapped[int]
    outcome_wrong_person: Mapped[int]
    outcome_voicemail: Mapped[int]
    outcome_no_conversation: Mapped[int]
    outcome_undetermined: Mapped[int]


class DayCriteria(Base):
    """Verdicts on one criterion in an agent's connected calls of one day, and the latest score with each."""

    __tablename__ = "day_criteria"
    __table_args__ = (Index("ix_day_criteria_agent_id_day", "agent_id", "day"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text, primary_key=True)
    criterion: Mapped[str] = mapped_column(String(64), primary_key=True)
    passed: Mapped[int]
    partial: Mapped[int]
    failed: Mapped[int]
    needs_review: Mapped[int]
    not_measurable: Mapped[int]
    not_applicable: Mapped[int]
    last_passed: Mapped[int | None] = mapped_column(Key)
    last_partial: Mapped[int | None] = mapped_column(Key)
    last_failed: Mapped[int | None] = mapped_column(Key)


class ChangedDay(Base):
    """A day (in UTC) of an agent on which some call came, changed or went since its sums were counted."""

    __tablename__ = "changed_days"
    __table_args__ = (Index("ix_changed_days_day", "day"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)


class DayZone(Base):
    """The time zone of the kept days; one row at most."""

    __tablename__ = "day_zone"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(Text)


class Flag(Base):
    """Why a person should hear a call, by a rule of the standard that its score was made by."""

    __tablename__ = "flags"
    __table_args__ = (Index("ix_flags_call", "call"), Index("ix_flags_kind", "kind"))

    score: Mapped[int] = mapped_column(ForeignKey("scores.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    values: Mapped[dict[str, Any]]


class StandardAct(Base):
    """Somebody approved, published or retired a version of a standard; rows are only ever added."""

    __tablename__ = "standard_acts"
    __table_args__ = (Index("ix_standard_acts_standard_version", "standard", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    standard: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(String(16))
    done_by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    effective_from: Mapped[date | None] = mapped_column(Date)
    standard_sha256: Mapped[str] = mapped_column(ForeignKey("standards.sha256"))
