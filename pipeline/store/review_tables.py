"""What the store holds about people: users, sessions, tokens, teams, and what they did and saw.

``review_acts`` and ``audit`` are only ever added to; triggers in the database refuse changes of either.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest, Key


class User(Base):
    """Somebody who may sign in. ``team`` None is every team; ``agent_id`` says whose calls an agent's are.

    ``originals`` lets them hear what was not masked, of the calls that they see.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    team: Mapped[str | None] = mapped_column(Text)
    agent_id: Mapped[str | None] = mapped_column(Text)
    originals: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SignIn(Base):
    """A session or an API token, by the digest of its secret. ``csrf`` is empty for a token."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_user", "user"),)

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    user: Mapped[int] = mapped_column(ForeignKey("users.id"))
    csrf: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginAttempt(Base):
    """An attempt at a password that has not led in, of the last minutes; ``address`` is a network where it is IPv6."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_name", "name"),
        Index("ix_login_attempts_address", "address"),
        Index("ix_login_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class SentForm(Base):
    """A form that was carried out, by the digest of what was sent; ``made`` is the number of what it made."""

    __tablename__ = "sent_forms"
    __table_args__ = (Index("ix_sent_forms_at", "at"),)

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    made: Mapped[int | None] = mapped_column(Key)
    at: Mapped[datetime]


class AgentTeam(Base):
    """The team of an agent, as the company's profile has it."""

    __tablename__ = "agent_teams"
    __table_args__ = (Index("ix_agent_teams_team", "team"),)

    agent_id: Mapped[str] = mapped_column(Text, primary_key=True)
    team: Mapped[str] = mapped_column(Text)
    supervisor: Mapped[str | None] = mapped_column(Text)


class AuditLine(Base):
    """Who saw, heard, did or was refused what, from where."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_event_at", "event", "at"),
        Index("ix_audit_call", "call"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime]
    user: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    event: Mapped[str] = mapped_column(String(32))
    call: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any]]


class Review(Base):
    """Where the review of one call stands. ``rev`` counts what was done: who writes must have seen the newest."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_state", "state"), Index("ix_reviews_assigned", "assigned"))

    call: Mapped[int] = mapped_column(ForeignKey("calls.id"), primary_key=True, autoincrement=False)
    rev: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    assigned: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    open_appeals: Mapped[int]
    updated_at: Mapped[datetime]


class ReviewAct(Base):
    """One thing somebody did about a call; never changed. ``answers`` is the act that it answers or undoes."""

    __tablename__ = "review_acts"
    __table_args__ = (UniqueConstraint("call", "rev"), Index("ix_review_acts_score", "score"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    rev: Mapped[int]
    score: Mapped[int] = mapped_column(ForeignKey("scores.id"))
    user: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(16))
    target: Mapped[str | None] = mapped_column(String(64))
    answers: Mapped[int | None] = mapped_column(ForeignKey("review_acts.id"))
    data: Mapped[dict[str, Any]]
