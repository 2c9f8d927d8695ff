"""What the store holds about calls and their scores; what a night holds stands in `night_tables`.

Scores are versions: a new one is written beside the old ones and the call points at the one that counts. Words said in
a call arrive masked; they stand in files (`files`), in the quotes of findings, and in the search's tables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of keys and indices are fixed, so that a migration can change them on any database."""


class Moment(TypeDecorator[datetime]):
    """A point in time, kept as UTC: SQLite forgets offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without offset can't be kept")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in an INTEGER key."""
Digest = String(64)


class Base(DeclarativeBase):
    """Root of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON, datetime: Moment}  # noqa: RUF012 - as SQLAlchemy reads it


class StoredFile(Base):
    """One file of the file area. Its row is written after the file, so a file without row is a torn write.

    ``lost_at`` says since when the file is known to be gone or damaged; the next night makes its call's files anew.
    ``removed_at`` says when it was taken away on purpose, ``removal`` by which removal, and ``replaced_by`` what stands
    for it since: a result without the words that it quoted.
    """

    __tablename__ = "files"

    sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int] = mapped_column(BigInteger)
    written_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    removal: Mapped[int | None] = mapped_column(Key)
    replaced_by: Mapped[str | None] = mapped_column(Digest)


class RecordingRow(Base):
    """One sound by its content, whatever names it goes by."""

    __tablename__ = "recordings"

    sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    duration_s: Mapped[float | None]
    channels: Mapped[int | None]
    sample_rate_hz: Mapped[int | None]
    codec: Mapped[str | None] = mapped_column(String(64))
    first_seen_at: Mapped[datetime]


class Call(Base):
    """One call: its recording, what the call list says of it, and the score that counts.

    ``forgotten_at``: its customer asked to be forgotten; nothing of it is taken in again.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_agent_id_started_at", "agent_id", "started_at"),
        Index("ix_calls_started_at", "started_at"),
        Index("ix_calls_customer_id", "customer_id"),
        Index("ix_calls_recording_sha256", "recording_sha256"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[str] = mapped_column(Text, unique=True)
    recording_sha256: Mapped[str] = mapped_column(ForeignKey("recordings.sha256"))
    file: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[str | None] = mapped_column(Text)
    agent_name: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None]
    direction: Mapped[str | None] = mapped_column(String(8))
    campaign: Mapped[str | None] = mapped_column(Text)
    listed: Mapped[bool]
    record: Mapped[dict[str, Any]]
    record_sha256: Mapped[str] = mapped_column(Digest)
    current_version: Mapped[int] = mapped_column(default=0)
    current_score_id: Mapped[int | None] = mapped_column(Key)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]


class StandardText(Base):
    """A standard as it was used, whole; old scores are explained from here, never from today's file."""

    __tablename__ = "standards"

    sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    standard: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime]


class Score(Base):
    """One version of a call's score. Rows are added, never changed.

    ``fingerprint`` joins what the version rests on and the version it follows: whoever makes the same one twice is
    stopped by its uniqueness.
    """

    __tablename__ = "scores"
    __table_args__ = (
        UniqueConstraint("call", "version"),
        UniqueConstraint("fingerprint"),
        Index("ix_scores_made_at", "made_at"),
        Index("ix_scores_standard_sha256", "standard_sha256"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    version: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(Digest)
    standard_sha256: Mapped[str] = mapped_column(ForeignKey("standards.sha256"))
    recording_sha256: Mapped[str] = mapped_column(ForeignKey("recordings.sha256"))
    record_sha256: Mapped[str] = mapped_column(Digest)
    percent: Mapped[float | None]
    percent_before_fatal: Mapped[float | None]
    points: Mapped[float]
    max_points: Mapped[float]
    coverage: Mapped[float]
    grade: Mapped[str | None] = mapped_column(Text)
    fatal: Mapped[list[str]]
    needs_review: Mapped[bool]
    language: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))
    outcome_confidence: Mapped[float]
    follow_up: Mapped[dict[str, Any] | None]
    talk_s: Mapped[float | None]
    agent_talk_s: Mapped[float | None]
    result_file: Mapped[str | None] = mapped_column(ForeignKey("files.sha256"))
    transcript_file: Mapped[str | None] = mapped_column(ForeignKey("files.sha256"))
    audio_file: Mapped[str | None] = mapped_column(ForeignKey("files.sha256"))
    original_transcript_file: Mapped[str | None] = mapped_column(Digest)
    original_audio_file: Mapped[str | None] = mapped_column(Digest)
    run: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    seconds: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]


class CriterionRow(Base):
    """The verdict on one criterion in one version of a score."""

    __tablename__ = "criteria"
    __table_args__ = (Index("ix_criteria_criterion_verdict", "criterion", "verdict"),)

    score: Mapped[int] = mapped_column(ForeignKey("scores.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(String(64), primary_key=True)
    article: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str] = mapped_column(String(16))
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    advisory: Mapped[bool]
    reason_code: Mapped[str] = mapped_column(String(64))
    findings: Mapped[list[str]]


class FindingRow(Base):
    """One finding of one version of a score; the quote is masked."""

    __tablename__ = "findings"
    __table_args__ = (Index("ix_findings_kind", "kind"),)

    score: Mapped[int] = mapped_column(ForeignKey("scores.id"), primary_key=True)
    finding: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    criterion: Mapped[str | None] = mapped_column(String(64))
    turn: Mapped[int | None]
    speaker: Mapped[str] = mapped_column(String(8))
    start_s: Mapped[float | None]
    end_s: Mapped[float | None]
    quote: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float]
    detail: Mapped[dict[str, Any]]
