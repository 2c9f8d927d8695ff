"""Rounds of calibration: several people judge the same calls without seeing each other's verdicts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Key


class CalibrationRound(Base):
    """A round; open until ``closed_at``."""

    __tablename__ = "calibration_rounds"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    criteria: Mapped[list[str]]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]


class CalibrationCall(Base):
    """A call of a round, and the machine's score that people are held against."""

    __tablename__ = "calibration_calls"
    __table_args__ = (Index("ix_calibration_calls_call", "call"),)

    round: Mapped[int] = mapped_column(
        ForeignKey("calibration_rounds.id"), primary_key=True, autoincrement=False
    )
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True, autoincrement=False)
    score: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    place: Mapped[int]


class CalibrationPerson(Base):
    """Somebody who judges in a round."""

    __tablename__ = "calibration_people"
    __table_args__ = (Index("ix_calibration_people_user", "user"),)

    round: Mapped[int] = mapped_column(
        ForeignKey("calibration_rounds.id"), primary_key=True, autoincrement=False
    )
    user: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)


class CalibrationVerdict(Base):
    """One person's verdict on one criterion of one call of a round; theirs to change until it closes."""

    __tablename__ = "calibration_verdicts"
    __table_args__ = (
        ForeignKeyConstraint(["round", "call"], ["calibration_calls.round", "calibration_calls.call"]),
        ForeignKeyConstraint(
            ["round", "user"], ["calibration_people.round", "calibration_people.user"],
            name="fk_calibration_verdicts_user_calibration_people",
        ),
    )  # fmt: skip

    round: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    call: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    user: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    criterion: Mapped[str] = mapped_column(String(64), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
