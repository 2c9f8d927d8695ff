"""What the store holds of people's work with the coaching app: saved views, drafts, coaching plans.

``plan_acts`` is only ever added to; triggers in the database refuse changes, but for words about a call that are taken out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Key


class SavedView(Base):
    """Filters of the queue that a person gave a name; ``query`` is a query string."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Draft(Base):
    """What a person has typed about a call and not sent yet, field by field; gone with the call."""

    __tablename__ = "drafts"

    user: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    call: Mapped[int] = mapped_column(
        ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fields: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Plan(Base):
    """A coaching plan: the agent and the habit, which is a criterion of the standard. The rest are `PlanAct`."""

    __tablename__ = "plans"
    __table_args__ = (Index("ix_plans_agent_id", "agent_id"), Index("ix_plans_state", "state"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    agent_id: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class PlanAct(Base):
    """One thing somebody did about a plan; never changed. ``answers`` is the act that it answers."""

    __tablename__ = "plan_acts"
    __table_args__ = (Index("ix_plan_acts_plan", "plan"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    plan: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    user: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(16))
    answers: Mapped[int | None] = mapped_column(ForeignKey("plan_acts.id"))
    data: Mapped[dict[str, Any]]
