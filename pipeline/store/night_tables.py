"""What the store holds about nights: runs, the ledger, missing recordings, alerts, the suppression list."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest, Key

NIGHTLY, RESCORE = "nightly", "rescore"
"""Kinds of run: over an inbox, or over calls that the store has."""


class Run(Base):
    """One run, of an inbox or of stored calls (then it has none). ``state`` is running, completed, failed or interrupted."""

    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_night", "night"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    night: Mapped[date] = mapped_column(Date)
    inbox: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    code_version: Mapped[str] = mapped_column(String(32))
    settings: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]


class LedgerEntry(Base):
    """One received file in the night that it first came; later runs change this row and add none.

    ``bytes``, ``mtime_ns`` and ``ctime_ns`` spare reading again what has not been touched. ``history`` keeps what the
    row was before: a list of ``{at, state, reason, sha256}`` under ``before``.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        Index("ix_ledger_night_state", "night", "state"),
        Index("ix_ledger_inbox_file", "inbox", "file"),
        Index("ix_ledger_sha256", "sha256"),
        Index("ix_ledger_call", "call"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    night: Mapped[date] = mapped_column(Date)
    inbox: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(Digest)
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    ctime_ns: Mapped[int | None] = mapped_column(BigInteger)
    call: Mapped[int | None] = mapped_column(ForeignKey("calls.id"))
    call_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    first_run: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    last_run: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    updated_at: Mapped[datetime]
    history: Mapped[dict[str, Any]]


class MissingCall(Base):
    """A row of the call list without recording; closed when the recording comes or the row goes."""

    __tablename__ = "missing"
    __table_args__ = (UniqueConstraint("inbox", "file"), Index("ix_missing_night", "night"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    night: Mapped[date] = mapped_column(Date)
    inbox: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    call_id: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]


class Alert(Base):
    """Something of a call that somebody must know by the morning, once a call and kind."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("call", "kind", "what"), Index("ix_alerts_night", "night"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    night: Mapped[date] = mapped_column(Date)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    score: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    kind: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(64))
    start_s: Mapped[float | None]
    confidence: Mapped[float | None]
    doubtful: Mapped[bool]
    made_at: Mapped[datetime]


class Suppression(Base):
    """A customer who asked not to be called again. ``lifted_at`` ends it; the row stays as its proof."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("call"), Index("ix_suppressions_customer_id", "customer_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    night: Mapped[date] = mapped_column(Date)
    customer_id: Mapped[str | None] = mapped_column(Text)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    score: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    asked_at: Mapped[datetime | None]
    start_s: Mapped[float | None]
    confidence: Mapped[float]
    doubtful: Mapped[bool]
    made_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
