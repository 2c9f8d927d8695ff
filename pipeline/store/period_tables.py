"""What the store holds about periods: follow-ups that were done, appraisals that were signed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest, Key


class FollowUpMark(Base):
    """Somebody says that a call's follow-up is done. ``undone_at`` takes it back; the row stays."""

    __tablename__ = "follow_up_marks"
    __table_args__ = (Index("ix_follow_up_marks_call", "call"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    done_by: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)
    undone_at: Mapped[datetime | None]


class AppraisalRow(Base):
    """One appraisal of one agent and period. A signed row is never changed: a change is a new number.

    ``body`` is the whole appraisal with the digests of what it rests on; ``body_sha256`` is the digest of its canonical
    JSON; ``seal`` joins that digest with who signed and when.
    """

    __tablename__ = "appraisals"
    __table_args__ = (UniqueConstraint("agent_id", "period", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    body: Mapped[dict[str, Any]]
    body_sha256: Mapped[str] = mapped_column(Digest)
    built_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)
    signed_by: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None]
    seal: Mapped[str | None] = mapped_column(Digest)
