"""What the store holds about keeping and removing: holds, what was removed and why, requests that outlive their customer.

``removals`` and ``removals_done`` are only ever added to; triggers in the database refuse changes of either.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from pipeline.store.tables import Base, Digest, Key


class Hold(Base):
    """A call whose data must stay, say for a dispute. ``released_at`` ends it; the row stays."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_call", "call"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    reason: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    held_at: Mapped[datetime]
    released_by: Mapped[str | None] = mapped_column(Text)
    released_at: Mapped[datetime | None]


class Removal(Base):
    """Data taken away: who, when, why, and exactly what. It names no customer and repeats no word.

    ``body`` lists each item (call, kind, digest, bytes) and the counts; ``seal`` joins it with who, when, why and the seal of
    the removal before, so that none can be changed or left out unseen.
    """

    __tablename__ = "removals"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]]
    seal: Mapped[str] = mapped_column(Digest)


class RemovalDone(Base):
    """The files of a removal are off the disk. A removal without such a row was cut off; the next run ends it."""

    __tablename__ = "removals_done"

    removal: Mapped[int] = mapped_column(ForeignKey("removals.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    files: Mapped[int]


class SuppressedDigest(Base):
    """A customer who was forgotten and must still not be called: known by a keyed digest alone."""

    __tablename__ = "suppressed_digests"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    night: Mapped[date] = mapped_column(Date)
    asked_at: Mapped[datetime]
    doubtful: Mapped[bool]


class StoreSecret(Base):
    """What this store knows of itself: the key of the digests above, and the keys that its files are sealed by, by id."""

    __tablename__ = "store_secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
